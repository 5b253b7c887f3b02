package record

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The lake's prefixes. Infra writes them into the streams and the policies, the
// functions into their keys.
const (
	EventsPrefix        = "events/"         // lines of valid events
	RejectedPrefix      = "rejected/"       // rejects
	RejectedLargePrefix = "rejected-large/" // payloads of rejects that do not fit a row
	FailedPrefix        = "failed/"         // records that Firehose could not process, by error type
	SourcePrefix        = "source/"         // records as received, where the backup is on
	SpillPrefix         = "spill/"          // records that go through a stream again: refused by Firehose, or deferred
	HealthPrefix        = "health/"         // probes that Firehose refused
)

// HealthKey is where every probe overwrites the one before: nothing reads it again.
const HealthKey = HealthPrefix + "probe"

// LinesExtension ends the key of every object of lines: newline-delimited JSON,
// compressed with gzip.
const LinesExtension = ".jsonl.gz"

const dateFormat = "2006-01-02"

// partition is the one definition of the folders below events/, rejected/, failed/ and
// source/: one an hour, in UTC. A whole date is one key, so that Athena projects it as a
// date up to NOW and a query says day >= '2026-11-25'. java is how Firehose spells what
// layout is in Go.
// https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
var partition = []struct{ key, java, layout string }{{"day", "yyyy-MM-dd", dateFormat}, {"hour", "HH", "15"}}

// Partition returns the folder of what arrived at at: day=2026-11-25/hour=13/
func Partition(at time.Time) string {
	var folder strings.Builder
	for _, p := range partition {
		folder.WriteString(p.key + "=" + at.UTC().Format(p.layout) + "/")
	}
	return folder.String()
}

// PartitionExpression returns Partition as a stream's prefix says it. Firehose
// evaluates it at the arrival of an object's oldest record.
func PartitionExpression() string {
	var prefix strings.Builder
	for _, p := range partition {
		prefix.WriteString(p.key + "=!{timestamp:" + p.java + "}/")
	}
	return prefix.String()
}

// FolderLead is how far before an event the folder of its object may lie, which is that
// of the oldest record in the object. That record may have waited 15 minutes for the
// Validator, which may have taken 5, and then 15 until the object was complete: 35
// minutes. The rest is for batches that are tried again.
const FolderLead = time.Hour

// Folders returns the folders below prefix, in order, that may hold what arrived
// between two times.
func Folders(prefix string, from, until time.Time) (folders []string) {
	for hour := from.Add(-FolderLead).Truncate(time.Hour); !hour.After(until); hour = hour.Add(time.Hour) {
		folders = append(folders, prefix+Partition(hour))
	}
	return folders
}

// OverflowKey returns the key of lines that the Validator stores itself. It lies in the
// folder of their oldest record's arrival, as Firehose's own objects do, and is named
// after the first record's ingest id and a hash of all the records. So the same records
// overwrite their object, and others never do, not even a part or a replay of the same
// request, which has the same ingest id.
func OverflowKey(id, hash string, arrived time.Time) string {
	return EventsPrefix + Partition(arrived) + url.PathEscape(id) + "-" + hash + LinesExtension
}

// DeferredKey returns the key of records that the Validator had no time for, one behind
// the other in one object. It is named as that of OverflowKey, and never the SpillKey
// of a single record.
func DeferredKey(id, hash string, at time.Time) string {
	return SpillKey(url.PathEscape(id)+"-"+hash, at)
}

// SpillKey returns the key of the record with this ingest id, received at at: spill/<2
// hex>/<date>/<ingest id>. The two digits are the id's last, which are random, and
// spread the objects of a brown-out over S3's partitions.
func SpillKey(id string, at time.Time) string {
	return SpillPrefix + id[len(id)-2:] + "/" + at.UTC().Format(dateFormat) + "/" + id
}

// rejectedLargeKey returns the key of a payload that fits no row:
// rejected-large/<date>/<ingest id>/<name>, where name is the event's index, or "body"
// for a whole body.
func rejectedLargeKey(r Reject) string {
	id, n, isEvent := SplitEventID(r.ID)
	name := "body"
	if isEvent {
		name = strconv.Itoa(n)
	}
	return RejectedLargePrefix + r.ReceivedAt.UTC().Format(dateFormat) + "/" + url.PathEscape(id) + "/" + name
}
