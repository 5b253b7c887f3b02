package emf_test

import (
	"bytes"
	"testing"
	"time"

	"global-ingest/lambdas/runtime/emf"
)

func TestLineIsOneEmbeddedMetricObject(t *testing.T) {
	var out bytes.Buffer
	err := emf.Line{
		Time:       time.UnixMilli(1_790_000_000_000),
		Dimensions: map[string]string{"Environment": "Dev"},
		Counts:     map[string]int{"EventsUnstored": 1},
	}.Write(&out)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Environment":"Dev","EventsUnstored":1,"_aws":{"CloudWatchMetrics":[{"Dimensions":[["Environment"]],` +
		`"Metrics":[{"Name":"EventsUnstored","Unit":"Count"}],"Namespace":"GlobalIngest"}],"Timestamp":1790000000000}}` + "\n"
	if out.String() != want {
		t.Errorf("got %s, want %s", out.String(), want)
	}
}
