package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	livepage "global-ingest/test/local/page"
	"global-ingest/test/simulator"
)

// micro is a pipeline with its page.
type micro struct {
	*simulator.Simulator
	page string // its URL, without a slash at its end
}

// startPage runs the pipeline with its page, as run does.
func startPage(t *testing.T, templates []*simulator.Template, change ...func(*simulator.Options)) micro {
	t.Helper()
	live := livepage.New()
	soon := func(o *simulator.Options) { o.JudgedWithin, o.Patience = judgedWithin, time.Hour }
	sim := start(t, templates, append([]func(*simulator.Options){live.Watch, soon}, change...)...)
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop := live.Serve(port, pipeline{running: sim, URL: sim.URL, home: sim}.page("Dev"))
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return micro{sim, "http://" + port.Addr().String()}
}

// post sends an event, which must be acknowledged, and returns its ingest id.
func (m micro) post(t *testing.T, body string) string {
	t.Helper()
	return accepted(t, m.URL+"/events", body)
}

// ask asks the page's API, which must answer with this status, and reads the answer.
func (m micro) ask(t *testing.T, status int, method, path string, into any) {
	t.Helper()
	got := do(t, method, m.page+path, nil)
	if got.status != status {
		t.Fatalf("%s %s: %d %s, want %d", method, path, got.status, got.body, status)
	}
	if err := json.Unmarshal([]byte(got.body), into); err != nil {
		t.Fatalf("%s %s: %v: %s", method, path, err, got.body)
	}
}

func (m micro) events(t *testing.T, query string) (found livepage.Found) {
	t.Helper()
	m.ask(t, http.StatusOK, http.MethodGet, "/events?"+query, &found)
	return found
}

// want holds what a query finds to "verdict reason where" of each event, in alphabetical
// order: the rejects of a batch are stored before the Validator answers for the others.
func (m micro) want(t *testing.T, query string, want ...string) (found livepage.Found) {
	t.Helper()
	found = m.events(t, query)
	var got []string
	for _, e := range found.Events {
		got = append(got, strings.TrimSpace(fmt.Sprint(e.Verdict, " ", e.Reason, " ", e.Where)))
	}
	slices.Sort(got)
	if strings.Join(got, "\n") != strings.Join(want, "\n") || found.Matched != len(want) {
		t.Errorf("%s: %d match, %q, want %q", query, found.Matched, got, want)
	}
	return found
}

// TestTheAPITellsWhatBecameOfEachEvent: a browser test asks for exactly these events and
// nothing bad, and gets the answer without a sleep.
func TestTheAPITellsWhatBecameOfEachEvent(t *testing.T) {
	t.Parallel()
	m := startPage(t, patientTemplates(t))
	first, second := m.post(t, validEvent), m.post(t, invalidEvent)
	m.events(t, "count=2&wait=20s")
	m.want(t, "", "rejected schema_violation validated", "valid  validated")
	var counts livepage.Counts
	m.ask(t, http.StatusOK, http.MethodPost, "/flush", &counts)
	if counts.Valid != 1 || counts.Rejected != 1 || counts.Reasons["schema_violation"] != 1 || counts.Waiting != 0 {
		t.Errorf("counts are %+v", counts)
	}
	good := m.want(t, "id="+first, "valid  lake").Events[0]
	bad := m.want(t, "id="+second, "rejected schema_violation lake").Events[0]
	if good.ID != first+"/0" || good.Type != "click" || string(good.Event) != validEvent ||
		!strings.HasPrefix(good.Object, "events/") {
		t.Errorf("the valid one is %+v", good)
	}
	if string(bad.Event) != invalidEvent || !strings.HasPrefix(bad.Object, "rejected/") || len(bad.Errors) == 0 {
		t.Errorf("the rejected one is %+v", bad)
	}
	for _, e := range []livepage.Event{good, bad} {
		ms := e.Milliseconds
		if ms.Stored == nil || ms.Validated == nil || ms.Lake == nil ||
			*ms.Stored > *ms.Validated || *ms.Validated > *ms.Lake {
			t.Errorf("%s: the steps are %+v", e.ID, ms)
		}
	}
	m.want(t, "type=click&verdict=valid", "valid  lake")
	m.want(t, "text=SHOES", "valid  lake")
	m.want(t, "text=lacks", "rejected schema_violation lake")
	m.want(t, "reason=empty")
	m.want(t, fmt.Sprint("after=", m.events(t, "").Last))
	if found := m.events(t, "limit=1"); len(found.Events) != 1 || found.Matched != 2 {
		t.Errorf("with a limit of 1: %d of %d", len(found.Events), found.Matched)
	}
}

