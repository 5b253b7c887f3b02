package world

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"global-ingest/test/simulator"
)

// behind are templates of regions home, europe and asia behind one front, in the shape that a synthesis
// gives them.
func behind(t *testing.T, function string) plan {
	t.Helper()
	p, err := planOf(handWritten(t, function))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// origins are servers in the regions' place.
type origins struct {
	servers     map[string]*httptest.Server
	roads       map[string]*road
	connections map[string]*atomic.Int64
	requests    map[string]*atomic.Int64
}

// fronted starts a front in London, before servers that answer as answer does.
func fronted(
	t *testing.T, p plan, clock Clock, records []record, answer http.HandlerFunc,
) (*front, *httptest.Server, *origins) {
	t.Helper()
	o := &origins{
		map[string]*httptest.Server{}, map[string]*road{}, map[string]*atomic.Int64{}, map[string]*atomic.Int64{},
	}
	for _, region := range p.regions {
		o.roads[region] = &road{clock: clock}
		opened, asked := &atomic.Int64{}, &atomic.Int64{}
		o.connections[region], o.requests[region] = opened, asked
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			w.Header().Set("Ingest-Region", region)
			answer(w, r)
		}))
		server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				opened.Add(1)
			}
		}
		server.Start()
		t.Cleanup(server.Close)
		o.servers[region] = server
	}
	at := &resolver{records: records, city: london, roundTrips: trips, ttl: clock.Wait(aliasTTL)}
	f, err := newFront(p, at, clock, false, func(region string) (string, *road) {
		return strings.TrimPrefix(o.servers[region].URL, "http://"), o.roads[region]
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(f)
	t.Cleanup(func() { server.Close(); f.close() })
	return f, server, o
}

// noting notes the request that arrives.
func noting(got *http.Request) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) { *got = *r.Clone(r.Context()) }
}

// asked is what a client got.
type asked struct {
	*http.Response
	body string
}

func ask(t *testing.T, method, url string, headers ...string) asked {
	t.Helper()
	body := io.Reader(http.NoBody)
	if method == http.MethodPost || method == http.MethodPut {
		body = strings.NewReader("{}")
	}
	request, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return asked{response, string(text)}
}

func TestTheOriginSeesItsOwnNameAndTheClientsAddressLast(t *testing.T) {
	for sent, want := range map[string]string{
		"":                       "127.0.0.1",
		"203.0.113.9":            "203.0.113.9, 127.0.0.1", // forged or not, it is kept
		"203.0.113.9, 10.0.0.1 ": "203.0.113.9, 10.0.0.1, 127.0.0.1",
	} {
		var got http.Request
		_, server, _ := fronted(t, behind(t, ""), Clock{}, recordsOf(), noting(&got))
		headers := []string{"X-Forwarded-Host", "kept.example", "Accept-Encoding", "br"}
		if sent != "" {
			headers = append(headers, "X-Forwarded-For", sent)
		}
		ask(t, http.MethodPost, server.URL+"/events?a=1&b=%20&a=2", headers...)
		if got.Host != "origin.example.com" || strings.Join(got.Header["X-Forwarded-For"], "|") != want {
			t.Errorf("after %q the host is %s and the addresses are %q, want %q",
				sent, got.Host, got.Header["X-Forwarded-For"], want)
		}
		if got.RequestURI != "/events?a=1&b=%20&a=2" || got.Header.Get("X-Forwarded-Host") != "kept.example" ||
			got.Header.Get("Accept-Encoding") != "br" {
			t.Errorf("the request was changed: %s %v", got.RequestURI, got.Header)
		}
	}
}

// TestAPostIsNeverSentTwice: a GET is, as often as the origin's connection attempts say.
func TestAPostIsNeverSentTwice(t *testing.T) {
	for method, want := range map[string]int64{http.MethodPost: 1, http.MethodPut: 1, http.MethodGet: 2} {
		_, server, o := fronted(t, behind(t, ""), Clock{}, recordsOf(), func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = conn.Close() // the request has arrived, and no answer leaves
			}
		})
		got := ask(t, method, server.URL+"/events")
		if n := o.requests["europe"].Load(); n != want || got.StatusCode != http.StatusBadGateway {
			t.Errorf("a %s without an answer reached the origin %d times and was answered %d, want %d and 502",
				method, n, got.StatusCode, want)
		}
	}
}

func TestARegionThatIsLostTakesItsTimeAndNoMore(t *testing.T) {
	clock := Clock{Speed: 20}
	_, server, o := fronted(t, behind(t, ""), clock, recordsOf(), status(http.StatusOK))
	ask(t, http.MethodPost, server.URL)
	o.roads["europe"].down(true)
	for _, c := range []struct {
		name string
		want time.Duration // modelled
	}{
		{"a request on an open connection waits for the read timeout", 5 * time.Second},
		{"a new connection is tried twice, 2 s each", 4 * time.Second},
	} {
		began := time.Now()
		got := ask(t, http.MethodPost, server.URL)
		took := clock.Modelled(time.Since(began))
		if got.StatusCode != http.StatusGatewayTimeout || took < c.want-time.Second || took > c.want+20*time.Second {
			t.Errorf("%s: %d after %s", c.name, got.StatusCode, took)
		}
	}
	o.roads["europe"].down(false)
	if got := ask(t, http.MethodPost, server.URL); got.StatusCode != http.StatusOK {
		t.Errorf("it is back, and the answer is %d", got.StatusCode)
	}
	if n := o.requests["europe"].Load(); n != 2 {
		t.Errorf("%d requests arrived, want only the two before and after", n)
	}
}

