package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/test/figures"
	"global-ingest/test/simulator"
	worldwide "global-ingest/test/world"
)

// pipeline is one wiring that runs.
type pipeline struct {
	wiring
	setup    *setup
	function *simulator.Function // nil: this wiring has no function
	services *services
	url      string       // of what the client connects to
	back     *http.Client // of the edge to the API, or of the API to Firehose; its connection stays open
	took     chan sample  // of each request, before its answer
	closers  []func()
}

// newPipeline starts a wiring. The error is figures.Missing if this machine cannot.
func (s *setup) newPipeline(of wiring) (p *pipeline, err error) {
	var program figures.Program
	if of.handler != nil {
		if program, err = of.handler(s); err != nil {
			return nil, err
		}
	}
	p = &pipeline{wiring: of, setup: s, back: newClient(s.pool), took: make(chan sample, 1)}
	p.closers = append(p.closers, p.back.CloseIdleConnections)
	p.startServices()
	if of.handler != nil {
		p.function = s.start("wiring-"+of.number, program, p.services)
		p.closers = append(p.closers, p.function.Close)
	}
	return p, p.startFront()
}

func (p *pipeline) close() {
	for _, end := range slices.Backward(p.closers) {
		end()
	}
}

// startServices starts what the function calls, at the distance that the wiring says.
func (p *pipeline) startServices() {
	var chain *simulator.Function
	if p.chained {
		own := p.setup.newServices(p.setup.inRegion, nil)
		chain = p.setup.start("chain", p.setup.chain(), own)
		p.closers = append(p.closers, own.close, chain.Close)
	}
	away := p.setup.inRegion
	if p.place == atEdge {
		away = p.setup.edgeRegion
	}
	p.services = p.setup.newServices(away, chain)
	p.closers = append(p.closers, p.services.close)
}

// startFront starts what the client connects to, and the API behind it.
func (p *pipeline) startFront() error {
	integration := p.proxy
	if p.function == nil {
		integration = p.direct
	}
	api := p.answering(p.setup.gateway, integration)
	switch p.place {
	case atEdge:
		p.url = p.serve(p.answering(0, p.viewer), p.setup.clientEdge)
	case behindAPI: // the location passes requests on, over a connection that stays open
		target, err := url.Parse(p.serve(api, p.setup.edgeRegion))
		if err != nil {
			return err
		}
		forward := &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: p.back.Transport,
		}
		p.url = p.serve(forward, p.setup.clientEdge)
	case inRegion:
		p.url = p.serve(api, p.setup.clientEdge+p.setup.edgeRegion)
	}
	return nil
}

// serve starts a server until the wiring is closed, and returns its URL.
func (p *pipeline) serve(handler http.Handler, roundTrip time.Duration) string {
	server, _ := p.setup.serve(handler, roundTrip)
	p.closers = append(p.closers, server.Close)
	return server.URL
}

// answer is what a function or an API says.
type answer struct {
	status  int
	headers map[string]string
	body    string
}

// answering is a server that takes some time of its own, and then an integration's.
func (p *pipeline) answering(
	own time.Duration, integration func(context.Context, []byte) (answer, error),
) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		before, began := p.services.counted(), time.Now()
		worldwide.WaitUntil(began.Add(own))
		asked := time.Now()
		said, err := integration(r.Context(), body)
		s := p.services.counted().since(before)
		if s.api = time.Since(began); p.function != nil {
			s.function = time.Since(asked)
		}
		p.took <- s
		if err != nil {
			http.Error(rw, err.Error(), http.StatusBadGateway)
			return
		}
		for name, value := range said.headers {
			rw.Header().Set(name, value)
		}
		rw.WriteHeader(said.status)
		_, _ = io.WriteString(rw, said.body) // to a client that may have gone
	}
}

// invoke has the function answer an event, and reads its answer.
func (p *pipeline) invoke(ctx context.Context, event []byte, said any) error {
	text, err := p.function.Invoke(ctx, event)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, said)
}

// viewer is the function of a location of the edge.
func (p *pipeline) viewer(ctx context.Context, body []byte) (answer, error) {
	var said struct {
		Status  int `json:",string"`
		Headers map[string][]struct{ Key, Value string }
		Body    string
	}
	err := p.invoke(ctx, viewerRequest(body), &said)
	headers := map[string]string{}
	for _, header := range said.Headers {
		headers[header[0].Key] = header[0].Value
	}
	return answer{said.Status, headers, said.Body}, err
}

// viewerRequest is the event of a function at the edge.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html
func viewerRequest(body []byte) []byte {
	event, _ := json.Marshal(map[string]any{"Records": []any{map[string]any{"cf": map[string]any{
		"config": map[string]any{"eventType": "viewer-request"},
		"request": map[string]any{
			"method": "POST", "uri": "/events", "querystring": "", "clientIp": "203.0.113.77",
			"headers": map[string]any{},
			"body": map[string]any{
				"inputTruncated": false, "action": "read-only", "encoding": "base64", "data": body,
			},
		},
	}}}}) // of strings and bytes
	return event
}

// proxy is the API's integration of a function.
func (p *pipeline) proxy(ctx context.Context, body []byte) (answer, error) {
	var said struct {
		StatusCode int
		Headers    map[string]string
		Body       string
	}
	err := p.invoke(ctx, p.setup.proxyEvent(body), &said)
	return answer{said.StatusCode, said.Headers, said.Body}, err
}

// direct is the API's integration without a function: it puts on the stream what its mapping template makes.
func (p *pipeline) direct(ctx context.Context, body []byte) (answer, error) {
	id := record.NewID()
	data := record.Append(nil, record.Header{ID: id, ReceivedAt: time.Now()}, body)
	put := fmt.Sprintf(`{"DeliveryStreamName":%q,"Record":{"Data":%q}}`, figures.Stream,
		base64.StdEncoding.EncodeToString(data))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.services.URL, strings.NewReader(put))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("X-Amz-Target", "Firehose_20150804.PutRecord")
	request.Header.Set("X-Amz-Date", time.Now().UTC().Format("20060102T150405Z"))
	response, err := p.back.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body) // or the connection would not be used again
	headers := map[string]string{"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
	return answer{response.StatusCode, headers, fmt.Sprintf(`{"id":%q}`, id)}, nil
}

// request sends one event, and returns once everything behind its answer is done.
func (p *pipeline) request(ctx context.Context, client *http.Client, event []byte) (sample, error) {
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
	s := <-p.took
	s.client = took
	return s, nil
}
