package synth

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"global-ingest/infra/cost"
	"global-ingest/infra/environment"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/redrive"
	"global-ingest/lambdas/runtime/emf"
	"global-ingest/lambdas/validate"
)

// TestCosts keeps what each environment costs beside what it deploys, so that the diff
// of a pull request shows both.
func TestCosts(t *testing.T) {
	for _, env := range placed(ruled()) {
		var got bytes.Buffer
		if err := cost.Print(&got, env, cost.DefaultLoad()); err != nil {
			t.Fatal(err)
		}
		keep(t, filepath.Join("testdata", strings.ToLower(env.Name), "cost.txt"), got.Bytes())
	}
}

// inOutages are our own metrics that have values only while something is wrong.
var inOutages = []string{
	ingest.MetricSpilled, ingest.MetricUnstored, redrive.MetricRedriven, redrive.MetricUnreplayable,
	validate.MetricFailed, validate.MetricStored, validate.MetricDeferred,
}

// TestOurOwnMetricsAreCounted: CloudWatch bills each that has values, and the dashboard draws all
// of them.
func TestOurOwnMetricsAreCounted(t *testing.T) {
	for _, s := range pipelines() {
		drawn := map[string]bool{}
		for _, w := range boardOf(t, s).Widgets {
			for _, line := range w.Properties.Metrics {
				if line[0] == emf.Namespace && !slices.Contains(inOutages, line[1].(string)) {
					drawn[fmt.Sprint(line[1:len(line)-1])] = true
				}
			}
		}
		want := fmt.Sprintf("%d metrics, ", len(drawn))
		for _, row := range cost.Of(environmentOf(t, s), cost.DefaultLoad()) {
			if row.Service == "CloudWatch metrics" && !strings.HasPrefix(row.Formula, want) {
				t.Errorf("%s counts %v, the estimate has %s", s.title(), drawn, row.Formula)
			}
		}
	}
}

// TestAlarmsAreCounted: CloudWatch bills each metric that an alarm watches.
func TestAlarmsAreCounted(t *testing.T) {
	for _, s := range watched(t) {
		if got, want := watchedBy(s), cost.WatchedMetrics(environmentOf(t, s)); got != want {
			t.Errorf("the alarms of %s watch %d metrics, the estimate has %d", s.title(), got, want)
		}
	}
}

func watchedBy(s *stack) (metrics int) {
	for _, r := range s.resources(alarm) {
		queries, arithmetic := r.Properties["Metrics"].([]any)
		if !arithmetic {
			metrics++
		}
		for _, query := range queries {
			if at(query, "MetricStat") != nil {
				metrics++
			}
		}
	}
	return metrics
}

// accessLog is the format of a line of Prod's access log.
func accessLog(t *testing.T) string {
	t.Helper()
	stage := stackOf(t, "Prod", "Pipeline").the(t, "EdgeApiDeploymentStagev1")
	return at(stage.Properties, "AccessLogSetting", "Format").(string)
}

// usual are the lengths of what API Gateway writes into a line of the access log.
var usual = map[string]int{
	"requestTimeEpoch": 13, "requestId": 36, "extendedRequestId": 16, "xrayTraceId": 1, "httpMethod": 4,
	"resourcePath": 7, "status": 3, "error.responseType": 1, "responseLatency": 2, "integration.latency": 2,
	"integration.integrationStatus": 3, "integration.status": 3, "responseLength": 2, "protocol": 8, "tlsVersion": 7,
	"cipherSuite": 22,
}

// TestTheAccessLogIsPaid by the bytes of its lines and the 26 that CloudWatch Logs adds
// to each.
func TestTheAccessLogIsPaid(t *testing.T) {
	line := regexp.MustCompile(`\$context\.[A-Za-z.]+`).ReplaceAllStringFunc(accessLog(t), func(variable string) string {
		length, known := usual[strings.TrimPrefix(variable, "$context.")]
		if !known {
			t.Errorf("%s has no usual length", variable)
		}
		return strings.Repeat("x", length)
	})
	l := cost.DefaultLoad()
	want := fmt.Sprintf("a line of %d bytes a request", (len(line)+26+5)/10*10)
	for _, row := range cost.Of(placed(environment.All())[0], l) {
		if row.Service == "CloudWatch Logs, access log" && !strings.Contains(row.Formula, want) {
			t.Errorf("the estimate has %q, want %s", row.Formula, want)
		}
	}
}
