package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
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
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
)

// sent is a request, and where its events must arrive.
type sent struct {
	name     string
	body     []byte
	encoding string
	prefixes []string // where each event of the body goes in the lake
	id       string   // the ingest id of the answer
	region   string   // which answered
}

// trial is what smoke sends, and how long it looks for it.
type trial struct {
	terminal
	outputs, examples, origin string
	url, bucket               string // instead of the deployed ones
	wait                      time.Duration
}

// smoke posts to the endpoint, checks each answer, and looks for the events. An environment with
// regions is asked in each of them, and then by its public name.
func smoke(ctx context.Context, args []string, t terminal) error {
	flags := newFlags("smoke")
	w, try := whereFlags(flags, "each region, then the public name"), trialFlags(flags, t)
	flags.StringVar(&try.url, "url", "", "`URL` to post to; default: the deployed one")
	flags.StringVar(&try.bucket, "bucket", "", "`name` of the lake; default: the deployed one")
	if err := t.parse(flags, args); err != nil {
		return err
	}
	if try.url != "" {
		w.region = cmp.Or(w.region, home)
	}
	c, err := w.chosen()
	if err != nil {
		return err
	}
	for _, site := range c.sites {
		if err := try.site(ctx, site); err != nil {
			return place{Site: site}.in(err)
		}
	}
	if c.front {
		return try.front(ctx, c.Environment)
	}
	return nil
}

// trialFlags adds the flags of smoke that a deploy has, too.
func trialFlags(flags *flag.FlagSet, t terminal) *trial {
	try := &trial{terminal: t}
	flags.StringVar(&try.outputs, "outputs", ".local/outputs", "`folder` of what deploys from here wrote: "+
		"<environment>.json or, with regions, <environment>/<region>.json")
	flags.StringVar(&try.examples, "examples", "lambdas/validate/schemas/examples", "`folder` of the events to send")
	flags.StringVar(&try.origin, "origin", "", "`origin` to send as a browser would; default: the first of "+
		"Origins, where not every one is allowed")
	flags.DurationVar(&try.wait, "wait", 5*time.Minute, "longest time to look for the events in the lake")
	return try
}

// site tries a site by its own URL.
func (s *trial) site(ctx context.Context, site environment.Site) error {
	at, refused := s.enter(ctx, site) // without credentials only the answers are checked
	found, err := s.find(ctx, at, refused)
	if err != nil {
		return err
	}
	d := door{url: found[environment.EndpointOutput], regional: site.Worldwide() && s.url == ""}
	if refused == nil && found[environment.LakeBucketOutput] == "" {
		refused = errors.New("the bucket's name is not known: add -bucket")
	}
	d.lakes = []lakeAt{{at, found[environment.LakeBucketOutput]}}
	return s.through(ctx, d, refused)
}

// front tries the public name of an environment. Any region that gets clients may answer.
func (s *trial) front(ctx context.Context, env environment.Environment) error {
	d := door{url: env.PublicURL(), regional: true}
	var refused error
	for _, site := range env.Sites() {
		if !site.Joined() {
			continue
		}
		at, no := s.enter(ctx, site)
		found, err := s.find(ctx, at, no)
		refused = cmp.Or(refused, no, err)
		d.lakes = append(d.lakes, lakeAt{at, found[environment.LakeBucketOutput]})
	}
	return s.through(ctx, d, refused)
}

// enter goes to a site, if the credentials allow it.
func (s *trial) enter(ctx context.Context, site environment.Site) (place, error) {
	at, err := siteOf(site).enterOne(ctx)
	if err != nil {
		return place{Site: site}, err
	}
	return at, nil
}

// listedOrigin is the first origin whose pages may read answers; empty if every page may.
func listedOrigin(env environment.Environment) string {
	if len(env.Origins) == 0 || env.Origins[0] == ingest.AnyOrigin {
		return ""
	}
	return env.Origins[0]
}

// find returns the site's outputs: those that the last deploy from here wrote, or else those of
// the account, unless it refused.
func (s *trial) find(ctx context.Context, at place, refused error) (map[string]string, error) {
	found, err := written(s.outputs, at.Site)
	switch {
	case !errors.Is(err, fs.ErrNotExist) || s.url != "" && (s.bucket != "" || refused != nil):
	case errors.Is(refused, errNobody):
		err = fmt.Errorf("the endpoint of %[1]s is not known: `make deploy ENV=%[1]s` was not run here and there are "+
			"no AWS credentials: add URL=https://…", at.Name)
	case refused != nil:
		err = refused
	default:
		found, err = at.endpointAndLake(ctx)
	}
	if err != nil && s.url == "" {
		return nil, err
	}
	return map[string]string{
		environment.EndpointOutput:   cmp.Or(s.url, found[environment.EndpointOutput]),
		environment.LakeBucketOutput: cmp.Or(s.bucket, found[environment.LakeBucketOutput]),
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
	s.id, s.region = string(match[1]), got.header.Get(ingest.RegionHeader)
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
