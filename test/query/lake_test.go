// Package query holds what the views promise, run by DuckDB over lakes that the real
// Validator wrote, hostile events among them.
package query

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"global-ingest/infra/query"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate"
	"global-ingest/lambdas/validate/schema"
)

const infra = "../../infra"

var receivedAt = time.Date(2026, 11, 23, 10, 0, 0, 123_000_000, time.UTC)

// lake is a bucket in files that the Validator fills.
type lake struct {
	query.Laptop
	t        testing.TB
	set      *schema.Set
	portable bool
	rejected []byte // lines that are not written yet
	objects  int
	lines    int // of events/
}

// newLake returns an empty lake of the schemas of the build. Without DuckDB the test is
// skipped.
func newLake(t testing.TB) *lake {
	t.Helper()
	if _, err := os.Stat(filepath.Join(infra, "node_modules", "@duckdb")); err != nil {
		t.Skip("DuckDB is not installed: `make cli` installs it")
	}
	set, err := schema.Load(validate.Default().Options())
	if err != nil {
		t.Fatal(err)
	}
	tables, err := set.Tables()
	if err != nil {
		t.Fatal(err)
	}
	l := &lake{t: t, set: set}
	l.Laptop = query.Laptop{Infra: infra, Lake: t.TempDir(), Views: query.Views(tables)}
	return l
}

// PutBatch takes the Validator's rejects.
func (l *lake) PutBatch(_ context.Context, rows [][]byte) ([]int, error) {
	l.rejected = append(l.rejected, bytes.Join(rows, nil)...)
	return nil, nil
}

// Put takes payloads of rejects that fit no row.
func (l *lake) Put(context.Context, string, []byte) error { return nil }

// PutLines takes lines that fit no answer.
func (l *lake) PutLines(_ context.Context, key string, body []byte) error {
	l.write(key, body)
	return nil
}

// send has the Validator judge bodies, each a request of its own, and writes what it
// says as Firehose would in the hour that received at at.
func (l *lake) send(at time.Time, bodies ...[]byte) {
	l.t.Helper()
	handler := validate.New(l.config(), l.set, l, l, io.Discard, slog.New(slog.DiscardHandler))
	var lines []byte
	for i, body := range bodies {
		header := record.Header{
			ID: fmt.Sprintf("%08d-0000-7000-8000-%012d", l.objects, i), ReceivedAt: at, RequestID: "r",
			UserAgent: `a "b"`, IP: "203.0.113.0",
		}
		lines = append(lines, l.judge(handler, record.Append(nil, header, body))...)
	}
	l.lines += bytes.Count(lines, []byte("\n"))
	l.object(record.EventsPrefix, at, lines)
	l.object(record.RejectedPrefix, at, l.rejected)
	l.rejected = nil
}

func (l *lake) config() validate.Config {
	c := validate.Default()
	c.Environment, c.RejectsStream, c.Bucket = "Test", "rejects", "lake"
	c.Portable = l.portable // false: the views hold for what was stored before, too
	return c
}

// judge returns the lines of the valid events of a record.
func (l *lake) judge(handler *validate.Handler, data []byte) []byte {
	l.t.Helper()
	type entry struct {
		RecordID string `json:"recordId"`
		Result   string `json:"result,omitempty"`
		Data     []byte `json:"data"`
	}
	batch, err := json.Marshal(map[string]any{
		"invocationId": "i", "region": "us-east-1",
		"deliveryStreamArn": "arn:aws:firehose:us-east-1:111111111111:deliverystream/events",
		"records":           []entry{{RecordID: "1", Data: data}},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	out, err := handler.Invoke(l.t.Context(), batch)
	if err != nil {
		l.t.Fatal(err)
	}
	var answer struct{ Records []entry }
	if err := json.Unmarshal(out, &answer); err != nil {
		l.t.Fatal(err)
	}
	return answer.Records[0].Data
}

// object writes lines as an object of an hour.
func (l *lake) object(prefix string, at time.Time, lines []byte) {
	if len(lines) == 0 {
		return
	}
	var object bytes.Buffer
	zip := gzip.NewWriter(&object)
	if _, err := zip.Write(lines); err != nil {
		l.t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		l.t.Fatal(err)
	}
	l.objects++
	key := fmt.Sprintf("%s%sstream-%d%s", prefix, record.Partition(at), l.objects, record.LinesExtension)
	l.write(key, object.Bytes())
}

func (l *lake) write(key string, object []byte) {
	path := filepath.Join(l.Lake, "bucket", filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(path, object, 0o644); err != nil {
		l.t.Fatal(err)
	}
}

// ask returns the rows of a query, as text; NULL is "NULL".
func (l *lake) ask(sql string) [][]string {
	l.t.Helper()
	result, err := l.Run(l.t.Context(), sql)
	if err != nil {
		l.t.Fatalf("%v\n%s", err, sql)
	}
	rows := make([][]string, len(result.Rows))
	for i, row := range result.Rows {
		for _, cell := range row {
			text := "NULL"
			if cell != nil {
				text = *cell
			}
			rows[i] = append(rows[i], text)
		}
	}
	return rows
}
