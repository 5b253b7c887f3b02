package event

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"global-ingest/lambdas/record"
)

// compressions are the content codings that compress and are not inflated here.
// https://www.iana.org/assignments/http-parameters/http-parameters.xhtml#content-coding
var compressions = []string{
	"br", "brotli", "bzip2", "compress", "dcb", "dcz", "deflate", "lz4", "lzma",
	"pack200-gzip", "snappy", "x-compress", "x-snappy", "xz", "zlib", "zstd",
}

// blame says what a body is that is not JSON, where that is known: compressed in a way
// that is not inflated, or a form that is not labelled as one. Text under such a header is still text, because a
// proxy may have inflated the body and kept the header.
func blame(e *Item, text []byte, h record.Header) *Item {
	if e.Reason != record.NotJSON {
		return e
	}
	for name := range strings.SplitSeq(strings.ToLower(h.Encoding), ",") {
		if name = strings.TrimSpace(name); slices.Contains(compressions, name) && !utf8.Valid(text) {
			return reject(nil, record.BadEncoding, record.NoOffset,
				fmt.Sprintf("content encoding is %q, known are gzip, deflate, br and zstd", name))
		}
	}
	if message := formMessage(text); message != "" {
		e.Errors[0].Message, e.Errors[0].Offset = message, 0
	}
	return e
}

// formMessage returns what the client of a form should do instead, or "" when text is
// not a form.
func formMessage(text []byte) string {
	if bytes.HasPrefix(text, []byte("--")) && bytes.Contains(text, []byte("Content-Disposition:")) {
		return "body is a multipart form: send the JSON itself"
	}
	if !firstField.Match(text) {
		return ""
	}
	for pair := range strings.SplitSeq(string(text), "&") {
		name := firstField.FindStringSubmatch(pair)
		if name == nil {
			continue
		}
		value, err := url.QueryUnescape(pair[len(name[0]):])
		if err != nil {
			value = pair[len(name[0]):]
		}
		if _, how := contained(value); how != "" {
			return fmt.Sprintf("body is a form, its field %q holds %s: send that JSON itself", name[1], how)
		}
	}
	if bytes.ContainsAny(text, whitespace+`<>"{}`) {
		return ""
	}
	return "body is a form: send JSON instead"
}

// contained returns the object or array that a form's value holds, and how, or nothing.
func contained(value string) (text []byte, how string) {
	if isContainer([]byte(value)) {
		return []byte(value), "JSON"
	}
	// Base64 in both alphabets, with and without padding; an unescaped plus came as a space.
	value = strings.NewReplacer(" ", "+", "-", "+", "_", "/", "=", "").Replace(value)
	if decoded, err := base64.RawStdEncoding.DecodeString(value); err == nil && isContainer(decoded) {
		return decoded, "JSON in base64"
	}
	return nil, ""
}

func isContainer(text []byte) bool {
	text = bytes.TrimLeft(text, whitespace)
	return len(text) > 0 && (text[0] == '{' || text[0] == '[') && json.Valid(text)
}
