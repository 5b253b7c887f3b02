package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// newClient returns a client that trusts the lab's servers.
func (l *lab) newClient() *http.Client {
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: l.pool, MinVersion: tls.VersionTLS12}}}
}

// post sends an event and returns how long the client waited for the whole answer,
// once it is the contract's: 200, JSON with an id, for any origin.
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
	var answer struct{ ID string }
	if response.StatusCode != http.StatusOK || json.Unmarshal(text, &answer) != nil || len(answer.ID) != 36 ||
		response.Header.Get("Content-Type") != "application/json" || response.Header.Get("Access-Control-Allow-Origin") != "*" {
		return 0, fmt.Errorf("answer is %s %v %.500s", response.Status, response.Header, text)
	}
	return took, nil
}

// request has one event answered and everything behind it done.
func (w *world) request(ctx context.Context, client *http.Client, event []byte) (sample, error) {
	w.note(func(s *sample) { *s = sample{} })
	took, err := post(ctx, client, w.front.url()+"/events", event)
	if err != nil {
		return sample{}, fmt.Errorf("wiring %s: %w", w.number, err)
	}
	if w.function != nil {
		if err := w.function.Rest(ctx); err != nil {
			return sample{}, err
		}
	}
	if err := w.services.rest(); err != nil {
		return sample{}, fmt.Errorf("wiring %s, behind the answer: %w", w.number, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last.client = took
	return w.last, nil
}

// fresh has one event answered over a new connection.
func (w *world) fresh(ctx context.Context, event []byte) (sample, error) {
	client := w.lab.newClient()
	defer client.CloseIdleConnections()
	return w.request(ctx, client, event)
}
