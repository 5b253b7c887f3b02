package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// eventMember begins the last member of a line, and stands nowhere before it.
const eventMember = `,"event":`

// AppendLine appends the line of events/ for the n-th event of the request that h
// describes: what Ingest knew, its source, the event's type, and the event's own bytes. Line feeds
// and carriage returns, which in JSON can only be insignificant whitespace, become
// spaces, because readers of newline-delimited JSON (Hadoop's LineReader behind Athena
// among them) end a line at either. No other byte of the event changes.
func AppendLine(dst []byte, h Header, n int, eventType string, event []byte) []byte {
	dst = appendEventID(dst, h.ID, n)
	dst = append(dst, `,"type":`...)
	dst = appendString(dst, eventType)
	dst = appendSender(dst, h)
	dst = appendSource(dst, h.Source)
	dst = append(dst, eventMember...)
	dst = appendOneLine(dst, event)
	return append(dst, "}\n"...)
}

func appendEventID(dst []byte, id string, n int) []byte {
	dst = append(dst, `{"id":`...)
	dst = appendString(dst, id)
	dst = append(dst[:len(dst)-1], '/')
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, '"')
}

// appendOneLine appends text with a space for each line feed and carriage return.
func appendOneLine(dst, text []byte) []byte {
	start := len(dst)
	dst = append(dst, text...)
	for _, lineEnd := range []byte{'\n', '\r'} {
		rest := dst[start:]
		for i := bytes.IndexByte(rest, lineEnd); i >= 0; i = bytes.IndexByte(rest, lineEnd) {
			rest[i] = ' '
			rest = rest[i+1:]
		}
	}
	return dst
}

// Line is one event of events/: the header of its request, without the content type and the
// encoding, which a line does not keep. First is the event's index in the request.
type Line struct {
	Header
	Type  string          `json:"type"`
	Event json.RawMessage `json:"event"`
}

// DecodeLine reads one line of events/.
func DecodeLine(line []byte) (Line, error) {
	var l Line
	if err := json.Unmarshal(line, &l); err != nil {
		return Line{}, fmt.Errorf("decoding line: %w", err)
	}
	id, n, isEvent := SplitEventID(l.ID)
	if !isEvent || len(l.Event) == 0 {
		return Line{}, fmt.Errorf("decoding line: it has the id %q and an event of %d bytes", Clip(l.ID, 64), len(l.Event))
	}
	l.ID, l.First = id, n
	return l, nil
}
