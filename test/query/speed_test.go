package query

import (
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"global-ingest/lambdas/record"
)

var speedLines = flag.Int("lines", 20_000,
	"lines that the benchmark reads; the figures of infra/docs/query.md are of 1,000,000")

// BenchmarkSQL asks one question of the views, of DuckDB's own reader of JSON lines, and of
// a typed Parquet file of the same events: seconds, and bytes that were read.
func BenchmarkSQL(b *testing.B) {
	l := newLake(b)
	fill(l, *speedLines)
	const ask = "SELECT button, count(*), avg(position_x), max(occurred_at) FROM %s GROUP BY button ORDER BY 1"
	parquet := filepath.Join(b.TempDir(), "click.parquet")
	objects := filepath.ToSlash(filepath.Join(l.Lake, "*", "events", "**", "*.jsonl.gz"))
	for range b.N {
		answers, err := l.RunAll(b.Context(),
			"COPY (SELECT * EXCLUDE (event) FROM click) TO '"+parquet+"'",
			fmt.Sprintf(ask, "click"),
			fmt.Sprintf(ask, "(SELECT event.button AS button, event.position.x AS position_x, "+
				"TRY_CAST(upper(event.occurred_at) AS TIMESTAMPTZ) AS occurred_at FROM read_json_auto('"+objects+"') WHERE type = 'click')"),
			fmt.Sprintf(ask, "'"+parquet+"'"),
		)
		if err != nil {
			b.Fatal(err)
		}
		for i, name := range []string{"", "view", "json", "parquet"} {
			if answers[i].Err() != nil {
				b.Fatal(answers[i].Err())
			}
			if name != "" {
				b.ReportMetric(answers[i].Seconds, "s/"+name)
			}
		}
	}
	b.ReportMetric(bytesBelow(b, l.Lake), "bytes/lake")
	b.ReportMetric(bytesBelow(b, parquet), "bytes/parquet")
}

// fill writes lines as the Validator does, some 20,000 an object, half of them clicks.
func fill(l *lake, lines int) {
	r := rand.New(rand.NewPCG(1, 2))
	var text []byte
	for n := range lines {
		at := receivedAt.Add(time.Duration(n) * time.Millisecond)
		header := record.Header{
			ID: fmt.Sprintf("%08x-0000-7000-8000-%012x", n, r.Int64()&0xffffffffffff), ReceivedAt: at,
			RequestID: fmt.Sprint(r.Int64()), IP: "203.0.113.0", UserAgent: "Mozilla/5.0 (X11; Linux x86_64)",
		}
		kind, event := "click", draw(r)
		if n%2 == 1 {
			kind, event = "page_view", fmt.Appendf(nil, `{"type":"page_view","event_id":"%d",`+
				`"occurred_at":"2026-11-23T10:00:00Z","session":"s","page":{"url":"app://%d"}}`, n, r.IntN(1000))
		}
		text = record.AppendLine(text, header, 0, kind, event)
		if n%20_000 == 19_999 || n == lines-1 {
			l.object(record.EventsPrefix, at, text)
			text = text[:0]
		}
	}
}

func bytesBelow(b *testing.B, path string) (sum float64) {
	err := filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			sum += float64(info.Size())
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return sum
}
