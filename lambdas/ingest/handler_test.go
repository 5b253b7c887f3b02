package ingest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
)

type stream func(context.Context, []byte) error

func (s stream) Put(ctx context.Context, _ string, record []byte) error { return s(ctx, record) }

// answer is API Gateway's view of what the function returns.
type answer struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
}

// ask invokes a handler whose stream is put and whose spill is down, and returns its
// answer and what it wrote as metrics and logs.
func ask(t testing.TB, config ingest.Config, put stream, event []byte) (answer, string) {
	t.Helper()
	return askBoth(t, config, put, &spill{down: errDown}, event)
}

func askBoth(t testing.TB, config ingest.Config, put stream, spill *spill, event []byte) (answer, string) {
	t.Helper()
	var out bytes.Buffer
	h := ingest.New(config, put, spill, nil, &out, logger(&out))
	response, err := h.Invoke(context.Background(), event)
	if err != nil {
		t.Fatalf("handler failed: %v", err)
	}
	var a answer
	if err := json.Unmarshal(response, &a); err != nil {
		t.Fatalf("answer is not JSON: %v: %s", err, response)
	}
	return a, out.String()
}

// takes is a stream that takes everything.
var takes = stream(func(context.Context, []byte) error { return nil })

func logger(out io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(out, nil)) }

// quiet returns a handler whose metrics and logs nobody reads.
func quiet(c ingest.Config, stream ingest.Stream, bucket ingest.Spill) *ingest.Handler {
	return ingest.New(c, stream, bucket, nil, io.Discard, slog.New(slog.DiscardHandler))
}

// store returns the one record that the handler puts for event.
func store(t testing.TB, config ingest.Config, event []byte) (record.Record, answer) {
	t.Helper()
	var stored []byte
	a, _ := ask(t, config, func(_ context.Context, data []byte) error {
		stored = bytes.Clone(data)
		return nil
	}, event)
	r, rest, err := record.Decode(stored)
	if err != nil || len(rest) > 0 {
		t.Fatalf("stored %q: error %v, %d bytes behind it", stored, err, len(rest))
	}
	return r, a
}

func config() ingest.Config {
	c := ingest.Default()
	c.Environment, c.Streams, c.Bucket = "Dev", []string{"events"}, "lake"
	return c
}

// proxyEvent is testdata/event.json with another body.
func proxyEvent(t testing.TB, body string, isBase64 bool) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/event.json")
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatal(err)
	}
	event["body"], event["isBase64Encoded"] = body, isBase64
	text, err = json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func checkContract(t *testing.T, a answer, status int) {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("status is %d, want %d", a.StatusCode, status)
	}
	if a.Headers["Content-Type"] != "application/json" || a.Headers["Access-Control-Allow-Origin"] != "*" {
		t.Errorf("headers are %v", a.Headers)
	}
	if !json.Valid([]byte(a.Body)) {
		t.Errorf("body is not JSON: %s", a.Body)
	}
}

func TestAnswers200WithTheIDOfTheRecord(t *testing.T) {
	event, err := os.ReadFile("testdata/event.json")
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now().Add(-time.Millisecond)
	r, a := store(t, config(), event)
	checkContract(t, a, 200)
	if want := `{"id":"` + r.ID + `"}`; a.Body != want {
		t.Errorf("body is %s, want %s", a.Body, want)
	}
	if id, err := uuid.Parse(r.ID); err != nil || id.Version() != 7 {
		t.Errorf("ingest id %s is not a UUIDv7", r.ID)
	}
	if r.ReceivedAt.Before(before) || r.ReceivedAt.After(time.Now()) {
		t.Errorf("received at %v", r.ReceivedAt)
	}
	want := record.Header{
		ID: r.ID, ReceivedAt: r.ReceivedAt,
		RequestID: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", IP: "203.0.113.0",
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64)", ContentType: "application/json",
	}
	if r.Header != want {
		t.Errorf("header is %+v, want %+v", r.Header, want)
	}
	if want := `{"type":"click","element":"buy"}`; string(r.Body) != want {
		t.Errorf("body is %s, want %s", r.Body, want)
	}
}

