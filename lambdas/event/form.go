package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/record"
)

// fields are those of a form or of a query, in order.
type fields []field

type field struct{ name, value string }

// dataField is the field that holds events as JSON, or as base64 of it. SDKs send it
// since the days when a page could post nothing but forms to another host.
const dataField = "data"

// fields returns the fields of a body that is a form, or of the query of a request that
// is nothing but a query. ok is false when it is neither. JSON that is labelled as a
// form, as RudderStack and curl -d do, is JSON.
func (s *Splitter) fields(body []byte, h record.Header, c *clients.Client) (f fields, failed *Item, ok bool) {
	text := bytes.TrimLeft(bytes.TrimPrefix(body, []byte(bom)), whitespace)
	if len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		return nil, nil, false
	}
	kind, parameters, _ := mime.ParseMediaType(h.ContentType)
	switch {
	case len(text) == 0 && c != nil && (h.Source.Query != "" || c.IsPixel()):
		f, ok = parseQuery(h.Source.Query), true
	case len(text) == 0:
	case kind == "application/x-www-form-urlencoded" && firstField.Match(text):
		f, ok = parseQuery(string(bytes.TrimRight(text, whitespace))), true
	case kind == "multipart/form-data" && parameters["boundary"] != "":
		var err error
		if f, err = parseMultipart(text, parameters["boundary"]); err != nil {
			message := "multipart form cannot be read: " + err.Error()
			return nil, reject(nil, record.NotJSON, record.NoOffset, message), false
		}
		ok = true
	}
	if failed = f.check(s.maxEvents); failed != nil {
		return nil, failed, false
	}
	return f, nil, ok
}

// firstField is the first field of a form, up to its value.
var firstField = regexp.MustCompile(`^([A-Za-z0-9_.%+$\-\[\]]{1,64})=`)

// parseQuery keeps what is not escaped rightly as it is.
func parseQuery(text string) (f fields) {
	for pair := range strings.SplitSeq(text, "&") {
		if pair != "" {
			name, value, _ := strings.Cut(pair, "=")
			f = append(f, field{unescape(name), unescape(value)})
		}
	}
	return f
}

func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

func parseMultipart(text []byte, boundary string) (f fields, err error) {
	reader := multipart.NewReader(bytes.NewReader(text), boundary)
	for {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return nil, errors.New("a part or its end is missing") // err may quote the text
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, errors.New("a part is cut off")
		}
		f = append(f, field{part.FormName(), string(value)})
	}
}

// check finds what keeps f from being an event.
func (f fields) check(most int) *Item {
	if len(f) > most {
		return reject(nil, record.TooComplex, record.NoOffset, fmt.Sprintf("form has more than %d fields", most))
	}
	for _, field := range f {
		if !utf8.ValidString(field.name) || !utf8.ValidString(field.value) {
			return reject(nil, record.NotJSON, record.NoOffset, "a field of the form is not UTF-8")
		}
	}
	return nil
}

// event returns the JSON that f stands for, and the members of an object of what stood
// beside it. Either the field data holds JSON, or the event is an object of all fields.
func (f fields) event() (text, beside []byte) {
	for i, field := range f {
		if text, _ := contained(field.value); field.name == dataField && text != nil {
			return text, slices.Concat(f[:i], f[i+1:]).members()
		}
	}
	return enclose(f.members()), nil
}

// members returns f as members of an object: strings, or an array of strings where a
// name comes again.
func (f fields) members() (text []byte) {
	values := map[string][]string{}
	for _, field := range f {
		values[field.name] = append(values[field.name], field.value)
	}
	for _, field := range f {
		all := values[field.name]
		if all == nil {
			continue // its members stand at its first place
		}
		delete(values, field.name)
		text = appendName(text, field.name)
		if len(all) == 1 {
			text = appendQuote(text, all[0])
			continue
		}
		for i, value := range all {
			text = appendQuote(append(text, "[,"[min(i, 1)]), value)
		}
		text = append(text, ']')
	}
	return text
}

// withoutSecrets returns f without what must not be kept.
func (f fields) withoutSecrets() fields {
	return slices.DeleteFunc(f, func(one field) bool { return clients.IsSecret(one.name) })
}

// appendName begins another member of an object whose braces are not there yet.
func appendName(text []byte, name string) []byte {
	if len(text) > 0 {
		text = append(text, ',')
	}
	return append(appendQuote(text, name), ':')
}

func appendQuote(text []byte, value string) []byte {
	text, _ = jsontext.AppendQuote(text, value) // fails only for what is not UTF-8
	return text
}

// enclose makes members an object.
func enclose(members []byte) []byte {
	return append(append([]byte{'{'}, members...), '}')
}
