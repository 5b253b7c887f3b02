package validate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"global-ingest/lambdas/runtime/setting"
	"global-ingest/lambdas/validate"
)

func config() validate.Config {
	c := validate.Default()
	c.Environment, c.RejectsStream, c.Bucket = "Test", "rejects", "lake"
	return c
}

func TestConfigIsReadBackAsItWasWritten(t *testing.T) {
	want := config()
	want.Strict, want.Formats = true, false
	want.TypeFrom = []string{"meta.type", "event"}
	want.WriteKeys = []string{"web", "ios"}
	want.MaxInflatedBytes = 123
	want.Put.AttemptTimeout = 123 * time.Millisecond
	variables := setting.Variables(want)
	got, err := setting.From(validate.Default(), func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	})
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("read %+v, error %v, want %+v", got, err, want)
	}
}

func TestConfigNamesTheSettingThatCannotBe(t *testing.T) {
	for want, change := range map[string]func(*validate.Config){
		"ENVIRONMENT":             func(c *validate.Config) { c.Environment = "" },
		"REJECTS_STREAM":          func(c *validate.Config) { c.RejectsStream = "" },
		"LAKE_BUCKET":             func(c *validate.Config) { c.Bucket = "" },
		"MAX_INFLATED_BYTES is 0": func(c *validate.Config) { c.MaxInflatedBytes = 0 },
		"MAX_RESPONSE_BYTES is 6000000, must be 1000 to 5999999":                 func(c *validate.Config) { c.MaxResponseBytes = 6_000_000 },
		`TYPE_FROM is empty, must name a member such as "type"`:                  func(c *validate.Config) { c.TypeFrom = nil },
		`TYPE_FROM has "meta.", must have members such as "type" or "meta.type"`: func(c *validate.Config) { c.TypeFrom = []string{"type", "meta."} },
		"PUT_ATTEMPTS is 0": func(c *validate.Config) { c.Put.Attempts = 0 },
	} {
		c := config()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want it to hold %s", err, want)
		}
	}
}
