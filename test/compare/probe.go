package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"global-ingest/test/traffic"
)

// post sends an event and returns how long the client waited for the whole answer. An
// answer that breaks the contract is an error; the form of an id is each wiring's own.
func post(ctx context.Context, client *http.Client, url string, event []byte) (time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(event))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	began := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	if err := traffic.Acknowledges(response.StatusCode, response.Header, text); err != nil {
		return 0, err
	}
	var answer struct{ ID string }
	if json.Unmarshal(text, &answer) != nil || len(answer.ID) != 36 {
		return 0, fmt.Errorf("answer is %.500s, want JSON with an id", text)
	}
	return took, nil
}

// request sends one event, and returns once everything behind its answer is done.
func (p *pipeline) request(ctx context.Context, client *http.Client, event []byte) (sample, error) {
	p.note(func(s *sample) { *s = sample{} })
	took, err := post(ctx, client, p.url+"/events", event)
	if err != nil {
		return sample{}, fmt.Errorf("wiring %s: %w", p.number, err)
	}
	if p.function != nil {
		if err := p.function.Rest(ctx); err != nil {
			return sample{}, err
		}
	}
	if err := p.services.rest(); err != nil {
		return sample{}, fmt.Errorf("wiring %s, behind the answer: %w", p.number, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last.client = took
	return p.last, nil
}
