package functions

import (
	"context"
	"encoding/json"
	"fmt"
)

// Chain is the validation function of wirings 1 and 3. It is invoked with one record,
// as Firehose would hand it to the product's validator, which does the work; lines of
// valid events go to a stream instead of back to Firehose.
type Chain struct {
	Validator Validator
	Lines     Stream
}

// Validator answers a batch as Firehose expects it; the product's is one.
type Validator interface {
	Invoke(ctx context.Context, batch []byte) ([]byte, error)
}

// Stream stores lines. A nil error means that they will not be lost.
type Stream interface {
	Put(ctx context.Context, lines []byte) error
}

// Invoke implements lambda.Handler. An error makes Lambda try the event again, twice.
func (c Chain) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	text, err := c.Validator.Invoke(ctx, event)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Records []struct {
			RecordID string `json:"recordId"`
			Result   string `json:"result"`
			Data     []byte `json:"data"`
		} `json:"records"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("reading the validator's answer: %w", err)
	}
	for _, record := range answer.Records {
		switch {
		case record.Result == "ProcessingFailed":
			return nil, fmt.Errorf("validating %s: it cannot be read", record.RecordID)
		case len(record.Data) > 0:
			if err := c.Lines.Put(ctx, record.Data); err != nil {
				return nil, fmt.Errorf("putting the lines of %s: %w", record.RecordID, err)
			}
		}
	}
	return []byte("null"), nil
}

// LinesStream is the variable that names the stream of Chain's lines, beside those of
// the validator.
const LinesStream = "LINES_STREAM"
