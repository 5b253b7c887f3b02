// Package traffic makes requests of every kind, sends them as clients do, and
// accounts for each of their events: what was acknowledged must be in the lake,
// valid or rejected with its reason, with the bytes that were sent.
package traffic

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"global-ingest/lambdas/clients"
)

// UserAgent is that of every request.
const UserAgent = "traffic/1"

// Connections at a time: fewer than the sandboxes of a function, above which Lambda would
// throttle.
const Connections = 6

// Client posts requests to one endpoint and notes in Ledger what it is answered.
type Client struct {
	URL    string // the endpoint, without a path
	Ledger *Ledger
	// Answered, when set, is called with each answer, 0 for none, and how long it took, from
	// several goroutines.
	Answered func(status int, took time.Duration)

	http http.Client

	mu        sync.Mutex
	latencies []time.Duration // of small requests
}

// NewClient returns a client with its own ledger, which waits a minute for each answer.
func NewClient(url string) *Client {
	return &Client{
		URL: url, Ledger: NewLedger(),
		http: http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: Connections}, Timeout: time.Minute},
	}
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Send posts the requests over several connections at a time. The error names the
// first answer that was neither an acknowledgement nor a refusal.
func (c *Client) Send(ctx context.Context, requests []Request) error {
	var senders errgroup.Group
	senders.SetLimit(Connections)
	for _, r := range requests {
		senders.Go(func() error {
			if err := c.post(ctx, r); err != nil {
				return fmt.Errorf("posting %s of %d bytes: %w", r.Kind, len(r.Body), err)
			}
			return nil
		})
	}
	return senders.Wait()
}

func (c *Client) post(ctx context.Context, r Request) error {
	began := time.Now()
	a, err := c.ask(ctx, r)
	c.measure(r, time.Since(began))
	if c.Answered != nil {
		c.Answered(a.status, time.Since(began))
	}
	if err != nil {
		c.Ledger.Unknown(r)
		return err
	}
	if r.TurnedAway != 0 && a.status != r.TurnedAway {
		return fmt.Errorf("answer is %d, want %d", a.status, r.TurnedAway)
	}
	if r.TurnedAway != 0 || a.refuses() {
		c.Ledger.Refused(r)
		return nil
	}
	id, err := a.acknowledges(r)
	if err != nil {
		c.Ledger.Unknown(r)
		return err
	}
	c.Ledger.Acknowledged(r, id, a.header.Get("X-Amzn-Requestid"))
	return nil
}

// answer is what a client sees.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (c *Client) ask(ctx context.Context, r Request) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, cmp.Or(r.Method, http.MethodPost), c.URL+r.Path,
		bytes.NewReader(r.Body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("User-Agent", UserAgent)
	if r.ContentType != "none" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	for name, value := range r.Headers {
		req.Header.Set(name, value)
	}
	if r.Encoding != "" {
		req.Header.Set("Content-Encoding", r.Encoding)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, body}, err
}

// clientsID is the ingest id in the answer to a client.
var clientsID = regexp.MustCompile(`"id":"([0-9a-f-]{36})"`)

// acknowledges returns the ingest id of an answer to r, "" when its client is not told,
// or what about it breaks the contract.
func (a answer) acknowledges(r Request) (id string, err error) {
	if r.Client == "" || r.Client == clients.CloudEvents {
		return IngestID(a.status, a.header, a.body)
	}
	if a.status != http.StatusOK {
		return "", fmt.Errorf("answer is %d %.200s", a.status, a.body)
	}
	if match := clientsID.FindSubmatch(a.body); match != nil {
		return string(match[1]), nil
	}
	return "", nil
}

// refuses says whether the client was told that nothing is stored and, where a retry makes
// sense, when to try again.
func (a answer) refuses() bool {
	return a.status == http.StatusRequestEntityTooLarge ||
		a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != ""
}

// acknowledgement is the whole body of the answer: an ingest id, a UUIDv7.
var acknowledgement = regexp.MustCompile(
	`^\{"id":"([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"\}$`)

// IngestID returns the ingest id of an answer, or what about it breaks the contract.
func IngestID(status int, header http.Header, body []byte) (string, error) {
	if err := Acknowledges(status, header, body); err != nil {
		return "", err
	}
	match := acknowledgement.FindSubmatch(body)
	if match == nil {
		return "", fmt.Errorf("body is %.200s, want an ingest id", body)
	}
	return string(match[1]), nil
}

// Acknowledges returns what about an answer, apart from its id, breaks the contract: 200,
// and JSON that pages of every origin may read.
func Acknowledges(status int, header http.Header, body []byte) error {
	if status != http.StatusOK {
		return fmt.Errorf("answer is %d %.200s", status, body)
	}
	for name, want := range map[string]string{"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"} {
		if got := header.Get(name); got != want {
			return fmt.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	return nil
}

// small is the size, in bytes, up to which the latency of a body is compared: to send it
// takes next to no time.
const small = 8 << 10

func (c *Client) measure(r Request, took time.Duration) {
	if len(r.Body) > small {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latencies = append(c.latencies, took)
}

// P99 returns the p99 of the latencies of bodies up to 8 KiB.
func (c *Client) P99() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.latencies) == 0 {
		return 0
	}
	slices.Sort(c.latencies)
	return c.latencies[len(c.latencies)*99/100]
}
