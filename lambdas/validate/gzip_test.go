package validate_test

import (
	"bytes"
	"strings"
	"testing"

	"global-ingest/lambdas/record"
)

func TestGzipIsKnownByItsBytesNotByItsHeader(t *testing.T) {
	l := newLab(t, config())
	h := header("b")
	h.Encoding = "gzip"
	got := l.invoke(
		t, sent("a", zipped(t, click)), record.Append(nil, h, []byte(click)), sent("c", zipped(t, `[{},`)+zipped(t, `{}]`)),
	)
	for i, want := range []string{click, click, "{}"} {
		if got[i].Result != "Ok" || !bytes.Contains(got[i].Data, []byte(`"event":`+want+"}\n")) {
			t.Errorf("record %d is %s: %s", i, got[i].Result, got[i].Data)
		}
	}
}

func TestBodiesThatCannotBeInflatedAreKeptAsTheyCame(t *testing.T) {
	c := config()
	c.MaxInflatedBytes = 1000
	whole := zipped(t, click)
	brotli := header("a")
	brotli.Encoding = "br"
	for name, r := range map[string]struct {
		data   []byte
		body   string
		reason record.Reason
	}{
		"cut off":           {sent("a", whole[:40]), whole[:40], record.BadEncoding},
		"magic only":        {sent("a", "\x1f\x8b"), "\x1f\x8b", record.BadEncoding},
		"wrong checksum":    {sent("a", whole[:len(whole)-8]+"12345678"), whole[:len(whole)-8] + "12345678", record.BadEncoding},
		"trailing bytes":    {sent("a", whole+"x"), whole + "x", record.BadEncoding},
		"other encoding":    {record.Append(nil, brotli, []byte("\x0b\x02\x80{}")), "\x0b\x02\x80{}", record.BadEncoding},
		"over the limit":    {sent("a", zipped(t, strings.Repeat(" ", 1001))), zipped(t, strings.Repeat(" ", 1001)), record.TooLargeInflated},
		"bomb":              {sent("a", zipped(t, strings.Repeat("\x00", 1<<20))), zipped(t, strings.Repeat("\x00", 1<<20)), record.TooLargeInflated},
		"empty inflated":    {sent("a", zipped(t, "")), "", record.Empty},
		"zipped twice":      {sent("a", zipped(t, whole)), zipped(t, whole), record.BadEncoding},
		"zipped, then br":   {record.Append(nil, brotli, []byte(zipped(t, "\x0b\x02\x80{}"))), zipped(t, "\x0b\x02\x80{}"), record.BadEncoding},
		"text, zipped":      {sent("a", zipped(t, "hello")), "hello", record.NotJSON},
		"at the limit":      {sent("a", zipped(t, strings.Repeat(" ", 1000))), strings.Repeat(" ", 1000), record.Empty},
		"identity, no JSON": {record.Append(nil, record.Header{ID: "a", ReceivedAt: receivedAt, Encoding: "identity"}, []byte("no")), "no", record.NotJSON},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, c)
			l.invoke(t, r.data)
			if got := l.rejects(
				t,
			); len(got) != 1 || got[0].Reason != r.reason || string(got[0].Payload) != r.body ||
				got[0].ID != "a" {
				t.Errorf("rejects are %+v, want %s of %q", got, r.reason, r.body)
			}
		})
	}
}
