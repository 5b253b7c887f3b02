package page

import (
	"encoding/base64"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"

	"global-ingest/lambdas/record"
)

// curl returns the command that sends a payload once more, "" when not all of it is here.
func curl(endpoint string, c *content) string {
	if c.Cut || c.PayloadObject != "" {
		return ""
	}
	header := ""
	if c.ContentType != "" {
		header = " -H " + quote("Content-Type: "+c.ContentType)
	}
	url := quote(endpoint + "/events")
	if utf8.Valid(c.Payload) && !strings.Contains(string(c.Payload), "\x00") {
		return "curl -i " + url + header + " --data-raw " + quote(string(c.Payload))
	}
	encoded := quote(base64.StdEncoding.EncodeToString(c.Payload))
	return "printf %s " + encoded + " | base64 -d | curl -i " + url + header + " --data-binary @-"
}

// quote makes one word of text for a shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// example is a file below the folder of the schemas.
type example struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

var (
	unsafeInID   = regexp.MustCompile(`[^a-z0-9]+`)
	unsafeInPath = regexp.MustCompile(`[\\:*?"<>|\x00-\x1f]`)
	unsafeInName = regexp.MustCompile(unsafeInPath.String() + "|/")
)

// exampleOf returns an event as an example of its type; none when a schema did not decide
// on it, or its type cannot be a folder.
func exampleOf(v verdict, c *content) *example {
	decided := v == valid || c.Reason == record.SchemaViolation
	isPath := c.Type != "" && path.Clean("/" + c.Type)[1:] == c.Type && !unsafeInPath.MatchString(c.Type)
	if !decided || !isPath || c.Cut || c.PayloadObject != "" {
		return nil
	}
	return &example{Path: "examples/" + c.Type + "/" + nameOf(v, c) + ".json", Text: string(c.Payload) + "\n"}
}

// nameOf is the name of an example: that of an invalid one begins with a member that is
// wrong in it, which the tests of the schemas hold it to.
func nameOf(v verdict, c *content) string {
	id := unsafeInID.ReplaceAllString(ingestID(c.ID), "")
	id = id[max(0, len(id)-6):] // the end is random
	if v == valid {
		return "valid/copied_" + id
	}
	invalid := func(member, is string) string {
		return "invalid/" + unsafeInName.ReplaceAllString(member, "_") + "_" + is + "_" + id
	}
	for _, e := range c.Errors {
		names, lacks := namedIn(e.Message)
		first, _, _ := strings.Cut(strings.TrimPrefix(e.Instance, "/"), "/")
		switch {
		case lacks:
			return invalid(names[0], "missing")
		case len(names) > 0:
			return invalid(names[0], "must_not_be_there")
		case first != "":
			return invalid(first, "wrong")
		}
	}
	return invalid("event", "wrong")
}
