package ingest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/record"
)

// source is what a request says outside its body and that record.Source keeps.
type source struct {
	method, path []byte
	query        []byte // parameters as a=1&b=2, without keys and secrets
	key          []byte // public write key
	attributes   []byte // of a CloudEvent, as an open object
	isCloudEvent bool
	isVerbose    bool // whether the client wants more than one character as an answer
}

// sourceHeader reads the value of a header that belongs to the source of r.
func (p *parser) sourceHeader(name []byte, r *request) error {
	switch {
	case bytes.EqualFold(name, []byte("X-Write-Key")):
		key, err := p.string()
		r.key, _, _ = bytes.Cut(key, []byte{':'}) // Jitsu's has a secret part on servers
		return err
	case bytes.EqualFold(name, []byte("Authorization")):
		value, err := p.string()
		if r.key == nil {
			r.key = p.basicUser(value)
		}
		return err
	case len(name) > 3 && bytes.EqualFold(name[:3], []byte("ce-")):
		return p.attribute(name[3:], r)
	}
	return p.decoder.SkipValue()
}

// basicUser returns the user of a Basic header without a password, which is how
// Segment's SDKs send a public write key, or nil. Whatever else the header holds is a
// secret.
func (p *parser) basicUser(value []byte) []byte {
	const scheme = "Basic "
	if len(value) < len(scheme) || !bytes.EqualFold(value[:len(scheme)], []byte(scheme)) {
		return nil
	}
	start := len(p.text)
	text, err := base64.StdEncoding.AppendDecode(p.text, value[len(scheme):])
	if err != nil {
		return nil
	}
	p.text = text
	user, withoutPassword := bytes.CutSuffix(text[start:], []byte{':'})
	if !withoutPassword || bytes.IndexByte(user, ':') >= 0 {
		return nil
	}
	return user
}

// attribute reads an attribute of a CloudEvent. Its value is percent-encoded:
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
func (p *parser) attribute(name []byte, r *request) error {
	value, err := p.string()
	if err != nil {
		return err
	}
	name = bytes.ToLower(name)
	r.isCloudEvent = r.isCloudEvent || string(name) == "specversion"
	text := headerValue(unescape(value))
	r.attributes = record.AppendAttribute(r.attributes, headerValue(name), text)
	return nil
}

// unescape undoes percent-encoding. A malformed escape stays as it is.
func unescape(value []byte) []byte {
	if bytes.IndexByte(value, '%') < 0 {
		return value
	}
	var text []byte
	for i := 0; i < len(value); i++ {
		if value[i] == '%' && i+2 < len(value) {
			if decoded, err := hex.AppendDecode(text, value[i+1:i+3]); err == nil {
				text, i = decoded, i+2
				continue
			}
		}
		text = append(text, value[i])
	}
	return text
}

// parameters reads the query: API Gateway hands over an object of arrays, decoded and in
// any order.
func (p *parser) parameters(r *request) error {
	return p.members(func(name []byte) error {
		return p.within('[', func() error {
			value, err := p.string()
			if err == nil {
				p.parameter(name, value, r)
			}
			return err
		})
	})
}

func (p *parser) parameter(name, value []byte, r *request) {
	switch {
	case clients.IsSecret(string(name)):
		return
	case slices.Contains(clients.KeyParameters, string(name)):
		if r.key == nil {
			r.key = value
		}
		return
	case string(name) == "verbose" && string(value) == "1":
		r.isVerbose = true
	}
	if len(p.query) > 0 {
		p.query = append(p.query, '&')
	}
	p.query = appendEscaped(p.query, name)
	p.query = append(p.query, '=')
	p.query = appendEscaped(p.query, value)
	r.query = p.query
}

// appendEscaped escapes what has a meaning in a query or in JSON, so that the text is
// read back, and read fast.
func appendEscaped(dst, text []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range text {
		switch {
		case c <= ' ', c == 0x7f, bytes.IndexByte([]byte(`%&+=#"\`), c) >= 0:
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// route returns the client whose path r came by, nil for a plain request. ok is false
// when no client has the path.
func (h *Handler) route(r request) (c *clients.Client, ok bool) {
	get := r.isGet()
	switch path := bytes.Trim(r.path, "/"); {
	case !get && (len(path) == 0 || string(path) == "events"):
		return nil, true
	case get && len(r.query) == 0 && string(path) == "events":
		return nil, false // somebody opened the endpoint in a browser
	case get:
		c = h.clients.Get(r.path)
	default:
		c = h.clients.Post(r.path)
	}
	return c, c != nil
}

func (s *source) isGet() bool { return string(s.method) == "GET" }

// kept returns what a record keeps of the source of r.
func (r *request) kept(c *clients.Client) (s record.Source) {
	switch {
	case c != nil:
		s.Client, s.Path = c.Name, headerValue(r.path)
	case r.isCloudEvent:
		s.Client = clients.CloudEvents
	}
	s.Query, s.Key = string(r.query), headerValue(r.key)
	if len(r.attributes) > 0 {
		s.Attributes = record.JSON(append(r.attributes, '}'))
	}
	return s
}
