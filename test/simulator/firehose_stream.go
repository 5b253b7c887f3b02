package simulator

import (
	"bytes"
	"compress/gzip"
	"context"
	"slices"
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
	config StreamConfig
	FirehoseOptions

	ctx      context.Context // ends with the stream
	stop     context.CancelFunc
	inFlight chan struct{}

	incoming, data, failed, backup *buffer
}

func newStream(c StreamConfig, o FirehoseOptions) *stream {
	s := &stream{config: c, FirehoseOptions: o, inFlight: make(chan struct{}, maxInFlight)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	delivery := func(prefix, errorType string) *buffer {
		return &buffer{limit: c.BufferBytes, wait: c.BufferFor, flush: func(records []Record) {
			s.deliver(prefix, errorType, records)
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
	r := Record{ID: uuid.NewString(), Data: data, Arrived: s.Now()}
	if s.config.BackupPrefix != "" {
		s.backup.add(r)
	}
	s.Watcher.Put(&s.config, r)
	s.incoming.add(r)
	return r.ID
}

// deliver writes records as one object, and tries until it is written or the
// stream ends: Firehose does so for 24 hours.
// https://docs.aws.amazon.com/firehose/latest/dev/retry.html
func (s *stream) deliver(prefix, errorType string, records []Record) {
	key, body := s.object(prefix, errorType, records)
	written := func() bool { return s.Objects.PutObject(s.config.Bucket, key, body) == nil }
	if until(s.ctx, 20*time.Millisecond, time.Second, written) != nil {
		return
	}
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	s.Watcher.Delivered(&s.config, key, ids)
}

// object returns key and body of records. The prefix is evaluated at the arrival
// of the oldest; the data is concatenated without delimiters.
// https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
func (s *stream) object(prefix, errorType string, records []Record) (key string, body []byte) {
	oldest := records[0].Arrived
	var data bytes.Buffer
	for _, r := range records {
		data.Write(r.Data)
		if r.Arrived.Before(oldest) {
			oldest = r.Arrived
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
	return until(ctx, 2*time.Millisecond, 2*time.Millisecond, func() bool {
		for _, b := range s.buffers() {
			b.drain()
		}
		return s.idle()
	})
}

// idle checks the buffers in the order in which records pass them, so that it misses none.
func (s *stream) idle() bool {
	return !slices.ContainsFunc(s.buffers(), func(b *buffer) bool { return !b.idle() })
}

func (s *stream) buffers() []*buffer { return []*buffer{s.incoming, s.data, s.failed, s.backup} }

// close ends the stream and drops what it holds.
func (s *stream) close() {
	s.stop()
	for _, b := range s.buffers() {
		b.close()
	}
}

// Watcher hears what streams do with their records, from several goroutines. The streams
// wait for it, so it must be quick. It must not change what it gets.
type Watcher interface {
	// Put is told of a record that a stream takes, before its function can see it.
	Put(stream *StreamConfig, r Record)
	// Transformed is told of what the stream's function answered for a record: the data
	// that is delivered, or nil when the function dropped the record.
	Transformed(stream *StreamConfig, r Record, data []byte)
	// Failed is told of a record that goes to the error prefix, and of AWS's error code.
	Failed(stream *StreamConfig, r Record, code string)
	// Delivered is told which records an object holds, once it is written.
	Delivered(stream *StreamConfig, key string, records []string)
}

// Record is a record as a stream took it.
type Record struct {
	ID      string
	Data    []byte
	Arrived time.Time
}

// unwatched is the Watcher of streams that nobody watches.
type unwatched struct{}

func (unwatched) Put(*StreamConfig, Record)                 {}
func (unwatched) Transformed(*StreamConfig, Record, []byte) {}
func (unwatched) Failed(*StreamConfig, Record, string)      {}
func (unwatched) Delivered(*StreamConfig, string, []string) {}
