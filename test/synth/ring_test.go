package synth

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"global-ingest/lambdas/canary"
	"global-ingest/lambdas/runtime/setting"
)

// missing is a period in which nothing was written.
var missing = math.NaN()

// history has the values of metrics, a period each, by the metric's name and statistic.
type history map[string][]float64

// ringing says of each period whether an alarm rings at its end, as CloudWatch decides
// it: the newest N values are looked at, and M of them must be beyond the threshold.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
func ringing(t *testing.T, alarm resource, past history) (states []bool) {
	t.Helper()
	number := func(property string) int { return int(alarm.Properties[property].(float64)) }
	values := watchedValues(t, alarm, past)
	for now := range values {
		beyond := 0
		for _, value := range values[max(0, now+1-number("EvaluationPeriods")) : now+1] {
			if isBeyond(alarm, value) {
				beyond++
			}
		}
		states = append(states, beyond >= number("DatapointsToAlarm"))
	}
	return states
}

func isBeyond(alarm resource, value float64) bool {
	threshold := alarm.Properties["Threshold"].(float64)
	if math.IsNaN(value) {
		return alarm.Properties["TreatMissingData"] == "breaching"
	}
	if alarm.Properties["ComparisonOperator"] == "LessThanThreshold" {
		return value < threshold
	}
	return value > threshold
}

// watchedValues are those of the metric that an alarm watches, or of its last expression.
func watchedValues(t *testing.T, alarm resource, past history) (values []float64) {
	t.Helper()
	queries, arithmetic := alarm.Properties["Metrics"].([]any)
	if !arithmetic {
		return past.of(t, alarm.Properties["MetricName"], alarm.Properties["Statistic"])
	}
	known := map[string][]float64{}
	for _, query := range queries {
		expression, _ := at(query, "Expression").(string)
		if expression == "" {
			values = past.of(t, at(query, "MetricStat", "Metric", "MetricName"), at(query, "MetricStat", "Stat"))
		} else {
			values = evaluate(t, expression, known)
		}
		known[at(query, "Id").(string)] = values
	}
	return values
}

func (h history) of(t *testing.T, metric, statistic any) []float64 {
	t.Helper()
	values, known := h[metric.(string)+" "+statistic.(string)]
	if !known {
		t.Fatalf("the history has no %v %v", metric, statistic)
	}
	return values
}