func TestStoresAnyBytesUntouchedAndAnswersOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		body := rapid.SliceOf(rapid.Byte()).Draw(rt, "body")
		r, a := store(t, config(), proxyEvent(t, base64.StdEncoding.EncodeToString(body), true))
		if a.StatusCode != 200 || !bytes.Equal(r.Body, body) {
			rt.Errorf("status %d, stored %q, want %q", a.StatusCode, r.Body, body)
		}
	})
}

func TestStoresATextBodyAsItIs(t *testing.T) {
	for name, body := range map[string]string{
		"plain":             "hello",
		"escaped":           "a \"quoted\" \\ line\n\u00e9 \U0001f600 \u0000",
		"looks like base64": "aGVsbG8=",
	} {
		t.Run(name, func(t *testing.T) {
			if r, _ := store(t, config(), proxyEvent(t, body, false)); string(r.Body) != body {
				t.Errorf("stored %q, want %q", r.Body, body)
			}
		})
	}
}

func TestALyingBase64FlagKeepsTheStringAsItIs(t *testing.T) {
	for _, body := range []string{"{\"type\":\"click\"}", "aGVsbG8", "aGVs bG8=", "=", "aGVsbG8=x"} {
		if r, _ := store(t, config(), proxyEvent(t, body, true)); string(r.Body) != body {
			t.Errorf("stored %q, want %q", r.Body, body)
		}
	}
}

func TestAnyEventIsAnswered200(t *testing.T) {
	for name, c := range map[string]struct{ event, body string }{
		"no body":           {`{"headers":null,"requestContext":null}`, ""},
		"null body":         {`{"body":null,"isBase64Encoded":true}`, ""},
		"body is an object": {`{"body":{"type":"click"}}`, `{"type":"click"}`},
		"headers are text":  {`{"headers":"x","requestContext":[],"body":"b"}`, "b"},
		"empty":             {``, ``},
		"no JSON":           {`hello`, `hello`},
		"an array":          {`[1]`, `[1]`},
		"cut off":           {`{"body":"x`, `{"body":"x`},
	} {
		t.Run(name, func(t *testing.T) {
			r, a := store(t, config(), []byte(c.event))
			checkContract(t, a, 200)
			if string(r.Body) != c.body {
				t.Errorf("stored %q, want %q", r.Body, c.body)
			}
		})
	}
}

func TestHeaderNamesAreFoundInAnyCaseAndBounded(t *testing.T) {
	agent := strings.Repeat("a", 10_000)
	r, _ := store(
		t, config(),
		[]byte(`{"headers":{"user-agent":"`+agent+
			`","CONTENT-TYPE":"text/plain","content-encoding":"gzip"},"body":""}`),
	)
	if len(r.UserAgent) != 512 || r.ContentType != "text/plain" || r.Encoding != "gzip" {
		t.Errorf("user agent of %d bytes, content type %q, encoding %q", len(r.UserAgent), r.ContentType, r.Encoding)
	}
}

func TestClientIPIsKeptAsFarAsTheSettingSays(t *testing.T) {
	for _, c := range []struct {
		setting    ingest.ClientIP
		sent, kept string
	}{
		{ingest.None, "203.0.113.77", ""},
		{ingest.Truncated, "203.0.113.77", "203.0.113.0"},
		{ingest.Truncated, "2001:db8:1:2:3::4", "2001:db8:1::"},
		{ingest.Truncated, "2001:db8:1:2:3::4%eth0", "2001:db8:1::"},
		{ingest.Truncated, "::ffff:203.0.113.77", "203.0.113.0"},
		{ingest.Truncated, "2002:cb00:714d::1", "203.0.113.0"},
		{ingest.Truncated, "2002:cb00:714d:1:2:3:4:5", "203.0.113.0"},
		{ingest.Truncated, "64:ff9b::203.0.113.77", "203.0.113.0"},
		{ingest.Truncated, "64:ff9b:1::203.0.113.77", "64:ff9b:1::"},
		{ingest.Truncated, "2001:0:c633:6401:8000:63bf:34ff:8eb2", "203.0.113.0"},
		{ingest.Truncated, "2001:1::203.0.113.77", "2001:1::"},
		{ingest.Truncated, "::203.0.113.77", "::"},
		{ingest.None, "2002:cb00:714d::1", ""},
		{ingest.Full, "2002:cb00:714d::1", "2002:cb00:714d::1"},
		{ingest.Truncated, "test-invoke-source-ip", ""},
		{ingest.Full, "203.0.113.77", "203.0.113.77"},
	} {
		config := config()
		config.ClientIP = c.setting
		r, _ := store(t, config, []byte(`{"requestContext":{"identity":{"sourceIp":"`+c.sent+`"}},"body":""}`))
		if r.IP != c.kept {
			t.Errorf("%s keeps %q of %s, want %q", c.setting, r.IP, c.sent, c.kept)
		}
	}
}

