package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"global-ingest/infra/environment"
)

const examples = "../../lambdas/validate/schemas/examples"

// smokeIt runs the verb and returns what it prints.
func smokeIt(t *testing.T, args ...string) (string, error) {
	t.Helper()
	return ops(t, "", append([]string{"smoke", "-examples", examples}, args...)...)
}

const promised = `{"id":"01a20891-bc84-78ce-ac1e-5928b7d4fbf4"}`

func TestAnAnswerThatIsNotPromisedFails(t *testing.T) {
	credentials(t, "")
	for want, answer := range map[string]struct {
		status             int
		kind, origin, body string
	}{
		`valid: the answer is 500`:                                                {500, "application/json", "*", promised},
		`the answer is 200 OK: {"id":"1"}`:                                        {200, "application/json", "*", `{"id":"1"}`},
		`Content-Type is "text/plain"`:                                            {200, "text/plain", "*", promised},
		`Access-Control-Allow-Origin is ""`:                                       {200, "application/json", "", promised},
		`Access-Control-Allow-Origin is "https://a.example", want "https://b.ex"`: {200, "application/json", "https://a.example", promised},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", answer.kind)
			if answer.origin != "" {
				w.Header().Set("Access-Control-Allow-Origin", answer.origin)
			}
			w.WriteHeader(answer.status)
			fmt.Fprint(w, answer.body)
		}))
		_, err := smokeIt(t, "-url", server.URL, "-outputs", t.TempDir(), "-origin", "https://b.ex")
		server.Close()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// polite is an endpoint that answers as promised, and keeps nothing.
func polite(t *testing.T) string {
	return endpointWith(t, http.StatusUnsupportedMediaType, "*", askedHeaders)
}

