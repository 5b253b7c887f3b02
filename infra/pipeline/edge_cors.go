package pipeline

import (
	"slices"
	"strings"

	"global-ingest/lambdas/ingest"
)

// cors is the CORS headers of the answers that API Gateway gives by itself. They are those of
// Ingest, written as API Gateway needs them.
type cors struct{ origins []string }

func (c cors) each() bool { return len(c.origins) == 0 }
func (c cors) any() bool  { return slices.Contains(c.origins, ingest.AnyOrigin) }

// headers returns the headers of an answer to a client that is not a page.
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

// toPage is the part of a response template that lets the page that asks read the answer. It
// adds no text.
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

// toPreflight also allows the headers that the page's request will have. A wildcard is not
// enough: for a request with credentials it is a name like any other, and it never includes
// Authorization. https://fetch.spec.whatwg.org/#http-access-control-allow-headers
func (c cors) toPreflight() string {
	const asked = "Access-Control-Request-Headers"
	return c.toPage() + lookUp("asked", asked) +
		`#if("$!asked" != "")` + override("Access-Control-Allow-Headers", "$asked") + `#end`
}

// lookUp sets a variable to a header of the request. The map of headers has the names as the
// client wrote them, and over HTTP/2 browsers write lower case.
func lookUp(variable, header string) string {
	set := func(name string) string {
		return `#set($` + variable + ` = $input.params().header.get("` + name + `"))`
	}
	return set(header) + `#if("$!` + variable + `" == "")` + set(strings.ToLower(header)) + `#end`
}

// override sets a header of the answer. API Gateway allows one override for each header.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
func override(header, value string) string {
	return `#set($context.responseOverride.header.` + header + ` = ` + value + `)`
}

// refusals are the headers of gateway responses, as mappings. A mapping cannot compare. Where
// every page may read, the page gets its origin back. With a list of origins, every page may
// read a refusal of a request without credentials: a refusal says nothing about anybody. Its
// Content-Type is that of its template.
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
