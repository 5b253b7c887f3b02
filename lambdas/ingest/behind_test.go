package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"global-ingest/lambdas/ingest"
)

// errEnd ends the invocations of a test.
var errEnd = errors.New("no more invocations")

// next is the sandbox's side of Invocations.
type next chan error

func (n next) Next(context.Context) error {
	n <- nil // asked
	return <-n
}

// begin waits until an invocation is asked for and begins it, or ends them with err.
func (n next) begin(err error) {
	if asked := <-n; asked != nil {
		panic(asked) // only nil is sent this way
	}
	n <- err
}

func immediate() ingest.Config {
	c := config()
	c.Acknowledge = ingest.Immediate
	return c
}

// behind starts a handler that answers first. Its output may be read once ended.
func behind(
	t *testing.T, put stream, spill ingest.Spill,
) (h *ingest.Handler, invocations next, ended chan error, out *bytes.Buffer) {
	t.Helper()
	out = new(bytes.Buffer)
	h = ingest.New(immediate(), put, spill, nil, out, logger(out))
	invocations, ended = make(next), make(chan error)
	go func() { ended <- h.WriteBehind(context.Background(), invocations) }()
	return h, invocations, ended, out
}

// invoke has h answer and ends the invocation's context, as aws-lambda-go does when
// Lambda has the answer.
func invoke(t *testing.T, h *ingest.Handler) {
	t.Helper()
	ctx, answered := context.WithTimeout(t.Context(), time.Minute)
	defer answered()
	if _, err := h.Invoke(ctx, []byte(`{"body":"b"}`)); err != nil {
		t.Error(err)
	}
}

func TestImmediateAnswersThenWritesThenAsksForTheNext(t *testing.T) {
	var steps []string
	answering := t.Context()
	h, invocations, ended, _ := behind(t, func(ctx context.Context, _ []byte) error {
		if answering.Err() == nil {
			t.Error("written before the answer")
		}
		steps = append(steps, "written")
		if _, bounded := ctx.Deadline(); !bounded || ctx.Err() != nil {
			t.Errorf("the write is bounded %v, error %v", bounded, ctx.Err())
		}
		return nil
	}, nil)
	invocations.begin(nil)
	for range 3 {
		ctx, answered := context.WithTimeout(t.Context(), time.Minute)
		answering = ctx
		if _, err := h.Invoke(ctx, []byte(`{"body":"b"}`)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond) // time for a write that would not wait
		steps = append(steps, "answered")
		answered()
		if asked := <-invocations; asked != nil {
			t.Fatal(asked)
		}
		steps = append(steps, "asked")
		invocations <- nil
	}
	const want = "answered written asked answered written asked answered written asked"
	if got := strings.Join(steps, " "); got != want {
		t.Errorf("steps are %s, want %s", got, want)
	}
	ctx, answered := context.WithTimeout(t.Context(), time.Minute)
	answered()
	answering = ctx
	invoke(t, h)
	invocations.begin(errEnd)
	invoke(t, h)
	if err := <-ended; !errors.Is(err, errEnd) {
		t.Errorf("ended by %v", err)
	}
}

func TestImmediateSpillsAndCountsAsDurableDoes(t *testing.T) {
	for name, c := range map[string]struct {
		put   stream
		spill *spill
		want  string
	}{
		"spilled":  {func(context.Context, []byte) error { return errDown }, &spill{}, `"EventsSpilled":1`},
		"unstored": {func(context.Context, []byte) error { return errDown }, &spill{down: errDown}, `"EventsUnstored":1`},
		"panic":    {func(context.Context, []byte) error { panic("broken") }, &spill{}, `"EventsUnstored":1`},
	} {
		t.Run(name, func(t *testing.T) {
			h, invocations, ended, out := behind(t, c.put, c.spill)
			invocations.begin(nil)
			invoke(t, h)
			invocations.begin(errEnd)
			invoke(t, h)
			if err := <-ended; !errors.Is(err, errEnd) {
				t.Errorf("ended by %v", err)
			}
			if !strings.Contains(out.String(), c.want) {
				t.Errorf("%s is missing in %s", c.want, out)
			}
		})
	}
}

// One client hears 200 for an event that is lost. The next ones hear 503.
func TestImmediateStoresFirstWhileNothingTakesARecord(t *testing.T) {
	down, aside, puts := errDown, &spill{down: errDown}, 0
	h, invocations, _, _ := behind(t, func(context.Context, []byte) error { puts++; return down }, aside)
	for n, step := range []struct {
		down   error
		status string
		puts   int // before the answer
	}{
		{errDown, "200", 0},
		{errDown, "503", 2},
		{nil, "200", 3},
		{nil, "200", 3},
	} {
		invocations.begin(nil)
		down = step.down
		ctx, answered := context.WithTimeout(t.Context(), time.Minute)
		answer, err := h.Invoke(ctx, []byte(`{"body":"b"}`))
		if err != nil || !strings.Contains(string(answer), `"statusCode":`+step.status) || puts != step.puts {
			t.Errorf("request %d: %s, error %v, after %d puts, want %s after %d",
				n, answer, err, puts, step.status, step.puts)
		}
		answered()
	}
	h.Finish()
}

// TestFinishWaitsForTheWrite is what SIGTERM relies on.
func TestFinishWaitsForTheWrite(t *testing.T) {
	written := false
	h, invocations, _, _ := behind(t, func(context.Context, []byte) error {
		written = true
		return nil
	}, nil)
	invocations.begin(nil)
	invoke(t, h)
	h.Finish()
	if !written {
		t.Error("finished before the write")
	}
}
