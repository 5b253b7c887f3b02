package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/ingest"
)

// world is an environment of three regions.
func world() environment.Environment {
	e := environment.Default("World")
	e.Region, e.Regions = "us-east-1", []string{"eu-central-1", "ap-southeast-1"}
	e.Domain = environment.Domain{Name: "events.example.com", Zone: "Z0123456789"}
	e.Query.Off = true
	return e
}

// globe is what a verb finds of world: its account, its regions' URLs and a CDK CLI.
type globe struct {
	*fakeAWS
	assembly, outputs string
	answers           map[string]string // the region that a host says it is
}

// deployedWorld deploys one, with a CDK CLI that only says how it is called. script runs first.
func deployedWorld(t *testing.T, e environment.Environment, script string) *globe {
	t.Helper()
	environments(t, e)
	fakeCDK(t)
	tools(t, map[string]string{"cdk": script + "\n" + echo})
	g := &globe{outputs: t.TempDir(), answers: map[string]string{e.Domain.Name: "eu-central-1"}}
	regions, resources := map[string]string{"World-Front": environment.FrontRegion}, map[string]m{"World-Front": {}}
	var names []string
	for _, site := range e.Sites() {
		name := strings.ReplaceAll(site.Path(), "/", "-")
		names = append(names, name)
		for _, stack := range site.Stacks() {
			regions[site.StackName(stack)], resources[site.StackName(stack)] = site.Region, m{}
		}
		g.answers[site.Region+".example"] = site.Region
		file := fmt.Sprintf(`{"%s-Storage":{"LakeBucket":"LakeBucket-out"},`+
			`"%[1]s-Pipeline":{"Endpoint":"https://%s.example/events"}}`,
			name, site.Region)
		put(t, filepath.Join(g.outputs, "World", site.Region+".json"), file)
	}
	g.assembly = writeStacks(t, "World", regions, resources)
	g.fakeAWS = deployedAs(t, "prod", names...)
	for operation, answer := range prepared() {
		g.fakeAWS.answers[operation] = answer
	}
	no := always(refused{"AccessDenied", "no"}) // a lake that nobody may read is not waited for
	g.fakeAWS.answers["s3 GET /LakeBucket-out"], g.fakeAWS.answers["s3 GET /LakeBucket-out/"] = no, no
	g.fakeAWS.answers["monitoring DescribeAlarms"] = always(cbor.Map{})
	g.answerClients(t)
	return g
}

// answerClients answers at every URL as promised, in the name of the region that g has for the host.
func (g *globe) answerClients(t *testing.T) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Headers", askedHeaders)
		w.Header().Set(ingest.RegionHeader, g.answers[r.Header.Get("To")])
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		switch {
		case r.Method == http.MethodOptions:
			w.WriteHeader(http.StatusNoContent)
		case body.String() == "{}":
			w.WriteHeader(http.StatusUnsupportedMediaType)
		default:
			fmt.Fprint(w, promised)
		}
	}))
	t.Cleanup(server.Close)
	usual := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = usual })
	http.DefaultTransport = rewritten(func(r *http.Request) (*http.Response, error) {
		r.Header.Set("To", r.URL.Host)
		r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(server.URL, "http://")
		return new(http.Transport).RoundTrip(r)
	})
}

type rewritten func(*http.Request) (*http.Response, error)

func (f rewritten) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// run runs a verb on world.
func (g *globe) run(t *testing.T, answer, verb string, args ...string) (string, error) {
	t.Helper()
	return ops(t, answer, append([]string{verb, "-environment", "World"}, args...)...)
}

func (g *globe) deploy(t *testing.T, args ...string) (string, error) {
	t.Helper()
	return g.run(t, "", "deploy", append([]string{
		"-assembly", g.assembly, "-outputs", g.outputs, "-examples", examples,
		"-every", "1ms",
	}, args...)...)
}

// inOrder fails unless the lines with a mark are these, in this order. A mark's line is cut to the
// part that a test cares about.
func inOrder(t *testing.T, shown string, want ...string) {
	t.Helper()
	rest := shown
	for _, part := range want {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("%q is missing, or comes too early, in\n%s", part, shown)
		}
		rest = after
	}
}

const cdkDeploy = "cdk deploy --build true --app "

