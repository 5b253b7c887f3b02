package figures

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"time"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
	"global-ingest/test/simulator"
)

// What every function that is measured talks to.
const (
	Region  = "us-east-1"
	Account = "111111111111"
	Bucket  = "lake"
	Stream  = "events"
)

// Ingest returns the settings of the product's function, with more time for a put than is
// deployed: a machine that is busy with other programs is slow, not broken.
func Ingest(mode ingest.Acknowledgement) ingest.Config {
	c := ingest.Default()
	c.Environment, c.Streams, c.Bucket, c.Acknowledge = "Measured", []string{Stream}, Bucket, mode
	c.AnswerWithin = 8 * time.Second
	c.Put.AnswerTimeout, c.Put.AttemptTimeout = 3*time.Second, 3*time.Second
	return c
}

// NewDelivery returns a Firehose whose streams keep records as they come, and the S3
// below dir that it writes to.
func NewDelivery(dir string, streams ...string) (*simulator.Firehose, *simulator.S3, error) {
	lake, err := simulator.NewS3(dir)
	if err != nil {
		return nil, nil, err
	}
	if err := lake.CreateBucket(Bucket); err != nil {
		return nil, nil, err
	}
	firehose := simulator.NewFirehose(simulator.FirehoseOptions{Account: Account, Region: Region, Objects: lake})
	for _, name := range streams {
		if err := firehose.Create(simulator.StreamConfig{
			Name: name, ARN: "arn:aws:firehose:" + Region + ":" + Account + ":deliverystream/" + name, Bucket: Bucket,
			Prefix:      name + "/",
			ErrorPrefix: record.FailedPrefix + "!{firehose:error-output-type}/", BufferBytes: 64 << 20,
			BufferFor: time.Hour,
		}); err != nil {
			return nil, nil, err
		}
	}
	return firehose, lake, nil
}

// Click is the event that is sent.
const Click = `{"type":"click","event_id":"0198c6a2-7b1e-7000-8000-000000000001",` +
	`"occurred_at":"2026-11-23T10:00:00.123Z","session":"s-0000162e",` +
	`"page":{"url":"https://shop.example/products/17?ref=mail","title":"Größe und Farbe wählen"},` +
	`"element":{"id":"buy-now","tag":"button"}}`

// NewProxyEvents returns what makes API Gateway's event of a request with some body. root
// is the folder of the repository; the event is that of Ingest's own tests.
func NewProxyEvents(root string) (func(body []byte) []byte, error) {
	text, err := os.ReadFile(filepath.Join(root, "lambdas/ingest/testdata/event.json"))
	if err != nil {
		return nil, err
	}
	var event map[string]json.RawMessage
	if err := json.Unmarshal(text, &event); err != nil {
		return nil, err
	}
	event["isBase64Encoded"] = json.RawMessage("true")
	return func(body []byte) []byte {
		own := maps.Clone(event)
		own["body"], _ = json.Marshal(body) // of bytes, in base64
		text, _ := json.Marshal(own)        // of JSON
		return text
	}, nil
}