// evaluate computes an expression of metric math, of which Go can read what we write, but
// for the brackets of a list.
func evaluate(t *testing.T, expression string, known map[string][]float64) (values []float64) {
	t.Helper()
	tree, err := parser.ParseExpr(strings.NewReplacer("[", "", "]", "").Replace(expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	for _, series := range known {
		for period := range series {
			values = append(values, value(t, tree, known, period))
		}
		return values
	}
	return nil
}

func value(t *testing.T, tree ast.Expr, known map[string][]float64, period int) float64 {
	t.Helper()
	of := func(part ast.Expr) float64 { return value(t, part, known, period) }
	switch node := tree.(type) {
	case *ast.Ident:
		return known[node.Name][period]
	case *ast.BasicLit:
		number, err := strconv.ParseFloat(node.Value, 64)
		if err != nil {
			t.Fatal(err)
		}
		return number
	case *ast.BinaryExpr:
		x, y := of(node.X), of(node.Y)
		return map[token.Token]float64{token.ADD: x + y, token.SUB: x - y, token.MUL: x * y, token.QUO: x / y}[node.Op]
	case *ast.CallExpr:
		return call(node.Fun.(*ast.Ident).Name, node.Args, of)
	}
	t.Fatalf("%T is no part of an expression", tree)
	return 0
}

// call knows FILL, and SUM of a list, which is the sum of what is there.
func call(function string, arguments []ast.Expr, of func(ast.Expr) float64) float64 {
	if function == "FILL" {
		if v := of(arguments[0]); !math.IsNaN(v) {
			return v
		}
		return of(arguments[1])
	}
	sum := missing
	for _, argument := range arguments {
		switch v := of(argument); {
		case math.IsNaN(sum):
			sum = v
		case !math.IsNaN(v):
			sum += v
		}
	}
	return sum
}

// queue is the history of the queue of Redrive, a minute each.
func (h history) queue(visible, hidden, deleted, age float64) {
	for name, value := range map[string]float64{
		"ApproximateNumberOfMessagesVisible Maximum":    visible,
		"ApproximateNumberOfMessagesNotVisible Maximum": hidden,
		"NumberOfMessagesDeleted Sum":                   deleted,
		"ApproximateAgeOfOldestMessage Maximum":         age,
	} {
		h[name] = append(h[name], value)
	}
}

// TestTheAlarmOfTheQueueRingsWhileRecordsWait through an outage of two hours. Each
// message is tried every 12 minutes, and leaves the age that SQS tells after the third.
func TestTheAlarmOfTheQueueRingsWhileRecordsWait(t *testing.T) {
	const healthy, outage, arriving, broughtBack = 10, 120, 20, 200
	for _, s := range watched(t) {
		past, backlog := history{}, 0
		for range healthy {
			past.queue(0, 0, 0, 0)
		}
		for minute := range outage {
			backlog += arriving
			past.queue(arriving, float64(backlog-arriving), 0, 60*math.Min(float64(minute), 36))
		}
		for backlog > 0 {
			backlog -= broughtBack
			past.queue(math.Max(0, float64(backlog)), 0, broughtBack, 60)
		}
		for range healthy {
			past.queue(0, 0, 0, 0)
		}
		rings := ringing(t, s.the(t, "WatchQueueAge"), past)
		begin := healthy + int(environmentOf(t, s).Alarms.SpilledFor.Minutes())
		for minute := begin; minute < healthy+outage; minute++ {
			if !rings[minute] {
				t.Fatalf("%s: minute %d of the outage is quiet", s.title(), minute-healthy)
			}
		}
		if rings[healthy] || rings[len(rings)-1] {
			t.Errorf("%s: rings at once: %v; rings afterwards: %v", s.title(), rings[healthy], rings[len(rings)-1])
		}
	}
}

// TestTheAlarmOfTheQueueIsQuietWhileRecordsPass: bodies that no record can hold go
// through the queue all day, and some are in it whenever one looks.
func TestTheAlarmOfTheQueueIsQuietWhileRecordsPass(t *testing.T) {
	past := history{}
	for range 120 {
		past.queue(2, 8, 300, 3)
	}
	for _, s := range watched(t) {
		for minute, rings := range ringing(t, s.the(t, "WatchQueueAge"), past) {
			if rings {
				t.Fatalf("%s: rings in minute %d", s.title(), minute)
			}
		}
	}
}

// run is the history of one time between two runs of the canary.
func (h history) run(queue, runs, lost float64) {
	for name, value := range map[string]float64{
		"ApproximateNumberOfMessagesVisible SampleCount": queue, "CanaryLost SampleCount": runs, "CanaryLost Sum": lost,
	} {
		h[name] = append(h[name], value)
	}
}

// canaries returns the stacks with one, and the runs between sending and looking.
func canaries(t *testing.T) map[*stack]int {
	t.Helper()
	found := map[*stack]int{}
	for _, s := range watched(t) {
		if environmentOf(t, s).Canary.Every == 0 {
			continue
		}
		config, err := setting.From(canary.Default(), lookup(s.variables(t, "CanaryFunction")))
		if err != nil {
			t.Fatal(err)
		}
		found[s] = int(config.Back() / config.Every)
	}
	return found
}

// TestANewEnvironmentDoesNotPage: before it there are no metrics, and its first runs look
// for what was never sent. One more is late.
func TestANewEnvironmentDoesNotPage(t *testing.T) {
	for s, back := range canaries(t) {
		past := history{}
		for range 5 {
			past.run(missing, missing, missing)
		}
		past.run(5, missing, missing) // made, not yet run
		for range back {
			past.run(5, 1, 2)
		}
		for range 20 {
			past.run(5, 1, 0)
		}
		for _, alarm := range []string{"WatchCanaryLost", "WatchCanarySilent"} {
			for period, rings := range ringing(t, s.the(t, alarm), past) {
				if rings {
					t.Errorf("%s: %s rings in period %d, with %d runs that cannot find anything", s.title(), alarm,
						period, back)
				}
			}
		}
	}
}

// TestACanaryThatDoesNotRunRings, whether it never ran or stopped.
func TestACanaryThatDoesNotRunRings(t *testing.T) {
	for s := range canaries(t) {
		for ran := range 3 {
			past := history{}
			past.run(missing, missing, missing)
			for range ran {
				past.run(5, 1, 0)
			}
			for range 4 {
				past.run(5, missing, missing)
			}
			if rings := ringing(t, s.the(t, "WatchCanarySilent"), past); !rings[len(rings)-1] || rings[ran] {
				t.Errorf("%s: after %d runs and then none it rings in %v", s.title(), ran, rings)
			}
		}
	}
}

// TestALostPairRings within what the canary may be blind for, and two runs more.
func TestALostPairRings(t *testing.T) {
	for s, back := range canaries(t) {
		past := history{}
		for range 5 {
			past.run(5, 1, 0)
		}
		for range back + 2 {
			past.run(5, 1, 1)
		}
		if rings := ringing(t, s.the(t, "WatchCanaryLost"), past); !rings[len(rings)-1] {
			t.Errorf("%s: %d runs have lost an event, and it is quiet", s.title(), back+2)
		}
	}
}

// TestAlarmsLookNoFurtherBackThanCloudWatch: a day, or a week when the period is an hour
// or more.
func TestAlarmsLookNoFurtherBackThanCloudWatch(t *testing.T) {
	for _, s := range watched(t) {
		for _, r := range s.resources(alarm) {
			period, _ := r.Properties["Period"].(float64)
			queries, _ := r.Properties["Metrics"].([]any)
			for _, query := range queries {
				if seconds, isMetric := at(query, "MetricStat", "Period").(float64); isMetric {
					period = seconds
				}
			}
			most := 24 * time.Hour
			if period >= 3600 {
				most = 7 * 24 * time.Hour
			}
			if back := period * r.Properties["EvaluationPeriods"].(float64); period == 0 || back > most.Seconds() {
				t.Errorf("%s: %s looks %v s back, at most %v are allowed", s.title(), r.ID, back, most.Seconds())
			}
		}
	}
}