func TestAnEnvironmentOfOneRegionIsOneCallOfTheCDK(t *testing.T) {
	fakeCDK(t)
	fake(t, prepared())
	outputs := t.TempDir()
	written := `{"Dev-Pipeline":{"Endpoint":"https://x.example/v1/events"}}`
	if err := os.WriteFile(filepath.Join(outputs, "Dev.json"), []byte(written), 0o600); err != nil {
		t.Fatal(err)
	}
	assembly := writeAssembly(t, m{}, m{})
	shown, err := ops(t, "", "deploy", "-environment", "Dev", "-assembly", assembly, "-outputs", outputs, "-examples",
		examples, "-approval", "never")
	if err != nil {
		t.Fatal(err)
	}
	call := cdkDeploy + assembly + " --require-approval never --outputs-file " + outputs + "/Dev.json Dev/*\n"
	inOrder(t, shown, "Dev in account 111111111111, eu-central-1\n", call, call,
		"Dev answers at\n\n  https://x.example/v1/events\n\nTry it:")
	if strings.Contains(shown, "preflight") || strings.Count(shown, "cdk ") != 2 { // said and done
		t.Errorf("shows\n%s", shown)
	}
}

// TestADeployReachesOneRegionAfterAnother: each is asked for an answer before the next, and the
// front comes last.
func TestADeployReachesOneRegionAfterAnother(t *testing.T) {
	g := deployedWorld(t, world(), "")
	shown, err := g.deploy(t, "-approval", "never")
	if err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	call := func(step, stacks string) string {
		return cdkDeploy + g.assembly + " --exclusively --require-approval never --outputs-file " + g.outputs + "/World/" +
			step + ".json " + stacks + "\n"
	}
	inOrder(t, shown,
		"== us-east-1\n", call("us-east-1", "World/Storage World/Pipeline"), "https://us-east-1.example/events\n",
		"ms, us-east-1\n",
		"== eu-central-1\n", call("eu-central-1", "World/eu-central-1/Storage World/eu-central-1/Pipeline"),
		"https://eu-central-1.example/events\n", "ms, eu-central-1\n",
		"== ap-southeast-1\n", call("ap-southeast-1", "World/ap-southeast-1/Storage World/ap-southeast-1/Pipeline"),
		"https://ap-southeast-1.example/events\n",
		"== Front\n", call("Front", "World/Front"), "https://events.example.com/events\n", "ms, eu-central-1\n",
		"World answers at\n\n  https://events.example.com/events\n", "eu-central-1    https://eu-central-1.example/events\n",
	)
	if calls := g.of("ssm GetParameter"); len(calls) != 3 {
		t.Errorf("%d regions were checked before the deploy, want 3", len(calls))
	}
	if calls := g.of("monitoring DescribeAlarms"); len(calls) != 0 {
		t.Errorf("without BAKE the alarms were asked %d times", len(calls))
	}
}

// TestADeployThatStopsSaysHowToGoOn, whatever stopped it.
func TestADeployThatStopsSaysHowToGoOn(t *testing.T) {
	const left = "\n  done: us-east-1\n  not done: eu-central-1, ap-southeast-1, Front\n" +
		"  to go on: make deploy ENV=World REGION=eu-central-1,ap-southeast-1,Front"
	ringing := func(r request) any {
		if r.region != "eu-central-1" {
			return cbor.Map{}
		}
		return cbor.Map{"MetricAlarms": cbor.List{cbor.Map{
			"AlarmName":        cbor.String("World-eu-central-1-Pipeline-Unstored"),
			"AlarmDescription": cbor.String("nothing is stored. See #unstored"),
		}}}
	}
	for name, c := range map[string]struct {
		script string
		change func(*globe)
		args   []string
		want   string
	}{
		"a stack fails": {script: `case "$*" in *eu-central-1*) exit 1;; esac`, want: "deploy: eu-central-1: cdk deploy "},
		"another region answers": {
			change: func(g *globe) { g.answers["eu-central-1.example"] = "us-east-1" },
			want:   `deploy: eu-central-1: valid: the answer's Ingest-Region is "us-east-1", want eu-central-1`,
		},
		"no region answers": {
			change: func(g *globe) { g.answers["eu-central-1.example"] = "" },
			want:   `the answer's Ingest-Region is "", want eu-central-1`,
		},
		"an alarm rings": {
			change: func(g *globe) { g.fakeAWS.answers["monitoring DescribeAlarms"] = ringing },
			args:   []string{"-bake", "5ms"},
			want: "deploy: eu-central-1: alarms ring:\n" +
				"  World-eu-central-1-Pipeline-Unstored: nothing is stored. See #unstored\n  infra/runbook.md says what to do",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := deployedWorld(t, world(), c.script)
			if c.change != nil {
				c.change(g)
			}
			shown, err := g.deploy(t, c.args...)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasSuffix(err.Error(), left) {
				t.Errorf("error is %v, want %s … %s", err, c.want, left)
			}
			if strings.Contains(shown, "World/ap-southeast-1") || strings.Contains(shown, "World/Front") {
				t.Errorf("the next region is deployed all the same:\n%s", shown)
			}
		})
	}
}

