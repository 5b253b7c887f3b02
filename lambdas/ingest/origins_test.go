package ingest_test

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"global-ingest/lambdas/ingest"
)

// TestWhoMayReadTheAnswer: every page with its own origin, every page without
// credentials, or the listed ones. The event is stored in any case.
func TestWhoMayReadTheAnswer(t *testing.T) {
	own := map[string]string{
		"Access-Control-Allow-Origin":      "https://a.example",
		"Access-Control-Allow-Credentials": "true",
		"Vary":                             "Origin",
	}
	everybody := map[string]string{"Access-Control-Allow-Origin": "*"}
	others := map[string]string{"Access-Control-Allow-Origin": "*", "Vary": "Origin"}
	nobody := map[string]string{"Vary": "Origin"}
	for name, c := range map[string]struct {
		allowed []string
		origin  string
		want    map[string]string
	}{
		"each":                    {nil, "https://a.example", own},
		"each, no origin":         {nil, "", others},
		"each, a quote":           {nil, `https://a.example","X":"y`, others},
		"each, a backslash":       {nil, `https://a.example\`, others},
		"each, a line break":      {nil, "https://a.example\r\nX: y", others},
		"each, beyond ASCII":      {nil, "https://bücher.example", others},
		"each, of a kilobyte":     {nil, "https://" + strings.Repeat("a", 1024), others},
		"any":                     {[]string{"*"}, "https://a.example", everybody},
		"any beside a listed one": {[]string{"https://a.example", "*"}, "https://a.example", everybody},
		"listed":                  {[]string{"https://b.example", "https://a.example"}, "https://a.example", own},
		"another":                 {[]string{"https://a.example"}, "https://a.example.evil", nobody},
		"listed, no origin":       {[]string{"https://a.example"}, "", nobody},
	} {
		config := config()
		config.Origins = c.allowed
		stored := 0
		h := quiet(config, stream(func(context.Context, []byte) error { stored++; return nil }), nil)
		event, err := json.Marshal(map[string]any{"body": "{}", "headers": map[string]string{"origin": c.origin}})
		if err != nil {
			t.Fatal(err)
		}
		text, err := h.Invoke(t.Context(), event)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			StatusCode int
			Headers    map[string]string
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			t.Fatalf("%s: %v in %s", name, err, text)
		}
		want := maps.Clone(c.want)
		for _, always := range ingest.Headers {
			want[always.Name] = always.Value
		}
		if !maps.Equal(answer.Headers, want) || answer.StatusCode != 200 || stored != 1 {
			t.Errorf("%s: %s, stored %d times; want %v", name, text, stored, want)
		}
	}
}

// TestTheAnswerSaysWhichRegionGivesIt to every page and client.
func TestTheAnswerSaysWhichRegionGivesIt(t *testing.T) {
	for _, allowed := range [][]string{nil, {"*"}, {"https://a.example"}} {
		c := config()
		c.Origins, c.Region = allowed, "eu-central-1"
		for _, path := range []string{"/events", "/track", "/no/such/path"} {
			for _, headers := range []map[string]string{
				nil, {"Origin": "https://a.example"}, {"Origin": "https://b.example"},
			} {
				for _, down := range []error{nil, errDown} {
					event := sent{method: "POST", path: path, headers: headers}.event(t)
					a, _ := ask(t, c, func(context.Context, []byte) error { return down }, event)
					if a.Headers[ingest.RegionHeader] != "eu-central-1" {
						t.Errorf("%v, %s, %v: %d with %v", allowed, path, headers, a.StatusCode, a.Headers)
					}
				}
			}
		}
	}
}

func TestTheRecordSaysWhichRegionAnswered(t *testing.T) {
	c := config()
	c.Region = "eu-central-1"
	if r, _ := store(t, c, []byte(`{"body":"b"}`)); r.Region != "eu-central-1" {
		t.Errorf("region is %q", r.Region)
	}
	if r, _ := store(t, config(), []byte(`{"body":"b"}`)); r.Region != "" {
		t.Errorf("region is %q, want none", r.Region)
	}
}

func TestWhatIsNoOriginIsNamed(t *testing.T) {
	c := config()
	c.Origins = []string{`https://a"b`}
	if err := c.Validate(); err == nil ||
		err.Error() != `CORS_ORIGINS has "https://a\"b", must have origins such as https://example.com` {
		t.Errorf("error is %v", err)
	}
}
