package simulator

import (
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startDev starts the Dev templates with this test binary as both functions.
func startDev(t *testing.T, templates []*Template, change ...func(*Options)) (*Simulator, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	options := Options{
		Templates: templates, Bootstraps: map[string]string{"Ingest": self, "Validator": self, "Redrive": self},
		Dir: t.TempDir(),
	}
	for _, c := range change {
		c(&options)
	}
	sim, err := Start(options)
	if err == nil {
		t.Cleanup(func() { _ = sim.Close() })
	}
	return sim, err
}

func mustStart(t *testing.T, templates []*Template, change ...func(*Options)) *Simulator {
	t.Helper()
	sim, err := startDev(t, templates, change...)
	if err != nil {
		t.Fatal(err)
	}
	return sim
}

func postBody(t *testing.T, sim *Simulator, body string) int {
	t.Helper()
	res, err := http.Post(sim.URL+"/events", "text/plain", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestStreamsAreTheTemplates(t *testing.T) {
	sim := mustStart(t, goldenTemplates(t, "Dev"))
	streams := sim.Streams()
	if len(streams) != 2 {
		t.Fatalf("%d streams, want 2", len(streams))
	}
	events, rejects := streams[0], streams[1]
	if events.Transform == nil || events.Transform.Retries != 10 || events.Transform.BufferBytes != 1<<20 ||
		!strings.HasPrefix(events.Prefix, "events/day=!{timestamp:yyyy-MM-dd}/") ||
		!events.GZIP || events.FileExtension != ".jsonl.gz" {
		t.Errorf("events stream is %+v, transform %+v", events, events.Transform)
	}
	if rejects.Transform != nil || !strings.HasPrefix(rejects.Prefix, "rejected/") ||
		rejects.BufferFor != time.Minute || rejects.BufferBytes != 64<<20 {
		t.Errorf("rejects stream is %+v", rejects)
	}
	for _, stream := range streams {
		if stream.Bucket != sim.Bucket ||
			!strings.HasPrefix(stream.ErrorPrefix, "failed/!{firehose:error-output-type}/") {
			t.Errorf("stream is %+v, bucket %s", stream, sim.Bucket)
		}
	}
}

func TestPatienceShortensBuffersAndNothingElse(t *testing.T) {
	sim := mustStart(t, goldenTemplates(t, "Dev"), func(o *Options) { o.Patience = 2 * time.Second })
	for _, stream := range sim.Streams() {
		if stream.BufferFor != 2*time.Second ||
			(stream.Transform != nil && stream.Transform.BufferFor != 2*time.Second) {
			t.Errorf("stream buffers for %s, transform %+v", stream.BufferFor, stream.Transform)
		}
	}
}

// TestJudgedWithinShortensTheWaitForTheFunctionOnly, and only where a person waits.
func TestJudgedWithinShortensTheWaitForTheFunctionOnly(t *testing.T) {
	for patience, want := range map[time.Duration][2]time.Duration{ // the function's, the object's
		0: {10 * time.Second, time.Minute}, 2 * time.Second: {100 * time.Millisecond, 2 * time.Second},
		time.Millisecond: {time.Millisecond, time.Millisecond},
	} {
		sim := mustStart(t, goldenTemplates(t, "Dev"),
			func(o *Options) { o.Patience, o.JudgedWithin = patience, 100*time.Millisecond })
		events := sim.Streams()[0]
		if got := [2]time.Duration{events.Transform.BufferFor, events.BufferFor}; got != want {
			t.Errorf("with a patience of %s the buffers are %s, want %s", patience, got, want)
		}
	}
}

func TestACrashingOrSlowFunctionIs502AndTheNextRequestIsFine(t *testing.T) {
	templates := patched(t, goldenTemplates(t, "Dev"), "IngestFunctionB", "proxy", "Environment", "Variables",
		actVariable)
	templates = patched(t, templates, "IngestFunctionB", number(1), "Timeout")
	templates = patched(t, templates, "EdgeApieventsPOST", number(29_000), "Integration", "TimeoutInMillis")
	sim := mustStart(t, templates)
	for _, want := range []struct {
		body   string
		status int
	}{{"fine", 200}, {"exit", 502}, {"fine", 200}, {"sleep", 502}, {"fine", 200}, {"panic", 502}, {"fine", 200}} {
		if got := postBody(t, sim, want.body); got != want.status {
			t.Errorf("%s: %d, want %d", want.body, got, want.status)
		}
	}
	if c := sim.Counters(); c.Accepted != 4 || c.Refused != 3 {
		t.Errorf("counters are %+v", c)
	}
}

func TestFunctionsLogToFilesAndMetricsAreCounted(t *testing.T) {
	templates := patched(t, goldenTemplates(t, "Dev"), "IngestFunctionB", "proxy", "Environment", "Variables",
		actVariable)
	sim := mustStart(t, templates)
	for _, line := range []string{
		`{"_aws":{},"EventsValid":5}`, `{"_aws":{},"EventsRejected":2,"Reason":"empty"}`,
		`{"_aws":{},"EventsRejected":1,"Reason":"not_json"}`,
		`{"_aws":{},"EventsRejected":3}`, `{"EventsValid":5}`, `no JSON at all "_aws"`,
	} {
		postBody(t, sim, "print "+line)
	}
	if err := sim.Close(); err != nil {
		t.Fatal(err)
	}
	if c := sim.Counters(); c.Valid != 5 || len(c.Rejected) != 2 || c.Rejected["empty"] != 2 ||
		c.Rejected["not_json"] != 1 {
		t.Errorf("counters are %+v", c)
	}
	logs, err := filepath.Glob(filepath.Join(sim.Logs, "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("logs are %v, %v", logs, err)
	}
	all := ""
	for _, log := range logs {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
	}
	if !strings.Contains(all, "no JSON at all") {
		t.Errorf("logs are %q", all)
	}
}

func TestWhatCannotBeBuiltIsRefused(t *testing.T) {
	for _, c := range []struct {
		id    string
		path  []string
		value any
		want  string
	}{
		{"IngestFunctionB", []string{"Runtime"}, "nodejs22.x", "IngestFunctionB02ED0EB (AWS::Lambda::Function): runtime nodejs22.x is not supported"},
		{"IngestFunctionB", []string{"Layers"}, []any{}, `unknown field "Layers"`},
		{"EventsStream", []string{"DeliveryStreamType"}, "KinesisStreamAsSource", "type KinesisStreamAsSource is not supported"},
		{"EventsStream", []string{"ExtendedS3DestinationConfiguration", "CompressionFormat"}, "ZIP", "compression ZIP is not supported"},
		{"EventsStream", []string{"ExtendedS3DestinationConfiguration", "CustomTimeZone"}, "Europe/Berlin", `unknown field "CustomTimeZone"`},
		{"EventsStream", []string{"ExtendedS3DestinationConfiguration", "DynamicPartitioningConfiguration"}, map[string]any{}, `unknown field "DynamicPartitioningConfiguration"`},
		{"EventsStream", []string{"ExtendedS3DestinationConfiguration", "ProcessingConfiguration", "Processors"}, []any{map[string]any{"Type": "Decompression"}}, "processors other than one Lambda function"},
	} {
		_, err := startDev(t, patched(t, goldenTemplates(t, "Dev"), c.id, c.value, c.path...))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %v: error is %v, want one with %q", c.id, c.path, err, c.want)
		}
	}
	if _, err := startDev(t, goldenTemplates(t, "Dev"), func(o *Options) { delete(o.Bootstraps, "Ingest") }); err == nil ||
		!strings.Contains(err.Error(), "no executable for this function") {
		t.Errorf("error is %v", err)
	}
	if _, err := startDev(t, goldenTemplates(t, "Dev")[:1]); err == nil ||
		!strings.Contains(err.Error(), "no stack exports Dev-Storage:") {
		t.Errorf("error is %v", err)
	}
}

func TestObjectsThatAnEarlierRunLeftAreAnnouncedAgain(t *testing.T) {
	templates, dir := goldenTemplates(t, "Dev"), t.TempDir()
	Variables(templates, "Redrive")[actVariable] = "function" // it gets the messages
	inDir := func(o *Options) { o.Dir = dir }
	first := mustStart(t, templates, inDir)
	for _, key := range []string{"spill/a/one two", "spill/b", "events/c"} {
		if err := first.s3.PutObject(first.Bucket, key, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if second := mustStart(t, templates, inDir); first.Leftovers != 0 || second.Leftovers != 2 {
		t.Errorf("%d and then %d objects were announced at the start, want 0 and 2", first.Leftovers, second.Leftovers)
	}
}

func TestEverythingListensOnThisMachineOnly(t *testing.T) {
	sim := mustStart(t, goldenTemplates(t, "Dev"))
	for name, listener := range sim.listeners {
		if address := listener.Addr().(*net.TCPAddr); !address.IP.IsLoopback() {
			t.Errorf("%s listens on %s", name, address)
		}
	}
}

func TestAfterCloseNothingListens(t *testing.T) {
	sim := mustStart(t, goldenTemplates(t, "Dev"))
	if err := sim.Close(); err != nil {
		t.Error(err)
	}
	for name, listener := range sim.listeners {
		// Not by dialing: another process may have been given the port meanwhile.
		if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s still listens: %v", name, err)
		}
	}
}