// TestCtrlCEndsADeployBetweenRegions, and CloudFormation finishes what it has begun.
func TestCtrlCEndsADeployBetweenRegions(t *testing.T) {
	begun := filepath.Join(t.TempDir(), "begun")
	g := deployedWorld(t, world(), `case "$*" in *eu-central-1*) touch `+begun+`; exec sleep 60;; esac`)
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(begun); err == nil {
				interrupt()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	var out bytes.Buffer
	err := run(ctx, []string{
		"deploy", "-environment", "World", "-assembly", g.assembly, "-outputs", g.outputs,
		"-examples", examples,
	}, terminal{strings.NewReader(""), &out, &out})
	want := "deploy: eu-central-1: interrupted; CloudFormation finishes a change that has begun\n  done: us-east-1\n"
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error is %v, want %s\n%s", err, want, &out)
	}
}

// TestTheBucketNextDoorIsThereFirst, also around the end of the ring.
func TestTheBucketNextDoorIsThereFirst(t *testing.T) {
	e := world()
	e.Failover.NextDoor = true
	for region, want := range map[string][]string{
		"": {
			"World/eu-central-1/Storage\n", "World/Storage World/Pipeline\n",
			"World/ap-southeast-1/Storage\n", "World/eu-central-1/Storage World/eu-central-1/Pipeline\n",
			"World/Storage\n", "World/ap-southeast-1/Storage World/ap-southeast-1/Pipeline\n",
		},
		"ap-southeast-1": {"World/Storage\n", "World/ap-southeast-1/Storage World/ap-southeast-1/Pipeline\n"},
	} {
		g := deployedWorld(t, e, "")
		shown, err := g.deploy(t, "-region", region)
		if err != nil {
			t.Fatal(err)
		}
		inOrder(t, shown, want...)
		if home := strings.Contains(shown, "World in account 111111111111, us-east-1\n"); !home {
			t.Errorf("REGION=%s: the region next door is not checked\n%s", region, shown)
		}
	}
}

// TestADeployIsOfTheRegionsThatAPersonNames, in the environment's order.
func TestADeployIsOfTheRegionsThatAPersonNames(t *testing.T) {
	for region, want := range map[string]struct{ steps, checked []string }{
		"eu-central-1":              {[]string{"eu-central-1"}, []string{"eu-central-1"}},
		"home":                      {[]string{"us-east-1"}, []string{"us-east-1"}},
		"Front":                     {[]string{"Front"}, []string{"us-east-1"}},
		"Front,ap-southeast-1,home": {[]string{"us-east-1", "ap-southeast-1", "Front"}, []string{"ap-southeast-1", "us-east-1"}},
	} {
		g := deployedWorld(t, world(), "")
		shown, err := g.deploy(t, "-region", region)
		var steps, checked []string
		for line := range strings.Lines(shown) {
			if name, is := strings.CutPrefix(line, "== "); is {
				steps = append(steps, strings.TrimSpace(name))
			}
		}
		for _, call := range g.of("ssm GetParameter") {
			checked = append(checked, call.region)
		}
		if err != nil || !slices.Equal(steps, want.steps) || !slices.Equal(checked, want.checked) {
			t.Errorf("REGION=%s: %v, checked %v and deployed %v, want %v", region, err, checked, steps, want)
		}
	}
}

func TestAPersonWhoNamesAWrongRegionIsTold(t *testing.T) {
	const known = `must be one of home, us-east-1, eu-central-1, ap-southeast-1, Front`
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"unknown":                 {[]string{"deploy", "-region", "mars"}, `deploy: region is "mars", ` + known},
		"one of two":              {[]string{"smoke", "-region", "home,mars"}, `smoke: region is "mars", ` + known},
		"the front has no events": {[]string{"replay", "-prefix", "spill/", "-region", "Front"}, `replay: region is "Front", which stores no events`},
		"names of two":            {[]string{"names", "-region", "home,eu-central-1"}, `names: region is "home,eu-central-1", must be one region`},
		"drain of none":           {[]string{"drain"}, `drain: region is "", must be one region of an environment that has several: add REGION=…`},
		"drain of the front":      {[]string{"drain", "-region", "Front"}, `drain: region is "Front", must be one region`},
		"a baked nothing":         {[]string{"deploy", "-bake", "1m"}, "deploy: BAKE is 1m0s, but Alarms.Off is true: World has nothing to watch"},
	} {
		t.Run(name, func(t *testing.T) {
			e := world()
			e.Alarms.Off = true
			g := deployedWorld(t, e, "")
			_, err := g.run(t, "", c.args[0], c.args[1:]...)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("error is %v, want %s", err, c.want)
			}
		})
	}
}

