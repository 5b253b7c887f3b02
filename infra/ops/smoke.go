package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"global-ingest/lambdas/record"
)

// sent is a request, and what is to become of its events.
type sent struct {
	name     string
	body     []byte
	encoding string
	prefixes []string // where each event of the body goes in the lake
	id       string   // the ingest id, once it is answered
}

// events posts to the endpoint, checks each answer, and looks for the events.
func events(ctx context.Context, o options, out io.Writer) error {
	found, err := find(ctx, o)
	if err != nil {
		return err
	}
	valid, invalid, err := samples(o.examples)
	if err != nil {
		return err
	}
	began := time.Now()
	requests, err := requestsOf(valid, invalid)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n", found["Endpoint"])
	for _, r := range requests {
		took, err := r.post(ctx, found["Endpoint"], o.origin)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		fmt.Fprintf(out, "  %-8s 200 %s %4d ms\n", r.name, r.id, took.Milliseconds())
	}
	return look(ctx, o.wait, found["LakeBucket"], began, requests, out)
}

// samples returns an event that its schema allows and one that it does not: the
// first of the examples, which are the deployed schemas' own tests.
func samples(folder string) (valid, invalid []byte, err error) {
	for kind, into := range map[string]*[]byte{"valid": &valid, "invalid": &invalid} {
		files, err := filepath.Glob(filepath.Join(folder, "*", kind, "*.json"))
		if err != nil {
			return nil, nil, fmt.Errorf("looking for events to send: %w", err)
		}
		if len(files) == 0 {
			return nil, nil, fmt.Errorf("looking for events to send: there is no %s one below %s", kind, folder)
		}
		data, err := os.ReadFile(slices.Min(files))
		if err != nil {
			return nil, nil, fmt.Errorf("reading an event to send: %w", err)
		}
		var line bytes.Buffer
		if err := json.Compact(&line, data); err != nil {
			return nil, nil, fmt.Errorf("reading %s: %w", slices.Min(files), err)
		}
		*into = line.Bytes()
	}
	return valid, invalid, nil
}

func requestsOf(valid, invalid []byte) ([]*sent, error) {
	var zipped bytes.Buffer
	writer := gzip.NewWriter(&zipped)
	if _, err := writer.Write(valid); err != nil {
		return nil, fmt.Errorf("compressing an event: %w", err)
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("compressing an event: %w", err)
	}
	array := slices.Concat([]byte("["), valid, []byte(","), invalid, []byte("]"))
	return []*sent{
		{name: "valid", body: valid, prefixes: []string{record.EventsPrefix}},
		{name: "invalid", body: invalid, prefixes: []string{record.RejectedPrefix}},
		{name: "gzip", body: zipped.Bytes(), encoding: "gzip", prefixes: []string{record.EventsPrefix}},
		{name: "array", body: array, prefixes: []string{record.EventsPrefix, record.RejectedPrefix}},
	}, nil
}

// acknowledgement is the whole body of the answer: an ingest id, a UUIDv7.
var acknowledgement = regexp.MustCompile(`^\{"id":"([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"\}$`)

// post sends the request and checks the answer that every body is promised.
func (s *sent) post(ctx context.Context, url, origin string) (time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(s.body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "smoke/1")
	if s.encoding != "" {
		request.Header.Set("Content-Encoding", s.encoding)
	}
	allowed := "*"
	if origin != "" {
		request.Header.Set("Origin", origin)
		allowed = origin
	}
	client := http.Client{Timeout: 35 * time.Second} // API Gateway gives up after 29
	began := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	took := time.Since(began)
	if err != nil {
		return took, fmt.Errorf("reading the answer: %w", err)
	}
	match := acknowledgement.FindSubmatch(text)
	if response.StatusCode != http.StatusOK || match == nil {
		return took, fmt.Errorf("the answer is %s: %.500s", response.Status, text)
	}
	if got := response.Header.Get("Content-Type"); got != "application/json" {
		return took, fmt.Errorf("the answer's Content-Type is %q, want application/json", got)
	}
	if got := response.Header.Get("Access-Control-Allow-Origin"); got != "*" && got != allowed {
		return took, fmt.Errorf("the answer's Access-Control-Allow-Origin is %q, want %q", got, allowed)
	}
	s.id = string(match[1])
	return took, nil
}
