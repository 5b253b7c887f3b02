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
	unsafeInName = regexp.MustCompile(`[^a-z0-9]+`)
	unsafeInPath = regexp.MustCompile(`[\\:*?"<>|\x00-\x1f]`)
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
	id := strings.Trim(unsafeInName.ReplaceAllString(ingestID(c.ID), ""), "_")
	id = id[max(0, len(id)-6):] // the end is random
	if v == valid {
		return "valid/copied_" + id
	}
	for _, e := range c.Errors {
		if names, lacks := namedIn(e.Message); lacks {
			return "invalid/" + member(names[0]) + "_missing_" + id
		}
		if names, _ := namedIn(e.Message); len(names) > 0 {
			return "invalid/" + member(names[0]) + "_must_not_be_there_" + id
		}
		if first, _, _ := strings.Cut(strings.TrimPrefix(e.Instance, "/"), "/"); first != "" {
			return "invalid/" + member(first) + "_wrong_" + id
		}
	}
	return "invalid/event_wrong_" + id
}

// member is a member's name as part of a file's name.
func member(name string) string { return strings.Map(inName, name) }

func inName(r rune) rune {
	if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
		return '_'
	}
	return r
}