// TestARegionBakesBeforeTheNext: its alarms are asked until the time is over, by its own prefix.
func TestARegionBakesBeforeTheNext(t *testing.T) {
	g := deployedWorld(t, world(), "")
	shown, err := g.deploy(t, "-bake", "20ms")
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, shown, "== us-east-1", "not gzip", "no alarm rang for 20ms", "== eu-central-1", "no alarm rang",
		"== ap-southeast-1", "no alarm rang", "== Front")
	asked := map[string]bool{}
	for _, call := range g.of("monitoring DescribeAlarms") {
		for _, prefix := range []string{"World-Pipeline-", "World-eu-central-1-Pipeline-", "World-ap-southeast-1-Pipeline-"} {
			if bytes.Contains(call.body, []byte(prefix)) {
				asked[call.region+" "+prefix] = true
			}
		}
	}
	if len(asked) != 3 || !asked["eu-central-1 World-eu-central-1-Pipeline-"] {
		t.Errorf("alarms were asked as %v", asked)
	}
}

// TestNothingIsDeployedWhereNobodyMaySeeTheAlarms with BAKE, be it of one region or the last of many.
func TestNothingIsDeployedWhereNobodyMaySeeTheAlarms(t *testing.T) {
	alone := world()
	alone.Regions, alone.Domain = nil, environment.Domain{}
	for region, e := range map[string]environment.Environment{"us-east-1": alone, "ap-southeast-1": world()} {
		g := deployedWorld(t, e, "")
		g.fakeAWS.answers["monitoring DescribeAlarms"] = func(r request) any {
			if r.region == region {
				return refused{"AccessDenied", "no"}
			}
			return cbor.Map{}
		}
		shown, err := g.deploy(t, "-bake", "5ms")
		if err == nil || !strings.Contains(err.Error(), "allow cloudwatch:DescribeAlarms, or leave BAKE out") ||
			strings.Contains(shown, "cdk deploy") {
			t.Errorf("error is %v\n%s", err, shown)
		}
	}
}

func TestTheStepsOfADeployAreListedForAWorkflow(t *testing.T) {
	environments(t, world())
	for name, want := range map[string]string{
		"World": `["us-east-1","eu-central-1","ap-southeast-1","Front"]`,
		"Prod":  `["home"]`,
	} {
		output := filepath.Join(t.TempDir(), "output")
		t.Setenv("GITHUB_OUTPUT", output)
		shown, err := ops(t, "", "sites", "-environment", name)
		told, _ := os.ReadFile(output)
		if err != nil || shown != want+"\n" || string(told) != "sites="+want+"\n" {
			t.Errorf("%s: %v, printed %q, told the workflow %q, want %s", name, err, shown, told, want)
		}
	}
	t.Setenv("GITHUB_OUTPUT", "")
	if shown, err := ops(t, "", "sites", "-environment", "Prod"); err != nil || shown != "[\"home\"]\n" {
		t.Errorf("%v: %s", err, shown)
	}
}

func TestDrainDeploysOneStackOfARegionThatTheCodeDrains(t *testing.T) {
	e := world()
	g := deployedWorld(t, e, "")
	_, err := g.run(t, "", "drain", "-region", "eu-central-1")
	want := "drain: eu-central-1 still gets clients: add it to Drained of World in infra/environment/environments.go"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
	e.Drained = []string{"eu-central-1"}
	g = deployedWorld(t, e, "")
	shown, err := g.run(t, "", "drain", "-region", "eu-central-1", "-assembly", "a", "-approval", "never")
	if want := cdkDeploy + "a --exclusively --require-approval never World/eu-central-1/Pipeline\n"; err != nil ||
		strings.Count(shown, want) != 2 || strings.Count(shown, "World/") != 2 {
		t.Errorf("%v, want %s once, got\n%s", err, want, shown)
	}
}

