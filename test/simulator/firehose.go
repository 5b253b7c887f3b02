package simulator

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Limits of the data plane.
// https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
const (
	maxRecordBytes  = 1_000 << 10 // before base64
	maxBatchRecords = 500
	maxBatchBytes   = 4 << 20
)

// FirehoseOptions say where a Firehose is and where it delivers.
type FirehoseOptions struct {
	Account, Region string
	Objects         ObjectStore
	Faults          Faults           // called for each call; nil: no faults
	Watcher         Watcher          // may be nil
	Now             func() time.Time // names objects; default: time.Now
	Skew            time.Duration    // how far the clock that checks signatures is ahead; default 0
}

// Firehose is the API that the AWS SDK talks to, and the streams behind it.
type Firehose struct {
	options FirehoseOptions

	mu      sync.RWMutex
	streams map[string]*stream
	calls   map[string]int // by operation and stream
}

// NewFirehose returns a Firehose without streams.
func NewFirehose(o FirehoseOptions) *Firehose {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Watcher == nil {
		o.Watcher = unwatched{}
	}
	return &Firehose{options: o, streams: map[string]*stream{}, calls: map[string]int{}}
}

// Create adds a stream, or says why Firehose would refuse it.
func (f *Firehose) Create(c StreamConfig) error {
	if err := checkPrefixes(c.Prefix, c.ErrorPrefix, c.BackupPrefix); err != nil {
		return fmt.Errorf("creating stream %s: %w", c.Name, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.streams[c.Name] != nil {
		return fmt.Errorf("creating stream %s: it exists", c.Name)
	}
	f.streams[c.Name] = newStream(c, f.options)
	return nil
}

// Rename makes a stream accept records only under another name. It still delivers what it
// holds, like a stream that a deploy replaces and retains.
func (f *Firehose) Rename(from, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.streams[from] == nil || f.streams[to] != nil {
		return fmt.Errorf("renaming stream %s to %s: it does not exist, or the name is taken", from, to)
	}
	f.streams[to] = f.streams[from]
	delete(f.streams, from)
	return nil
}

// Delete ends a stream and drops what it has not delivered, as Firehose does.
func (f *Firehose) Delete(name string) {
	f.mu.Lock()
	s := f.streams[name]
	delete(f.streams, name)
	f.mu.Unlock()
	if s != nil {
		s.close()
	}
}

// Flush transforms and delivers everything that streams hold, and also the records that a
// transformation puts on another stream.
func (f *Firehose) Flush(ctx context.Context) error {
	for {
		f.mu.RLock()
		streams := slices.Collect(maps.Values(f.streams))
		f.mu.RUnlock()
		for _, transforms := range []bool{true, false} { // it puts rejects on the other streams
			for _, s := range streams {
				if (s.config.Transform != nil) != transforms {
					continue
				}
				if err := s.flush(ctx); err != nil {
					return fmt.Errorf("stream %s: %w", s.config.Name, err)
				}
			}
		}
		if !slices.ContainsFunc(streams, func(s *stream) bool { return !s.idle() }) {
			return nil
		}
	}
}

// apiError is an error of the service, in the shape of AWS JSON 1.1.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
type apiError struct {
	status        int
	kind, message string
}

func refused(kind, format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, kind, fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *apiError {
	return refused("InvalidArgumentException", format, args...)
}

// ServeHTTP answers one call of the SDK.
func (f *Firehose) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := time.Now().Add(f.options.Skew)
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	if failed := checkClock(r, now); failed != nil {
		writeError(w, failed)
		return
	}
	var input input
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "Firehose_20150804.")
	if err := json.NewDecoder(r.Body).Decode(&input); err != nil {
		writeError(w, refused("SerializationException", "%v", err))
		return
	}
	fault := f.fault(operation, input)
	if !fault.before(w, r) {
		return
	}
	output, failed := f.call(operation, input, fault)
	switch {
	case !fault.after(w):
	case failed != nil:
		writeError(w, failed)
	default:
		writeAnswer(w, http.StatusOK, output)
	}
}

// input holds the members of every operation that is served.
type input struct {
	DeliveryStreamName string
	Record             *inputRecord
	Records            []inputRecord
}

type inputRecord struct{ Data []byte }

func (f *Firehose) call(operation string, in input, fault *Fault) (output any, failed *apiError) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	s := f.streams[in.DeliveryStreamName]
	if s == nil {
		return nil, refused("ResourceNotFoundException", "Firehose %s under accountId %s not found.",
			in.DeliveryStreamName, f.options.Account)
	}
	switch operation {
	case "PutRecord":
		return putRecord(s, in)
	case "PutRecordBatch":
		return putRecordBatch(s, in, fault)
	}
	return nil, refused("UnknownOperationException", "%s", operation)
}

func putRecord(s *stream, in input) (any, *apiError) {
	if in.Record == nil || len(in.Record.Data) == 0 {
		return nil, invalid("Record is missing or empty")
	}
	if len(in.Record.Data) > maxRecordBytes {
		return nil, invalid("Record is %d bytes, limit is %d", len(in.Record.Data), maxRecordBytes)
	}
	return map[string]any{"RecordId": s.put(in.Record.Data), "Encrypted": true}, nil
}

// putRecordBatch answers for each record in order: records can fail while the call
// succeeds.
func putRecordBatch(s *stream, in input, fault *Fault) (any, *apiError) {
	if n := len(in.Records); n == 0 || n > maxBatchRecords {
		return nil, invalid("Records has %d members, must be 1 to %d", n, maxBatchRecords)
	}
	total := 0
	for i, r := range in.Records {
		if len(r.Data) == 0 || len(r.Data) > maxRecordBytes {
			return nil, invalid("Records[%d] is %d bytes, must be 1 to %d", i, len(r.Data), maxRecordBytes)
		}
		total += len(r.Data)
	}
	if total > maxBatchBytes {
		return nil, invalid("Records are %d bytes, limit is %d", total, maxBatchBytes)
	}
	failed := 0
	answers := make([]map[string]string, len(in.Records))
	for i, r := range in.Records {
		if slices.Contains(fault.Refuse, i) {
			failed++
			answers[i] = map[string]string{"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
			continue
		}
		answers[i] = map[string]string{"RecordId": s.put(r.Data)}
	}
	return map[string]any{"FailedPutCount": failed, "Encrypted": true, "RequestResponses": answers}, nil
}

func writeAnswer(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // to a client that may have gone
}

func writeError(w http.ResponseWriter, e *apiError) {
	w.Header().Set("X-Amzn-Errortype", e.kind)
	writeAnswer(w, e.status, map[string]string{"__type": e.kind, "message": e.message})
}

// maxClockSkew is the greatest difference between the time of a signature and the
// service's.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
const maxClockSkew = 5 * time.Minute

// checkClock refuses a call that was signed at another time. It accepts a call without a
// signature, which a person may make.
func checkClock(r *http.Request, now time.Time) *apiError {
	signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return nil
	}
	switch {
	case now.Sub(signed) > maxClockSkew:
		return refused("InvalidSignatureException", "Signature expired: %s is earlier than 5 min. ago", signed)
	case signed.Sub(now) > maxClockSkew:
		return refused("InvalidSignatureException", "Signature not yet current: %s is later than in 5 min.", signed)
	}
	return nil
}
