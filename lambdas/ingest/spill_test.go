package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
)

// spill keeps objects by key, or takes none.
type spill struct {
	objects map[string][]byte
	down    error
}

func (s *spill) Put(_ context.Context, key string, body []byte) error {
	if s.down != nil {
		return s.down
	}
	if s.objects == nil {
		s.objects = map[string][]byte{}
	}
	s.objects[key] = bytes.Clone(body)
	return nil
}

var errDown = errors.New("spill is down")

func TestWhatTheStreamRefusesIsSpilledAndAcknowledged(t *testing.T) {
	var tried []byte
	spilled := &spill{}
	a, out := askBoth(t, config(), func(_ context.Context, data []byte) error {
		tried = bytes.Clone(data)
		return errors.New("slow down")
	}, spilled, proxyEvent(t, `{"secret":"payload"}`, false))
	checkContract(t, a, 200)
	r, _, err := record.Decode(tried)
	if err != nil {
		t.Fatal(err)
	}
	if got := spilled.objects[record.SpillKey(r.ID, r.ReceivedAt)]; !bytes.Equal(got, tried) {
		t.Errorf("spilled %q, want the record that was tried, %q", spilled.objects, tried)
	}
	if want := `{"id":"` + r.ID + `"}`; a.Body != want {
		t.Errorf("body is %s, want %s", a.Body, want)
	}
	checkLog(t, out, `"cause":"slow down"`, `"EventsSpilled":1`)
}

// A put that used up its time leaves the spill its own.
func TestTheSpillHasADeadlineOfItsOwn(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	h := quiet(config(), stream(func(ctx context.Context, _ []byte) error { return ctx.Err() }),
		spillFunc(func(ctx context.Context) error {
			if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > config().Spill.WorstCase() {
				t.Errorf("deadline in %v, set %v", time.Until(deadline), ok)
			}
			return ctx.Err()
		}))
	response, err := h.Invoke(ctx, []byte(`{"body":"b"}`))
	if err != nil || !strings.Contains(string(response), `"statusCode":200`) {
		t.Errorf("answer is %s, error %v", response, err)
	}
}

type spillFunc func(context.Context) error

func (f spillFunc) Put(ctx context.Context, _ string, _ []byte) error { return f(ctx) }

// What neither takes is not acknowledged: the client hears 503 and when to come
// back, the operator reads both causes, and no line holds payload or address.
func TestWhatNothingTakesIsAnswered503(t *testing.T) {
	event := proxyEvent(t, `{"secret":"payload"}`, false)
	a, out := ask(t, config(), func(context.Context, []byte) error { return errors.New("slow down") }, event)
	checkContract(t, a, 503)
	if a.Headers["Retry-After"] == "" {
		t.Error("no Retry-After")
	}
	checkLog(t, out, `slow down`, `spill is down`, `"EventsUnstored":1`, `"Environment":"Dev"`)
}

func TestWhatNothingTakesIsAcknowledgedWhereTheSettingSaysSo(t *testing.T) {
	c := config()
	c.WhenUnstored = ingest.Acknowledge
	a, out := ask(t, c, func(context.Context, []byte) error { return errors.New("slow down") }, []byte(`{"body":"b"}`))
	checkContract(t, a, 200)
	checkLog(t, out, `"EventsUnstored":1`)
}

// checkLog looks for what an operator needs and for what no log may hold.
func checkLog(t *testing.T, out string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(out, want) {
			t.Errorf("%s is missing in %s", want, out)
		}
	}
	if strings.Contains(out, "secret") || strings.Contains(out, "203.0.113") {
		t.Errorf("payload or address in the log: %s", out)
	}
}

func TestARecordLargerThanFirehoseTakesIsSpilled(t *testing.T) {
	probe, _ := store(t, config(), []byte(`{"body":""}`))
	header := len(record.Append(nil, probe.Header, nil)) + len("1023000") - len("0")
	body := strings.Repeat("x", record.MaxBytes-header)

	r, a := store(t, config(), []byte(`{"body":"`+body+`"}`))
	checkContract(t, a, 200)
	if size := len(record.Append(nil, r.Header, r.Body)); size != record.MaxBytes {
		t.Errorf("record is %d bytes, want the limit, %d", size, record.MaxBytes)
	}

	larger := &spill{}
	a, _ = askBoth(
		t, config(), func(context.Context, []byte) error { t.Error("put"); return nil }, larger,
		[]byte(`{"body":"`+body+`x"}`),
	)
	checkContract(t, a, 200)
	for _, data := range larger.objects {
		if len(data) != record.MaxBytes+1 {
			t.Errorf("spilled %d bytes, want %d", len(data), record.MaxBytes+1)
		}
	}
	if len(larger.objects) != 1 {
		t.Errorf("spilled %d objects, want 1", len(larger.objects))
	}
}
