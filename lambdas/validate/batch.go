package validate

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// delivered is one record of a batch, as Firehose hands it over.
// https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html
type delivered struct {
	id      []byte // its recordId as the JSON string it came as, quotes included, to be handed back unread
	data    []byte // what was put on the stream
	arrived int64  // when Firehose took it, in Unix milliseconds; 0: not said
	err     error  // why data cannot be read
}

// arrivedOr returns when Firehose took the record, or else another time.
func (d delivered) arrivedOr(other time.Time) time.Time {
	if d.arrived <= 0 {
		return other
	}
	return time.UnixMilli(d.arrived)
}

var errNoData = errors.New("record has no data")

var batchOptions = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// batch is the records of one transformation event. It keeps its memory for the next.
type batch struct {
	records []delivered
	memory  []byte // of all data
}

// decode reads the records of event. Other members, such as the stream's name, are
// skipped.
func (b *batch) decode(event []byte) error {
	b.reset(len(event))
	d := batchDecoder{batch: b}
	d.Reset(bytes.NewBuffer(event), batchOptions...)
	if err := d.object(d.topLevel); err != nil {
		return err
	}
	if !d.found {
		return errors.New("event has no records")
	}
	return nil
}

// reset makes room for the data of an event: base64 takes 4 bytes for 3.
func (b *batch) reset(event int) {
	clear(b.records) // no batch holds on to the event before
	b.records = b.records[:0]
	b.memory = slices.Grow(b.memory[:0], base64.StdEncoding.DecodedLen(event))
}

// data decodes base64 into the batch's memory.
func (b *batch) data(text []byte) ([]byte, error) {
	start := len(b.memory)
	memory, err := base64.StdEncoding.AppendDecode(b.memory, text)
	if err != nil {
		return nil, errors.New("data is not base64")
	}
	b.memory = memory
	return memory[start:len(memory):len(memory)], nil
}

// batchDecoder reads a transformation event.
type batchDecoder struct {
	jsontext.Decoder
	*batch
	found bool // records
	name  []byte
}

// object reads an object and calls member when it stands before each value. The name
// is good until the next.
func (d *batchDecoder) object(member func(name []byte) error) error {
	if kind := d.PeekKind(); kind != '{' {
		return fmt.Errorf("want an object at byte %d", d.InputOffset())
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() == '"' {
		quoted, err := d.ReadValue()
		if err != nil {
			return err
		}
		d.name, _ = jsontext.AppendUnquote(d.name[:0], quoted)
		if err := member(d.name); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func (d *batchDecoder) topLevel(name []byte) error {
	if string(name) != "records" {
		return d.SkipValue()
	}
	if kind := d.PeekKind(); kind != '[' {
		return errors.New("records is no array")
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	d.found = true
	for kind := d.PeekKind(); kind != ']' && kind != 0; kind = d.PeekKind() {
		if err := d.record(); err != nil {
			return fmt.Errorf("record %d: %w", len(d.records), err)
		}
	}
	_, err := d.ReadToken()
	return err
}

func (d *batchDecoder) record() error {
	r := delivered{err: errNoData}
	err := d.object(func(name []byte) error {
		text, err := d.ReadValue()
		if err != nil {
			return err
		}
		switch isString := text.Kind() == '"'; {
		case isString && string(name) == "recordId":
			r.id = text
		case isString && string(name) == "data":
			r.data, r.err = d.base64(text)
		case string(name) == "approximateArrivalTimestamp":
			r.arrived, _ = strconv.ParseInt(string(text), 10, 64)
		}
		return nil
	})
	if err == nil && r.id == nil {
		err = errors.New("no recordId")
	}
	d.records = append(d.records, r)
	return err
}

func (d *batchDecoder) base64(quoted []byte) ([]byte, error) {
	text := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(text, '\\') >= 0 { // some encoders escape the slash
		text, _ = jsontext.AppendUnquote(nil, quoted)
	}
	return d.data(text)
}