func TestConnectionsToEachRegionAreKept(t *testing.T) {
	records := recordsOf()
	f, server, o := fronted(t, behind(t, ""), Clock{}, records, status(http.StatusOK))
	for range 3 {
		ask(t, http.MethodPost, server.URL)
	}
	records[1].check.note(io.EOF)
	f.resolver.cache = nil // its TTL is over
	for range 3 {
		ask(t, http.MethodPost, server.URL)
	}
	records[1].check.note(nil)
	f.resolver.cache = nil
	ask(t, http.MethodPost, server.URL)
	if e, h := o.connections["europe"].Load(), o.connections["home"].Load(); e != 1 || h != 1 {
		t.Errorf("%d connections were opened to europe and %d to home, want one each", e, h)
	}
	if e, h := f.regions["europe"].answers.Load(), f.regions["home"].answers.Load(); e != 4 || h != 3 {
		t.Errorf("%d answers of europe are counted and %d of home, want 4 and 3", e, h)
	}
}

const preflights = `
var allowed = {value: '*'};
async function handler(event) {
	var request = event.request;
	if (request.method === 'OPTIONS') {
		return {statusCode: 204, statusDescription: 'No Content', headers: {'access-control-allow-origin': allowed}};
	}
	if (request.uri === '/') {
		var body = {encoding: 'text', data: event.viewer.ip};
		return {statusCode: 200, headers: {'content-type': {value: 'text/plain'}}, body: body};
	}
	if (request.headers['x-throw']) { throw new Error('it is told to'); }
	request.headers['x-country'] = {value: request.headers.host.value};
	if (request.querystring.move) { request.uri = '/' + request.querystring.move.value; }
	return request;
}`

func TestTheFunctionOfTheTemplateAnswersAtTheEdge(t *testing.T) {
	var got http.Request
	_, server, o := fronted(t, behind(t, preflights), Clock{}, recordsOf(), noting(&got))
	a := ask(t, http.MethodOptions, server.URL+"/events")
	if a.StatusCode != 204 || a.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("a preflight is answered %d %v", a.StatusCode, a.Header)
	}
	a = ask(t, http.MethodGet, server.URL+"/")
	if a.StatusCode != 200 || a.body != "127.0.0.1" || a.Header.Get("Content-Type") != "text/plain" {
		t.Errorf("GET / is answered %d %s", a.StatusCode, a.body)
	}
	if a := ask(t, http.MethodPost, server.URL+"/events", "X-Throw", "1"); a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a function that throws is answered %d", a.StatusCode)
	}
	if n := o.requests["europe"].Load(); n != 0 {
		t.Fatalf("%d requests reached the origin", n)
	}
	ask(t, http.MethodPost, server.URL+"/events?a=%2F&b", "X-Two", "1", "X-Two", "2")
	if got.Header.Get("X-Country") != strings.TrimPrefix(server.URL, "http://") ||
		got.RequestURI != "/events?a=%2F&b" || len(got.Header["X-Two"]) != 2 {
		t.Errorf("the origin sees %s %v", got.RequestURI, got.Header)
	}
	ask(t, http.MethodPost, server.URL+"/events?move=there")
	if got.URL.Path != "/there" {
		t.Errorf("the function moves the request to /there, and the origin sees %s", got.URL.Path)
	}
}

// TestAPageMayReadTheFrontsOwnErrors, as the response headers policy says; what the origin says of
// itself stays.
func TestAPageMayReadTheFrontsOwnErrors(t *testing.T) {
	_, server, o := fronted(t, behind(t, ""), Clock{}, recordsOf(), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://its.own")
	})
	got := ask(t, http.MethodPost, server.URL, "Origin", "https://a.example")
	if allowed := got.Header.Get("Access-Control-Allow-Origin"); allowed != "https://its.own" {
		t.Errorf("the origin's header became %q", allowed)
	}
	o.servers["europe"].Close()
	got = ask(t, http.MethodPost, server.URL, "Origin", "https://a.example")
	if got.StatusCode != http.StatusBadGateway || got.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("the front's own error is %d with %v", got.StatusCode, got.Header)
	}
}

func TestATemplateThatLeadsNowhereIsAnError(t *testing.T) {
	for _, c := range []struct{ id, resourceType, property, want string }{
		{"Record", "AWS::Route53::RecordSet", "HealthCheckId", "no health check"},
		{"Record", "AWS::Route53::RecordSet", "Region", "which is not there"},
		{"Front", "AWS::CloudFront::Distribution", "DistributionConfig", "no origin"},
	} {
		templates := handWritten(t, "")
		var value any = "elsewhere"
		if c.property == "DistributionConfig" {
			value = map[string]any{"DefaultCacheBehavior": map[string]any{"TargetOriginId": "other"}}
		}
		simulator.Properties(templates, c.id, c.resourceType)[c.property] = value
		if _, err := planOf(templates); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("with another %s the error is %v, want one with %q", c.property, err, c.want)
		}
	}
}
