package simulator

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"global-ingest/lambdas/clients"
)

// invokerFunc is a function that a test writes down.
type invokerFunc func(ctx context.Context, event []byte) ([]byte, error)

func (f invokerFunc) Invoke(ctx context.Context, event []byte) ([]byte, error) { return f(ctx, event) }

// answering returns a function that always answers this.
func answering(text string) Invoker {
	return invokerFunc(func(context.Context, []byte) ([]byte, error) { return []byte(text), nil })
}

func failing(err error) Invoker {
	return invokerFunc(func(context.Context, []byte) ([]byte, error) { return nil, err })
}

// gatewayOf builds the API of the templates, with function behind it.
func gatewayOf(t *testing.T, templates []*Template, function Invoker) (*Gateway, error) {
	t.Helper()
	resources, err := Resolve(templates)
	if err != nil {
		t.Fatal(err)
	}
	return NewGateway(resources, func(arn, _ string) Invoker {
		if !strings.HasPrefix(arn, "arn:aws:lambda:us-east-1:111111111111:function:Dev-") {
			return nil
		}
		return function
	})
}

// mustGateway is gatewayOf with templates that can be built.
func mustGateway(t *testing.T, templates []*Template, function Invoker) *Gateway {
	t.Helper()
	g, err := gatewayOf(t, templates, function)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func devGateway(t *testing.T, function Invoker) *Gateway {
	t.Helper()
	return mustGateway(t, goldenTemplates(t, "Dev"), function)
}

func ask(g http.Handler, method, path string, body io.Reader, header ...string) *http.Response {
	r := httptest.NewRequest(method, path, body)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w.Result()
}

// wantAnswer checks status, body, and headers given as name, value pairs.
func wantAnswer(t *testing.T, got *http.Response, status int, body string, header ...string) {
	t.Helper()
	data, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got.StatusCode != status || string(data) != body {
		t.Errorf("answer is %d %s, want %d %s", got.StatusCode, data, status, body)
	}
	for i := 0; i < len(header); i += 2 {
		if value := got.Header.Get(header[i]); value != header[i+1] {
			t.Errorf("%s is %q, want %q", header[i], value, header[i+1])
		}
	}
	for _, name := range []string{"X-Amzn-Requestid", "X-Amzn-Trace-Id"} {
		if got.Header.Get(name) == "" {
			t.Errorf("%s is missing", name)
		}
	}
}

// page is the origin of a page that asks, in a request and in the answer that lets it read.
const page = "https://example.com"

const internalError = `{"message":"Internal server error"}`

func TestProxyEventIsAPIGateways(t *testing.T) {
	var event map[string]any
	g := devGateway(t, invokerFunc(func(_ context.Context, data []byte) ([]byte, error) {
		return []byte(`{"statusCode":200,"body":"fine"}`), json.Unmarshal(data, &event)
	}))
	g.Now = func() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 123e6, time.UTC) }
	body := "\x00\xff<&>"
	got := ask(g, "POST", "/events?a=1&a=2&b=x", strings.NewReader(body), "Content-Type", "text/plain", "User-Agent",
		"test/1", "X-Forwarded-For", "203.0.113.9")
	wantAnswer(t, got, 200, "fine", "Content-Type", "application/json", "Content-Length", "4")
	for path, want := range map[string]any{
		"resource": "/events", "path": "/events", "httpMethod": "POST",
		"headers.User-Agent": "test/1", "headers.Content-Type": "text/plain", "headers.Host": "example.com",
		"headers.X-Forwarded-For":      "203.0.113.9, 192.0.2.1",
		"headers.X-Amzn-Trace-Id":      got.Header.Get("X-Amzn-Trace-Id"),
		"multiValueHeaders.User-Agent": []any{"test/1"},
		"queryStringParameters.a":      "2", "queryStringParameters.b": "x",
		"multiValueQueryStringParameters.a": []any{"1", "2"},
		"pathParameters":                    nil, "stageVariables": nil,
		"requestContext.identity.sourceIp": "192.0.2.1", "requestContext.identity.userAgent": "test/1",
		"requestContext.identity.accessKey": nil,
		"requestContext.requestId":          got.Header.Get("X-Amzn-Requestid"),
		"requestContext.extendedRequestId":  got.Header.Get("X-Amz-Apigw-Id"),
		"requestContext.stage":              "v1", "requestContext.protocol": "HTTP/1.1",
		"requestContext.path":         "/events",
		"requestContext.resourcePath": "/events", "requestContext.httpMethod": "POST",
		"requestContext.accountId":        "111111111111",
		"requestContext.requestTime":      "23/Nov/2026:10:00:00 +0000",
		"requestContext.requestTimeEpoch": 1.795428000123e12,
		"body":                            base64.StdEncoding.EncodeToString([]byte(body)), "isBase64Encoded": true,
	} {
		if value, found := lookUp(event, path); !found || asJSON(value) != asJSON(want) {
			t.Errorf("%s is %s (present: %v), want %s", path, asJSON(value), found, asJSON(want))
		}
	}
}