// TestAWaitEndsWithTheEventOrWithTheTime, and not before.
func TestAWaitEndsWithTheEventOrWithTheTime(t *testing.T) {
	t.Parallel()
	m := startPage(t, patientTemplates(t))
	began := time.Now()
	if found := m.events(t, "count=1&wait=300ms"); found.Matched != 0 || time.Since(began) < 300*time.Millisecond {
		t.Errorf("%d match after %s", found.Matched, time.Since(began))
	}
	time.AfterFunc(50*time.Millisecond, func() { _, _ = post(m.URL+"/events", validEvent) })
	began = time.Now()
	if found := m.events(t, "count=1&wait=20s"); found.Matched != 1 || time.Since(began) > 10*time.Second {
		t.Errorf("%d match after %s", found.Matched, time.Since(began))
	}
}

// TestAResetBeginsAnew: with what was on its way before, and nothing of it after. The lake
// keeps everything.
func TestAResetBeginsAnew(t *testing.T) {
	t.Parallel()
	m := startPage(t, patientTemplates(t), func(o *simulator.Options) { o.JudgedWithin = 0 })
	for range 3 {
		m.post(t, validEvent)
	}
	var mark struct{ After int64 }
	m.ask(t, http.StatusOK, http.MethodPost, "/reset", &mark)
	m.want(t, "")
	var counts livepage.Counts
	m.ask(t, http.StatusOK, http.MethodGet, "/counts", &counts)
	if mark.After != 3 || counts.Valid+counts.Rejected+counts.Waiting != 0 {
		t.Errorf("after the reset: %+v, %+v", mark, counts)
	}
	if n := len(readLake(t, m.Lake, m.Bucket).Lines); n != 3 {
		t.Errorf("the lake has %d of 3 events", n)
	}
	m.post(t, invalidEvent)
	m.ask(t, http.StatusOK, http.MethodPost, "/flush", &counts)
	m.want(t, "", "rejected schema_violation lake")
}

// TestWhatIsFlushedIsThere: each of many that were answered 200, from several clients and
// in every shape, is judged and stored when the flush answers; and counted once.
func TestWhatIsFlushedIsThere(t *testing.T) {
	t.Parallel()
	m := startPage(t, patientTemplates(t))
	const clients, posts = 4, 25
	var senders sync.WaitGroup
	for c := range clients {
		senders.Go(func() {
			for n := range posts {
				body := fmt.Sprintf(`[{"type":"load","c":%d,"n":%d},{"type":"click"},7]`, c, n)
				if _, err := post(m.URL+"/events", body); err != nil {
					t.Error(err)
				}
			}
		})
	}
	senders.Wait()
	var counts livepage.Counts
	m.ask(t, http.StatusOK, http.MethodPost, "/flush?wait=60s", &counts)
	const each = clients * posts
	reasons := counts.Reasons
	if counts.Valid != each || counts.Waiting != 0 ||
		reasons["schema_violation"] != each || reasons["not_an_object"] != each {
		t.Errorf("counts are %+v, want %d of each", counts, each)
	}
	for _, e := range m.events(t, "limit=1000").Events {
		if e.Where != "lake" {
			t.Fatalf("%s is %s", e.ID, e.Where)
		}
	}
}

// TestLinesThatFitNoAnswerAreShownToo: the Validator stores them itself, and the page reads
// the object.
func TestLinesThatFitNoAnswerAreShownToo(t *testing.T) {
	t.Parallel()
	templates := patientTemplates(t)
	simulator.Variables(templates, "Validator")["MAX_RESPONSE_BYTES"] = "1000"
	m := startPage(t, templates)
	const events = 40_000
	id := m.post(t, "["+strings.Repeat(`{"type":"a"},`, events-1)+`{"type":"last"}]`)
	var counts livepage.Counts
	m.ask(t, http.StatusOK, http.MethodPost, "/flush?wait=60s", &counts)
	if counts.Valid != events {
		t.Errorf("counts are %+v", counts)
	}
	m.want(t, "type=last&id="+id, "valid  lake")
}

