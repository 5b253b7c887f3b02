package cost

import (
	"math"
	"strings"
	"testing"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/ingest"
)

func prod() environment.Environment {
	e := environment.Prod()
	e.Region = "us-east-1"
	return e
}

// TestPricesNameTheirSource, and each step costs less than the one before.
func TestPricesNameTheirSource(t *testing.T) {
	for name, p := range book.Prices {
		if !strings.HasPrefix(p.Source, "https://") || p.Unit == "" || len(p.Steps) == 0 ||
			p.Steps[len(p.Steps)-1].UpTo != 0 {
			t.Errorf("%s: %+v", name, p)
		}
	}
	for name, q := range book.Quotas {
		if !strings.HasPrefix(q.Source, "https://") || q.Unit == "" || q.Past == "" || q.Value <= 0 {
			t.Errorf("%s: %+v", name, q)
		}
	}
}

// TestStepsArePaidEachAtItsPrice is computed by hand: 333M at $3.50, 667M at $2.80, 1,000M at $2.38.
func TestStepsArePaidEachAtItsPrice(t *testing.T) {
	if got, want := book.Prices["api request"].of(2e9), 333*3.50+667*2.80+1000*2.38; math.Abs(got-want) > 0.01 {
		t.Errorf("2 billion requests are $%.2f, want $%.2f", got, want)
	}
	if got := book.Prices["data out"].of(150); math.Abs(got-4.50) > 0.001 {
		t.Errorf("150 GB out are $%.2f, want $4.50: the first 100 are free", got)
	}
}

// TestAMillionRequests is computed by hand, for what an event of 1,000 bytes alone in its
// request pays on its way.
func TestAMillionRequests(t *testing.T) {
	e := Of(prod(), Load{Events: 1e6, Bytes: 1000, Batch: 1, Peak: 1})
	for service, want := range map[string]float64{
		"API Gateway":        3.50,
		"Ingest λ, requests": 0.20,
		"Ingest λ, time":     1e6 * 0.011 * 0.5 * 0.0000133334,
		"Firehose, events":   1e6 * 5120 / 1e9 * 0.029, // 1,301 bytes count as 5,120
		"KMS, keys":          2,
	} {
		found := false
		for _, line := range e {
			if line.Service == service {
				found = true
				if math.Abs(line.Dollars-want) > want/1000 {
					t.Errorf("%s is $%.4f, want $%.4f: %s", service, line.Dollars, want, line.Formula)
				}
			}
			if strings.Contains(line.Formula, "%!") {
				t.Errorf("formula is %s", line.Formula)
			}
		}
		if !found {
			t.Errorf("no %s", service)
		}
	}
}

// TestABatchIsCheaperThanItsEvents, or nobody would batch.
func TestABatchIsCheaperThanItsEvents(t *testing.T) {
	one, ten := DefaultLoad(), DefaultLoad()
	one.Batch = 1
	if a, b := Of(prod(), one).Dollars(), Of(prod(), ten).Dollars(); a < 5*b {
		t.Errorf("one event a request costs $%.2f, ten $%.2f", a, b)
	}
}

func TestTheFirstWall(t *testing.T) {
	e := prod()
	for _, c := range []struct {
		streams int
		region  string
		batch   float64
		want    float64
	}{
		{1, "us-east-1", 1, 1000 / ingest.AnswerWithin.Seconds()},
		{1, "eu-central-1", 10, mib / 8310.0},
		{3, "us-east-1", 100, 3 * 5 * mib / 80400.0},
	} {
		e.Streams, e.Region = c.streams, c.region
		l := DefaultLoad()
		l.Batch = c.batch
		if got := Walls(e, l)[0]; math.Abs(got.Requests-c.want) > 1 {
			t.Errorf("%d streams in %s, %g a request: %+v, want at %.0f", c.streams, c.region, c.batch, got, c.want)
		}
	}
}

func TestWarningsNameTheQuotaAndTheWayPast(t *testing.T) {
	e := prod()
	const want = "Throttle.RatePerSecond is 10000, but a default quota is met at 2000 requests/s: Firehose"
	if got := Warnings(e); len(got) != 1 || !strings.Contains(got[0], want) || !strings.Contains(got[0], "Streams") {
		t.Errorf("warnings are %q", got)
	}
	e.Streams = 5
	if got := Warnings(e); len(got) != 0 {
		t.Errorf("with five streams, warnings are %q", got)
	}
	e.Region = "eu-south-2"
	if got := Warnings(e); len(got) != 2 {
		t.Errorf("in a region with small quotas, warnings are %q", got)
	}
}