func lookUp(object map[string]any, path string) (any, bool) {
	name, rest, deeper := strings.Cut(path, ".")
	value, found := object[name]
	if inner, ok := value.(map[string]any); deeper && ok {
		return lookUp(inner, rest)
	}
	return value, found && !deeper
}

func TestWithoutABodyTheEventHasNull(t *testing.T) {
	var event map[string]any
	g := devGateway(t, invokerFunc(func(_ context.Context, data []byte) ([]byte, error) {
		return []byte(`{"statusCode":204}`), json.Unmarshal(data, &event)
	}))
	wantAnswer(t, ask(g, "POST", "/", nil), 204, "")
	for _, member := range []string{"body", "queryStringParameters", "multiValueQueryStringParameters"} {
		if value, found := event[member]; !found || value != nil {
			t.Errorf("%s is %v, want null", member, value)
		}
	}
	if event["isBase64Encoded"] != false {
		t.Error("isBase64Encoded is not false")
	}
}

func TestAnswersOfTheFunctionAreDecoded(t *testing.T) {
	for answer, want := range map[string]struct {
		status int
		body   string
		header []string
	}{
		`{"statusCode":200,"headers":{"content-type":"text/html","X-One":"1"},"body":"<b>"}`:    {200, "<b>", []string{"Content-Type", "text/html", "X-One", "1"}},
		`{"statusCode":"201","isBase64Encoded":true,"body":"AP8="}`:                             {201, "\x00\xff", nil},
		`{"statusCode":200,"headers":{"A":"no"},"multiValueHeaders":{"A":["yes"]},"body":null}`: {200, "", []string{"A", "yes"}},
		`{"statusCode":503,"headers":{"Retry-After":1},"body":"later"}`:                         {503, "later", []string{"Retry-After", "1", "Access-Control-Allow-Origin", ""}},
		`{"statusCode":200,"headers":{"Date":"never","Content-Length":"9000"},"body":"x"}`:      {200, "x", []string{"X-Amzn-Remapped-Date", "never", "Content-Length", "1"}},
		`{"body":"no status"}`:                                 {502, internalError, []string{"Access-Control-Allow-Origin", page}},
		`{"statusCode":200,"cookies":[]}`:                      {502, internalError, nil},
		`{"statusCode":200,"body":{"not":"text"}}`:             {502, internalError, nil},
		`{"statusCode":200,"isBase64Encoded":true,"body":"?"}`: {502, internalError, nil},
		`{"statusCode":99}`:                                    {502, internalError, nil},
		`[]`:                                                   {502, internalError, nil},
		`nothing`:                                              {502, internalError, nil},
	} {
		got := ask(devGateway(t, answering(answer)), "POST", "/events", strings.NewReader("{}"), "Origin", page)
		t.Log(answer)
		wantAnswer(t, got, want.status, want.body, want.header...)
	}
}

// TestTheCauseOfARefusalIsTold: the client cannot see it, and the console can.
func TestTheCauseOfARefusalIsTold(t *testing.T) {
	for answer, want := range map[string]string{
		`{"statusCode":99}`:             `malformed: status "99"`,
		`{"statusCode":200,"cookie":1}`: `malformed: json: unknown field "cookie"`,
		`{"statusCode":503}`:            "<nil>", // the function's own answer
	} {
		var cause error
		g := devGateway(t, answering(answer))
		g.Failed = func(_, _ string, _ int, because error) { cause = because }
		ask(g, "POST", "/events", nil)
		if !strings.Contains(fmt.Sprint(cause), want) {
			t.Errorf("the cause of the answer to %s is %v, want %s", answer, cause, want)
		}
	}
}

func TestFailuresOfTheFunctionAreTheGatewaysAnswers(t *testing.T) {
	for _, failure := range []struct {
		err    error
		status int
		body   string
	}{
		{&FunctionError{Type: "Runtime.ExitError"}, 502, internalError},
		{ErrTimedOut, 502, internalError},
		{ErrThrottled, 500, internalError},
		{context.DeadlineExceeded, 504, `{"message":"Endpoint request timed out"}`},
		{errEventTooLarge, 413, `{"message":"Request Too Long"}`},
		{errors.New("anything"), 502, internalError},
	} {
		got := ask(devGateway(t, failing(failure.err)), "POST", "/events", strings.NewReader("{}"), "Origin", page)
		t.Log(failure.err)
		wantAnswer(t, got, failure.status, failure.body, "Access-Control-Allow-Origin", page, "Content-Type",
			"application/json")
	}
}