// endpointWith has manners of its own: what it answers to a body that is no gzip, and in a
// preflight.
func endpointWith(t *testing.T, notGzip int, origin, allowed string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		body, _ := io.ReadAll(r.Body)
		switch {
		case r.Method == http.MethodOptions:
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Allow-Headers", allowed)
			w.WriteHeader(http.StatusNoContent)
		case string(body) == "{}":
			w.WriteHeader(notGzip)
		default:
			fmt.Fprint(w, promised)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestBadMannersFail(t *testing.T) {
	credentials(t, "")
	for want, url := range map[string]string{
		`not gzip: the answer is 200 OK, want 415`: endpointWith(t,
			200, "*", askedHeaders),
		`preflight: the answer's Access-Control-Allow-Origin is "", want "https://smoke.example"`: endpointWith(t,
			415, "", askedHeaders),
		`preflight: the answer's Access-Control-Allow-Headers is "*", want "authorization,content-type"`: endpointWith(t,
			415, "*", "*"),
	} {
		if _, err := smokeIt(t, "-url", url, "-outputs", t.TempDir()); err == nil || err.Error() != "smoke: "+want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

func TestWhatIsNotStoredIsMissed(t *testing.T) {
	empty := always(xml("<ListBucketResult></ListBucketResult>"))
	fake(t, map[string]func(request) any{"s3 GET /lake": empty, "s3 GET /lake/": empty})
	_, err := smokeIt(t, "-url", polite(t), "-bucket", "lake", "-wait", "1s")
	if err == nil || !strings.Contains(err.Error(), "not in the lake: 01a20891-bc84-78ce-ac1e-5928b7d4fbf4/0") {
		t.Errorf("error is %v", err)
	}
}

// TestCredentialsThatMayNotReadTheLakeAreContent: a workflow's role may deploy, and read no event.
func TestCredentialsThatMayNotReadTheLakeAreContent(t *testing.T) {
	no := always(refused{"AccessDenied", "no"})
	fake(t, map[string]func(request) any{"s3 GET /lake": no, "s3 GET /lake/": no})
	shown, err := smokeIt(t, "-url", polite(t), "-bucket", "lake")
	if err != nil || !strings.Contains(shown, "may not read the lake") {
		t.Errorf("%v\n%s", err, shown)
	}
}

func TestEndpointIsWhatTheDeploySaid(t *testing.T) {
	dir := t.TempDir()
	outputs := `{"Dev-Storage":{"LakeBucket":"lake"},"Dev-Pipeline":{"Endpoint":"https://x.example/v1/events"}}`
	if err := os.WriteFile(filepath.Join(dir, "Dev.json"), []byte(outputs), 0o600); err != nil {
		t.Fatal(err)
	}
	shown, err := ops(t, "", "endpoint", "-outputs", dir, "-examples", examples)
	if err != nil || !strings.Contains(shown, "curl -i https://x.example/v1/events -d '{\"") {
		t.Errorf("%v\n%s", err, shown)
	}
}

// TestAnEndpointIsFoundInTheAccount when no deploy was made from here.
func TestAnEndpointIsFoundInTheAccount(t *testing.T) {
	f := deployedPipeline(t, "Prod")
	f.answers["cloudformation DescribeStacks"] = always(outputsOf(map[string]string{"Endpoint": polite(t)}))
	shown, err := smokeIt(t, "-environment", "Prod", "-outputs", t.TempDir())
	if err != nil || !strings.Contains(shown, "the lake is not looked at: the bucket's name is not known") {
		t.Errorf("%v\n%s", err, shown)
	}
}

// TestSmokeOfAnotherAccountChecksTheAnswers: the lake of these credentials is not the environment's.
func TestSmokeOfAnotherAccountChecksTheAnswers(t *testing.T) {
	theirs := environment.Default("Theirs")
	theirs.Account = "222222222222"
	environments(t, theirs)
	fake(t, nil)
	shown, err := smokeIt(t, "-environment", "Theirs", "-url", polite(t), "-bucket", "lake")
	if err != nil || !strings.Contains(shown, "the lake is not looked at: Theirs is in account 222222222222") {
		t.Errorf("%v\n%s", err, shown)
	}
}

// TestSmokeAsksEveryRegionAndThePublicName, and looks in the lake of the region that answered.
func TestSmokeAsksEveryRegionAndThePublicName(t *testing.T) {
	g := deployedWorld(t, world(), "")
	shown, err := g.run(t, "", "smoke", "-outputs", g.outputs, "-examples", examples)
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, shown, "https://us-east-1.example/events\n",
		"in LakeBucket-out, World in account 111111111111, us-east-1\n",
		"https://eu-central-1.example/events\n", "in LakeBucket-out, World in account 111111111111, eu-central-1\n",
		"https://ap-southeast-1.example/events\n", "in LakeBucket-out, World in account 111111111111, ap-southeast-1\n",
		"https://events.example.com/events\n", "valid     200", ", eu-central-1\n",
		"in LakeBucket-out, World in account 111111111111, eu-central-1\n")
	if n := strings.Count(shown, "waiting for 2 events"); n != 4 { // every answer has the same id
		t.Errorf("looked into %d lakes, want one for each URL\n%s", n, shown)
	}
}

// TestSmokeOfAnotherURLIsOfOneRegion, home unless a person names one: the URL and the bucket are not
// those of every region.
func TestSmokeOfAnotherURLIsOfOneRegion(t *testing.T) {
	for region, want := range map[string]string{
		"":                  "in mine, World in account 111111111111, us-east-1\n",
		"eu-central-1":      "in mine, World in account 111111111111, eu-central-1\n",
		"Front":             `smoke: region is "Front", must be one region`,
		"home,eu-central-1": `smoke: region is "home,eu-central-1", must be one region`,
	} {
		g := deployedWorld(t, world(), "")
		no := always(refused{"AccessDenied", "no"})
		g.fakeAWS.answers["s3 GET /mine"], g.fakeAWS.answers["s3 GET /mine/"] = no, no
		shown, err := g.run(t, "", "smoke", "-region", region, "-outputs", g.outputs, "-examples", examples, "-bucket",
			"mine")
		if strings.HasPrefix(want, "smoke: ") {
			shown = fmt.Sprint(err, "\n")
		}
		if !strings.Contains(shown, want) || strings.Count(shown, "waiting for") > 1 {
			t.Errorf("REGION=%s: %v, want %s\n%s", region, err, want, shown)
		}
	}
}

func TestARegionThatFailsASmokeIsNamed(t *testing.T) {
	g := deployedWorld(t, world(), "")
	g.answers["eu-central-1.example"] = "mars"
	_, err := g.run(t, "", "smoke", "-outputs", g.outputs, "-examples", examples)
	want := `smoke: eu-central-1: valid: the answer's Ingest-Region is "mars", want eu-central-1; ` +
		"REGION=… leaves a region out"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

// TestSmokeSendsAnOriginThatIsListed, because only its pages may read answers.
func TestSmokeSendsAnOriginThatIsListed(t *testing.T) {
	strict := environment.Default("Strict")
	strict.Origins = []string{"https://a.example"}
	environments(t, strict)
	credentials(t, "")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Origin") == "https://a.example" {
			w.Header().Set("Access-Control-Allow-Origin", "https://a.example")
		}
		w.Header().Set("Access-Control-Allow-Headers", askedHeaders)
		body, _ := io.ReadAll(r.Body)
		switch {
		case r.Method == http.MethodOptions:
			w.WriteHeader(http.StatusNoContent)
		case string(body) == "{}":
			w.WriteHeader(http.StatusUnsupportedMediaType)
		default:
			fmt.Fprint(w, promised)
		}
	}))
	defer server.Close()
	if _, err := smokeIt(t, "-environment", "Strict", "-url", server.URL, "-outputs", t.TempDir()); err != nil {
		t.Error(err)
	}
}

func TestEndpointOfAnEnvironmentWithRegionsIsItsName(t *testing.T) {
	e := world()
	e.Drained = []string{"ap-southeast-1"}
	g := deployedWorld(t, e, "")
	if err := os.Remove(filepath.Join(g.outputs, "World", "eu-central-1.json")); err != nil {
		t.Fatal(err)
	}
	shown, err := g.run(t, "", "endpoint", "-outputs", g.outputs, "-examples", examples)
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, shown, "World answers at\n\n  https://events.example.com/events\n",
		"us-east-1       https://us-east-1.example/events\n",
		"eu-central-1    not deployed from here\n",
		"ap-southeast-1  https://ap-southeast-1.example/events (drained: clients are sent to the others)\n",
		"curl -i https://events.example.com/events")
}
