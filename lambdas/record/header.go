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

// readHeader reads a header line and the length of its body. Nearly every line is as
// Append writes it, and read in a tenth of the time that encoding/json takes for any
// other spelling.
func readHeader(line []byte) (Header, int, error) {
	if h, length, ok := readOwn(line); ok {
		return h, length, nil
	}
	return decodeHeader(line)
}

var headerBegin = `{"v":` + strconv.Itoa(version)

// readOwn reads a line as Append writes it, without escapes, and says whether it was
// one. A probe is not: there are few. The members share one string.
func readOwn(line []byte) (h Header, length int, ok bool) {
	for _, c := range line {
		if c < ' ' || c == '\\' {
			return Header{}, 0, false
		}
	}
	if !utf8.Valid(line) {
		return Header{}, 0, false
	}
	rest, ok := strings.CutPrefix(string(line), headerBegin)
	l := ownLine{rest: rest, mark: ',', other: !ok}
	h.ID = l.text("id")
	h.ReceivedAt = l.time("received_at")
	h.Region = l.text("region")
	h.RequestID = l.text("request_id")
	h.IP = l.text("ip")
	h.UserAgent = l.text("ua")
	h.ContentType = l.text("content_type")
	h.Encoding = l.text("encoding")
	h.Source = l.source()
	h.First, _ = l.count("first")
	h.Replays, _ = l.count("replays")
	length, ok = l.count("bytes")
	return h, length, ok && h.ID != "" && !l.other && l.rest == "}"
}

// ownLine is what is left to read of a header line.
type ownLine struct {
	rest  string
	mark  byte // what stands before the next member: the brace of its object, or a comma
	other bool // whether it is not as Append writes it
}

// value returns what follows the name of the next member, if it has this one. value is what
// its value begins with. Nothing is put together: a line has ten members.
func (l *ownLine) value(name, value string) (rest string, found bool) {
	if l.rest == "" || l.rest[0] != l.mark {
		return "", false
	}
	rest, quoted := strings.CutPrefix(l.rest[1:], `"`)
	rest, named := strings.CutPrefix(rest, name)
	rest, begun := strings.CutPrefix(rest, value)
	return rest, quoted && named && begun
}

// text returns the member of this name, or "" without one.
func (l *ownLine) text(name string) string {
	value, found := l.value(name, `":"`)
	if !found {
		return ""
	}
	text, rest, closed := strings.Cut(value, `"`)
	l.rest, l.mark, l.other = rest, ',', l.other || !closed
	return text
}

func (l *ownLine) time(name string) time.Time {
	text := l.text(name)
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || len(text) != len(timeFormat) || text[len("2006-01-02T15:04:05")] != '.' || text[len(text)-1] != 'Z' {
		l.other = true
	}
	return t
}

// count returns the number of this name, and whether there is one.
func (l *ownLine) count(name string) (n int, found bool) {
	value, found := l.value(name, `":`)
	if !found {
		return 0, false
	}
	end := max(0, strings.IndexAny(value, ",}"))
	n, err := strconv.Atoi(value[:end])
	if err != nil || value[0] < '0' || value[0] == '0' && end > 1 {
		l.other = true
	}
	l.rest = value[end:]
	return n, true
}

// decodeHeader reads any JSON object that is a header.
func decodeHeader(line []byte) (Header, int, error) {
	var wire struct {
		V int `json:"v"`
		Header
		Bytes *int `json:"bytes"`
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
	return wire.Header, *wire.Bytes, nil
}