func TestIntegrationTimeoutIsTheTemplates(t *testing.T) {
	templates := patched(t, goldenTemplates(t, "Dev"), "EdgeApieventsPOST", number(50), "Integration",
		"TimeoutInMillis")
	g := mustGateway(t, templates, invokerFunc(func(ctx context.Context, _ []byte) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}))
	wantAnswer(t, ask(g, "POST", "/events", nil), 504, `{"message":"Endpoint request timed out"}`, "Retry-After", "1")
}

func TestUnknownRoutesAre404WithCORS(t *testing.T) {
	g := devGateway(t, answering(`{"statusCode":200}`))
	for _, request := range [][2]string{{"PUT", "/events"}, {"HEAD", "/events"}, {"DELETE", "/nowhere"}, {"DELETE", "/"}} {
		t.Log(request)
		wantAnswer(t, ask(g, request[0], request[1], nil, "Origin", page), 404, clients.NoSuchPath,
			"Access-Control-Allow-Origin", page, "X-Amzn-Errortype", "MissingAuthenticationTokenException",
			"Content-Type", "application/json")
	}
}

// The greedy path parameter has every path but those of other resources.
func TestEveryOtherPathIsTheGreedyOnes(t *testing.T) {
	var event events.APIGatewayProxyRequest
	g := devGateway(t, invokerFunc(func(_ context.Context, data []byte) ([]byte, error) {
		event = events.APIGatewayProxyRequest{}
		return []byte(`{"statusCode":200}`), json.Unmarshal(data, &event)
	}))
	for path, want := range map[string]string{
		"/nowhere": greedy, "/events/more": greedy, "/Events": greedy, "/v1/batch/": greedy, "/events": "/events",
		"/": "/",
	} {
		if got := ask(g, "POST", path, nil); got.StatusCode != 200 || event.Resource != want || event.Path != path ||
			want == greedy && event.PathParameters["proxy"] != strings.Trim(path, "/") {
			t.Errorf("POST %s is answered %d by %s, path %s %v", path, got.StatusCode, event.Resource, event.Path,
				event.PathParameters)
		}
	}
}

func TestSlashesAroundAPathDoNotCount(t *testing.T) {
	g := devGateway(t, answering(`{"statusCode":200}`))
	for _, path := range []string{"/events", "/events/", "//events", "//events//", "//"} {
		if got := ask(g, "POST", path, nil); got.StatusCode != 200 {
			t.Errorf("POST %s is answered %d", path, got.StatusCode)
		}
	}
}

func TestHealthIsAMock(t *testing.T) {
	g := devGateway(t, failing(errors.New("no function should run")))
	for _, contentType := range []string{
		"", "application/json", "text/html", "text/plain; charset=utf-8", "application/x-www-form-urlencoded",
	} {
		wantAnswer(t, ask(g, "GET", "/", nil, "Content-Type", contentType), 200, `{"status":"ok"}`,
			"Content-Type", "application/json", "Access-Control-Allow-Origin", "*", "Cache-Control", "no-store")
		wantAnswer(t, ask(g, "HEAD", "/", nil, "Content-Type", contentType), 200, "", "Content-Type",
			"application/json")
	}
	wantAnswer(t, ask(g, "GET", "/", nil, "Content-Type", "video/mp4"), 415, `{"message":"Unsupported Media Type"}`)
}

func TestAPreflightAllowsTheHeadersThatItAsksFor(t *testing.T) {
	g := devGateway(t, failing(errors.New("no function should run")))
	for _, path := range []string{"/", "/events"} {
		const asked = "x-write-key,authorization"
		got := ask(g, "OPTIONS", path, nil, "Origin", page, "Access-Control-Request-Headers", asked)
		wantAnswer(t, got, 204, "", "Access-Control-Allow-Origin", page, "Access-Control-Allow-Credentials", "true",
			"Vary", "Origin", "Access-Control-Max-Age", "86400", "Access-Control-Allow-Headers", asked)
	}
	got := ask(g, "OPTIONS", "/events", nil, "Origin", page).Header.Get("Access-Control-Allow-Headers")
	if !strings.HasPrefix(got, "Authorization,") {
		t.Errorf("headers allowed without a question are %q", got)
	}
}

