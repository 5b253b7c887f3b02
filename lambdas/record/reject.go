package record

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Reason says why an event was rejected. The set is closed: metrics count by it, and a
// replay chooses by it.
type Reason string

// The reasons.
const (
	NotJSON          Reason = "not_json"           // not RFC 8259, or not UTF-8
	DuplicateKey     Reason = "duplicate_key"      // a key stands twice in one object
	NotAnObject      Reason = "not_an_object"      // JSON, but not an object
	UnknownType      Reason = "unknown_type"       // no schema for its type, and Strict
	SchemaViolation  Reason = "schema_violation"   // its type's schema does not allow it
	TooDeep          Reason = "too_deep"           // nested beyond the limit
	TooComplex       Reason = "too_complex"        // more values or longer numbers than a schema is asked about
	NotPortable      Reason = "not_portable"       // legal JSON on which readers disagree, and Portable
	TooManyEvents    Reason = "too_many_events"    // the request holds more events than the limit
	UnknownKey       Reason = "unknown_key"        // its write key is not one of the setting WriteKeys
	TooLarge         Reason = "too_large"          // no record can carry the event
	TooLargeInflated Reason = "too_large_inflated" // the gzip inflates beyond the limit
	BadEncoding      Reason = "bad_encoding"       // it cannot be inflated
	Empty            Reason = "empty"              // no event in the body
)

// Reasons returns the closed set.
func Reasons() []Reason {
	return []Reason{
		NotJSON, DuplicateKey, NotAnObject, UnknownType, SchemaViolation,
		TooDeep, TooComplex, NotPortable, TooManyEvents, UnknownKey, TooLarge, TooLargeInflated, BadEncoding, Empty,
	}
}

// NoOffset is the Offset of a Finding that is not about one byte.
const NoOffset = -1

// Finding is one fault of a rejected event.
type Finding struct {
	Instance string `json:"instance"` // JSON pointer into the event; "" is the event itself
	Schema   string `json:"schema"`   // where in which schema the rule stands; "" when it is not a schema's
	Message  string `json:"message"`
	Offset   int64  `json:"offset"` // byte offset in the payload, or NoOffset
}

// Reject is one row of rejected/: an event, or a whole body, that was not valid. The ID of
// its header is the event's id, or the ingest id where the whole body is rejected.
type Reject struct {
	Header
	Type          string    `json:"type"` // the event's type, or "" when it could not be read
	Reason        Reason    `json:"reason"`
	Errors        []Finding `json:"errors"`
	Payload       []byte    `json:"payload"`        // the rejected bytes, complete
	PayloadObject string    `json:"payload_object"` // S3 key of the payload, when a row has no room for it
	Processor     string    `json:"processor"`      // who rejected it, name and version
}

// RejectEvent returns the reject of the n-th event of the request that h describes,
// still without a reason.
func (h Header) RejectEvent(n int) Reject {
	h.ID = EventID(h.ID, n)
	return Reject{Header: h}
}

// RejectBody returns the reject of a whole body under the request's id. A part of a
// split body gets the id of its first event, so that parts stay apart.
func (h Header) RejectBody() Reject {
	if h.First > 0 {
		return h.RejectEvent(h.First)
	}
	return Reject{Header: h}
}

// Request returns the header by which the payload is judged again under its id: what
// Ingest knew of the request, with First as the event's index.
func (r Reject) Request() Header {
	h := r.Header
	h.ID, h.First, _ = SplitEventID(r.ID)
	return h
}

// FitReject returns the line of r. When the line has no room for the payload, it names
// key instead, and the caller first puts the payload there.
func FitReject(r Reject) (line []byte, key string) {
	if len(r.Payload) < MaxBytes { // else the line is too large in any case
		if line = AppendReject(nil, r); len(line) <= MaxBytes {
			return line, ""
		}
	}
	r.Payload, r.PayloadObject = nil, rejectedLargeKey(r)
	return AppendReject(nil, r), r.PayloadObject
}

// AppendReject appends r to dst as one line. The payload is a string when it is valid
// UTF-8, else base64, so that its bytes always come back. The caller checks the line
// against MaxBytes.
func AppendReject(dst []byte, r Reject) []byte {
	dst = append(dst, `{"id":`...)
	dst = appendString(dst, r.ID)
	dst = appendMember(dst, "type", r.Type)
	dst = appendSender(dst, r.Header)
	dst = appendMember(dst, "content_type", r.ContentType)
	dst = appendMember(dst, "encoding", r.Encoding)
	dst = appendSource(dst, r.Source)
	dst = appendMember(dst, "reason", string(r.Reason))
	dst = append(dst, `,"errors":[`...)
	for i, e := range r.Errors {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendFinding(dst, e)
	}
	dst = append(dst, ']')
	switch {
	case r.PayloadObject != "":
		dst = appendMember(dst, "payload_object", r.PayloadObject)
	case utf8.Valid(r.Payload):
		dst = append(dst, `,"payload":`...)
		dst = appendString(dst, r.Payload)
	default:
		dst = append(dst, `,"payload_base64":"`...)
		dst = base64.StdEncoding.AppendEncode(dst, r.Payload)
		dst = append(dst, '"')
	}
	dst = appendMember(dst, "processor", r.Processor)
	dst = appendCount(dst, "replays", r.Replays)
	return append(dst, "}\n"...)
}

func appendFinding(dst []byte, e Finding) []byte {
	dst = append(dst, `{"instance":`...)
	dst = appendString(dst, e.Instance)
	dst = appendMember(dst, "schema", e.Schema)
	dst = appendMember(dst, "message", e.Message)
	if e.Offset != NoOffset {
		dst = append(dst, `,"offset":`...)
		dst = strconv.AppendInt(dst, e.Offset, 10)
	}
	return append(dst, '}')
}

// DecodeReject reads one row of rejected/.
func DecodeReject(line []byte) (Reject, error) {
	var wire struct {
		Reject
		Errors []struct {
			Finding
			Offset *int64 `json:"offset"`
		} `json:"errors"`
		Payload       *string `json:"payload"`
		PayloadBase64 []byte  `json:"payload_base64"`
	}
	if err := json.Unmarshal(line, &wire); err != nil {
		return Reject{}, fmt.Errorf("decoding reject: %w", err)
	}
	r := wire.Reject
	if r.Payload = wire.PayloadBase64; wire.Payload != nil {
		r.Payload = []byte(*wire.Payload)
	}
	for _, e := range wire.Errors {
		if e.Finding.Offset = NoOffset; e.Offset != nil {
			e.Finding.Offset = *e.Offset
		}
		r.Errors = append(r.Errors, e.Finding)
	}
	return r, nil
}

// Clip cuts text to at most limit bytes, between characters, and marks the cut.
func Clip(text string, limit int) string {
	const mark = "…"
	if len(text) <= limit {
		return text
	}
	end := limit - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}
