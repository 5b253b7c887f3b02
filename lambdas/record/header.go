package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// readHeader reads a header line and the length of its body. A line as Append writes
// it, which is nearly every line, is read without reflection in a tenth of the time;
// any other spelling of the same is left to encoding/json.
func readHeader(line []byte) (Header, int, error) {
	if h, length, ok := readOwn(line); ok {
		return h, length, nil
	}
	return decodeHeader(line)
}

// readOwn reads a line as Append writes it, without escapes, and says whether it was
// one. The members share one string.
func readOwn(line []byte) (h Header, length int, ok bool) {
	if !utf8.Valid(line) {
		return Header{}, 0, false
	}
	l := ownLine{rest: string(line)}
	l.literal(`{"v":` + strconv.Itoa(version))
	h.ID = l.text("id")
	h.ReceivedAt = l.time("received_at")
	h.RequestID = l.text("request_id")
	h.IP = l.text("ip")
	h.UserAgent = l.text("ua")
	h.ContentType = l.text("content_type")
	h.Encoding = l.text("encoding")
	h.First, _ = l.count("first")
	h.Replays, _ = l.count("replays")
	length, hasLength := l.count("bytes")
	l.literal("}")
	return h, length, !l.other && l.rest == "" && h.ID != "" && hasLength
}

// ownLine is a header line as Append writes it, as far as it is not read yet.
type ownLine struct {
	rest  string
	other bool // it is not
}

func (l *ownLine) literal(text string) {
	var found bool
	if l.rest, found = strings.CutPrefix(l.rest, text); !found {
		l.other = true
	}
}

// member returns whether the next member has this name, and skips it up to the value.
func (l *ownLine) member(name string) bool {
	const around = len(`,"":`)
	if len(l.rest) < around+len(name) || l.rest[:2] != `,"` || l.rest[2:2+len(name)] != name || l.rest[2+len(name):around+len(name)] != `":` {
		return false
	}
	l.rest = l.rest[around+len(name):]
	return true
}

// text returns the member of this name, "" when it is left out.
func (l *ownLine) text(name string) string {
	if !l.member(name) {
		return ""
	}
	if l.rest == "" || l.rest[0] != '"' {
		l.other = true
		return ""
	}
	end := 1
	for end < len(l.rest) && l.rest[end] != '"' {
		if c := l.rest[end]; c < ' ' || c == '\\' {
			l.other = true
			return ""
		}
		end++
	}
	if end == len(l.rest) {
		l.other = true
		return ""
	}
	text := l.rest[1:end]
	l.rest = l.rest[end+1:]
	return text
}

func (l *ownLine) time(name string) time.Time {
	text := l.text(name)
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || len(text) != len(timeFormat) || text[len(text)-1] != 'Z' || text[len("2006-01-02T15:04:05")] != '.' {
		l.other = true
	}
	return t
}

// count returns the number of this name, and whether there is one.
func (l *ownLine) count(name string) (n int, found bool) {
	if !l.member(name) {
		return 0, false
	}
	end := 0
	for end < len(l.rest) && '0' <= l.rest[end] && l.rest[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(l.rest[:end])
	if err != nil || end > 1 && l.rest[0] == '0' {
		l.other = true
	}
	l.rest = l.rest[end:]
	return n, true
}

// decodeHeader reads any JSON object that is a header.
func decodeHeader(line []byte) (Header, int, error) {
	var wire struct {
		V           int       `json:"v"`
		ID          string    `json:"id"`
		ReceivedAt  time.Time `json:"received_at"`
		RequestID   string    `json:"request_id"`
		IP          string    `json:"ip"`
		UserAgent   string    `json:"ua"`
		ContentType string    `json:"content_type"`
		Encoding    string    `json:"encoding"`
		First       int       `json:"first"`
		Replays     int       `json:"replays"`
		Bytes       *int      `json:"bytes"`
	}
	if err := json.Unmarshal(line, &wire); err != nil {
		return Header{}, 0, err
	}
	switch {
	case wire.V != version:
		return Header{}, 0, fmt.Errorf("version is %d, known is %d", wire.V, version)
	case wire.ID == "":
		return Header{}, 0, errors.New("id is missing")
	case wire.Bytes == nil || *wire.Bytes < 0:
		return Header{}, 0, errors.New("bytes is missing or negative")
	case wire.First < 0 || wire.Replays < 0:
		return Header{}, 0, errors.New("first or replays is negative")
	}
	return Header{
		ID:          wire.ID,
		ReceivedAt:  wire.ReceivedAt,
		RequestID:   wire.RequestID,
		IP:          wire.IP,
		UserAgent:   wire.UserAgent,
		ContentType: wire.ContentType,
		Encoding:    wire.Encoding,
		First:       wire.First,
		Replays:     wire.Replays,
	}, *wire.Bytes, nil
}
