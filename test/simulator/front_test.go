package simulator

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/google/go-cmp/cmp"

	"global-ingest/infra/environment"
	"global-ingest/infra/pipeline"
)

// edgeFunction runs the function of a CloudFront location, which has at most 10,240 bytes.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
type edgeFunction struct{ handler func(string) string }

func newEdgeFunction(t *testing.T, env environment.Environment) (f edgeFunction) {
	t.Helper()
	code := pipeline.FrontFunction(env)
	if len(code) > 10_240 {
		t.Errorf("the function of %s has %d bytes", env.Name, len(code))
	}
	runtime := goja.New()
	const run = "\nfunction run(event) { return JSON.stringify(handler(JSON.parse(event))) }"
	if _, err := runtime.RunString(code + run); err != nil {
		t.Fatal(err)
	}
	if err := runtime.ExportTo(runtime.Get("run"), &f.handler); err != nil {
		t.Fatal(err)
	}
	return f
}

// reply is an answer of the edge, or of the API.
type reply struct {
	Status  int
	Headers map[string]string
	Body    string
}

// ask returns the location's own answer, or false if the request goes on as it is.
func (f edgeFunction) ask(t *testing.T, r *http.Request) (reply, bool) {
	t.Helper()
	type value struct {
		Value string `json:"value"`
	}
	sent := map[string]value{}
	for name := range r.Header {
		sent[strings.ToLower(name)] = value{r.Header.Get(name)}
	}
	request := map[string]any{"method": r.Method, "uri": r.URL.Path, "headers": sent, "querystring": map[string]any{}}
	event, err := json.Marshal(map[string]any{"version": "1.0", "request": request})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		StatusCode  int
		Headers     map[string]value
		Body        struct{ Encoding, Data string }
		Method, URI string
	}
	if err := json.Unmarshal([]byte(f.handler(string(event))), &got); err != nil {
		t.Fatal(err)
	}
	if got.StatusCode == 0 {
		if got.Method != r.Method || got.URI != r.URL.Path || len(got.Headers) != len(r.Header) {
			t.Errorf("%s %s goes on as %s %s with %v", r.Method, r.URL, got.Method, got.URI, got.Headers)
		}
		return reply{}, false
	}
	answer := reply{got.StatusCode, map[string]string{}, got.Body.Data}
	for name, v := range got.Headers {
		answer.Headers[name] = v.Value
	}
	return answer, true
}

// ofAPI is the API's answer, without what API Gateway adds to each.
func ofAPI(t *testing.T, r *http.Response) reply {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := reply{r.StatusCode, map[string]string{}, string(body)}
	for name := range r.Header {
		if lower := strings.ToLower(name); !strings.HasPrefix(lower, "x-amz") {
			answer.Headers[lower] = r.Header.Get(name)
		}
	}
	return answer
}

// settingsOf are what the answers of a golden's API depend on, as its Ingest has them.
func settingsOf(t *testing.T, stage string) environment.Environment {
	t.Helper()
	env := environment.Default(stage)
	list := func(variable string) []string {
		text, _ := Variables(goldenTemplates(t, stage), "IngestFunction")[variable].(string)
		return strings.FieldsFunc(text, func(c rune) bool { return c == ',' })
	}
	env.Origins, env.Clients = list("CORS_ORIGINS"), list("CLIENTS")
	return env
}

// requests are those of pages and of other clients, to paths with and without answers of
// the API's own.
func requests() (all []*http.Request) {
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST"} {
		for _, path := range []string{"/", "/events", "/v1/batch", "/a/b"} {
			for _, page := range []string{
				"", "https://example.com", "https://shop.example.com", "https://other.example.com", "null",
			} {
				for _, headers := range []string{"", "content-type,x-own"} {
					r := httptest.NewRequest(method, path, nil)
					for name, value := range map[string]string{"Origin": page, "Access-Control-Request-Headers": headers} {
						if value != "" {
							r.Header.Set(name, value)
						}
					}
					all = append(all, r)
				}
			}
		}
	}
	return all
}

// TestALocationAnswersAsTheAPIWould, what it answers, for every policy of Origins: every page,
// every page without credentials, some pages, and an API without the clients' paths. The rest
// reaches the API.
func TestALocationAnswersAsTheAPIWould(t *testing.T) {
	for _, stage := range []string{"Dev", "ThreeStreams", "Everything", "Closed"} {
		t.Run(stage, func(t *testing.T) {
			asked := 0
			function := invokerFunc(func(context.Context, []byte) ([]byte, error) {
				asked++
				return []byte(`{"statusCode":200,"body":"{}"}`), nil
			})
			api, err := gatewayOf(t, goldenTemplates(t, stage), function, false)
			if err != nil {
				t.Fatal(err)
			}
			location, answered := newEdgeFunction(t, settingsOf(t, stage)), 0
			for _, r := range requests() {
				before, w := asked, httptest.NewRecorder()
				api.ServeHTTP(w, r)
				want := ofAPI(t, w.Result())
				got, own := location.ask(t, r)
				if isMock := asked == before && want.Status < 400; own != isMock {
					t.Errorf("%s %s: the location answers %v, the API without a function %v", r.Method, r.URL, own, isMock)
				}
				if !own {
					continue
				}
				answered++
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s %s %v (-API +location)\n%s", r.Method, r.URL, r.Header, diff)
				}
			}
			if answered < 30 {
				t.Errorf("the location answered %d of the requests", answered)
			}
		})
	}
}

// TestALocationAsksARegionHowItIs: no region has an answer to a preflight of /health.
func TestALocationAsksARegionHowItIs(t *testing.T) {
	location := newEdgeFunction(t, environment.Default("Any"))
	for _, method := range []string{"GET", "OPTIONS"} {
		if got, own := location.ask(t, httptest.NewRequest(method, "/health", nil)); own {
			t.Errorf("%s /health is answered %v", method, got)
		}
	}
}
