package record

import (
	"net/url"
	"strconv"
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

// rejectedLargeKey returns the key of a payload that fits no row:
// rejected-large/<date>/<ingest id>/<name>, where name is the event's index, or
// "body" for a whole body.
func rejectedLargeKey(r Reject) string {
	id, n, isEvent := SplitEventID(r.ID)
	name := "body"
	if isEvent {
		name = strconv.Itoa(n)
	}
	return RejectedLargePrefix + r.ReceivedAt.UTC().Format(dateFormat) + "/" + url.PathEscape(id) + "/" + name
}
