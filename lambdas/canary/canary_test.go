package canary_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"global-ingest/lambdas/canary"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/setting"
)

// place is the endpoint and the lake of a test.
type place struct {
	t       *testing.T
	status  int // of answers
	posted  []string
	objects map[string][]byte
	failed  error // of listing
	listed  []string
	metrics bytes.Buffer
	logs    bytes.Buffer
	*canary.Handler
}

func newPlace(t *testing.T) *place {
	p := &place{t: t, status: http.StatusOK, objects: map[string][]byte{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		p.posted = append(p.posted, string(body))
		w.WriteHeader(p.status)
		_, _ = io.WriteString(w, `{"id":"`+record.NewID()+`"}`)
	}))
	t.Cleanup(server.Close)
	c := canary.Default()
	c.Environment, c.URL, c.Bucket = "Test", server.URL, "lake"
	c.Every, c.After = 5*time.Minute, 6*time.Minute
	p.Handler = canary.New(c, p, &p.metrics, slog.New(slog.NewJSONHandler(&p.logs, nil)))
	return p
}

func (p *place) Since(_ context.Context, prefix string, _ time.Time) (keys []string, err error) {
	p.listed = append(p.listed, prefix)
	for key := range p.objects {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, p.failed
}

func (p *place) Get(_ context.Context, key string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(p.objects[key])), nil
}

// deliver writes an object of lines, as Firehose does.
func (p *place) deliver(key string, lines ...string) {
	p.t.Helper()
	var zipped bytes.Buffer
	writer := gzip.NewWriter(&zipped)
	for _, line := range lines {
		if _, err := io.WriteString(writer, line+"\n"); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		p.t.Fatal(err)
	}
	p.objects[key] = zipped.Bytes()
}

// run runs the canary of a time of the day and returns what it counted.
func (p *place) run(at string) map[string]int {
	p.t.Helper()
	p.metrics.Reset()
	if _, err := p.Invoke(p.t.Context(), []byte(`{"source":"aws.events","time":"2026-11-23T`+at+`Z"}`)); err != nil {
		p.t.Fatal(err)
	}
	return p.counted()
}

func (p *place) counted() map[string]int {
	p.t.Helper()
	var line struct {
		Environment                            string
		CanaryRefused, CanaryFound, CanaryLost *int
	}
	if err := json.Unmarshal(p.metrics.Bytes(), &line); err != nil || line.Environment != "Test" {
		p.t.Fatalf("%v, metrics are %s", err, p.metrics.String())
	}
	counts := map[string]int{}
	for name, n := range map[string]*int{
		"refused": line.CanaryRefused, "found": line.CanaryFound, "lost": line.CanaryLost,
	} {
		if n != nil {
			counts[name] = *n
		}
	}
	return counts
}

const (
	events   = "events/day=2026-11-23/hour=10/stream-1.jsonl.gz"
	rejected = "rejected/day=2026-11-23/hour=10/stream-1.jsonl.gz"
	run      = "Test 2026-11-23T10:00:00Z"
	valid    = `{"type":"canary","run":"` + run + `","expect":"valid"}`
	invalid  = `{"type":"canary","run":"` + run + `","expect":"rejected"}`
)

func line(event string) string { return `{"id":"a/0","type":"canary","event":` + event + `}` }

func row(payload string, reason record.Reason) string {
	return strings.TrimSuffix(
		string(record.AppendReject(nil, record.Reject{Header: record.Header{ID: "a/0"}, Reason: reason, Payload: []byte(payload)})), "\n",
	)
}

func TestPostsOneValidAndOneInvalidEvent(t *testing.T) {
	p := newPlace(t)
	counts := p.run("10:00:07")
	if diff := cmp.Diff([]string{valid, invalid}, p.posted); diff != "" {
		t.Errorf("(-want +posted)\n%s", diff)
	}
	if counts["refused"] != 0 {
		t.Errorf("counted %v", counts)
	}
}

// TestSendsWhatItsSchemaKnows: even a Strict validator lets the valid one pass.
func TestSendsWhatItsSchemaKnows(t *testing.T) {
	for file, event := range map[string]string{"valid/run.json": valid, "invalid/expect_rejected.json": invalid} {
		example, err := os.ReadFile(filepath.Join("..", "validate", "schemas", "examples", "canary", file))
		if err != nil {
			t.Fatal(err)
		}
		shape := strings.NewReplacer("Prod 2026-11-23T18:30:00Z", run).Replace(strings.TrimSpace(string(example)))
		if shape != event {
			t.Errorf("%s is %s, sent is %s", file, shape, event)
		}
	}
}