// TestBodyLimits: 10 MB, https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
func TestBodyLimits(t *testing.T) {
	size := 0
	g := devGateway(t, invokerFunc(func(_ context.Context, event []byte) ([]byte, error) {
		size = len(event)
		return []byte(`{"statusCode":200}`), nil
	}))
	wantAnswer(t, ask(g, "POST", "/events", bytes.NewReader(make([]byte, 10<<20))), 200, "")
	if size < 10<<20*4/3 {
		t.Errorf("event is %d bytes", size)
	}
	larger := make([]byte, 10<<20+1)
	for encoding, body := range map[string][]byte{"": larger, "gzip": coded(t, "gzip", larger)} {
		wantAnswer(t, ask(g, "POST", "/events", bytes.NewReader(body), "Content-Encoding", encoding, "Origin", page), 413,
			`{"message":"Request Too Long"}`, "Access-Control-Allow-Origin", page)
	}
}

func coded(t *testing.T, encoding string, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := map[string]io.WriteCloser{"gzip": gzip.NewWriter(&out), "deflate": zlib.NewWriter(&out)}[encoding]
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestBodiesAreInflatedAsTheirEncodingSays, before the function, which still sees the
// header; or they are turned away.
func TestBodiesAreInflatedAsTheirEncodingSays(t *testing.T) {
	const plain = `{"type":"click"}`
	zipped, deflated := string(coded(t, "gzip", []byte(plain))), string(coded(t, "deflate", []byte(plain)))
	for _, c := range []struct{ encoding, body, want string }{
		{"", plain, plain},
		{"identity", plain, plain},
		{"gzip", zipped, plain},
		{"GZIP", zipped, plain},
		{"deflate", deflated, plain},
		{"", zipped, zipped}, // not announced, not touched
		{"gzip", "", ""},
		{"gzip", plain, "415"},
		{"gzip", zipped[:len(zipped)-5], "415"},
		{"gzip", deflated, "415"},
		{"deflate", zipped, "415"},
		{"br", plain, "415"},
		{"zstd", plain, "415"},
		{"UTF-8", plain, "415"},
		{"gzip, gzip", string(coded(t, "gzip", []byte(zipped))), "415"},
	} {
		var event struct {
			Body    []byte
			Headers map[string]string
		}
		g := devGateway(t, invokerFunc(func(_ context.Context, data []byte) ([]byte, error) {
			return []byte(`{"statusCode":200}`), json.Unmarshal(data, &event)
		}))
		got := ask(g, "POST", "/events", strings.NewReader(c.body), "Content-Encoding", c.encoding, "Origin", page)
		if c.want == "415" {
			wantAnswer(t, got, 415, `{"message":"Unsupported Media Type"}`, "Access-Control-Allow-Origin", page)
			c.want = ""
		}
		if string(event.Body) != c.want || event.Headers != nil && event.Headers["Content-Encoding"] != c.encoding {
			t.Errorf("%s %q: the function gets %q, encoding %q", c.encoding, c.body, event.Body,
				event.Headers["Content-Encoding"])
		}
	}
}

func TestThrottleIsATokenBucket(t *testing.T) {
	g := devGateway(t, answering(`{"statusCode":200}`))
	g.Throttled = true
	now := time.Now()
	g.Now = func() time.Time { return now }
	accepted := func(requests int) (n int) {
		for range requests {
			if ask(g, "POST", "/events", nil).StatusCode == 200 {
				n++
			}
		}
		return n
	}
	if n := accepted(300); n != int(g.Throttle.Burst) {
		t.Errorf("%d requests at once, want the burst of %v", n, g.Throttle.Burst)
	}
	now = now.Add(time.Second)
	if n := accepted(300); n != int(g.Throttle.RatePerSecond) {
		t.Errorf("%d requests a second later, want the rate of %v", n, g.Throttle.RatePerSecond)
	}
	now = now.Add(time.Hour)
	if n := accepted(300); n != int(g.Throttle.Burst) {
		t.Errorf("%d requests an hour later, want the burst of %v", n, g.Throttle.Burst)
	}
	wantAnswer(t, ask(g, "POST", "/events", nil, "Origin", page), 429, `{"message":"Too Many Requests"}`,
		"Retry-After", "1", "Access-Control-Allow-Origin", page, "Access-Control-Allow-Credentials", "true")
}

// TestAMethodWithAThrottleOfItsOwnIsNotThrottledWithTheOthers: a health check under load.
func TestAMethodWithAThrottleOfItsOwnIsNotThrottledWithTheOthers(t *testing.T) {
	templates := goldenTemplates(t, "Dev")
	stage := Properties(templates, "EdgeApi", "AWS::ApiGateway::Stage")
	own := map[string]any{"HttpMethod": "GET", "ResourcePath": "/~1", "ThrottlingBurstLimit": 3, "ThrottlingRateLimit": 2}
	stage["MethodSettings"] = append(stage["MethodSettings"].([]any), own)
	g := mustGateway(t, templates, answering(`{"statusCode":200}`))
	g.Throttled = true
	now := time.Now()
	g.Now = func() time.Time { return now }
	for ask(g, "POST", "/events", nil).StatusCode == 200 {
	}
	for i, want := range []int{200, 200, 200, 429} {
		if got := ask(g, "GET", "/", nil).StatusCode; got != want {
			t.Errorf("request %d is answered %d, want %d", i+1, got, want)
		}
	}
	own["ResourcePath"] = "/~1nowhere"
	_, err := gatewayOf(t, templates, answering(""))
	if err == nil || !strings.Contains(err.Error(), "no such method") {
		t.Errorf("a throttle of no method: %v", err)
	}
}

func TestWhatTheGatewayDoesNotFollowIsRefused(t *testing.T) {
	for _, change := range []struct {
		id    string
		path  []string
		value any
		want  string
	}{
		{"EdgeApieventsPOST", []string{"AuthorizationType"}, "AWS_IAM", `authorization "AWS_IAM" is not supported`},
		{"EdgeApieventsPOST", []string{"Integration", "Type"}, "HTTP_PROXY", `type "HTTP_PROXY" is not supported`},
		{"EdgeApieventsPOST", []string{"Integration", "IntegrationHttpMethod"}, "GET", "POST only"},
		{"EdgeApieventsPOST", []string{"Integration", "Uri"}, "arn:aws:apigateway:x:lambda:path/2015-03-31/functions/f/invocations", "no function f"},
		{"EdgeApieventsPOST", []string{"RequestValidatorId"}, "x", `unknown field "RequestValidatorId"`},
		{"EdgeApieventsOPTIONS", []string{"Integration", "ContentHandling"}, "", "a mock needs the content handling CONVERT_TO_TEXT"},
		{"EdgeApieventsOPTIONS", []string{"Integration", "PassthroughBehavior"}, "WHEN_NO_MATCH", `passthrough behavior "WHEN_NO_MATCH"`},
		{"EdgeApieventsOPTIONS", []string{"Integration", "IntegrationResponses"}, []any{}, "other than one integration response"},
		{"EdgeApieventsOPTIONS", []string{"Integration", "RequestTemplates"}, map[string]any{"text/plain": `{"statusCode":200}`}, "only a constant statusCode of 204"},
		{"EdgeApi6", []string{"BinaryMediaTypes"}, []any{"image/png"}, "only */* is"},
		{"EdgeApi6", []string{"MinimumCompressionSize"}, number(1), `unknown field "MinimumCompressionSize"`},
		{"EdgeApieventsA", []string{"PathPart"}, "{name}", "path parameter {name} is not supported"},
		{"EdgeApieventsOPTIONS", []string{"Integration", "RequestTemplates"}, map[string]any{"application/json": "#set($x = 1)"}, "only a constant statusCode"},
		{"EdgeApieventsOPTIONS", []string{"MethodResponses"}, []any{map[string]any{"StatusCode": "200"}}, "204 has no method response"},
		{"EdgeApieventsOPTIONS", []string{"MethodResponses"}, []any{map[string]any{"StatusCode": "204"}}, "does not declare method.response.header"},
		{"EdgeApiDefault4xx", []string{"ResponseTemplates"}, map[string]any{"text/plain": "$context.stage"}, `"$context.stage" is not supported`},
		{"EdgeApiDefault4xx", []string{"ResponseParameters"}, map[string]any{"gatewayresponse.header.A": "context.requestId"}, "not a constant header"},
		{"EdgeApieventsOPTIONS", []string{"Integration", "IntegrationResponses"}, []any{map[string]any{
			"StatusCode": "204", "ResponseTemplates": map[string]any{"application/json": "#foreach($x in $y)#end"},
		}}, "neither text nor a #set or #if"},
	} {
		_, err := gatewayOf(t, patched(t, goldenTemplates(t, "Dev"), change.id, change.value, change.path...),
			answering(""))
		if err == nil || !strings.Contains(err.Error(), change.want) {
			t.Errorf("%s %v: error is %v, want one with %q", change.id, change.path, err, change.want)
		}
	}
}