// ids is a stream that checks the ingest id of each record.
type ids struct{ *testing.T }

func (t ids) Put(_ context.Context, id string, data []byte) error {
	if r, _, err := record.Decode(data); err != nil || r.ID != id {
		t.Errorf("record of %s is put under %s, error %v", r.ID, id, err)
	}
	return nil
}

func TestARecordIsPutUnderItsIngestID(t *testing.T) {
	h := quiet(config(), ids{t}, nil)
	answer, err := h.Invoke(t.Context(), proxyEvent(t, `{}`, false))
	if err != nil || !strings.Contains(string(answer), `"statusCode":200`) {
		t.Errorf("answer is %s, error %v", answer, err)
	}
}

func TestAPanicIsARefusalOfThatRequestOnly(t *testing.T) {
	a, out := ask(t, config(), func(context.Context, []byte) error { panic("broken") }, []byte(`{"body":"b"}`))
	checkContract(t, a, 503)
	if !strings.Contains(out, "panic: broken") {
		t.Errorf("log is %s", out)
	}
}

func TestOneHandlerServesManyRequestsAtOnce(t *testing.T) {
	h := quiet(config(), stream(func(_ context.Context, data []byte) error {
		if r, _, err := record.Decode(data); err != nil || string(r.Body) != r.RequestID {
			t.Errorf("stored %q: error %v", data, err)
		}
		return nil
	}), nil)
	for _, name := range []string{"a", "bb", "ccc", "dddd"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 100 {
				event := []byte(`{"requestContext":{"requestId":"` + name + `"},"body":"` + name + `"}`)
				if _, err := h.Invoke(context.Background(), event); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func FuzzInvoke(f *testing.F) {
	f.Add(proxyEvent(f, "aGVsbG8=", true))
	f.Add([]byte(`{"body":"\ud800","isBase64Encoded":1}`))
	f.Add([]byte(`{"httpMethod":"GET","path":"/i","multiValueQueryStringParameters":{"e":["pv"]},` +
		`"headers":{"ce-id":"%","Authorization":"Basic Og=="}}`))
	f.Fuzz(func(t *testing.T, event []byte) {
		puts := 0
		a, _ := ask(t, config(), func(context.Context, []byte) error { puts++; return nil }, event)
		if stored := a.StatusCode == 200 && puts == 1; !stored && (a.StatusCode != 404 || puts != 0) {
			t.Errorf("status %d after %d puts", a.StatusCode, puts)
		}
	})
}

// TestAllocations is exact where times are not: parse, record and answer of one
// request, without the put, which may take another 18 (lambdas/aws/firehose): together
// the 30 of a request. The race detector has sync.Pool forget, so it counts more.
func TestAllocations(t *testing.T) {
	h := quiet(config(), takes, nil)
	event := fromPage(proxyEvent(t, base64.StdEncoding.EncodeToString([]byte(`{"type":"click"}`)), true))
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := h.Invoke(context.Background(), event); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 12 {
		t.Errorf("%v allocations a request, limit is 12", allocations)
	}
}

func BenchmarkInvoke(b *testing.B) {
	h := quiet(config(), takes, nil)
	event := proxyEvent(
		b, base64.StdEncoding.EncodeToString([]byte(`{"type":"click","element":"`+strings.Repeat("b", 470)+`"}`)), true,
	)
	client := sent{
		method: "POST", path: "/v1/batch", query: url.Values{"a": {"1"}},
		headers: map[string]string{"Authorization": "Basic a2V5Og=="},
		body:    `{"batch":[{"type":"track","event":"` + strings.Repeat("b", 450) + `"}]}`,
	}
	for name, event := range map[string][]byte{"server": event, "page": fromPage(event), "client": client.event(b)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(event)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := h.Invoke(context.Background(), event); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// fromPage gives event the header that a browser adds.
func fromPage(event []byte) []byte {
	return bytes.Replace(event, []byte(`"headers":{`), []byte(`"headers":{"origin":"https://shop.example.com",`), 1)
}
