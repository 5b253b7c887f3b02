package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

// MaxValues bounds the JSON values of an event whose type has a schema. Each can cost a
// finding of some 500 bytes in each branch of a schema: 10 MB for 20,000. And
// uniqueItems can compare each item with each, which takes about a second for the 6,000
// items that 20,000 values can make so.
const MaxValues = 20_000

// parser makes the tree that the schema engine walks. Numbers are exact text, and names
// differ even when they are lone surrogates.
type parser struct {
	decoder jsontext.Decoder
	source  bytes.Buffer
	values  int
}

var parsers = sync.Pool{New: func() any { return new(parser) }}

var treeOptions = []jsontext.Options{jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)}

var errValues = fmt.Errorf("event holds more than %d values", MaxValues)

// parse returns event as a tree, or why it cannot be checked.
func parse(text []byte) (any, *record.Finding) {
	p := parsers.Get().(*parser)
	defer parsers.Put(p)
	p.values = 0
	p.source = *bytes.NewBuffer(text)
	p.decoder.Reset(&p.source, treeOptions...)
	tree, err := p.value()
	p.source = bytes.Buffer{}
	if err != nil {
		return nil, &record.Finding{
			Instance: record.Clip(string(p.decoder.StackPointer()), maxPointer),
			Message:  err.Error(),
			Offset:   p.decoder.InputOffset(),
		}
	}
	return tree, nil
}

func (p *parser) value() (any, error) {
	if p.values++; p.values > MaxValues {
		return nil, errValues
	}
	token, err := p.decoder.ReadToken()
	if err != nil {
		return nil, errors.New("event is not JSON")
	}
	switch token.Kind() {
	case 't', 'f':
		return token.Bool(), nil
	case '"':
		return token.String(), nil
	case '0':
		number, err := exact(token.String())
		return json.Number(number), err
	case '{':
		return p.object()
	case '[':
		return p.array()
	}
	return nil, nil
}

func (p *parser) object() (any, error) {
	object := map[string]any{}
	for p.decoder.PeekKind() == '"' {
		quoted, err := p.decoder.ReadValue()
		if err != nil {
			return nil, errors.New("event is not JSON")
		}
		name := event.Name(quoted)
		if object[name], err = p.value(); err != nil {
			return nil, err
		}
	}
	_, err := p.decoder.ReadToken()
	return object, err
}

func (p *parser) array() (any, error) {
	array := []any{}
	for kind := p.decoder.PeekKind(); kind != ']' && kind != 0; kind = p.decoder.PeekKind() {
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	_, err := p.decoder.ReadToken()
	return array, err
}