// TestWarningOfConcurrencyThatNoAccountHas: Lambda keeps 100 of an account's 1,000.
func TestWarningOfConcurrencyThatNoAccountHas(t *testing.T) {
	type env = environment.Environment
	for name, row := range map[string]struct {
		set  func(*env)
		want string
	}{
		"all there is": {func(e *env) { e.Ingest.Reserved, e.Validator.Reserved, e.Redrive.Reserved = 500, 300, 100 }, ""},
		"one more": {func(e *env) {
			e.Ingest.Reserved, e.Validator.Reserved, e.Redrive.Reserved, e.Canary.Reserved = 500, 300, 100, 1
		}, "901 together"},
		"provisioned as well":             {func(e *env) { e.Provisioned = 901 }, "901 together"},
		"provisioned of what is reserved": {func(e *env) { e.Ingest.Reserved, e.Provisioned = 900, 900 }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := prod()
			e.Streams, e.Ingest.Reserved, e.Validator.Reserved, e.Redrive.Reserved = 5, 0, 0, 0
			e.Canary.Reserved, e.Provisioned = 0, 0
			row.set(&e)
			got := strings.Join(Warnings(e), "\n")
			if (row.want == "") != (got == "") || !strings.Contains(got, row.want) {
				t.Errorf("warnings are %q, want %q", got, row.want)
			}
		})
	}
}

func TestLoadsThatCannotBe(t *testing.T) {
	l := DefaultLoad()
	l.Batch = 50_001
	if err := l.Validate(); err == nil || err.Error() != "BATCH is 50001, must be 1 to 50000" {
		t.Errorf("error is %v", err)
	}
	var n Number
	for text, want := range map[string]float64{"800": 800, "1.5K": 1500, "100m": 100e6, "10B": 10e9} {
		if err := n.Set(text); err != nil || float64(n) != want {
			t.Errorf("%s is %v, %v", text, float64(n), err)
		}
	}
	if err := n.Set("ten"); err == nil {
		t.Error("ten is a number")
	}
}

// TestTheBillHasEveryLine: what a setting switches on is in the estimate, and nothing of
// it where it is off.
func TestTheBillHasEveryLine(t *testing.T) {
	l := Load{Events: 100e6, Bytes: 800, Batch: 1, Peak: 1}
	for service, c := range map[string]struct {
		set  func(*environment.Environment)
		want float64 // computed by hand
	}{
		"WAF":                              {func(e *environment.Environment) { e.WAF.On = true }, 5},
		"WAF, rules":                       {func(e *environment.Environment) { e.WAF.On = true }, 2},
		"WAF, requests":                    {func(e *environment.Environment) { e.WAF.On = true }, 60},
		"X-Ray":                            {func(e *environment.Environment) { e.Tracing = true }, (2_629_800 + 5e6) * 5e-6},
		"Ingest λ, provisioned":            {func(e *environment.Environment) { e.Provisioned = 2 }, 2 * 2_629_800 * 0.5 * 0.0000033334},
		"CloudWatch, the alarm that pages": {func(e *environment.Environment) { e.Alarms.Pager = "arn" }, 0.50},
	} {
		e := environment.Default("Plain")
		if dollarsOf(Of(e, l), service) != 0 {
			t.Errorf("%s is paid although it is off", service)
		}
		c.set(&e)
		if got := dollarsOf(Of(e, l), service); math.Abs(got-c.want) > 0.01 {
			t.Errorf("%s is $%.2f, want $%.2f", service, got, c.want)
		}
	}
	const want = 100e6 * 430 / 1e9 * 0.50
	if got := dollarsOf(Of(prod(), l), "CloudWatch Logs, access log"); math.Abs(got-want) > 0.01 {
		t.Errorf("the access log is $%.2f, want $%.2f", got, want)
	}
}

func dollarsOf(e Estimate, service string) (sum float64) {
	for _, line := range e {
		if line.Service == service {
			sum += line.Dollars
		}
	}
	return sum
}

// TestTheWorstMonthIsPrinted for each bound that an environment has: 10,000 requests a
// second are 26.298 G a month, of which API Gateway alone takes
// 333 x $3.50 + 667 x $2.80 + 19,000 x $2.38 + 6,298 x $1.51 = $57,763.
func TestTheWorstMonthIsPrinted(t *testing.T) {
	e, l := prod(), DefaultLoad()
	l.Batch = 1
	bounds := Bounds(e)
	if len(bounds) != 3 {
		t.Fatalf("Prod is bounded by %+v, want throttle, alarm and firewall", bounds)
	}
	if got := dollarsOf(Of(e, l.at(bounds[0].Requests)), "API Gateway"); math.Abs(got-57_763) > 1 {
		t.Errorf("the API takes $%.0f in the worst month, want $57,763", got)
	}
	var out strings.Builder
	if err := Print(&out, e, l); err != nil {
		t.Fatal(err)
	}
	for _, b := range bounds {
		want := strings.TrimSpace(dollars(Of(e, l.at(b.Requests)).Dollars()))
		if !strings.Contains(out.String(), want+"  "+b.By) {
			t.Errorf("%s is not printed for %s in\n%s", want, b.By, out.String())
		}
	}
	e.Throttle.RatePerSecond = 100 // 8.64 M a day, less than the alarm's 10 M
	if got := Bounds(e); got[0].Requests < got[1].Requests {
		t.Errorf("the first bound of %+v is not the widest", got)
	}
	e.WAF.On, e.Alarms.RequestsPerDay = false, 0
	if got := Bounds(e); len(got) != 1 {
		t.Errorf("without firewall and alarm the bounds are %+v", got)
	}
}