// TestAFaultIsWhatAClientWouldMeet, shows where events are meanwhile, and ends.
func TestAFaultIsWhatAClientWouldMeet(t *testing.T) {
	t.Parallel()
	m := startPage(t, patientTemplates(t))
	var both, neither struct{ Faults map[string]string }
	m.ask(t, http.StatusOK, http.MethodPost, "/fault?firehose=503&for=10m", &both)
	id := m.post(t, validEvent)
	spilled := m.want(t, "id="+id+"&count=1&wait=10s", "waiting  spilled").Events[0]
	if !strings.HasPrefix(spilled.Object, "spill/") || spilled.Milliseconds.Spilled == nil {
		t.Errorf("it is %+v", spilled)
	}
	m.want(t, "verdict=waiting", "waiting  spilled")
	m.ask(t, http.StatusOK, http.MethodPost, "/fault?s3=503&for=10m", &both)
	if len(both.Faults) != 2 {
		t.Errorf("in force are %v", both.Faults)
	}
	got := do(t, http.MethodPost, m.URL+"/events", strings.NewReader(validEvent))
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("with both down: %d %s", got.status, got.body)
	}
	m.ask(t, http.StatusOK, http.MethodPost, "/fault?firehose=ok&s3=ok", &neither)
	if len(neither.Faults) != 0 {
		t.Errorf("still in force are %v", neither.Faults)
	}
	var counts livepage.Counts
	m.ask(t, http.StatusOK, http.MethodPost, "/flush?wait=60s", &counts)
	back := m.want(t, "id="+id, "valid  lake").Events[0]
	if back.Milliseconds.Spilled == nil || *back.Milliseconds.Spilled > *back.Milliseconds.Validated {
		t.Errorf("it came back as %+v", back.Milliseconds)
	}
}

// TestAFaultEndsByItself after its time, and a Validator that fails costs no event.
func TestAFaultEndsByItself(t *testing.T) {
	t.Parallel()
	for how, code := range map[string]string{"error": "Lambda.FunctionError", "timeout": "Lambda.FunctionTimedOut"} {
		m := startPage(t, patientTemplates(t))
		var faults struct{ Faults map[string]string }
		m.ask(t, http.StatusOK, http.MethodPost, "/fault?for=10m&validator="+how, &faults)
		id := m.post(t, validEvent)
		failed := m.want(t, "id="+id+"&verdict=failed&count=1&wait=20s", "failed  stored").Events[0]
		if string(failed.Event) != validEvent || failed.Errors[0].Message != code {
			t.Errorf("%s: it is %+v", how, failed)
		}
		m.ask(t, http.StatusOK, http.MethodPost, "/fault?for=1ms&validator="+how, &faults)
		time.Sleep(2 * time.Millisecond)
		m.post(t, validEvent)
		m.want(t, "verdict=valid&count=1&wait=20s", "valid  validated")
	}
}

// TestAFlushThatCannotEndSaysWhy, in the time it was given.
func TestAFlushThatCannotEndSaysWhy(t *testing.T) {
	t.Parallel()
	m := startPage(t, patientTemplates(t))
	var problem struct{ Error string }
	m.ask(t, http.StatusOK, http.MethodPost, "/fault?firehose=503&for=10m", &problem)
	m.post(t, validEvent)
	var counts livepage.Counts
	m.ask(t, http.StatusBadRequest, http.MethodPost, "/reset?wait=long", &problem)
	if m.ask(t, http.StatusOK, http.MethodGet, "/counts", &counts); counts.Faults["firehose"] != "503" {
		t.Errorf("a reset that was refused leaves the faults %v", counts.Faults)
	}
	m.ask(t, http.StatusServiceUnavailable, http.MethodPost, "/flush?wait=500ms", &problem)
	if !strings.HasPrefix(problem.Error, "not everything is judged and stored after 500ms: flushing: ") {
		t.Errorf("it says %q", problem.Error)
	}
	m.ask(t, http.StatusOK, http.MethodPost, "/reset?wait=60s", &problem) // it ends the fault
	m.want(t, "")
}

