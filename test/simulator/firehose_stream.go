package simulator

import (
	"bytes"
	"compress/gzip"
	"context"
	"time"

	"github.com/google/uuid"
)

// StreamConfig says what a stream is, in the words of its template.
type StreamConfig struct {
	Name, ARN     string
	Bucket        string
	Prefix        string // of objects; with expressions
	ErrorPrefix   string // of records that could not be transformed; with expressions
	FileExtension string
	GZIP          bool
	BufferBytes   int // of an object, before compression
	BufferFor     time.Duration
	Transform     *TransformConfig // nil: records are delivered as they are
	BackupPrefix  string           // of records as received; empty: no backup
}

// ObjectStore is where streams deliver.
type ObjectStore interface {
	PutObject(bucket, key string, body []byte) error
}

// maxInFlight is how many batches of a stream are transformed at once. AWS does not
// document its number, which grows with the load.
const maxInFlight = 4

// stream is a running delivery stream: records enter by put, wait in incoming for
// their transformation, and in data, failed and backup for delivery.
type stream struct {
	config  StreamConfig
	region  string
	objects ObjectStore
	now     func() time.Time
	watcher Watcher

	ctx      context.Context // ends with the stream
	stop     context.CancelFunc
	inFlight chan struct{}

	incoming, data, failed, backup *buffer
}

func newStream(c StreamConfig, o FirehoseOptions) *stream {
	s := &stream{
		config: c, region: o.Region, objects: o.Objects, now: o.Now, watcher: o.Watcher,
		inFlight: make(chan struct{}, maxInFlight),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	delivery := func(prefix, errorType string) *buffer {
		return &buffer{limit: c.BufferBytes, wait: c.BufferFor, flush: func(entries []entry) {
			s.deliver(prefix, errorType, entries)
		}}
	}
	s.data = delivery(c.Prefix, "")
	s.failed = delivery(c.ErrorPrefix, "processing-failed")
	s.backup = delivery(c.BackupPrefix, "")
	s.incoming = s.data
	if t := c.Transform; t != nil {
		s.incoming = &buffer{limit: t.BufferBytes, wait: t.BufferFor, flush: s.transform}
	}
	return s
}

// put takes a record and returns its id.
func (s *stream) put(data []byte) string {
	e := entry{id: uuid.NewString(), data: data, arrived: s.now()}
	if s.config.BackupPrefix != "" {
		s.backup.add(e)
	}
	s.watcher.Put(&s.config, e.record())
	s.incoming.add(e)
	return e.id
}

// deliver writes entries as one object, and tries until it is written or the
// stream ends: Firehose does so for 24 hours.
// https://docs.aws.amazon.com/firehose/latest/dev/retry.html
func (s *stream) deliver(prefix, errorType string, entries []entry) {
	key, body := s.object(prefix, errorType, entries)
	pause := 20 * time.Millisecond
	for s.objects.PutObject(s.config.Bucket, key, body) != nil {
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, time.Second)
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.id
	}
	s.watcher.Delivered(&s.config, key, ids)
}

// object returns key and body of entries. The prefix is evaluated at the arrival
// of the oldest; the data is concatenated without delimiters.
// https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
func (s *stream) object(prefix, errorType string, entries []entry) (key string, body []byte) {
	oldest := entries[0].arrived
	var data bytes.Buffer
	for _, e := range entries {
		data.Write(e.data)
		if e.arrived.Before(oldest) {
			oldest = e.arrived
		}
	}
	key = evaluate(prefix, errorType, oldest) + s.config.Name + "-1-" +
		oldest.UTC().Format("2006-01-02-15-04-05") + "-" + uuid.NewString() + s.config.FileExtension
	if !s.config.GZIP {
		return key, data.Bytes()
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(data.Bytes()) // a bytes.Buffer takes everything
	_ = w.Close()
	return key, zipped.Bytes()
}

// flush transforms and delivers everything that was put, unless ctx ends first.
func (s *stream) flush(ctx context.Context) error {
	for {
		for _, b := range s.buffers() {
			b.drain()
		}
		if s.idle() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// idle checks the buffers in the order in which records pass them, so that it misses none.
func (s *stream) idle() bool {
	for _, b := range s.buffers() {
		if !b.idle() {
			return false
		}
	}
	return true
}

func (s *stream) buffers() []*buffer { return []*buffer{s.incoming, s.data, s.failed, s.backup} }

// close ends the stream and drops what it holds.
func (s *stream) close() {
	s.stop()
	for _, b := range s.buffers() {
		b.close()
	}
}
