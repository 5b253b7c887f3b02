package ingest_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"global-ingest/lambdas/ingest"
)

func TestConfigIsReadBackAsItWasWritten(t *testing.T) {
	want := config()
	want.ClientIP = ingest.None
	want.Clients = []string{"segment", "ga4"}
	want.Streams = []string{"events", "events-2"}
	want.Put.AttemptTimeout = 123 * time.Millisecond
	variables := want.Variables()
	got, err := ingest.ConfigFrom(func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, error %v, want %+v", got, err, want)
	}
}

func TestConfigNamesTheSettingThatCannotBe(t *testing.T) {
	for want, variables := range map[string]map[string]string{
		"ENVIRONMENT":           {},
		"EVENTS_STREAM":         {"ENVIRONMENT": "Dev"},
		"LAKE_BUCKET":           {"ENVIRONMENT": "Dev", "EVENTS_STREAM": "events"},
		"WHEN_UNSTORED":         {"ENVIRONMENT": "Dev", "EVENTS_STREAM": "events", "LAKE_BUCKET": "lake", "WHEN_UNSTORED": "hope"},
		"ACKNOWLEDGE":           {"ENVIRONMENT": "Dev", "EVENTS_STREAM": "events", "LAKE_BUCKET": "lake", "ACKNOWLEDGE": "never"},
		"BREAKER_FAILURES":      {"ENVIRONMENT": "Dev", "EVENTS_STREAM": "events", "LAKE_BUCKET": "lake", "BREAKER_FAILURES": "0"},
		"ANSWER_WITHIN is 2.6s": {"ENVIRONMENT": "Dev", "EVENTS_STREAM": "events", "LAKE_BUCKET": "lake", "SPILL_ATTEMPTS": "3"},
		"CLIENT_IP":             {"ENVIRONMENT": "Dev", "EVENTS_STREAM": "events", "LAKE_BUCKET": "lake", "CLIENT_IP": "half"},
		"PUT: attempts":         {"ENVIRONMENT": "Dev", "EVENTS_STREAM": "events", "LAKE_BUCKET": "lake", "PUT_ATTEMPTS": "0"},
		"PUT: idle":             {"ENVIRONMENT": "Dev", "EVENTS_STREAM": "events", "LAKE_BUCKET": "lake", "PUT_IDLE_TIMEOUT": "0s"},
		"PUT_TLS_TIMEOUT":       {"ENVIRONMENT": "Dev", "EVENTS_STREAM": "events", "LAKE_BUCKET": "lake", "PUT_TLS_TIMEOUT": "fast"},
	} {
		_, err := ingest.ConfigFrom(func(name string) (string, bool) {
			value, ok := variables[name]
			return value, ok
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want it to name %s", err, want)
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