// TestWrongParametersAreNamedWithWhatIsAllowed.
func TestWrongParametersAreNamedWithWhatIsAllowed(t *testing.T) {
	t.Parallel()
	m := startPage(t, patientTemplates(t))
	for _, c := range []struct{ method, path, want string }{
		{"GET", "/events?typ=click", `unknown parameter "typ": allowed are id, type, verdict, reason, text, after, limit, count, wait`},
		{"GET", "/events?type=a&type=b", `parameter "type" is given 2 times, allowed is once`},
		{"GET", "/events?verdict=good", `parameter "verdict" is "good": allowed are valid, rejected, failed, waiting`},
		{"GET", "/events?verdict=", `parameter "verdict" is "": allowed are valid`},
		{"GET", "/events?reason=bad", `parameter "reason" is "bad": allowed are not_json, duplicate_key`},
		{"GET", "/events?limit=0", `parameter "limit" is "0": allowed is a whole number from 1 to 1000`},
		{"GET", "/events?count=1001", `parameter "count" is "1001": allowed is a whole number from 1 to 1000`},
		{"GET", "/events?after=x", `parameter "after" is "x": allowed is a whole number from 0 to`},
		{"GET", "/events?count=1&wait=5", `parameter "wait" is "5": allowed is a time from 0s to 1m0s, such as 5s or 250ms`},
		{"GET", "/events?wait=5s", `parameter "wait" needs "count": how many events to wait for`},
		{"GET", "/counts?type=click", `unknown parameter "type": no parameter is allowed`},
		{"GET", "/live?limit=1", `unknown parameter "limit": allowed are id, type, verdict, reason, text`},
		{"GET", "/detail", `parameter "seq" is missing`},
		{"POST", "/flush?for=1s", `unknown parameter "for": allowed are wait`},
		{"POST", "/reset?all=1", `unknown parameter "all": allowed are wait`},
		{"POST", "/fault", `name what fails, in the query: one or more of firehose, s3, validator`},
		{"POST", "/fault?firehose=503", `parameter "for" is missing: how long, such as for=10s, at most 10m0s`},
		{"POST", "/fault?firehose=500&for=1s", `parameter "firehose" is "500": allowed are 503, hang, reset, ok`},
		{"POST", "/fault?s3=503&for=1h", `parameter "for" is "1h": allowed is a time from 0s to 10m0s`},
		{"POST", "/fault?redrive=503&for=1s", `unknown parameter "redrive": allowed are firehose, s3, validator, for`},
	} {
		var problem struct{ Error string }
		m.ask(t, http.StatusBadRequest, c.method, c.path, &problem)
		if !strings.HasPrefix(problem.Error, c.want) {
			t.Errorf("%s %s: %s, want %s", c.method, c.path, problem.Error, c.want)
		}
	}
	got := do(t, http.MethodGet, m.page+"/flush", nil)
	if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "POST" {
		t.Errorf("GET /flush: %d, allowed %s", got.status, got.header.Get("Allow"))
	}
}

// TestThePagesThatAreOpenAreLimited: one too many is told so, and gets the place of the next
// that leaves.
func TestThePagesThatAreOpenAreLimited(t *testing.T) {
	t.Parallel()
	m := startPage(t, patientTemplates(t))
	open := func() *http.Response {
		response, err := http.Get(m.page + "/live")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		return response
	}
	first := open()
	for range 31 {
		open()
	}
	if last := open(); last.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the 33rd page is answered %d", last.StatusCode)
	}
	first.Body.Close()
	deadline := time.Now().Add(20 * time.Second)
	for ; open().StatusCode != http.StatusOK; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no place becomes free")
		}
	}
}

// TestTheEndpointAnswersNothingMore than a deployed one: the page has a port of its own.
func TestTheEndpointAnswersNothingMore(t *testing.T) {
	t.Parallel()
	m := startPage(t, patientTemplates(t))
	for _, path := range []string{"/live", "/counts", "/page.js", "/reset", "/flush"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if got := do(t, method, m.URL+path, nil); got.status != http.StatusNotFound {
				t.Errorf("%s %s: %d", method, path, got.status)
			}
		}
	}
}