// TestADrainedRegionIsNoAnswerOfThePublicName.
func TestADrainedRegionIsNoAnswerOfThePublicName(t *testing.T) {
	e := world()
	e.Drained = []string{"eu-central-1"}
	g := deployedWorld(t, e, "")
	_, err := g.run(t, "", "smoke", "-region", "Front", "-outputs", g.outputs, "-examples", examples)
	want := `smoke: valid: the answer's Ingest-Region is "eu-central-1", want us-east-1 or ap-southeast-1`
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

// withFront adds the stack Front to what is deployed, and to each Pipeline a record if it is joined.
func (g *globe) withFront(joined string) {
	stacks, all := g.fakeAWS.answers["cloudformation DescribeStacks"],
		g.fakeAWS.answers["cloudformation ListStackResources"]
	g.fakeAWS.answers["cloudformation DescribeStacks"] = func(r request) any {
		if r.query.Get("StackName") == "World-Front" && r.region == environment.FrontRegion {
			return outputsOf(nil)
		}
		return stacks(r)
	}
	g.fakeAWS.answers["cloudformation ListStackResources"] = func(r request) any {
		answer := all(r)
		if page, is := answer.(xml); is && strings.Contains(r.query.Get("StackName"), joined) {
			return xml(strings.Replace(string(page), "<StackResourceSummaries>",
				"<StackResourceSummaries><member><LogicalResourceId>Record</LogicalResourceId><ResourceType>"+
					recordType+"</ResourceType><PhysicalResourceId>origin</PhysicalResourceId></member>", 1))
		}
		return answer
	}
}

// TestADestroyTakesTheFrontFirstAndHomeLast, and empties each region before its stack goes.
func TestADestroyTakesTheFrontFirstAndHomeLast(t *testing.T) {
	g := deployedWorld(t, world(), "")
	g.withFront("Pipeline")
	shown, err := g.run(t, "y\n", "destroy", "-assembly", g.assembly, "-every", "1ms", "-late", "0s")
	if err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	call := func(stack string) string {
		return "cdk destroy --build true --app " + g.assembly + " --force --exclusively " + stack + "\n"
	}
	inOrder(t, shown,
		"This deletes the stack World-Front. Clients no longer find https://events.example.com/events.\n",
		"This deletes the stack World-Pipeline.", "This deletes the stack World-eu-central-1-Pipeline.",
		"World-eu-central-1-Storage is retained", "Delete all this? [y/N]",
		"== Front\n", call("World/Front"),
		"== ap-southeast-1\n", "World/ap-southeast-1 holds nothing any more\n", call("World/ap-southeast-1/Pipeline"),
		"== eu-central-1\n", "World/eu-central-1 holds nothing any more\n", call("World/eu-central-1/Pipeline"),
		"== us-east-1\n", "World holds nothing any more\n", call("World/Pipeline"),
	)
	stopped := map[string]bool{}
	for _, call := range g.of(patch) {
		stopped[call.region] = true
	}
	if len(stopped) != 3 {
		t.Errorf("traffic was stopped in %v", stopped)
	}
}

// TestARegionThatGetsClientsIsNotDestroyed, unless they cannot come any more.
func TestARegionThatGetsClientsIsNotDestroyed(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*globe)
		want    string
	}{
		"joined": {
			func(g *globe) { g.withFront("eu-central-1") },
			"destroy: clients are still sent to eu-central-1: add it to Drained of World in " +
				"infra/environment/environments.go, run `make drain ENV=World REGION=eu-central-1`, wait two minutes",
		},
		"drained":       {func(g *globe) { g.withFront("nowhere") }, ""},
		"without front": {func(*globe) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := deployedWorld(t, world(), "")
			c.prepare(g)
			shown, err := g.run(t, "y\n", "destroy", "-region", "eu-central-1", "-assembly", g.assembly, "-every", "1ms",
				"-late", "0s")
			if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
				t.Errorf("error is %v, want %q", err, c.want)
			}
			if destroyed := strings.Contains(shown, "exclusively World/eu-central-1/Pipeline\n"); destroyed != (c.want == "") ||
				strings.Contains(shown, "World/Pipeline") {
				t.Errorf("shows\n%s", shown)
			}
		})
	}
}

func TestADestroyThatStopsSaysHowToGoOn(t *testing.T) {
	g := deployedWorld(t, world(), `case "$*" in *World/eu-central-1*) exit 1;; esac`)
	_, err := g.run(t, "", "destroy", "-yes", "-assembly", g.assembly, "-every", "1ms", "-late", "0s")
	want := "\n  done: Front, ap-southeast-1\n  not done: eu-central-1, us-east-1\n" +
		"  to go on: make destroy ENV=World REGION=eu-central-1,us-east-1"
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("error is %v, want … %s", err, want)
	}
	if _, err := g.run(t, "n\n", "destroy", "-assembly", g.assembly); err == nil ||
		err.Error() != "destroy: nothing is stopped" {
		t.Errorf("error is %v", err)
	}
}
