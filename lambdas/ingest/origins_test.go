package ingest_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"testing"

	"global-ingest/lambdas/ingest"
)

// TestWhoMayReadTheAnswer: everybody, or the listed origins with credentials; and
// whoever asks, the event is stored.
func TestWhoMayReadTheAnswer(t *testing.T) {
	own := map[string]string{"Access-Control-Allow-Origin": "https://a.example", "Access-Control-Allow-Credentials": "true", "Vary": "Origin"}
	for name, c := range map[string]struct {
		allowed []string
		origin  string
		want    map[string]string
	}{
		"any":       {[]string{"*"}, "https://a.example", map[string]string{"Access-Control-Allow-Origin": "*"}},
		"listed":    {[]string{"https://b.example", "https://a.example"}, "https://a.example", own},
		"another":   {[]string{"https://a.example"}, "https://a.example.evil", map[string]string{"Vary": "Origin"}},
		"no origin": {[]string{"https://a.example"}, "", map[string]string{"Vary": "Origin"}},
	} {
		config := config()
		config.Origins = c.allowed
		stored := 0
		h := ingest.New(config, stream(func(context.Context, []byte) error { stored++; return nil }), nil, io.Discard, slog.New(slog.DiscardHandler))
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
		got := map[string]string{}
		for _, header := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Vary"} {
			if value, found := answer.Headers[header]; found {
				got[header] = value
			}
		}
		if !maps.Equal(got, c.want) || answer.StatusCode != 200 || stored != 1 || answer.Headers["Content-Type"] != "application/json" {
			t.Errorf("%s: %s, stored %d times; want %v", name, text, stored, c.want)
		}
	}
}

func TestAnOriginThatIsNoneIsNamed(t *testing.T) {
	c := config()
	c.Origins = []string{`https://a"b`}
	if err := c.Validate(); err == nil || err.Error() != `CORS_ORIGINS has "https://a\"b", which is no origin` {
		t.Errorf("error is %v", err)
	}
}
