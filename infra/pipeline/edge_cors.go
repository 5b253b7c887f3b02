package pipeline

import (
	"slices"
	"strings"

	"global-ingest/lambdas/ingest"
)

// cors is what the API's own answers say to pages: the same as Ingest's say, in API
// Gateway's words.
type cors struct{ origins []string }

func (c cors) each() bool { return len(c.origins) == 0 }
func (c cors) any() bool  { return slices.Contains(c.origins, ingest.AnyOrigin) }

// headers are those of an answer to a client that is not a page.
func (c cors) headers() map[string]string {
	headers := map[string]string{}
	for _, h := range ingest.Headers {
		headers[h.Name] = h.Value
	}
	if c.each() || c.any() {
		headers["Access-Control-Allow-Origin"] = ingest.AnyOrigin
	}
	if !c.any() {
		headers["Vary"] = ingest.Origin
	}
	return headers
}

// toPage is the part of a response template that lets the page that asks read the
// answer. It leaves no text.
func (c cors) toPage() string {
	if c.any() {
		return ""
	}
	among := []string{`"$!origin" != ""`}
	if !c.each() {
		among = nil
		for _, origin := range c.origins {
			among = append(among, `"$!origin" == "`+origin+`"`)
		}
	}
	return lookUp("origin", ingest.Origin) + `#if(` + strings.Join(among, " || ") + `)` +
		override("Access-Control-Allow-Origin", "$origin") +
		override("Access-Control-Allow-Credentials", `"true"`) + `#end`
}

// toPreflight also allows the headers that the page's request will have. The wildcard
// would not do: to a request with credentials it is a name like any other, and it never
// means Authorization. https://fetch.spec.whatwg.org/#http-access-control-allow-headers
func (c cors) toPreflight() string {
	const asked = "Access-Control-Request-Headers"
	return c.toPage() + lookUp("asked", asked) +
		`#if("$!asked" != "")` + override("Access-Control-Allow-Headers", "$asked") + `#end`
}

// lookUp sets a variable to a header of the request. A map of headers knows the name as
// the client wrote it, and over HTTP/2 browsers write it in lower case.
func lookUp(variable, header string) string {
	set := func(name string) string {
		return `#set($` + variable + ` = $input.params().header.get("` + name + `"))`
	}
	return set(header) + `#if("$!` + variable + `" == "")` + set(strings.ToLower(header)) + `#end`
}

// override sets a header of the answer. API Gateway takes one override of a header.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
func override(header, value string) string {
	return `#set($context.responseOverride.header.` + header + ` = ` + value + `)`
}

// refusals are the headers of gateway responses, as mappings. They have no templates that
// could compare: where every page may read, the page gets its origin back; with a list of
// origins every page may read a refusal, but not of a request with credentials. A refusal
// says nothing about anybody. Its Content-Type is that of its template.
func (c cors) refusals() map[string]string {
	mappings := map[string]string{}
	for name, value := range c.headers() {
		mappings[name] = quoted(value)
	}
	delete(mappings, "Content-Type")
	mappings["Access-Control-Allow-Origin"] = quoted(ingest.AnyOrigin)
	if c.each() {
		mappings["Access-Control-Allow-Origin"] = "method.request.header." + ingest.Origin
		mappings["Access-Control-Allow-Credentials"] = quoted("true")
	}
	return mappings
}

// quoted marks text as a constant in a mapping.
func quoted(text string) string { return "'" + text + "'" }
