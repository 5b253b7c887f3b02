package redrive

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

// add appends to b what takes r back into the pipeline: r itself when it fits a record,
// or its parts, cut between events. An event that no record can carry is rejected here,
// with its payload in an object beside the row.
func (h *Handler) add(ctx context.Context, b *batch, r record.Record) error {
	data := record.Append(nil, r.Header, r.Body)
	if len(data) <= record.MaxBytes {
		b.addEvents(r.ID, data)
		return nil
	}
	body, _, failed := h.inflater.Inflate(r.Body, r.Encoding)
	if failed != nil {
		// The Validator would say the same of it, but no record can carry this much to it.
		failed.Raw = r.Body
		return h.reject(ctx, b, r.RejectBody(), *failed)
	}
	found := h.splitter.Split(body, r.Header)
	if e := found.Events[0]; e.Reason == record.BadEncoding { // kept as it was sent
		e.Raw = r.Body
		return h.reject(ctx, b, r.RejectBody(), e)
	}
	r.Source = found.Source(r.Source)
	for part := range parts(found, body, record.MaxBytes-headerBytes(r)) {
		if err := h.addPart(ctx, b, r, part); err != nil {
			return err
		}
	}
	return nil
}

// addPart appends one part as a record. It compresses a part that is too large, which
// can only be a single event, or a body without events.
func (h *Handler) addPart(ctx context.Context, b *batch, r record.Record, p part) error {
	r.First += p.first
	if p.only.Reason != "" && !p.whole {
		return h.reject(ctx, b, r.RejectEvent(r.First), p.only)
	}
	data := record.Append(nil, r.Header, p.body)
	if len(data) <= record.MaxBytes {
		b.addEvents(r.ID, data)
		return nil
	}
	if len(p.body) <= h.config.MaxInflatedBytes {
		if data = record.Append(nil, r.Header, compressed(p.body)); len(data) <= record.MaxBytes {
			b.addEvents(r.ID, data)
			return nil
		}
	}
	if p.whole {
		return h.reject(ctx, b, r.RejectBody(), p.only)
	}
	const tooLarge = "event is %d bytes, too large for a record of %d bytes even when compressed"
	e := p.only
	e.Reason = record.TooLarge
	e.Errors = []record.Finding{{Message: fmt.Sprintf(tooLarge, len(e.Raw), record.MaxBytes), Offset: record.NoOffset}}
	return h.reject(ctx, b, r.RejectEvent(r.First), e)
}

// reject appends a reject to b, with what was found in e.
func (h *Handler) reject(ctx context.Context, b *batch, r record.Reject, e event.Item) error {
	r.Type, r.Reason, r.Errors, r.Payload, r.Processor = e.Type, e.Reason, e.Errors, e.Raw, processor
	row, key := record.FitReject(r)
	if key != "" {
		if err := h.lake.Put(ctx, key, r.Payload); err != nil {
			return err
		}
	}
	b.add(&b.rejects, row)
	return nil
}

// processor names this code in the rows that it rejects.
const processor = "redrive/2"

// headerBytes is the room that r's header line takes in each part, with the longest
// length of a body and first index: 7 and 5 digits.
func headerBytes(r record.Record) int {
	const room = len(`,"first":49999`) + len("1024000")
	return len(record.Append(nil, r.Header, nil)) + room
}

func compressed(body []byte) []byte {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(body) // a bytes.Buffer takes everything
	_ = w.Close()
	return zipped.Bytes()
}
