package emf_test

import (
	"bytes"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"global-ingest/lambdas/runtime/emf"
)

func TestALineIsOneEmbeddedMetricObject(t *testing.T) {
	var out bytes.Buffer
	meter := emf.New("Dev", &out, nil)
	meter.Count(t.Context(), map[string]int{"EventsUnstored": 1})
	meter.With("Reason", "empty").Count(t.Context(), map[string]int{"EventsRejected": 2, "Another": 0})
	want := `{"Environment":"Dev","EventsUnstored":1,"_aws":{"CloudWatchMetrics":[{"Dimensions":[["Environment"]],` +
		`"Metrics":[{"Name":"EventsUnstored","Unit":"Count"}],"Namespace":"GlobalIngest"}],"Timestamp":NOW}}` + "\n" +
		`{"Another":0,"Environment":"Dev","EventsRejected":2,"Reason":"empty",` +
		`"_aws":{"CloudWatchMetrics":[{"Dimensions":[["Environment","Reason"]],` +
		`"Metrics":[{"Name":"Another","Unit":"Count"},{"Name":"EventsRejected","Unit":"Count"}],` +
		`"Namespace":"GlobalIngest"}],"Timestamp":NOW}}` + "\n"
	// Milliseconds, which have 13 digits until 2286.
	got := regexp.MustCompile(`"Timestamp":[0-9]{13}}`).ReplaceAllString(out.String(), `"Timestamp":NOW}`)
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestAMetricThatCannotBeWrittenIsLogged(t *testing.T) {
	var log bytes.Buffer
	meter := emf.New("Dev", full{}, slog.New(slog.NewJSONHandler(&log, nil)))
	meter.Count(t.Context(), map[string]int{"EventsUnstored": 1})
	if !strings.Contains(log.String(), "EventsUnstored") || !strings.Contains(log.String(), "no space") {
		t.Errorf("log is %s", &log)
	}
}
