package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"global-ingest/test/simulator"
)

// executables are the functions, built once for this machine.
var executables map[string]string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "global-ingest-")
		if err == nil {
			defer os.RemoveAll(dir)
			executables, err = simulator.BuildFunctions(dir)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// goldenTemplates are what is deployed.
func goldenTemplates(t *testing.T) []*simulator.Template {
	t.Helper()
	templates, err := simulator.GoldenTemplates(filepath.Join("..", "synth", "testdata"), "Dev")
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

// patientTemplates are the golden templates with more time for each put: the
// deployed limits are AWS's speed, and on a busy machine slow is not broken.
func patientTemplates(t *testing.T) []*simulator.Template {
	t.Helper()
	templates := goldenTemplates(t)
	settings := variables(t, templates, "Ingest")
	settings["PUT_ANSWER_TIMEOUT"], settings["PUT_ATTEMPT_TIMEOUT"] = "9s", "9s"
	settings["SPILL_ANSWER_TIMEOUT"], settings["SPILL_ATTEMPT_TIMEOUT"] = "4s", "4s"
	settings["ANSWER_WITHIN"] = "27s"
	find(t, templates, "Ingest", "AWS::Lambda::Function")["Timeout"] = 28
	for _, method := range []string{"EdgeApiPOST", "EdgeApieventsPOST"} {
		find(t, templates, method, "AWS::ApiGateway::Method")["Integration"].(map[string]any)["TimeoutInMillis"] = 29_000
	}
	return templates
}

// find returns the properties of a resource, by the beginning of its logical id.
func find(t *testing.T, templates []*simulator.Template, id, resourceType string) map[string]any {
	t.Helper()
	for _, template := range templates {
		for name, resource := range template.Resources {
			if strings.HasPrefix(name, id) && resource.Type == resourceType {
				return resource.Properties
			}
		}
	}
	t.Fatalf("no %s %s", resourceType, id)
	return nil
}

// variables are the environment variables of a function in the templates.
func variables(t *testing.T, templates []*simulator.Template, function string) map[string]any {
	t.Helper()
	return find(t, templates, function, "AWS::Lambda::Function")["Environment"].(map[string]any)["Variables"].(map[string]any)
}

// start runs the pipeline of the templates with short buffers.
func start(t *testing.T, templates []*simulator.Template, change ...func(*simulator.Options)) *simulator.Simulator {
	t.Helper()
	options := simulator.Options{
		Templates: templates, Bootstraps: executables, Dir: t.TempDir(), Patience: 500 * time.Millisecond,
	}
	for _, c := range change {
		c(&options)
	}
	sim, err := simulator.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim
}

const userAgent = "end-to-end/1"

// answer is what a client sees.
type answer struct {
	status int
	header http.Header
	body   string
}

func post(t *testing.T, client *http.Client, url string, r request) (answer, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+r.path, bytes.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("User-Agent", userAgent)
	if r.contentType != "none" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if r.encoding != "" {
		req.Header.Set("Content-Encoding", r.encoding)
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(body)}, err
}

// acknowledgement is the whole body of the answer: an ingest id, a UUIDv7.
var acknowledgement = regexp.MustCompile(`^\{"id":"([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"\}$`)

// ingestID checks the answer's contract and returns the ingest id.
func ingestID(a answer) (string, error) {
	match := acknowledgement.FindStringSubmatch(a.body)
	if a.status != http.StatusOK || match == nil {
		return "", fmt.Errorf("answer is %d %s", a.status, a.body)
	}
	for name, want := range map[string]string{"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"} {
		if got := a.header.Get(name); got != want {
			return "", fmt.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	return match[1], nil
}

// sendAll sends the requests over several connections at a time and notes each
// acknowledgement.
func sendAll(t *testing.T, sim *simulator.Simulator, requests []request) *ledger {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}, Timeout: time.Minute}
	t.Cleanup(client.CloseIdleConnections)
	ledger, mu, queue := newLedger(t), sync.Mutex{}, make(chan request)
	var senders sync.WaitGroup
	for range connections {
		senders.Go(func() {
			for r := range queue {
				a, err := post(t, client, sim.URL, r)
				id := ""
				if err == nil {
					id, err = ingestID(a)
				}
				if err != nil {
					t.Errorf("%s, %d bytes: %v", r.kind, len(r.body), err)
					continue
				}
				mu.Lock()
				ledger.acknowledged(id, a.header.Get("X-Amzn-Requestid"), r)
				mu.Unlock()
			}
		})
	}
	for _, r := range requests {
		queue <- r
	}
	close(queue)
	senders.Wait()
	return ledger
}

// connections at a time: fewer than the environments of one function, above which
// Lambda would throttle.
const connections = 6

// TestEveryEventIsAccountedFor is the product's main promise: whatever is sent is
// answered 200, and is in the lake afterwards, valid or rejected with its reason,
// with the bytes that were sent.
func TestEveryEventIsAccountedFor(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("SEED=%d repeats this run", seed)
	templates := patientTemplates(t)
	inflated, err := strconv.Atoi(variables(t, templates, "Validator")["MAX_INFLATED_BYTES"].(string))
	if err != nil {
		t.Fatal(err)
	}
	sim := start(t, templates)
	const n = 1000
	ledger := sendAll(t, sim, newGenerator(seed, inflated).requests(n))
	if len(ledger.sent) != n {
		t.Errorf("%d of %d requests were acknowledged", len(ledger.sent), n)
	}
	flush(t, sim)
	ledger.settle(readLake(t, sim.Lake, sim.Bucket))
	checkCounters(t, sim, ledger)
}

func flush(t *testing.T, sim *simulator.Simulator) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := sim.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// checkCounters compares what the status line shows with what happened. The
// functions' counts travel through their logs, a moment behind their answers.
func checkCounters(t *testing.T, sim *simulator.Simulator, l *ledger) {
	t.Helper()
	var c simulator.Counters
	for range 100 {
		c = sim.Counters()
		rejected := 0
		for _, n := range c.Rejected {
			rejected += n
		}
		if c.Accepted == len(l.sent) && c.Valid+rejected >= l.valid+l.rejected && c.Objects["events"] > 0 && c.Objects["rejected"] > 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("counters are %+v; sent %d, valid %d, rejected %d", c, len(l.sent), l.valid, l.rejected)
}
