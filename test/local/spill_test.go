package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"global-ingest/lambdas/record"
	"global-ingest/test/simulator"
)

// outage is a fault that can be mended.
type outage struct {
	fault  simulator.Fault
	mended atomic.Bool
}

func (o *outage) of(options *simulator.Options) {
	options.FirehoseFaults = func(simulator.Call) *simulator.Fault {
		if o.mended.Load() {
			return nil
		}
		return &o.fault
	}
}

// TestWhatFirehoseRefusesComesBack: whatever Firehose does, the answer is 200, and the event
// is in the lake once Firehose is healthy again. It is there exactly once, because no part of it
// was stored before. Five requests also take the breaker there and back.
func TestWhatFirehoseRefusesComesBack(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"unavailable":   *simulator.Unavailable(),
		"KMS":           {Status: http.StatusBadRequest, Type: "InvalidKMSResourceException"},
		"not found":     {Status: http.StatusBadRequest, Type: "ResourceNotFoundException"},
		"access denied": {Status: http.StatusBadRequest, Type: "AccessDeniedException"},
		"reset":         {ResetBefore: true},
		"hang":          {Hang: true},
	} {
		t.Run(name, func(t *testing.T) {
			o := outage{fault: fault}
			templates := patientTemplates(t)
			settings := simulator.Variables(templates, "Ingest")
			settings["PUT_ANSWER_TIMEOUT"], settings["PUT_ATTEMPT_TIMEOUT"] = "500ms", "750ms"
			simulator.Variables(templates, "Redrive")["PUT_ANSWER_TIMEOUT"] = "1s"
			sim := start(t, templates, o.of)
			var ids []string
			for range 5 {
				id := accepted(t, sim.URL+"/events", validEvent)
				ids = append(ids, id)
			}
			o.mended.Store(true)
			flush(t, sim)
			checkOnce(t, sim, ids)
		})
	}
}

// checkOnce looks for one line of each request, and for nothing left in spill/.
func checkOnce(t *testing.T, sim *simulator.Simulator, ids []string) {
	t.Helper()
	lake, found := readLake(t, sim.Lake, sim.Bucket), map[string]int{}
	for _, line := range lake.Lines {
		found[line.ID]++
		if string(line.Event) != validEvent {
			t.Errorf("event is %s", line.Event)
		}
	}
	for _, id := range ids {
		if found[id+"/0"] != 1 {
			t.Errorf("%s stands %d times", id, found[id+"/0"])
		}
	}
	if len(found) != len(ids) {
		t.Errorf("%d lines of %d requests", len(found), len(ids))
	}
	if len(lake.Spilled) > 0 {
		t.Errorf("left in spill/: %v", lake.Spilled)
	}
}

// TestWhenNothingCanBeStoredTheAnswerIs503 and nothing was acknowledged, so that
// nothing is lost.
func TestWhenNothingCanBeStoredTheAnswerIs503(t *testing.T) {
	t.Parallel()
	sim := start(t, patientTemplates(t), (&outage{fault: *simulator.Unavailable()}).of, func(o *simulator.Options) {
		o.ObjectFaults = func(_, key string) error { return errors.New("S3 is down") }
	})
	got := do(t, http.MethodPost, sim.URL+"/events", strings.NewReader(validEvent))
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" ||
		got.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("answer is %d %s %v", got.status, got.body, got.header)
	}
}

// TestBodiesThatNoRecordTakesComeBackInParts: an array and lines of 4 MB that do
// not compress, and one event that does.
func TestBodiesThatNoRecordTakesComeBackInParts(t *testing.T) {
	t.Parallel()
	sim := start(t, patientTemplates(t))
	var events []string
	for i := range 40 {
		events = append(events, fmt.Sprintf(`{"type":"bulk","n":%d,"text":%q}`, i, noise(100_000)))
	}
	one := `{"type":"bulk","text":"` + strings.Repeat("a", 3_000_000) + `"}`
	want := map[string]string{}
	for _, c := range []struct {
		body   string
		events []string
	}{
		{"[" + strings.Join(events, ",") + "]", events},
		{strings.Join(events, "\n"), events},
		{one, []string{one}},
	} {
		id := accepted(t, sim.URL+"/events", c.body)
		for n, event := range c.events {
			want[record.EventID(id, n)] = event
		}
	}
	flush(t, sim)
	found := readLake(t, sim.Lake, sim.Bucket)
	for _, line := range found.Lines {
		if want[line.ID] != string(line.Event) {
			t.Errorf("%s is not the event that was sent", line.ID)
		}
		delete(want, line.ID)
	}
	if len(want) > 0 || len(found.Rejects) > 0 || len(found.Failed) > 0 || len(found.Spilled) > 0 {
		t.Errorf("%d events missing, %d rejects, %d failed, %d spilled",
			len(want), len(found.Rejects), len(found.Failed), len(found.Spilled))
	}
}

// noise is text that does not compress.
func noise(n int) string {
	raw := make([]byte, n*3/4)
	for i := range raw {
		raw[i] = byte(rand.Uint32())
	}
	return base64.RawStdEncoding.EncodeToString(raw)
}

// TestAPoisonedMessageIsADeadLetterWhileOthersPass: an object below spill/ that is
// no record fails until the queue gives it up, and is still there.
func TestAPoisonedMessageIsADeadLetterWhileOthersPass(t *testing.T) {
	t.Parallel()
	templates := patientTemplates(t)
	queue := simulator.Properties(templates, "SpillQueue", "AWS::SQS::Queue")
	queue["RedrivePolicy"].(map[string]any)["maxReceiveCount"] = 2
	o := outage{fault: *simulator.Unavailable()}
	sim := start(t, templates, o.of)
	poison := "spill/00/2026-11-23/poison"
	do(t, http.MethodPut, sim.S3URL+"/"+sim.Bucket+"/"+poison, strings.NewReader("no record"))
	id := accepted(t, sim.URL+"/events", validEvent)
	o.mended.Store(true)
	flush(t, sim)
	if dead := sim.DeadLetters(); len(dead) != 1 || !strings.Contains(dead[0], "poison") {
		t.Errorf("dead letters are %v", dead)
	}
	found := readLake(t, sim.Lake, sim.Bucket)
	if !slices.Equal(found.Spilled, []string{poison}) || len(found.Lines) != 1 || found.Lines[0].ID != id+"/0" {
		t.Errorf("spilled %v, lines %v", found.Spilled, found.Lines)
	}
}
