package record

import (
	"bytes"
	"strconv"
)

// AppendLine appends the line of events/ for the n-th event of the request that h
// describes: what Ingest knew, its source, the event's type, and the event's own bytes. Line feeds
// and carriage returns, which in JSON can only be insignificant whitespace, become
// spaces, because readers of newline-delimited JSON (Hadoop's LineReader behind Athena
// among them) end a line at either. No other byte of the event changes.
func AppendLine(dst []byte, h Header, n int, eventType string, event []byte) []byte {
	dst = appendEventID(dst, h.ID, n)
	dst = append(dst, `,"type":`...)
	dst = appendString(dst, eventType)
	dst = appendTime(dst, h.ReceivedAt)
	dst = appendMember(dst, "region", h.Region)
	dst = appendMember(dst, "request_id", h.RequestID)
	dst = appendMember(dst, "ip", h.IP)
	dst = appendMember(dst, "ua", h.UserAgent)
	dst = appendSource(dst, h.Source)
	dst = append(dst, `,"event":`...)
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
