package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/test/simulator"
)

// world is one wiring that runs.
type world struct {
	wiring
	lab      *lab
	function *simulator.Function // nil: there is none
	services *services
	front    *link        // the client's way
	kept     *http.Client // a client whose connection stays open
	back     *http.Client // the edge's way to the API, or the API's to Firehose: kept open
	apiURL   string
	closers  []func()

	hellos sync.Map // when each connection's handshake began, by connection

	mu   sync.Mutex
	last sample // of the request under way, or the one before
}

// sample is what one request took.
type sample struct {
	function, api, edge, client time.Duration
	opened, puts, invokes       int64 // on the function's, or the API's, way to the services before it answered
}

// newWorld starts a wiring. missing says why this machine cannot.
func (l *lab) newWorld(row wiring) (w *world, missing string, err error) {
	w = &world{wiring: row, lab: l}
	defer func() {
		if err != nil || missing != "" {
			w.close()
		}
	}()
	var h handler
	if row.handler != nil {
		if h, err = row.handler(l); err != nil || h.missing != "" {
			return nil, h.missing, err
		}
	}
	if err := w.startServices(); err != nil {
		return nil, "", err
	}
	if row.handler != nil {
		w.function = l.start("wiring-"+row.number, h, w.services)
		w.closers = append(w.closers, w.function.Close)
	}
	return w, "", w.startFront()
}

func (w *world) close() {
	for i := len(w.closers) - 1; i >= 0; i-- {
		w.closers[i]()
	}
}

// startServices starts what the function calls, as far away as it stands.
func (w *world) startServices() (err error) {
	var chain *simulator.Function
	if w.chained {
		own, err := w.lab.newServices(w.lab.inRegion, nil)
		if err != nil {
			return err
		}
		chain = w.lab.start("chain", w.lab.chain(), own)
		w.closers = append(w.closers, own.close, chain.Close)
	}
	away := w.lab.inRegion
	if w.place == atEdge {
		away = w.lab.edgeRegion
	}
	if w.services, err = w.lab.newServices(away, chain); err != nil {
		return err
	}
	w.closers = append(w.closers, w.services.close)
	return nil
}

// startFront starts what the client connects to, and the API behind it.
func (w *world) startFront() error {
	w.back = w.lab.newClient()
	w.closers = append(w.closers, w.back.CloseIdleConnections)
	away, front := w.lab.clientEdge, http.HandlerFunc(w.location)
	switch w.place {
	case behindAPI:
		server, way, err := w.lab.serve(http.HandlerFunc(w.gatewayAnswers), w.lab.edgeRegion, nil)
		if err != nil {
			return err
		}
		w.apiURL = way.url()
		w.closers = append(w.closers, server.Close, way.close)
		front = w.forward
	case inRegion:
		away, front = away+w.lab.edgeRegion, w.gatewayAnswers
	case atEdge:
	}
	server, way, err := w.lab.serve(front, away, w.noteHandshakes)
	if err != nil {
		return err
	}
	w.front = way
	w.closers = append(w.closers, server.Close, way.close)
	return nil
}

// noteHandshakes has server note when each connection's handshake begins.
func (w *world) noteHandshakes(server *httptest.Server) {
	server.TLS.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		w.hellos.Store(hello.Conn, time.Now())
		return nil, nil
	}
	server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connection{}, conn.(*tls.Conn).NetConn())
	}
}

type connection struct{}

// location is a location of the edge whose function answers.
func (w *world) location(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has left
	}
	answer, err := w.invoke(r.Context(), viewerRequest(body))
	if began, first := w.hellos.LoadAndDelete(r.Context().Value(connection{})); first {
		w.note(func(s *sample) { s.edge = time.Since(began.(time.Time)) })
	}
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
	_, _ = io.WriteString(rw, said.Body) // a client that has left
}

// viewerRequest is the event of a function at the edge.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html
func viewerRequest(body []byte) []byte {
	event, _ := json.Marshal(map[string]any{"Records": []any{map[string]any{"cf": map[string]any{
		"config": map[string]any{"eventType": "viewer-request"},
		"request": map[string]any{
			"method": "POST", "uri": "/events", "querystring": "", "clientIp": "203.0.113.77", "headers": map[string]any{},
			"body": map[string]any{"inputTruncated": false, "action": "read-only", "encoding": "base64", "data": body},
		},
	}}}}) // of strings and bytes
	return event
}

// forward is a location of the edge that passes on to the API, over a connection that
// stays open.
func (w *world) forward(rw http.ResponseWriter, r *http.Request) {
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, w.apiURL+r.URL.Path, r.Body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadGateway)
		return
	}
	response, err := w.back.Do(request)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	for name, values := range response.Header {
		rw.Header()[name] = values
	}
	rw.WriteHeader(response.StatusCode)
	_, _ = io.Copy(rw, response.Body) // a client that has left
}

// gatewayAnswers is the API: its own time, then the integration's.
func (w *world) gatewayAnswers(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has left
	}
	began := time.Now()
	waitUntil(time.Now().Add(w.lab.gateway))
	var status int
	var text string
	headers := map[string]string{"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
	if w.function == nil {
		status, text, err = w.integrateFirehose(r.Context(), body)
	} else {
		status, headers, text, err = w.integrateFunction(r.Context(), body)
	}
	w.note(func(s *sample) { s.api = time.Since(began) })
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadGateway)
		return
	}
	for name, value := range headers {
		rw.Header().Set(name, value)
	}
	rw.WriteHeader(status)
	_, _ = io.WriteString(rw, text) // a client that has left
}

func (w *world) integrateFunction(ctx context.Context, body []byte) (status int, headers map[string]string, text string, err error) {
	event := map[string]any{}
	for key, value := range w.lab.event {
		event[key] = value
	}
	event["body"], event["isBase64Encoded"] = body, true
	text0, err := json.Marshal(event)
	if err != nil {
		return 0, nil, "", err
	}
	answer, err := w.invoke(ctx, text0)
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
func (w *world) integrateFirehose(ctx context.Context, body []byte) (status int, text string, err error) {
	id := record.NewID()
	data := record.Append(nil, record.Header{ID: id, ReceivedAt: time.Now()}, body)
	put := fmt.Sprintf(`{"DeliveryStreamName":%q,"Record":{"Data":%q}}`, stream, base64.StdEncoding.EncodeToString(data))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.services.link.url(), bytes.NewBufferString(put))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("X-Amz-Target", "Firehose_20150804.PutRecord")
	request.Header.Set("X-Amz-Date", time.Now().UTC().Format("20060102T150405Z"))
	before := w.counted()
	response, err := w.back.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body) // or the connection would not be used again
	w.since(before)
	return response.StatusCode, fmt.Sprintf(`{"id":%q}`, id), nil
}

// invoke runs the function, and notes what that took.
func (w *world) invoke(ctx context.Context, event []byte) ([]byte, error) {
	before, began := w.counted(), time.Now()
	answer, err := w.function.Invoke(ctx, event)
	took := time.Since(began)
	w.since(before)
	w.note(func(s *sample) { s.function = took })
	return answer, err
}

// counted is what was counted until now on the way to the services.
func (w *world) counted() sample {
	return sample{opened: w.services.link.opened.Load(), puts: w.services.puts.Load(), invokes: w.services.invokes.Load()}
}

// since notes what was counted since before.
func (w *world) since(before sample) {
	now := w.counted()
	w.note(func(s *sample) {
		s.opened, s.puts, s.invokes = now.opened-before.opened, now.puts-before.puts, now.invokes-before.invokes
	})
}

func (w *world) note(change func(*sample)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.last)
}
