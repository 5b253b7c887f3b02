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

// Bounds of an object of overflow, after which another one is begun. The first is what
// Firehose collects by default; the second is for lines that gzip does not shrink.
const (
	maxOverflowLines  = 64 << 20 // bytes of lines
	maxOverflowZipped = 8 << 20  // bytes of them in memory
)

// overflow is the lines of records that the answer has no room for, on their way into
// an object of events/. They are compressed as they come, so that memory holds neither
// a batch that inflates to a GiB nor a body whose lines take 100 MB.
type overflow struct {
	identity
	zipped bytes.Buffer
	writer *gzip.Writer
	size   int // bytes of lines
}

// add begins the lines of a record, whose events were received at received.
func (o *overflow) add(d delivered, id string, received time.Time) {
	if o.writer == nil {
		// Firehose waits, so that a fourth of the time is worth a fourth of the size.
		o.writer, _ = gzip.NewWriterLevel(&o.zipped, gzip.BestSpeed) // a level that there is
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

// object returns the object of all lines so far; no body when there are none.
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

// identity is what names an object after records: the same ones give the same name,
// whenever they come.
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

// sum is half of the hash: that two of 2^32 objects share it has a chance of 2^-64.
func (i *identity) sum() string { return hex.EncodeToString(i.hash.Sum(nil)[:sha256.Size/2]) }
