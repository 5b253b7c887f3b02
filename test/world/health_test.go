package world

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestACheckChangesAfterSoManyAnswersInARow(t *testing.T) {
	for _, c := range []struct {
		name    string
		after   int
		answers string // + well, - not
		want    bool
	}{
		{"a new one is healthy", 2, "", true},
		{"one failure is not enough", 2, "-", true},
		{"two in a row are", 2, "--", false},
		{"a success between them starts again", 2, "-+-", true},
		{"one success does not bring it back", 2, "--+", false},
		{"two in a row do", 2, "--++", true},
		{"a failure between them starts again", 2, "--+-+", false},
		{"flapping faster than the threshold changes nothing", 3, "--+--+--+", true},
		{"a threshold of one follows every answer", 1, "-+-", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			check := &check{after: c.after}
			for _, answer := range c.answers {
				if answer == '+' {
					check.note(nil)
				} else {
					check.note(errors.New("it is down"))
				}
			}
			if check.Healthy() != c.want {
				t.Errorf("after %q it is healthy: %t", c.answers, check.Healthy())
			}
		})
	}
}

// TestACheckAsksOnTime: also while an earlier question is not answered.
func TestACheckAsksOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		c := &check{every: 30 * time.Second, after: 2, ask: func(ctx context.Context) error {
			asked.Add(1)
			select {
			case <-ctx.Done():
			case <-time.After(40 * time.Second):
			}
			return errors.New("no answer")
		}}
		ctx, stop := context.WithCancel(t.Context())
		go c.run(ctx, Clock{})
		time.Sleep(69 * time.Second)
		if asked.Load() != 3 || !c.Healthy() {
			t.Errorf("asked %d times in 69 s, healthy: %t, want 3 and one answer short of unhealthy",
				asked.Load(), c.Healthy())
		}
		time.Sleep(2 * time.Second)
		if c.Healthy() {
			t.Error("two failures in a row after 71 s, and it is still healthy")
		}
		stop()
	})
}

func TestAFasterClockAsksAsManyTimesSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		c := &check{every: 30 * time.Second, after: 2, ask: func(context.Context) error { asked.Add(1); return nil }}
		ctx, stop := context.WithTimeout(t.Context(), 3100*time.Millisecond)
		defer stop()
		c.run(ctx, Clock{Speed: 20})
		if asked.Load() != 3 {
			t.Errorf("asked %d times in 3.1 s, want 3", asked.Load())
		}
	})
}

// TestOnlyAStatusOfTwoOrThreeHundredInTimeIsHealthy, redirects included, which are not followed.
func TestOnlyAStatusOfTwoOrThreeHundredInTimeIsHealthy(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   bool
	}{
		{"200", status(200), true},
		{"302", status(302), true},
		{"403", status(403), false},
		{"429", status(429), false},
		{"503", status(503), false},
		{"200 after 1 s", slow(time.Second), true},
		{"200 after 3 s", slow(3 * time.Second), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(c.answer)
			defer server.Close()
			way := &road{}
			err := asker(server.URL, way)(t.Context())
			if (err == nil) != c.want {
				t.Errorf("the answer is %v, healthy should be %t", err, c.want)
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		way := &road{}
		if asker("http://"+unused(t), way)(t.Context()) == nil {
			t.Error("it is healthy")
		}
	})
	t.Run("unreachable", func(t *testing.T) {
		way := &road{clock: Clock{Speed: 20}}
		way.down(true)
		began := time.Now()
		err := asker("http://"+unused(t), way)(t.Context())
		if took := time.Since(began); err == nil || took < 200*time.Millisecond || took > time.Second {
			t.Errorf("after %s: %v, want an error after 4 s, which are 200 ms here", took, err)
		}
	})
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://example.invalid/")
		w.WriteHeader(code)
	}
}

func slow(by time.Duration) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(by):
		}
	}
}

// unused is an address on which nobody listens.
func unused(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
