package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
)

// anyPage is the origin that requests have without -origin.
const anyPage = "https://smoke.example"

// askedHeaders must be allowed by a preflight. A wildcard would not allow the first.
const askedHeaders = "authorization,content-type"

// sent is a request, the answer that it must get, and where its events must arrive.
type sent struct {
	name, method, path string // the path is below the URL
	header             http.Header
	body               []byte
	status             int
	allowed            string   // Access-Control-Allow-Headers; empty: not looked at
	prefixes           []string // where each event of the body goes in the lake

	// Of the answer.
	id, region string
	took       time.Duration
}

// requestsOf are an event that is valid, one that is not, both in an array, and what API Gateway
// answers by itself: a preflight, also with a slash at the end of the path, and a body that is not
// encoded as its Content-Encoding says, which is not stored.
func requestsOf(examples string) ([]*sent, error) {
	valid, err := firstExample(examples, "valid")
	if err != nil {
		return nil, err
	}
	invalid, err := firstExample(examples, "invalid")
	if err != nil {
		return nil, err
	}
	var zipped bytes.Buffer
	writer := gzip.NewWriter(&zipped)
	_, _ = writer.Write(valid) // a bytes.Buffer takes everything
	_ = writer.Close()
	array := slices.Concat([]byte("["), valid, []byte(","), invalid, []byte("]"))
	gzipped := http.Header{"Content-Encoding": {"gzip"}}
	preflight := http.Header{
		"Access-Control-Request-Method": {http.MethodPost}, "Access-Control-Request-Headers": {askedHeaders},
	}
	accepted, rejected := record.EventsPrefix, record.RejectedPrefix
	const post, options = http.MethodPost, http.MethodOptions
	return []*sent{
		{name: "valid", method: post, body: valid, status: 200, prefixes: []string{accepted}},
		{name: "invalid", method: post, body: invalid, status: 200, prefixes: []string{rejected}},
		{name: "gzip", method: post, header: gzipped, body: zipped.Bytes(), status: 200, prefixes: []string{accepted}},
		{name: "array", method: post, body: array, status: 200, prefixes: []string{accepted, rejected}},
		{name: "preflight", method: options, header: preflight, status: 204, allowed: askedHeaders},
		{name: "slash", method: options, path: "/", status: 204},
		{name: "not gzip", method: post, header: gzipped, body: []byte("{}"), status: 415},
	}, nil
}

// firstExample returns an event that its schema allows, or one that it does not: the first of the
// valid or invalid examples with which the schemas are tested, without those of the canary.
func firstExample(folder, kind string) ([]byte, error) {
	files, err := examplesOf(folder, kind)
	if err != nil {
		return nil, fmt.Errorf("looking for events to send: %w", err)
	}
	files = slices.DeleteFunc(files, func(path string) bool {
		return strings.Contains(filepath.ToSlash(path), "/canary/")
	})
	if len(files) == 0 {
		return nil, fmt.Errorf("looking for events to send: there is no %s example below %s", kind, folder)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		return nil, fmt.Errorf("reading an event to send: %w", err)
	}
	var line bytes.Buffer
	if err := json.Compact(&line, data); err != nil {
		return nil, fmt.Errorf("reading %s: %w", files[0], err)
	}
	return line.Bytes(), nil
}

// acknowledgement is the whole body of the answer: an ingest id, a UUIDv7.
var acknowledgement = regexp.MustCompile(
	`^\{"id":"([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"\}$`)

// send sends the request from a page of origin, and checks the answer.
func (r *sent) send(ctx context.Context, url, origin string) error {
	request, err := http.NewRequestWithContext(ctx, r.method, url+r.path, bytes.NewReader(r.body))
	if err != nil {
		return err
	}
	request.Header = http.Header{"User-Agent": {"smoke/1"}, "Origin": {origin}}
	if r.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(request.Header, r.header)
	client := http.Client{Timeout: 35 * time.Second} // API Gateway gives up after 29
	began := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	r.took = time.Since(began)
	return r.check(response, text)
}

// check compares the answer with what every request is promised.
func (r *sent) check(answer *http.Response, text []byte) error {
	said := ""
	if len(text) > 0 {
		said = fmt.Sprintf(": %.500s", text)
	}
	if answer.StatusCode != r.status {
		return fmt.Errorf("the answer is %s, want %d%s", answer.Status, r.status, said)
	}
	origin := answer.Request.Header.Get("Origin")
	if got := answer.Header.Get("Access-Control-Allow-Origin"); got != "*" && got != origin {
		return fmt.Errorf("the answer's Access-Control-Allow-Origin is %q, want %q", got, origin)
	}
	if got := answer.Header.Get("Access-Control-Allow-Headers"); r.allowed != "" && got != r.allowed {
		return fmt.Errorf("the answer's Access-Control-Allow-Headers is %q, want %q", got, r.allowed)
	}
	if r.prefixes == nil {
		return nil
	}
	match := acknowledgement.FindSubmatch(text)
	if match == nil {
		return fmt.Errorf("the answer is %s%s", answer.Status, said)
	}
	if kind := answer.Header.Get("Content-Type"); kind != "application/json" {
		return fmt.Errorf("the answer's Content-Type is %q, want application/json", kind)
	}
	r.id, r.region = string(match[1]), answer.Header.Get(ingest.RegionHeader)
	return nil
}

// told is what is told of the answer; which region gave it, where that is a question.
func (r *sent) told(regional bool) string {
	switch says := fmt.Sprintf("%d %s %4d ms", r.status, r.id, r.took.Milliseconds()); {
	case r.prefixes == nil:
		return strconv.Itoa(r.status)
	case regional:
		return says + ", " + r.region
	default:
		return says
	}
}
