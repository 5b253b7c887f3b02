package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
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
	closers  []func()

	mu   sync.Mutex
	last sample // of the request under way, or the one before
}

// newPipeline starts a wiring. The error is figures.Missing if this machine cannot.
func (s *setup) newPipeline(of wiring) (p *pipeline, err error) {
	var program figures.Program
	if of.handler != nil {
		if program, err = of.handler(s); err != nil {
			return nil, err
		}
	}
	p = &pipeline{wiring: of, setup: s, back: newClient(s.pool)}
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
	switch p.place {
	case atEdge:
		p.url = p.serve(http.HandlerFunc(p.location), p.setup.clientEdge)
	case behindAPI: // the location passes requests on, over a connection that stays open
		api, err := url.Parse(p.serve(http.HandlerFunc(p.gatewayAnswers), p.setup.edgeRegion))
		if err != nil {
			return err
		}
		forward := &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(api) }, Transport: p.back.Transport,
		}
		p.url = p.serve(forward, p.setup.clientEdge)
	case inRegion:
		p.url = p.serve(http.HandlerFunc(p.gatewayAnswers), p.setup.clientEdge+p.setup.edgeRegion)
	}
	return nil
}

// serve starts a server until the wiring is closed, and returns its URL.
func (p *pipeline) serve(handler http.Handler, roundTrip time.Duration) string {
	server, _ := p.setup.serve(handler, roundTrip)
	p.closers = append(p.closers, server.Close)
	return server.URL
}

// location is a location of the edge whose function answers.
func (p *pipeline) location(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	answer, err := p.invoke(r.Context(), viewerRequest(body))
	var said struct {
		Status  string
		Headers map[string][]struct{ Key, Value string }
		Body    string
	}
	if err == nil {
		err = json.Unmarshal(answer, &said)
	}
	if err != nil || said.Status != "200" {
		http.Error(rw, fmt.Sprintf("%s %v", answer, err), http.StatusBadGateway)
		return
	}
	for _, header := range said.Headers {
		rw.Header().Set(header[0].Key, header[0].Value)
	}
	_, _ = io.WriteString(rw, said.Body) // to a client that may have gone
}

// viewerRequest is the event of a function at the edge.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html
func viewerRequest(body []byte) []byte {
	event, _ := json.Marshal(map[string]any{"Records": []any{map[string]any{"cf": map[string]any{
		"config": map[string]any{"eventType": "viewer-request"},
		"request": map[string]any{
			"method": "POST", "uri": "/events", "querystring": "", "clientIp": "203.0.113.77",
			"headers": map[string]any{},
			"body":    map[string]any{"inputTruncated": false, "action": "read-only", "encoding": "base64", "data": body},
		},
	}}}}) // of strings and bytes
	return event
}

// gatewayAnswers is the API: its own time, then the integration's.
func (p *pipeline) gatewayAnswers(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	began := time.Now()
	worldwide.WaitUntil(time.Now().Add(p.setup.gateway))
	var status int
	var text string
	headers := map[string]string{"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
	if p.function == nil {
		status, text, err = p.integrateFirehose(r.Context(), body)
	} else {
		status, headers, text, err = p.integrateFunction(r.Context(), body)
	}
	p.note(func(s *sample) { s.api = time.Since(began) })
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadGateway)
		return
	}
	for name, value := range headers {
		rw.Header().Set(name, value)
	}
	rw.WriteHeader(status)
	_, _ = io.WriteString(rw, text) // to a client that may have gone
}

func (p *pipeline) integrateFunction(
	ctx context.Context, body []byte,
) (status int, headers map[string]string, text string, err error) {
	answer, err := p.invoke(ctx, p.setup.proxyEvent(body))
	if err != nil {
		return 0, nil, "", err
	}
	var said struct {
		StatusCode int
		Headers    map[string]string
		Body       string
	}
	err = json.Unmarshal(answer, &said)
	return said.StatusCode, said.Headers, said.Body, err
}

// integrateFirehose is the integration without a function: the API puts on the stream
// what its mapping template makes.
func (p *pipeline) integrateFirehose(ctx context.Context, body []byte) (status int, text string, err error) {
	id := record.NewID()
	data := record.Append(nil, record.Header{ID: id, ReceivedAt: time.Now()}, body)
	put := fmt.Sprintf(`{"DeliveryStreamName":%q,"Record":{"Data":%q}}`, figures.Stream,
		base64.StdEncoding.EncodeToString(data))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.services.URL, bytes.NewBufferString(put))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("X-Amz-Target", "Firehose_20150804.PutRecord")
	request.Header.Set("X-Amz-Date", time.Now().UTC().Format("20060102T150405Z"))
	before := p.counted()
	response, err := p.back.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body) // or the connection would not be used again
	p.since(before)
	return response.StatusCode, fmt.Sprintf(`{"id":%q}`, id), nil
}

// invoke runs the function, and notes what that took.
func (p *pipeline) invoke(ctx context.Context, event []byte) ([]byte, error) {
	before, began := p.counted(), time.Now()
	answer, err := p.function.Invoke(ctx, event)
	took := time.Since(began)
	p.since(before)
	p.note(func(s *sample) { s.function = took })
	return answer, err
}

// counted is what the services have counted so far.
func (p *pipeline) counted() sample {
	return sample{
		opened: p.services.link.Opened.Load(), puts: p.services.puts.Load(), invokes: p.services.invokes.Load(),
	}
}

// since notes what has been counted after before.
func (p *pipeline) since(before sample) {
	now := p.counted()
	p.note(func(s *sample) {
		s.opened, s.puts, s.invokes = now.opened-before.opened, now.puts-before.puts, now.invokes-before.invokes
	})
}

func (p *pipeline) note(change func(*sample)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.last)
}
