package validate_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate"
	"global-ingest/lambdas/validate/schema"
)

// lab is a Handler with everything around it in memory.
type lab struct {
	*validate.Handler
	rows    [][]byte          // what the rejects stream accepted
	mu      sync.Mutex        // of objects, which several workers put
	objects map[string][]byte // what the object store accepted, by key
	puts    []string          // the keys, as they came
	metrics bytes.Buffer
	logs    bytes.Buffer

	refuse     func(rows [][]byte) ([]int, error) // nil: accept all
	refuseKeys func(key string) error             // nil: accept all
}

func (l *lab) PutBatch(_ context.Context, rows [][]byte) ([]int, error) {
	if l.refuse != nil {
		return l.refuse(rows)
	}
	for _, row := range rows {
		l.rows = append(l.rows, bytes.Clone(row))
	}
	return nil, nil
}

func (l *lab) Put(_ context.Context, key string, body []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuseKeys != nil {
		if err := l.refuseKeys(key); err != nil {
			return err
		}
	}
	l.objects[key] = bytes.Clone(body)
	l.puts = append(l.puts, key)
	return nil
}

// PutLines takes lines only, and keeps them as they are read.
func (l *lab) PutLines(ctx context.Context, key string, body []byte) error {
	text, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil || !strings.HasPrefix(key, record.EventsPrefix) {
		return fmt.Errorf("no object of lines at %s: %w", key, err)
	}
	lines, err := io.ReadAll(text)
	if err != nil {
		return err
	}
	return l.Put(ctx, key, lines)
}

// stored returns all lines of events/ that the Validator stored.
func (l *lab) stored() (lines []byte) {
	for key, object := range l.objects {
		if strings.HasPrefix(key, record.EventsPrefix) {
			lines = append(lines, object...)
		}
	}
	return lines
}

var load = sync.OnceValues(func() (*schema.Set, error) { return schema.Load(config().Options()) })

func newLab(t testing.TB, c validate.Config) *lab {
	t.Helper()
	set, err := load()
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{objects: map[string][]byte{}}
	l.Handler = validate.New(c, set, l, l, &l.metrics, slog.New(slog.NewJSONHandler(&l.logs, nil)))
	return l
}

var receivedAt = time.Date(2026, 11, 23, 10, 0, 0, 123_000_000, time.UTC)

// arrivedAt is when Firehose took the records of a batch.
var arrivedAt = receivedAt.Add(2 * time.Hour)

// header is of a record that was answered in another region than that of the batch.
func header(id string) record.Header {
	return record.Header{
		ID:         id,
		ReceivedAt: receivedAt,
		Region:     "eu-central-1",
		RequestID:  "request-" + id,
		IP:         "203.0.113.0",
		UserAgent:  "agent/1",
	}
}

// sent returns the record of a request with this id and body.
func sent(id, body string) []byte { return record.Append(nil, header(id), []byte(body)) }

// batch returns the transformation event of these records.
func batch(records ...[]byte) []byte {
	type entry struct {
		RecordID string `json:"recordId"`
		Arrived  int64  `json:"approximateArrivalTimestamp"`
		Data     []byte `json:"data"`
	}
	event := struct {
		InvocationID string  `json:"invocationId"`
		Stream       string  `json:"deliveryStreamArn"`
		Region       string  `json:"region"`
		Records      []entry `json:"records"`
	}{"i", "arn:aws:firehose:us-east-1:111111111111:deliverystream/events", "us-east-1", []entry{}}
	for n, data := range records {
		event.Records = append(event.Records, entry{fmt.Sprintf("record-%d", n), arrivedAt.UnixMilli(), data})
	}
	text, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	return text
}

type answered struct {
	RecordID string
	Result   string
	Data     []byte
}

// invoke returns the answer to a batch that must not fail.
func (l *lab) invoke(t testing.TB, records ...[]byte) []answered {
	t.Helper()
	text, err := l.Invoke(context.Background(), batch(records...))
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, text)
}

func decode(t testing.TB, text []byte) []answered {
	t.Helper()
	var answer struct{ Records []answered }
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("answer is not JSON: %v", err)
	}
	return answer.Records
}

// rejects returns the accepted rows, decoded.
func (l *lab) rejects(t testing.TB) []record.Reject {
	t.Helper()
	var all []record.Reject
	for _, row := range l.rows {
		r, err := record.DecodeReject(row)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

const click = `{"type":"click","event_id":"1","occurred_at":"2026-11-23T10:00:00Z","session":"s",` +
	`"page":{"url":"app://home"},"element":{"id":"e"}}`

func zipped(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
