// Package canary is the function that acts as a client: on a schedule it posts one
// valid and one invalid event to the public endpoint, and looks in the lake for those
// of an earlier run. It keeps no state: the events of a run follow from the time it was
// scheduled for, so a later run knows what to look for.
package canary

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/emf"
)

// The metrics of the canary, in events. Each run writes all three.
const (
	MetricRefused = "CanaryRefused" // the endpoint did not answer 200 with an ingest id
	MetricFound   = "CanaryFound"   // in the lake, where it belongs, byte for byte
	MetricLost    = "CanaryLost"    // not in the lake, although an earlier run should have sent it
)

// Handler runs the canary.
type Handler struct {
	config Config
	lake   record.Lake
	client *http.Client
	meter  emf.Meter
	log    *slog.Logger
}

// New returns a Handler that looks for events in lake.
func New(c Config, lake record.Lake, metrics io.Writer, log *slog.Logger) *Handler {
	return &Handler{
		config: c, lake: lake, client: &http.Client{Timeout: c.AnswerIn},
		meter: emf.New(c.Environment, metrics, log), log: log,
	}
}

// Invoke implements lambda.Handler. The event is EventBridge's, of which only the
// scheduled time matters. An error says that the lake could not be read, and says
// nothing about the events. An event that comes twice is harmless: the run sends the
// same events again.
// https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html
func (h *Handler) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	var tick struct {
		Time time.Time `json:"time"`
	}
	if err := json.Unmarshal(event, &tick); err != nil {
		return nil, fmt.Errorf("decoding the schedule's event: %w", err)
	}
	if tick.Time.IsZero() {
		return nil, errors.New("decoding the schedule's event: it has no time")
	}
	now := tick.Time.UTC().Truncate(h.config.Every)
	counts := map[string]int{MetricRefused: 0}
	for _, s := range h.samples(now) {
		if err := h.post(ctx, s); err != nil {
			counts[MetricRefused]++
			h.log.ErrorContext(ctx, "event is refused", "run", s.run, "expect", s.expect, "cause", err.Error())
		}
	}
	before := now.Add(-h.config.Back())
	wanted := h.samples(before)
	lost, err := h.look(ctx, before, tick.Time.UTC(), wanted)
	if err == nil {
		counts[MetricLost], counts[MetricFound] = len(lost), len(wanted)-len(lost)
	}
	for _, s := range lost {
		h.log.ErrorContext(ctx, "event is not in the lake", "run", s.run, "expect", s.expect, "prefix", s.prefix)
	}
	h.meter.Count(ctx, counts)
	return nil, err
}

// sample is one event of a run, and where it belongs.
type sample struct {
	run    string
	expect string
	prefix string
	body   []byte
}

// samples returns the events of the run scheduled for at. Their schema, canary.json,
// allows only the first.
func (h *Handler) samples(at time.Time) []sample {
	run := h.config.Environment + " " + at.Format(time.RFC3339)
	of := func(expect, prefix string) sample {
		return sample{run, expect, prefix, fmt.Appendf(nil, `{"type":"canary","run":%q,"expect":%q}`, run, expect)}
	}
	return []sample{of("valid", record.EventsPrefix), of("rejected", record.RejectedPrefix)}
}

// post sends s as a client would. It logs the ingest id of the answer, so that an
// operator can look for the event.
func (h *Handler) post(ctx context.Context, s sample) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.config.URL, bytes.NewReader(s.body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "canary/1")
	response, err := h.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	var answer struct {
		ID string `json:"id"`
	}
	if response.StatusCode != http.StatusOK || json.Unmarshal(text, &answer) != nil || answer.ID == "" {
		return fmt.Errorf("the answer is %s: %.200q", response.Status, text)
	}
	h.log.InfoContext(ctx, "event is acknowledged", "run", s.run, "expect", s.expect, "id", answer.ID)
	return nil
}
