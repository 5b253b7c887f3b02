package record

import (
	"strings"
	"testing"
	"time"
)

func headerLines() []string {
	at := time.Date(2026, 11, 23, 10, 0, 0, 123_000_000, time.UTC)
	var lines []string
	for _, h := range []Header{
		{ID: "a", ReceivedAt: at},
		{ID: "a", ReceivedAt: at, Region: "eu-central-1", RequestID: "b", IP: "203.0.113.0", UserAgent: "größe/1", ContentType: "text/plain", Encoding: "gzip", First: 10, Replays: 3},
		{ID: "a", ReceivedAt: at, UserAgent: `q"uote\`},
	} {
		line, _, _ := strings.Cut(string(Append(nil, h, []byte("body"))), "\n")
		lines = append(lines, line)
	}
	return append(lines,
		`{"v":2,"id":"a","received_at":"2026-11-23T10:00:00.123Z","bytes":1}`,
		`{"id":"a","v":1,"received_at":"2026-11-23T10:00:00.123Z","bytes":1}`,
		`{"v":1,"id":"a","received_at":"2026-11-23T10:00:00.123+01:00","bytes":1}`,
		`{"v":1,"id":"a","received_at":"2026-11-23T10:00:00,123Z","bytes":1}`,
		`{"v":1,"id":"a","received_at":"2026-02-30T10:00:00.123Z","bytes":1}`,
		`{"v":1,"id":"a","received_at":"2026-11-23T10:00:00.123Z","bytes":01}`,
		`{"v":1,"id":"a","received_at":"2026-11-23T10:00:00.123Z","bytes":99999999999999999999}`,
		`{"v":1,"id":"a","received_at":"2026-11-23T10:00:00.123Z","bytes":1} `,
		`{"v":1{"id":"a","received_at":"2026-11-23T10:00:00.123Z","bytes":1}`,
		`{"v":1,"id":"a","received_at":"2026-11-23T10:00:00.123Z","source":,"client":"a"},"bytes":1}`,
		`{"v":1,"id":"a","received_at":"2026-11-23T10:00:00.123Z","source":{"client":"a"{"path":"b"},"bytes":1}`,
		`{"v":1,"id":"a","received_at":"2026-11-23T10:00:00.123Z","source":},"bytes":1}`,
		`{"v":1,"id":"a","bytes":1}`, `{"v":1,"id":"","received_at":"2026-11-23T10:00:00.123Z","bytes":1}`,
		`{"v":1,"id":"\u0061","received_at":"2026-11-23T10:00:00.123Z","bytes":1}`, `{"v":1`, ``, `null`)
}

// FuzzHeader: encoding/json reads the same as the fast reader.
func FuzzHeader(f *testing.F) {
	for _, line := range headerLines() {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		fast, length, ok := readOwn(line)
		if !ok {
			return
		}
		slow, want, err := decodeHeader(line)
		if err != nil || length != want || !fast.ReceivedAt.Equal(slow.ReceivedAt) {
			t.Fatalf("%s: %d, %+v; encoding/json reads %d, %+v, %v", line, length, fast, want, slow, err)
		}
		fast.ReceivedAt, slow.ReceivedAt = time.Time{}, time.Time{}
		if fast != slow {
			t.Fatalf("%s: %+v; encoding/json reads %+v", line, fast, slow)
		}
	})
}

func TestWhatAppendWritesIsReadFast(t *testing.T) {
	for _, line := range headerLines()[:2] {
		if _, _, ok := readOwn([]byte(line)); !ok {
			t.Errorf("%s is left to encoding/json", line)
		}
	}
	line := []byte(headerLines()[1])
	if got := testing.AllocsPerRun(100, func() { _, _, _ = readHeader(line) }); got > 1 {
		t.Errorf("%v allocations, want the one string", got)
	}
}
