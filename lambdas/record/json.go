package record

import (
	"strconv"
	"time"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendMember appends `,"name":"value"`, or nothing when value is empty.
func appendMember(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	dst = append(dst, `":`...)
	return appendString(dst, value)
}

// appendCount appends `,"name":n`, or nothing when n is 0.
func appendCount(dst []byte, name string, n int) []byte {
	if n == 0 {
		return dst
	}
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	dst = append(dst, `":`...)
	return strconv.AppendInt(dst, int64(n), 10)
}

// appendSender appends when and where a request arrived and who sent it.
func appendSender(dst []byte, h Header) []byte {
	dst = append(dst, `,"received_at":"`...)
	dst = h.ReceivedAt.UTC().AppendFormat(dst, time.RFC3339) // takes a third of the time of timeFormat
	ms := h.ReceivedAt.Nanosecond() / int(time.Millisecond)
	dst = append(dst[:len(dst)-1], '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), 'Z', '"')
	dst = appendMember(dst, "region", h.Region)
	dst = appendMember(dst, "request_id", h.RequestID)
	dst = appendMember(dst, "ip", h.IP)
	return appendMember(dst, "ua", h.UserAgent)
}

// appendString appends text as a JSON string. It escapes only what RFC 8259 requires:
// the quote, the backslash, and control characters. A byte that is not UTF-8 becomes
// U+FFFD, which can happen only to a header's value, never to a body.
func appendString[T string | []byte](dst []byte, text T) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			i++
			if c >= ' ' && c != '"' && c != '\\' {
				continue
			}
			dst = append(dst, text[start:i-1]...)
			dst = appendEscape(dst, c)
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(string(text[i:min(i+utf8.UTFMax, len(text))]))
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, text[start:i]...)
			dst = append(dst, "\ufffd"...)
			start = i + size
		}
		i += size
	}
	dst = append(dst, text[start:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
	}
}