// TestACopiedCurlSendsTheSameBytes, whatever they are.
func TestACopiedCurlSendsTheSameBytes(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl on the PATH: what is copied as curl is not tested here")
	}
	m := startPage(t, patientTemplates(t))
	for _, body := range []string{
		validEvent, `{"type":"it's","text":"$HOME \\ \" ! %s"}`, "@/etc/passwd", "{\"a\":\n1,}", "\x00\xff binary",
		`{"type":"click","a":1,"a":2}`,
	} {
		var counts livepage.Counts
		m.ask(t, http.StatusOK, http.MethodPost, "/reset?wait=60s", &counts)
		m.post(t, body)
		sent := m.events(t, "count=1&wait=20s").Events[0]
		var detail struct{ Curl string }
		m.ask(t, http.StatusOK, http.MethodGet, fmt.Sprint("/detail?seq=", sent.Seq), &detail)
		if output, err := exec.Command("sh", "-c", detail.Curl).CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", detail.Curl, err, output)
		}
		again := m.events(t, "count=2&wait=20s").Events[0]
		if again.Verdict != sent.Verdict || string(again.Event) != string(sent.Event) || again.Payload != sent.Payload ||
			string(again.PayloadBase64) != string(sent.PayloadBase64) {
			t.Errorf("%q: %s sent %+v", body, detail.Curl, again)
		}
	}
}

// TestOnlyPagesOfThisMachineMayAsk: neither a name that resolves to it, nor a page of
// another host, and what they ask for does not happen.
func TestOnlyPagesOfThisMachineMayAsk(t *testing.T) {
	t.Parallel()
	m := startPage(t, patientTemplates(t))
	m.post(t, validEvent)
	m.events(t, "count=1&wait=20s")
	u, err := url.Parse(m.page)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, path, host, origin, site, mode string
		status                                 int
		readable                               string
	}{
		{"GET", "/counts", "127.0.0.1:1", "", "", "", 200, ""},
		{"GET", "/counts", "LOCALHOST:1", "", "", "", 200, ""},
		{"GET", "/counts", "[::1]:1", "", "", "", 200, ""},
		{"GET", "/counts", "app.localhost", "", "", "", 200, ""},
		{"GET", "/counts", "evil.example:8081", "", "", "", 421, ""},
		{"GET", "/counts", "127.0.0.1.evil.example", "", "", "", 421, ""},
		{"GET", "/counts", "localhost.evil.example", "", "", "", 421, ""},
		{"POST", "/reset", "evil.example", "http://evil.example", "same-origin", "cors", 421, ""},
		{"GET", "/counts", u.Host, "http://localhost:3000", "cross-site", "cors", 200, "http://localhost:3000"},
		{"GET", "/counts", u.Host, "https://app.localhost:8443", "cross-site", "cors", 200, "https://app.localhost:8443"},
		{"OPTIONS", "/flush", u.Host, "http://127.0.0.1:3000", "same-site", "cors", 204, "http://127.0.0.1:3000"},
		{"OPTIONS", "/reset", u.Host, "https://evil.example", "cross-site", "cors", 403, ""},
		{"POST", "/reset", u.Host, "https://evil.example", "cross-site", "no-cors", 403, ""},
		{"POST", "/reset", u.Host, "null", "cross-site", "no-cors", 403, ""},
		{"POST", "/reset", u.Host, "http://localhost.evil.example", "", "", 403, ""},
		{"GET", "/events", u.Host, "https://evil.example", "cross-site", "cors", 403, ""},
		{"GET", "/events", u.Host, "", "cross-site", "no-cors", 403, ""},
		{"GET", "/events", u.Host, "", "cross-site", "navigate", 403, ""},
		{"GET", "/", u.Host, "", "cross-site", "navigate", 200, ""},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, m.page+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = c.host
		for name, value := range map[string]string{"Origin": c.origin, "Sec-Fetch-Site": c.site, "Sec-Fetch-Mode": c.mode} {
			if value != "" {
				request.Header.Set(name, value)
			}
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		readable := response.Header.Get("Access-Control-Allow-Origin")
		if response.StatusCode != c.status || readable != c.readable {
			t.Errorf("%+v: %d, readable by %q", c, response.StatusCode, readable)
		}
	}
	m.want(t, "", "valid  validated")
}
