package record

import (
	"net/url"
	"time"
)

// The lake's prefixes: what lies where in the bucket. Infra writes them into the
// streams and the policies, the functions into their keys.
const (
	EventsPrefix        = "events/"         // lines of valid events
	RejectedPrefix      = "rejected/"       // rejects
	RejectedLargePrefix = "rejected-large/" // payloads of rejects that do not fit a record
	FailedPrefix        = "failed/"         // what Firehose could not process, by error type
	SourcePrefix        = "source/"         // records as received, where the backup is on
	SpillPrefix         = "spill/"          // records that Firehose did not take
)

const dateFormat = "2006-01-02"

// SpillKey returns the key of the record with this ingest id, received at at:
// spill/<2 hex>/<date>/<ingest id>. The two digits are the id's last, which are
// random, and spread the objects of a brown-out over S3's partitions.
func SpillKey(id string, at time.Time) string {
	return SpillPrefix + id[len(id)-2:] + "/" + at.UTC().Format(dateFormat) + "/" + id
}

// RejectedLargeKey returns the key of a payload that fits no row, of the request
// with this ingest id received at at: rejected-large/<date>/<ingest id>/<name>,
// where name is an event's index, or what the whole body is called.
func RejectedLargeKey(id, name string, at time.Time) string {
	return RejectedLargePrefix + at.UTC().Format(dateFormat) + "/" + url.PathEscape(id) + "/" + name
}
