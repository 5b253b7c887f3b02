package redrive

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"strconv"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

// add appends to b what takes r back into the pipeline: r itself when it fits a
// record, and else its parts, cut between events. What no record can carry is
// rejected here, with its payload as an object beside the row.
func (h *Handler) add(ctx context.Context, b *batch, r record.Record) error {
	data := record.Append(nil, r.Header, r.Body)
	if len(data) <= record.MaxBytes {
		b.addEvents(data)
		return nil
	}
	body, _, failed := h.inflater.Inflate(r.Body)
	if failed != nil {
		// The validator would say the same of it, but cannot be handed this much.
		failed.Raw = r.Body
		return h.reject(ctx, b, r, *failed, true)
	}
	r.Encoding = ""
	for part := range parts(h.splitter.Split(body), body, record.MaxBytes-headerBytes(r)) {
		if err := h.addPart(ctx, b, r, part); err != nil {
			return err
		}
	}
	return nil
}

// addPart appends one part as a record, compressed when it is too large as it is,
// which only a single event can be, or a body that holds none.
func (h *Handler) addPart(ctx context.Context, b *batch, r record.Record, p part) error {
	r.First += p.first
	if p.only.Reason != "" && !p.whole {
		return h.reject(ctx, b, r, p.only, false)
	}
	data := record.Append(nil, r.Header, p.body)
	if len(data) <= record.MaxBytes {
		b.addEvents(data)
		return nil
	}
	if len(p.body) <= h.config.MaxInflatedBytes {
		if data = record.Append(nil, r.Header, compressed(p.body)); len(data) <= record.MaxBytes {
			b.addEvents(data)
			return nil
		}
	}
	e := p.only
	if e.Reason == "" {
		e.Reason = record.TooLargeInflated
		e.Errors = []record.Error{{
			Message: fmt.Sprintf("event is %d bytes, too large for a record of %d bytes even when compressed", len(e.Raw), record.MaxBytes),
			Offset:  record.NoOffset,
		}}
	}
	return h.reject(ctx, b, r, e, p.whole)
}

// reject appends a reject to b, its payload below rejected-large/ where no record has
// room for both. The id is the request's when the whole body is rejected, as the
// validator's rejects have it.
func (h *Handler) reject(ctx context.Context, b *batch, r record.Record, e event.Event, whole bool) error {
	id, name := record.EventID(r.ID, r.First), strconv.Itoa(r.First)
	if whole && r.First == 0 {
		id, name = r.ID, "body"
	}
	reject := record.Reject{
		ID: id, ReceivedAt: r.ReceivedAt, RequestID: r.RequestID, Replays: r.Replays,
		Reason: e.Reason, Errors: e.Errors, Payload: e.Raw, Processor: processor,
	}
	if len(e.Raw) < record.MaxBytes { // else the row is larger in any case
		if row := record.AppendReject(nil, reject); len(row) <= record.MaxBytes {
			b.addReject(row)
			return nil
		}
	}
	reject.Payload, reject.PayloadObject = nil, record.RejectedLargeKey(r.ID, name, r.ReceivedAt)
	if err := h.lake.Put(ctx, reject.PayloadObject, e.Raw); err != nil {
		return err
	}
	b.addReject(record.AppendReject(nil, reject))
	return nil
}

// processor names who rejected, in the row.
const processor = "redrive/1"

// headerBytes is the room that r's header line takes in each part: with a body's
// length and a first index as long as they can get, 7 and 5 digits.
func headerBytes(r record.Record) int {
	const room = len(`,"first":10000`) + len("1024000")
	return len(record.Append(nil, r.Header, nil)) + room
}

func compressed(body []byte) []byte {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(body) // a bytes.Buffer takes everything
	_ = w.Close()
	return zipped.Bytes()
}
