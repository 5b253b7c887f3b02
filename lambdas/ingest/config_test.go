package ingest_test

import (
	"strings"
	"testing"
	"time"

	"global-ingest/lambdas/ingest"
)

func TestConfigIsReadBackAsItWasWritten(t *testing.T) {
	want := config()
	want.ClientIP = ingest.None
	want.Put.AttemptTimeout = 123 * time.Millisecond
	variables := want.Variables()
	got, err := ingest.ConfigFrom(func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	})
	if err != nil || got != want {
		t.Errorf("read %+v, error %v, want %+v", got, err, want)
	}
}

func TestConfigNamesTheSettingThatCannotBe(t *testing.T) {
	for want, variables := range map[string]map[string]string{
		"ENVIRONMENT":     {},
		"EVENTS_STREAM":   {"ENVIRONMENT": "Dev"},
		"CLIENT_IP":       {"ENVIRONMENT": "Dev", "EVENTS_STREAM": "events", "CLIENT_IP": "half"},
		"PUT: attempts":   {"ENVIRONMENT": "Dev", "EVENTS_STREAM": "events", "PUT_ATTEMPTS": "0"},
		"PUT: idle":       {"ENVIRONMENT": "Dev", "EVENTS_STREAM": "events", "PUT_IDLE_TIMEOUT": "0s"},
		"PUT_TLS_TIMEOUT": {"ENVIRONMENT": "Dev", "EVENTS_STREAM": "events", "PUT_TLS_TIMEOUT": "fast"},
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

// A client waits for the put: its worst case must stay below what ingest promises.
func TestDefaultsBoundTheWorstCase(t *testing.T) {
	if worst := ingest.Default().Put.WorstCase(); worst > 1600*time.Millisecond {
		t.Errorf("worst case of a put is %v, limit is 1.6s", worst)
	}
}
