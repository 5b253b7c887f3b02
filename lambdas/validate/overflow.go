package validate

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"time"

	"global-ingest/lambdas/record"
)

// An object is complete when it reaches one of these. The first is what Firehose
// collects by default; the second is for lines that gzip does not shrink.
const (
	maxOverflowLines  = 64 << 20 // bytes of lines
	maxOverflowZipped = 8 << 20  // bytes of them, compressed
)

// overflow is the lines of records that the answer has no room for, on their way into
// an object of events/. It compresses them at once, so that memory holds neither a
// batch that inflates to a GiB nor a body whose lines take 100 MB.
type overflow struct {
	identity
	zipped bytes.Buffer
	writer *gzip.Writer
	size   int // bytes of lines
}

// add begins the lines of a record that was received at received.
func (o *overflow) add(d delivered, id string, received time.Time) {
	if o.writer == nil {
		// Firehose waits: it takes a quarter of the time, for a quarter more bytes.
		o.writer, _ = gzip.NewWriterLevel(&o.zipped, gzip.BestSpeed) // fails only for an unknown level
	}
	o.identity.add(d, id, received)
}

// write takes lines of the record that was added last.
func (o *overflow) write(lines []byte) {
	_, _ = o.writer.Write(lines) // a bytes.Buffer takes everything
	o.size += len(lines)
}

func (o *overflow) isFull() bool {
	return o.size >= maxOverflowLines || o.zipped.Len() >= maxOverflowZipped
}

// object returns the object of all lines so far, or no body when there are none.
func (o *overflow) object() (key string, body []byte) {
	if o.size == 0 {
		return "", nil
	}
	_ = o.writer.Close() // as in write
	return record.OverflowKey(o.first, o.sum(), o.oldest), o.zipped.Bytes()
}

func (o *overflow) reset() {
	o.identity, o.size = identity{}, 0
	o.zipped.Reset()
	if o.writer != nil {
		o.writer.Reset(&o.zipped)
	}
}

// identity names an object after its records: the same records always give the same
// name.
type identity struct {
	first  string    // ingest id of the first
	oldest time.Time // arrival
	hash   hash.Hash // of all of them
}

func (i *identity) add(d delivered, id string, received time.Time) {
	if i.hash == nil {
		i.hash, i.first = sha256.New(), id
	}
	_, _ = i.hash.Write(d.data) // never fails
	if at := d.arrivedOr(received); i.oldest.IsZero() || at.Before(i.oldest) {
		i.oldest = at
	}
}

// sum is half of the hash. Two of 2^32 objects share it with a probability of 2^-64.
func (i *identity) sum() string { return hex.EncodeToString(i.hash.Sum(nil)[:sha256.Size/2]) }
