package redrive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/record"
)

// readers is how many spilled objects are read at once. A read from S3 takes some 20
// ms, so 32 readers read some 1,600 objects a second. At 4.5 MB an object they hold 144
// MB.
const readers = 32

// fetched is a spilled object as it was read.
type fetched struct {
	*object
	data []byte
	err  error
}

// records returns the one record that Ingest left in the object, or the several that
// the Validator did. They are not replays.
func (f fetched) records() ([]record.Record, error) {
	if f.err != nil {
		return nil, f.err
	}
	return recordsOf(f.data)
}

// recordsOf returns the records that stand in data one behind the other, at least one.
func recordsOf(data []byte) (all []record.Record, err error) {
	for len(all) == 0 || len(data) > 0 {
		var r record.Record
		if r, data, err = record.Decode(data); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// fetch reads objects with some readers, in no order. It reads no more once too little
// time is left to put them.
func (h *Handler) fetch(ctx context.Context, objects []*object) <-chan fetched {
	asked, found := make(chan *object), make(chan fetched)
	var busy sync.WaitGroup
	for range min(readers, len(objects)) {
		busy.Go(func() {
			for o := range asked {
				f := fetched{object: o, err: errLate}
				if !isLate(ctx) {
					f.data, f.err = h.read(ctx, o.Key)
				}
				found <- f
			}
		})
	}
	go func() {
		for _, o := range objects {
			asked <- o
		}
		close(asked)
		busy.Wait()
		close(found)
	}()
	return found
}

// lastPut is the time that the last batch may take. What is not done by then goes back to
// the queue; a timeout of the function would send back all of its messages.
const lastPut = 10 * time.Second

var errLate = errors.New("no time is left in this invocation")

func isLate(ctx context.Context) bool {
	deadline, bounded := ctx.Deadline()
	return bounded && time.Until(deadline) < lastPut
}

// errLake marks an error of S3, which another attempt may not meet.
var errLake = errors.New("the lake does not answer")

// each calls work with each record of an object that an operator replays, in order, until
// work fails. It logs a line that cannot be decoded and goes on: the object stays, and a
// repetition would not help.
func (h *Handler) each(ctx context.Context, asked Replay, work func(record.Record) error) error {
	decode, err := h.decoder(ctx, asked)
	if err != nil {
		return err
	}
	object, err := h.lake.Get(ctx, asked.Key)
	if err != nil {
		return err
	}
	defer object.Close()
	n := 0
	for line, err := range record.Lines(object) {
		if err != nil {
			return fmt.Errorf("reading %s: %w", asked.Key, err)
		}
		n++
		var records []record.Record
		if line = bytes.TrimSpace(line); len(line) > 0 {
			records, err = decode(line)
		}
		switch {
		case errors.Is(err, errLake):
			return err
		case err != nil:
			h.leaveOut(ctx, "line is not readable", "key", asked.Key, "line", n, "cause", err.Error())
		}
		for _, r := range records {
			if err := work(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// decoder returns what makes records of one line of an object: one of Firehose's error
// objects, or an object of rejects. It makes none of a reject that is not asked for.
func (h *Handler) decoder(ctx context.Context, asked Replay) (func([]byte) ([]record.Record, error), error) {
	switch {
	case strings.HasPrefix(asked.Key, record.FailedPrefix):
		return failed, nil
	case strings.HasPrefix(asked.Key, record.RejectedPrefix):
		return func(line []byte) ([]record.Record, error) { return h.rejected(ctx, line, asked) }, nil
	}
	return nil, fmt.Errorf("opening %s: it is not below %s, %s or %s",
		asked.Key, record.SpillPrefix, record.FailedPrefix, record.RejectedPrefix)
}

// failed reads a line of Firehose's error object, which has the original data in
// rawData as base64. It needs no other member: AWS documents them with other names and
// types than it writes.
func failed(line []byte) ([]record.Record, error) {
	var object struct {
		RawData []byte `json:"rawData"`
	}
	if err := json.Unmarshal(line, &object); err != nil {
		return nil, fmt.Errorf("decoding error object: %w", err)
	}
	if len(object.RawData) == 0 {
		return nil, errors.New("decoding error object: rawData is missing or empty")
	}
	records, err := recordsOf(object.RawData)
	for i := range records {
		records[i].Replays++
	}
	return records, err
}

// rejected reads a reject and makes a record of its payload under its ingest id, at its
// place in the request.
func (h *Handler) rejected(ctx context.Context, line []byte, asked Replay) ([]record.Record, error) {
	reject, err := record.DecodeReject(line)
	if err != nil {
		return nil, err
	}
	if !asked.wants(reject) {
		return nil, nil
	}
	payload := reject.Payload
	if reject.PayloadObject != "" {
		payload, err = h.read(ctx, reject.PayloadObject)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errLake, err)
		}
	}
	header := reject.Request()
	header.Replays++
	body := Body(reject, payload)
	_, _, isEvent := record.SplitEventID(reject.ID)
	if isEvent && len(h.splitter.Split(body, header).Events) > 1 {
		return nil, errors.New("payload of one event holds several, which would take the ids of later events")
	}
	return []record.Record{{Header: header, Body: body}}, nil
}

// Body returns the body by which a reject's payload is judged again.
func Body(r record.Reject, payload []byte) []byte {
	_, _, isEvent := record.SplitEventID(r.ID)
	switch {
	case r.Reason == record.NotAnObject: // the elements of an array would count as events
		return inArray(payload)
	case isEvent:
		return Alone(payload, r.Source)
	}
	return payload
}

// Alone returns a body that holds one event of a source, and no other. An event that looks
// like an envelope of its client stands in an array, or else what the envelope holds would
// count as events of the request.
func Alone(event []byte, from record.Source) []byte {
	client := clients.Named(from.Client)
	unwraps := client != nil && len(client.Members) > 0 && from.Attributes == ""
	if !unwraps || !bytes.HasPrefix(event, []byte{'{'}) {
		return event
	}
	return inArray(event)
}

func inArray(event []byte) []byte { return slices.Concat([]byte{'['}, event, []byte{']'}) }

func (h *Handler) read(ctx context.Context, key string) ([]byte, error) {
	object, err := h.lake.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	data, err := io.ReadAll(object)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", key, err)
	}
	return data, nil
}