// TestLooksForWhatAnEarlierRunSent in the lake, at the age in whole runs: 6 minutes
// are two runs of 5.
func TestLooksForWhatAnEarlierRunSent(t *testing.T) {
	for name, c := range map[string]struct {
		events, rejected string
		found, lost      int
	}{
		"both":             {line(valid), row(invalid, record.SchemaViolation), 2, 0},
		"none":             {line(`{}`), row(`{}`, record.SchemaViolation), 0, 2},
		"one changed":      {line(strings.Replace(valid, ",", ", ", 1)), row(invalid, record.SchemaViolation), 1, 1},
		"wrong reason":     {line(valid), row(invalid, record.UnknownType), 1, 1},
		"places exchanged": {line(invalid), row(valid, record.SchemaViolation), 0, 2},
		"another run":      {line(strings.Replace(valid, "10:00", "10:05", 1)), row(invalid, record.SchemaViolation), 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.deliver(events, line(`{"type":"click"}`), c.events, "no JSON, but "+run)
			p.deliver(rejected, c.rejected)
			want := map[string]int{"found": c.found, "lost": c.lost, "refused": 0}
			if diff := cmp.Diff(want, p.run("10:10:03")); diff != "" {
				t.Errorf("(-want +counted)\n%s", diff)
			}
		})
	}
}

func TestARefusalIsCountedAndEveryEventIsTried(t *testing.T) {
	p := newPlace(t)
	p.status = http.StatusServiceUnavailable
	if counts := p.run("10:00:00"); counts["refused"] != 2 || len(p.posted) != 2 {
		t.Errorf("counted %v of %d posted", counts, len(p.posted))
	}
}

// A lake that cannot be read is an error, and says nothing about found or lost.
func TestWhatCannotBeLookedAtIsNotLost(t *testing.T) {
	p := newPlace(t)
	p.failed = errors.New("AccessDenied")
	if _, err := p.Invoke(t.Context(), []byte(`{"time":"2026-11-23T10:10:00Z"}`)); !errors.Is(err, p.failed) {
		t.Errorf("error is %v", err)
	}
	if diff := cmp.Diff(map[string]int{"refused": 0}, p.counted()); diff != "" {
		t.Errorf("(-want +counted)\n%s", diff)
	}
}

// TestLooksIntoEveryHour that Firehose may have filed an event under, over midnight too.
func TestLooksIntoEveryHour(t *testing.T) {
	p := newPlace(t)
	p.run("00:10:00") // looks for the run of midnight, whose object may have begun before
	var want []string
	for _, prefix := range []string{"events/", "rejected/"} {
		for _, hour := range []string{"day=2026-11-22/hour=23/", "day=2026-11-23/hour=00/"} {
			want = append(want, prefix+hour)
		}
	}
	if diff := cmp.Diff(want, p.listed); diff != "" {
		t.Errorf("(-want +listed)\n%s", diff)
	}
}

func TestAnEventWithoutATimeIsAnError(t *testing.T) {
	for _, event := range []string{`{}`, `no JSON`} {
		p := newPlace(t)
		if _, err := p.Invoke(t.Context(), []byte(event)); err == nil || len(p.posted) > 0 {
			t.Errorf("%s: error is %v, posted %v", event, err, p.posted)
		}
	}
}

func TestConfigNamesTheSettingThatCannotBe(t *testing.T) {
	good := map[string]string{
		"ENVIRONMENT":  "Test",
		"ENDPOINT_URL": "https://example.com/events",
		"LAKE_BUCKET":  "lake",
		"EVERY":        "5m",
		"AFTER":        "5m",
	}
	for name, value := range map[string]string{
		"ENVIRONMENT": "", "ENDPOINT_URL": "", "LAKE_BUCKET": "",
		"EVERY": "0s", "AFTER": "-1s", "ANSWER_IN": "0s", "GET_ATTEMPTS": "0",
	} {
		_, err := setting.From(canary.Default(), func(asked string) (string, bool) {
			if asked == name {
				return value, true
			}
			set, ok := good[asked]
			return set, ok
		})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%q: error is %v", name, value, err)
		}
	}
}
