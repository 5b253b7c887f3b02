package ingest

import (
	"bytes"
	"encoding/base64"

	"github.com/go-json-experiment/json/jsontext"
)

// request is what ingest takes from API Gateway's proxy event. Its values are parts of
// the event or of the parser's memory, valid until the parser is used again. The
// event's shape:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
type request struct {
	resource    []byte // of the API: which of its paths the request came by
	body        []byte
	requestID   []byte
	sourceIP    []byte
	forwarded   forwarded
	userAgent   []byte
	contentType []byte
	encoding    []byte
	origin      []byte
	source
}

// parser finds a request in an event without building a tree: it steps into the few
// objects that matter and skips the rest.
type parser struct {
	proxies int // as in Config
	decoder jsontext.Decoder
	reader  bytes.Buffer
	event   []byte
	text    []byte // strings without their escapes, and the decoded body
	query   []byte // its parameters
}

// parse returns what event asks for. What it does not find stays empty: an event without a
// body is a request without a body. An event that is not a proxy event, for example of a
// manual invocation, is stored whole, like any body.
func (p *parser) parse(event []byte) request {
	p.event, p.text, p.query = event, p.text[:0], p.query[:0]
	p.reader = *bytes.NewBuffer(event)
	p.decoder.Reset(&p.reader, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if p.decoder.PeekKind() != '{' {
		return request{body: event}
	}
	var r request
	isBase64 := false
	err := p.members(func(name []byte) (err error) {
		switch string(name) {
		case "body":
			r.body, err = p.string()
		case "isBase64Encoded":
			isBase64, err = p.bool()
		case "headers":
			err = p.members(func(name []byte) error { return p.header(name, &r) })
		case "resource":
			r.resource, err = p.string()
		case "httpMethod":
			r.method, err = p.string()
		case "path":
			r.path, err = p.string()
		case "multiValueHeaders":
			err = p.forwarded(&r.forwarded)
		case "multiValueQueryStringParameters":
			err = p.parameters(&r)
		case "requestContext":
			err = p.members(func(name []byte) error { return p.context(name, &r) })
		default:
			err = p.decoder.SkipValue()
		}
		return err
	})
	if err != nil {
		return request{body: event}
	}
	if isBase64 {
		r.body = p.decode(r.body)
	}
	return r
}

func (p *parser) header(name []byte, r *request) (err error) {
	switch {
	case bytes.EqualFold(name, []byte("User-Agent")):
		r.userAgent, err = p.string()
	case bytes.EqualFold(name, []byte("Content-Type")):
		r.contentType, err = p.string()
	case bytes.EqualFold(name, []byte("Content-Encoding")):
		r.encoding, err = p.string()
	case bytes.EqualFold(name, []byte("Origin")):
		r.origin, err = p.string()
	default:
		err = p.sourceHeader(name, r)
	}
	return err
}

func (p *parser) context(name []byte, r *request) (err error) {
	switch string(name) {
	case "requestId":
		r.requestID, err = p.string()
	case "identity":
		err = p.members(func(name []byte) (err error) {
			if string(name) != "sourceIp" {
				return p.decoder.SkipValue()
			}
			r.sourceIP, err = p.string()
			return err
		})
	default:
		err = p.decoder.SkipValue()
	}
	return err
}

// members calls visit with the name of each member of the next object; visit reads the
// value. It skips anything but an object.
func (p *parser) members(visit func(name []byte) error) error {
	return p.within('{', func() error {
		name, err := p.string()
		if err != nil {
			return err
		}
		return visit(name)
	})
}

// within calls visit before each member of the next object, or each element of the next
// array, as begin says. It skips anything else.
func (p *parser) within(begin jsontext.Kind, visit func() error) error {
	if p.decoder.PeekKind() != begin {
		return p.decoder.SkipValue()
	}
	if _, err := p.decoder.ReadToken(); err != nil {
		return err
	}
	for kind := p.decoder.PeekKind(); kind != '}' && kind != ']'; kind = p.decoder.PeekKind() {
		if err := visit(); err != nil {
			return err
		}
	}
	_, err := p.decoder.ReadToken()
	return err
}

// string reads the next value: a string without its quotes and escapes, nothing for
// null, and any other value as its own text.
func (p *parser) string() ([]byte, error) {
	value, err := p.decoder.ReadValue()
	if err != nil {
		return nil, err
	}
	end := p.decoder.InputOffset()
	raw := p.event[end-int64(len(value)) : end]
	switch raw[0] {
	case 'n':
		return nil, nil
	case '"':
		return p.unquote(raw), nil
	}
	return raw, nil
}

func (p *parser) unquote(raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	start := len(p.text)
	// An error says that bytes that are not UTF-8 became U+FFFD. API Gateway sends such
	// bytes in base64.
	p.text, _ = jsontext.AppendUnquote(p.text, raw)
	return p.text[start:]
}

func (p *parser) bool() (bool, error) {
	token, err := p.decoder.ReadToken()
	return token.Kind() == 't', err
}

// decode returns the bytes that body encodes, or body itself when it is not base64
// although the event says so: then it is safe only to store what came.
func (p *parser) decode(body []byte) []byte {
	start := len(p.text)
	text, err := base64.StdEncoding.AppendDecode(p.text, body)
	if err != nil {
		return body
	}
	p.text = text
	return text[start:]
}
