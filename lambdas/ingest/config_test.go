package ingest_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/runtime/setting"
)

func TestConfigIsReadBackAsItWasWritten(t *testing.T) {
	want := config()
	want.ClientIP = ingest.None
	want.Clients = []string{"segment", "ga4"}
	want.Streams = []string{"events", "events-2"}
	want.Region, want.Proxies = "eu-central-1", 1
	want.NextDoor = ingest.NextDoor{Bucket: "lake-2", Region: "ap-southeast-1"}
	want.Put.AttemptTimeout = 123 * time.Millisecond
	variables := setting.Variables(want)
	got, err := setting.From(ingest.Default(), func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, error %v, want %+v", got, err, want)
	}
}

func TestConfigNamesTheSettingThatCannotBe(t *testing.T) {
	set := map[string]string{"ENVIRONMENT": "Dev", "EVENTS_STREAM": "events", "LAKE_BUCKET": "lake"}
	for want, variables := range map[string]map[string]string{
		"ENVIRONMENT is not set":             {"ENVIRONMENT": ""},
		"EVENTS_STREAM is not set":           {"EVENTS_STREAM": ""},
		"LAKE_BUCKET is not set":             {"LAKE_BUCKET": ""},
		`WHEN_UNSTORED is "hope"`:            {"WHEN_UNSTORED": "hope"},
		`ACKNOWLEDGE is "never"`:             {"ACKNOWLEDGE": "never"},
		`CLIENT_IP is "half"`:                {"CLIENT_IP": "half"},
		"BREAKER_FAILURES is 0":              {"BREAKER_FAILURES": "0"},
		"BREAKER opens for at least 4s":      {"BREAKER_OPEN_MIN": "4s"},
		"ANSWER_WITHIN is 2.6s":              {"SPILL_ATTEMPTS": "3"},
		"PUT_ATTEMPTS is 0, must be above 0": {"PUT_ATTEMPTS": "0"},
		"PUT has 11 attempts":                {"PUT_ATTEMPTS": "11"},
		"SPILL_IDLE_TIMEOUT is 0s":           {"SPILL_IDLE_TIMEOUT": "0s"},
		`PUT_TLS_TIMEOUT="fast"`:             {"PUT_TLS_TIMEOUT": "fast"},
	} {
		_, err := setting.From(ingest.Default(), func(name string) (string, bool) {
			value, ok := variables[name]
			if !ok {
				value, ok = set[name]
			}
			return value, ok
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want it to hold %s", err, want)
		}
	}
}

// TestWhatOneRegionDoesNotNeedIsInNoVariable: Lambda refuses a function that sets AWS_REGION.
func TestWhatOneRegionDoesNotNeedIsInNoVariable(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "PROXIES", "NEXT_DOOR_BUCKET", "NEXT_DOOR_REGION"} {
		if value, found := setting.Variables(config())[name]; found {
			t.Errorf("%s is %q", name, value)
		}
	}
}

func TestConfigNamesTheSettingOfRegionsThatCannotBe(t *testing.T) {
	for want, change := range map[string]func(*ingest.Config){
		"PROXIES is 2, must be 0 or 1":                                            func(c *ingest.Config) { c.Proxies = 2 },
		"PROXIES is -1, must be 0 or 1":                                           func(c *ingest.Config) { c.Proxies = -1 },
		`NEXT_DOOR_BUCKET is "b" and NEXT_DOOR_REGION is "", set both or neither`: func(c *ingest.Config) { c.NextDoor.Bucket = "b" },
		`NEXT_DOOR_BUCKET is "" and NEXT_DOOR_REGION is "r", set both or neither`: func(c *ingest.Config) { c.NextDoor.Region = "r" },
		`NEXT_DOOR_REGION is "r", must not be the function's own region`: func(c *ingest.Config) {
			c.Region, c.NextDoor = "r", ingest.NextDoor{Bucket: "b", Region: "r"}
		},
		"ANSWER_WITHIN is 2.3s, must be at least 2.35s with NEXT_DOOR_REGION: " +
			"an attempt of PUT, one of SPILL and 1.1s next door": func(c *ingest.Config) {
			c.NextDoor, c.AnswerWithin = ingest.NextDoor{Bucket: "b", Region: "r"}, 2300*time.Millisecond
		},
	} {
		c := config()
		change(&c)
		if err := c.Validate(); err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

func TestDefaultsBoundTheWorstCase(t *testing.T) {
	c := ingest.Default()
	if worst := c.Oversize().WorstCase(); worst > c.AnswerWithin || worst < c.AnswerWithin-time.Millisecond {
		t.Errorf("an oversize body may take %v, want all of %v", worst, c.AnswerWithin)
	}
	if worst := c.Put.WorstCase() + c.Spill.WorstCase(); worst >= 2600*time.Millisecond {
		t.Errorf("worst case of a request is %v, limit is 2.6s", worst)
	}
}
