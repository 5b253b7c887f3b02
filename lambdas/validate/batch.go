package validate

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// delivered is one record of a batch, as Firehose hands it over.
// https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html
type delivered struct {
	id   []byte // its recordId as the JSON string it came as, quotes included, to be handed back unread
	data []byte // what was put on the stream
	err  error  // why data cannot be read
}

var batchOptions = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// decodeBatch reads the records of a transformation event. Other members, such as
// the stream's name, are skipped.
func decodeBatch(event []byte) ([]delivered, error) {
	// Base64 takes 4 bytes for 3, so that all records together fit this.
	d := batchDecoder{memory: make([]byte, 0, base64.StdEncoding.DecodedLen(len(event)))}
	d.Reset(bytes.NewBuffer(event), batchOptions...)
	if err := d.object(d.topLevel); err != nil {
		return nil, err
	}
	if d.records == nil {
		return nil, errors.New("event has no records")
	}
	return d.records, nil
}

type batchDecoder struct {
	jsontext.Decoder
	memory  []byte // of all data
	records []delivered
}

// object reads an object and calls member when it stands before each value.
func (d *batchDecoder) object(member func(name string) error) error {
	if kind := d.PeekKind(); kind != '{' {
		return fmt.Errorf("want an object at byte %d", d.InputOffset())
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		if err := member(name.String()); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func (d *batchDecoder) topLevel(name string) error {
	if name != "records" {
		return d.SkipValue()
	}
	if kind := d.PeekKind(); kind != '[' {
		return errors.New("records is no array")
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	d.records = []delivered{}
	for kind := d.PeekKind(); kind != ']' && kind != 0; kind = d.PeekKind() {
		if err := d.record(); err != nil {
			return fmt.Errorf("record %d: %w", len(d.records), err)
		}
	}
	_, err := d.ReadToken()
	return err
}

func (d *batchDecoder) record() error {
	r := delivered{err: errors.New("record has no data")}
	err := d.object(func(name string) error {
		if name != "recordId" && name != "data" || d.PeekKind() != '"' {
			return d.SkipValue()
		}
		text, err := d.ReadValue()
		if err != nil {
			return err
		}
		if name == "recordId" {
			r.id = text
		} else {
			r.data, r.err = d.base64(text)
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
	start := len(d.memory)
	memory, err := base64.StdEncoding.AppendDecode(d.memory, text)
	if err != nil {
		return nil, errors.New("data is not base64")
	}
	d.memory = memory
	return memory[start:len(memory):len(memory)], nil
}

// The members of one record's answer, but for its id and data.
const (
	answerOpen   = `{"records":[`
	answerID     = `{"recordId":`
	answerResult = `,"result":"`
	answerData   = `","data":"`
	answerClose  = `]}`
)

// answerSize returns what answering a batch takes before any data, at most: every
// record as ProcessingFailed, the longest of the results, and with all members.
// It is less than what the event itself took, so that it always fits.
func answerSize(batch []delivered) int {
	size := len(answerOpen) + len(answerClose)
	for _, d := range batch {
		size += len(answerID) + len(d.id) + len(answerResult) + len("ProcessingFailed") + len(answerData) + len(`"},`)
	}
	return size
}

// encodedSize returns what lines take of an answer.
func encodedSize(lines []byte) int { return base64.StdEncoding.EncodedLen(len(lines)) }

// appendAnswer appends the answer to a batch: the same ids, in order, once each.
func appendAnswer(dst []byte, batch []delivered, outcomes []outcome) []byte {
	size := answerSize(batch)
	for _, o := range outcomes {
		size += encodedSize(o.lines)
	}
	if dst == nil {
		dst = make([]byte, 0, size)
	}
	dst = append(dst, answerOpen...)
	for i, o := range outcomes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, answerID...), batch[i].id...)
		dst = append(append(dst, answerResult...), o.result()...)
		if o.valid > 0 {
			dst = append(dst, answerData...)
			dst = base64.StdEncoding.AppendEncode(dst, o.lines)
		}
		dst = append(dst, `"}`...)
	}
	return append(dst, answerClose...)
}
