package world

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"global-ingest/infra/environment"
	"global-ingest/infra/pipeline"
	"global-ingest/test/simulator"
)

// locationOf is the viewer-request function of a CloudFront location, which has at most
// 10,240 bytes.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
func locationOf(t *testing.T, env environment.Environment) *viewer {
	t.Helper()
	code := pipeline.FrontFunction(env)
	if len(code) > 10_240 {
		t.Errorf("the function of %s has %d bytes", env.Name, len(code))
	}
	location, err := newViewer(code)
	if err != nil {
		t.Fatal(err)
	}
	return location
}

// reply is an answer of the location, or of the API.
type reply struct {
	Status  int
	Headers map[string]string
	Body    string
}

// askLocation returns the location's own answer, or false if the request goes on as it is.
func askLocation(t *testing.T, location *viewer, r *http.Request) (reply, bool) {
	t.Helper()
	got, err := location.call(r, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if got.StatusCode == 0 {
		if got.Method != r.Method || got.URI != r.URL.Path || len(got.Headers) != len(r.Header)+1 { // and Host
			t.Errorf("%s %s goes on as %s %s with %v", r.Method, r.URL, got.Method, got.URI, got.Headers)
		}
		return reply{}, false
	}
	w := httptest.NewRecorder()
	if err := got.write(w); err != nil && !errors.Is(err, http.ErrBodyNotAllowed) { // of a 204
		t.Fatal(err)
	}
	return replyOf(w), true
}

// replyOf is an answer without what API Gateway adds to each.
func replyOf(w *httptest.ResponseRecorder) reply {
	answer := reply{w.Code, map[string]string{}, w.Body.String()}
	for name := range w.Header() {
		if !strings.HasPrefix(name, "X-Amz") {
			answer.Headers[name] = w.Header().Get(name)
		}
	}
	return answer
}

// goldenTemplates reads the templates that test/synth keeps.
func goldenTemplates(t *testing.T, environment string) []*simulator.Template {
	t.Helper()
	templates, err := simulator.GoldenTemplates(filepath.Join("..", "synth", "testdata"), environment)
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

// fine is a function that counts its invocations.
type fine int

func (f *fine) Invoke(context.Context, []byte) ([]byte, error) {
	*f++
	return []byte(`{"statusCode":200,"body":"{}"}`), nil
}

// apiOf is the API of a golden.
func apiOf(t *testing.T, stage string) (api *simulator.Gateway, asked *fine) {
	t.Helper()
	resources, err := simulator.Resolve(goldenTemplates(t, stage))
	if err != nil {
		t.Fatal(err)
	}
	asked = new(fine)
	api, err = simulator.NewGateway(resources, func(string, string) simulator.Invoker { return asked })
	if err != nil {
		t.Fatal(err)
	}
	return api, asked
}

// settingsOf are what the answers of a golden's API depend on, as its Ingest has them.
func settingsOf(t *testing.T, stage string) environment.Environment {
	t.Helper()
	env := environment.Default(stage)
	list := func(variable string) []string {
		text, _ := simulator.Variables(goldenTemplates(t, stage), "IngestFunction")[variable].(string)
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
			api, asked := apiOf(t, stage)
			location, answered := locationOf(t, settingsOf(t, stage)), 0
			for _, r := range requests() {
				before, w := *asked, httptest.NewRecorder()
				api.ServeHTTP(w, r)
				want := replyOf(w)
				got, own := askLocation(t, location, r)
				if isMock := *asked == before && want.Status < 400; own != isMock {
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
	location := locationOf(t, environment.Default("Any"))
	for _, method := range []string{"GET", "OPTIONS"} {
		if got, own := askLocation(t, location, httptest.NewRequest(method, "/health", nil)); own {
			t.Errorf("%s /health is answered %v", method, got)
		}
	}
}
