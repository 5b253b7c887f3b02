package record

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// Reason says why an event was rejected. The set is closed: it is counted by, and
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
	TooComplex       Reason = "too_complex"        // more values, or longer numbers, than are checked against a schema
	NotPortable      Reason = "not_portable"       // legal JSON on which readers disagree, and Portable
	TooManyEvents    Reason = "too_many_events"    // the request holds more events than the limit
	TooLarge         Reason = "too_large"          // one event that no record can carry
	TooLargeInflated Reason = "too_large_inflated" // gzip that inflates beyond the limit
	BadEncoding      Reason = "bad_encoding"       // compressed in a way that cannot be inflated
	Empty            Reason = "empty"              // no event in the body
)

// Reasons returns the closed set.
func Reasons() []Reason {
	return []Reason{
		NotJSON, DuplicateKey, NotAnObject, UnknownType, SchemaViolation,
		TooDeep, TooComplex, NotPortable, TooManyEvents, TooLarge, TooLargeInflated, BadEncoding, Empty,
	}
}

// NoOffset is the Offset of an Error that does not stand at one byte.
const NoOffset = -1

// Error is one finding about a rejected event.
type Error struct {
	Instance string // JSON pointer into the event; "" is the event itself
	Schema   string // where in which schema the rule stands; "" when no schema is involved
	Message  string
	Offset   int64 // byte offset in the payload, or NoOffset
}

// Reject is one row of rejected/: an event, or a whole body, that was not valid.
type Reject struct {
	ID            string // the event's id, or the ingest id where the whole body is rejected
	Type          string // the event's type; "" when it has none or it could not be read
	ReceivedAt    time.Time
	RequestID     string
	IP            string
	UserAgent     string
	ContentType   string
	Encoding      string // the request's Content-Encoding, as sent
	Reason        Reason
	Errors        []Error
	Payload       []byte // the rejected bytes, complete
	PayloadObject string // the S3 key that holds the payload instead, when the row would not fit a record
	Processor     string // who rejected it, name and version
	Replays       int    // how often an operator had replayed it before
}

// RejectEvent returns the reject of the n-th event of the request that h describes,
// without what was found.
func (h Header) RejectEvent(n int) Reject {
	r := h.reject()
	r.ID = EventID(h.ID, n)
	return r
}

// RejectBody returns the reject of a whole body. The id is the request's. A part of a
// split body has the id of its first event, so that parts stay apart.
func (h Header) RejectBody() Reject {
	if h.First > 0 {
		return h.RejectEvent(h.First)
	}
	return h.reject()
}

func (h Header) reject() Reject {
	return Reject{
		ID: h.ID, ReceivedAt: h.ReceivedAt, RequestID: h.RequestID, IP: h.IP, UserAgent: h.UserAgent,
		ContentType: h.ContentType, Encoding: h.Encoding, Replays: h.Replays,
	}
}

// Header returns what ingest knew of the request, with First as the event's index:
// the header by which the payload is judged again under its id.
func (r Reject) Header() Header {
	id, n, _ := SplitEventID(r.ID)
	return Header{
		ID: id, ReceivedAt: r.ReceivedAt, RequestID: r.RequestID, IP: r.IP, UserAgent: r.UserAgent,
		ContentType: r.ContentType, Encoding: r.Encoding, First: n, Replays: r.Replays,
	}
}

// FitReject returns the line of r. Where the line has no room for the payload, it
// names key instead, and the caller first puts the payload there.
func FitReject(r Reject) (line []byte, key string) {
	if len(r.Payload) < MaxBytes { // else the line is larger in any case
		if line = AppendReject(nil, r); len(line) <= MaxBytes {
			return line, ""
		}
	}
	r.Payload, r.PayloadObject = nil, rejectedLargeKey(r)
	return AppendReject(nil, r), r.PayloadObject
}

// AppendReject appends r to dst as one line. The payload is a string when it is
// valid UTF-8, else base64, so that its bytes always come back; nothing is ever
// truncated. The caller checks the line against MaxBytes.
func AppendReject(dst []byte, r Reject) []byte {
	dst = append(dst, `{"id":`...)
	dst = appendString(dst, r.ID)
	dst = appendMember(dst, "type", r.Type)
	dst = appendTime(dst, r.ReceivedAt)
	dst = appendMember(dst, "request_id", r.RequestID)
	dst = appendMember(dst, "ip", r.IP)
	dst = appendMember(dst, "ua", r.UserAgent)
	dst = appendMember(dst, "content_type", r.ContentType)
	dst = appendMember(dst, "encoding", r.Encoding)
	dst = appendMember(dst, "reason", string(r.Reason))
	dst = append(dst, `,"errors":[`...)
	for i, e := range r.Errors {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendError(dst, e)
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

func appendError(dst []byte, e Error) []byte {
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
		ID          string    `json:"id"`
		Type        string    `json:"type"`
		ReceivedAt  time.Time `json:"received_at"`
		RequestID   string    `json:"request_id"`
		IP          string    `json:"ip"`
		UserAgent   string    `json:"ua"`
		ContentType string    `json:"content_type"`
		Encoding    string    `json:"encoding"`
		Reason      Reason    `json:"reason"`
		Errors      []struct {
			Instance string `json:"instance"`
			Schema   string `json:"schema"`
			Message  string `json:"message"`
			Offset   *int64 `json:"offset"`
		} `json:"errors"`
		Payload       *string `json:"payload"`
		PayloadBase64 []byte  `json:"payload_base64"`
		PayloadObject string  `json:"payload_object"`
		Processor     string  `json:"processor"`
		Replays       int     `json:"replays"`
	}
	if err := json.Unmarshal(line, &wire); err != nil {
		return Reject{}, fmt.Errorf("decoding reject: %w", err)
	}
	r := Reject{
		ID:            wire.ID,
		Type:          wire.Type,
		ReceivedAt:    wire.ReceivedAt,
		RequestID:     wire.RequestID,
		IP:            wire.IP,
		UserAgent:     wire.UserAgent,
		ContentType:   wire.ContentType,
		Encoding:      wire.Encoding,
		Reason:        wire.Reason,
		Payload:       wire.PayloadBase64,
		PayloadObject: wire.PayloadObject,
		Processor:     wire.Processor,
		Replays:       wire.Replays,
	}
	if wire.Payload != nil {
		r.Payload = []byte(*wire.Payload)
	}
	for _, e := range wire.Errors {
		offset := int64(NoOffset)
		if e.Offset != nil {
			offset = *e.Offset
		}
		r.Errors = append(r.Errors, Error{Instance: e.Instance, Schema: e.Schema, Message: e.Message, Offset: offset})
	}
	return r, nil
}
