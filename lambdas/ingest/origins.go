package ingest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// AnyOrigin in Origins lets the pages of every origin read answers, but not with
// credentials.
const AnyOrigin = "*"

// Header is one header of an answer.
type Header struct{ Name, Value string }

// Headers are on every answer. Infra writes them into the answers that API Gateway
// gives by itself. No cache keeps an answer, no browser guesses its type, and a page
// may read Retry-After.
var Headers = []Header{
	{"Content-Type", "application/json"},
	{"Cache-Control", "no-store"},
	{"X-Content-Type-Options", "nosniff"},
	{"Access-Control-Expose-Headers", "Retry-After"},
}

// RegionHeader names the region that answers. Only Ingest's own answers have it. A page
// cannot read it, because Headers are the same on every answer.
const RegionHeader = "Ingest-Region"

// Origin is the header that names the page of a request. Vary names it in an answer, so
// that no cache gives one origin another's answer.
const Origin = "Origin"

// origins are the headers of an answer, as members of a JSON object, by the page that
// asks. Every page's events are stored: CORS only says which page may read the answer.
// https://fetch.spec.whatwg.org/#http-cors-protocol
type origins struct {
	each   bool              // whether every page gets its own origin back
	listed map[string]string // by origin
	others string            // for every other page, and for clients that are not pages
	behind string            // what follows the page's origin in the answer to a page that may read it
}

// newOrigins returns the headers in this region for the origins that may read answers with
// credentials, such as "https://example.com": all of them when allowed is empty. With
// AnyOrigin all may read answers, without credentials.
func newOrigins(allowed []string, region string) origins {
	everybody, perOrigin := member("Access-Control-Allow-Origin", AnyOrigin), member("Vary", Origin)
	always := always(region)
	behind := `",` + member("Access-Control-Allow-Credentials", "true") + perOrigin + always
	switch {
	case len(allowed) == 0:
		return origins{each: true, others: everybody + perOrigin + always, behind: behind}
	case slices.Contains(allowed, AnyOrigin):
		return origins{others: everybody + always}
	}
	o := origins{listed: map[string]string{}, others: perOrigin + always}
	for _, origin := range allowed {
		o.listed[origin] = beforeOrigin + origin + behind
	}
	return o
}

// beforeOrigin begins the headers of an answer to a page that may read it.
const beforeOrigin = `"Access-Control-Allow-Origin":"`

// headers returns the headers of an answer to a page of this origin.
func (o origins) headers(origin []byte) string {
	if o.each && isOrigin(origin) {
		return beforeOrigin + string(origin) + o.behind
	}
	if own, found := o.listed[string(origin)]; found {
		return own
	}
	return o.others
}

// always returns the region, where it is known, and Headers, without the comma at their end.
func always(region string) string {
	var members string
	if region != "" {
		members = member(RegionHeader, region)
	}
	for _, h := range Headers {
		members += member(h.Name, h.Value)
	}
	return strings.TrimSuffix(members, ",")
}

// contentType is what always says of a body.
var contentType = member("Content-Type", "application/json")

func member(name, value string) string { return `"` + name + `":"` + value + `",` }

// isOrigin says whether text can stand in the answer's JSON and in a header as it is,
// as every origin of a browser can. The longest host name has 253 bytes (RFC 1035).
func isOrigin(text []byte) bool {
	unfit := func(c byte) bool { return c <= ' ' || c == '"' || c == '\\' || c > '~' }
	return len(text) > 0 && len(text) <= maxHeaderValue && !slices.ContainsFunc(text, unfit)
}

// originForm is how a browser writes an origin, or AnyOrigin.
var originForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\*|https?://[a-z0-9.-]+(:[0-9]{1,5})?)$`)
})

// CheckOrigins names the first of Origins that no browser sends: it would match no page.
func CheckOrigins(allowed []string) error {
	for _, origin := range allowed {
		if !originForm().MatchString(origin) {
			return fmt.Errorf("has %q, must have origins such as https://example.com", origin)
		}
	}
	if len(allowed) > 1 && slices.Contains(allowed, AnyOrigin) {
		return fmt.Errorf(`is %q, must have "*" alone, which is every page`, allowed)
	}
	return nil
}
