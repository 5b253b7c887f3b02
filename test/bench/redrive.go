package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/redrive"
	"global-ingest/lambdas/runtime/setting"
	"global-ingest/test/figures"
	"global-ingest/test/simulator"
)

// How long a call of S3 and Firehose takes here. S3's guide names 100 to 200 ms until the
// first byte, and tens of ms for small objects; a PutRecordBatch of 500 records takes tens
// of ms.
const (
	objectTakes = 20 * time.Millisecond
	batchTakes  = 50 * time.Millisecond
)

// redrive measures how fast one Redrive process brings spilled records back, with 500
// messages per invocation as deployed, and with ten, which is Lambda's default.
func (b *bench) redrive() error {
	for _, messages := range []int{10, 500} {
		objects := b.spilled * messages / 500 // as many invocations
		perSecond, err := b.bringBack(objects, messages)
		if err != nil {
			return fmt.Errorf("bringing %d objects back, %d an invocation: %w", objects, messages, err)
		}
		subject := fmt.Sprintf("%d messages an invocation", messages)
		b.report.Add(tableRedrive, subject, "objects", "objects/s", perSecond)
		const hour = 3600 * 2000 // records at a stream's quota
		b.report.Add(tableRedrive, subject, "an hour at a stream's quota of 2,000 records/s, 5 processes", "minutes",
			hour/(5*perSecond)/60)
	}
	return nil
}

// bringBack spills a number of records and measures how many of them one process brings back
// in a second.
func (b *bench) bringBack(objects, messages int) (perSecond float64, err error) {
	firehose, lake, err := figures.NewDelivery(filepath.Join(b.dir, fmt.Sprint(messages)), figures.Stream, "rejects")
	if err != nil {
		return 0, err
	}
	server := httptest.NewServer(slow(lake, firehose))
	defer server.Close()
	config := redrive.Default()
	config.Environment, config.Streams = "Measured", []string{figures.Stream}
	config.Rejects, config.Bucket = "rejects", figures.Bucket
	function := figures.Go(b.bootstraps["Redrive"], setting.Variables(config)).Start("Redrive", server.URL, "",
		func(c *simulator.FunctionConfig) {
			c.Timeout, c.MemoryMB, c.Log = 2*time.Minute, 1_024, func(string) {}
		})
	defer function.Close()
	events, err := spilled(lake, objects, messages)
	if err != nil {
		return 0, err
	}
	if err := invoke(function, events[0]); err != nil { // the cold start is not measured
		return 0, err
	}
	began := time.Now()
	for _, event := range events[1:] {
		if err := invoke(function, event); err != nil {
			return 0, err
		}
	}
	took := time.Since(began)
	if left, err := lake.List(figures.Bucket, record.SpillPrefix); err != nil || len(left) > 0 {
		return 0, fmt.Errorf("%d objects are still there: %w", len(left), err)
	}
	return float64(objects-messages) / took.Seconds(), nil
}

// slow is S3 and Firehose at one address, each as slow as a region's.
func slow(lake, firehose http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("X-Amz-Target"), "Firehose") {
			time.Sleep(batchTakes)
			firehose.ServeHTTP(w, r)
			return
		}
		time.Sleep(objectTakes)
		lake.ServeHTTP(w, r)
	})
}

// spilled leaves records of one click each below spill/ and returns the queue's events
// that name them.
func spilled(lake *simulator.S3, objects, messages int) (events [][]byte, err error) {
	type message struct {
		MessageID string `json:"messageId"`
		Body      string `json:"body"`
	}
	now := time.Now()
	for range objects / messages {
		var batch []message
		for n := range messages {
			id := record.NewID()
			key := record.SpillKey(id, now)
			click := record.Append(nil, record.Header{ID: id, ReceivedAt: now}, clicks(1)[0].Body)
			if err := lake.PutObject(figures.Bucket, key, click); err != nil {
				return nil, err
			}
			batch = append(batch, message{fmt.Sprint(n), `{"Records":[{"s3":{"object":{"key":"` + key + `"}}}]}`})
		}
		event, err := json.Marshal(map[string]any{"Records": batch})
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
	return events, nil
}

func invoke(function *simulator.Function, event []byte) error {
	answer, err := function.Invoke(context.Background(), event)
	if err == nil && string(answer) != `{"batchItemFailures":[]}` {
		err = fmt.Errorf("answer is %.200s", answer)
	}
	return err
}
