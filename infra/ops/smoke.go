package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/record"
)

// sent is a request, and where its events must arrive.
type sent struct {
	name     string
	body     []byte
	encoding string
	prefixes []string // where each event of the body goes in the lake
	id       string   // the ingest id of the answer
}

// smoke posts to the endpoint, checks each answer, and looks for the events.
func smoke(ctx context.Context, args []string, t terminal) error {
	flags := newFlags("smoke")
	name, outputs, examples := environmentFlag(flags), outputsFlag(flags), examplesFlag(flags)
	url := flags.String("url", "", "`URL` to post to; default: the deployed one")
	bucket := flags.String("bucket", "", "`name` of the lake; default: the deployed one")
	origin := flags.String("origin", "", "`origin` to send as a browser would, where not every one is allowed")
	wait := flags.Duration("wait", 5*time.Minute, "longest time to look for the events in the lake")
	if err := t.parse(flags, args); err != nil {
		return err
	}
	at, refused := enter(ctx, *name) // without credentials only the answers are checked
	found, err := find(ctx, *outputs, *name, *url, *bucket, at, refused)
	if err != nil {
		return err
	}
	valid, invalid, err := samples(*examples)
	if err != nil {
		return err
	}
	requests, err := requestsOf(valid, invalid)
	if err != nil {
		return err
	}
	began := time.Now()
	fmt.Fprintf(t.out, "%s\n", found[environment.EndpointOutput])
	for _, r := range requests {
		took, err := r.post(ctx, found[environment.EndpointOutput], *origin)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		fmt.Fprintf(t.out, "  %-9s 200 %s %4d ms\n", r.name, r.id, took.Milliseconds())
	}
	if err := manners(ctx, found[environment.EndpointOutput], *origin, t.out); err != nil {
		return err
	}
	lake := found[environment.LakeBucketOutput]
	if refused == nil && lake == "" {
		refused = errors.New("the bucket's name is not known: add -bucket")
	}
	if refused != nil {
		fmt.Fprintf(t.out, "answered; the lake is not looked at: %v\n", refused)
		return nil
	}
	return look(ctx, at, *wait, lake, began, requests, t.out)
}

// find returns the environment's outputs: those that the last deploy from here wrote, or else
// those of the account, unless it refused. url and bucket replace either.
func find(ctx context.Context, folder, name, url, bucket string, at place, refused error) (map[string]string, error) {
	found, err := written(folder, name)
	switch {
	case !errors.Is(err, fs.ErrNotExist) || url != "" && (bucket != "" || refused != nil):
	case errors.Is(refused, errNobody):
		err = fmt.Errorf("the endpoint of %[1]s is not known: `make deploy ENV=%[1]s` was not run here and there are "+
			"no AWS credentials: add URL=https://…", name)
	case refused != nil:
		err = refused
	default:
		found, err = at.endpointAndLake(ctx)
	}
	if err != nil && url == "" {
		return nil, err
	}
	return map[string]string{
		environment.EndpointOutput:   cmp.Or(url, found[environment.EndpointOutput]),
		environment.LakeBucketOutput: cmp.Or(bucket, found[environment.LakeBucketOutput]),
	}, nil
}

// endpointAndLake asks the account for the outputs of every stack.
func (p place) endpointAndLake(ctx context.Context) (map[string]string, error) {
	all := map[string]string{}
	for _, stack := range environment.Stacks() {
		outputs, err := p.outputs(ctx, stack)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, outputs)
	}
	return all, nil
}

// examplesOf returns the paths of the valid or invalid examples below folder. Types may have
// slashes.
func examplesOf(folder, kind string) (paths []string, err error) {
	err = filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		of := filepath.Dir(path)
		// What the canary sends is no example for people.
		if filepath.Base(of) == kind && filepath.Ext(path) == ".json" && filepath.Base(filepath.Dir(of)) != "canary" {
			paths = append(paths, path)
		}
		return err
	})
	return paths, err
}

// samples returns an event that its schema allows and one that it does not: the first of the
// examples with which the schemas are tested.
func samples(folder string) (valid, invalid []byte, err error) {
	for kind, into := range map[string]*[]byte{"valid": &valid, "invalid": &invalid} {
		files, err := examplesOf(folder, kind)
		if err != nil {
			return nil, nil, fmt.Errorf("looking for events to send: %w", err)
		}
		if len(files) == 0 {
			return nil, nil, fmt.Errorf("looking for events to send: there is no %s example below %s", kind, folder)
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
	header := map[string]string{"Content-Type": "application/json", "User-Agent": "smoke/1"}
	if s.encoding != "" {
		header["Content-Encoding"] = s.encoding
	}
	if origin != "" {
		header["Origin"] = origin
	}
	began := time.Now()
	got, err := fetch(ctx, http.MethodPost, url, header, s.body)
	took := time.Since(began)
	if err != nil {
		return took, err
	}
	match := acknowledgement.FindSubmatch(got.text)
	if got.code != http.StatusOK || match == nil {
		return took, fmt.Errorf("the answer is %s: %.500s", got.status, got.text)
	}
	if kind := got.header.Get("Content-Type"); kind != "application/json" {
		return took, fmt.Errorf("the answer's Content-Type is %q, want application/json", kind)
	}
	s.id = string(match[1])
	return took, readable(got.header, cmp.Or(origin, "*"))
}

// fetch sends a request and reads the answer.
func fetch(
	ctx context.Context, method, url string, header map[string]string, body []byte,
) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	client := http.Client{Timeout: 35 * time.Second} // API Gateway gives up after 29
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil {
		return answer{}, fmt.Errorf("reading the answer: %w", err)
	}
	return answer{response.Status, response.StatusCode, response.Header, text}, nil
}

// readable checks that a page of origin may read the answer.
func readable(header http.Header, origin string) error {
	if got := header.Get("Access-Control-Allow-Origin"); got != "*" && got != origin {
		return fmt.Errorf("the answer's Access-Control-Allow-Origin is %q, want %q", got, origin)
	}
	return nil
}

// answer is what is left of an HTTP answer once it was read.
type answer struct {
	status string // such as 200 OK
	code   int
	header http.Header
	text   []byte
}
