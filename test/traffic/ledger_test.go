package traffic

import (
	"encoding/json"
	"testing"

	"global-ingest/lambdas/record"
)

// single is a request with one valid event.
func single(payload string) Request {
	return Request{Kind: "single", Events: []Event{{Type: "click", Payload: []byte(payload)}}}
}

func line(id, payload string) Line {
	return Line{
		ID: id, Type: "click", RequestID: "r", UserAgent: UserAgent, IP: "127.0.0.0", Event: json.RawMessage(payload),
	}
}

func of(client string, l Line) Line {
	l.Source.Client = client
	return l
}

// TestTheLedgerFindsWhatWentWrong: each way for a lake to differ from what was sent.
func TestTheLedgerFindsWhatWentWrong(t *testing.T) {
	const sent, id = `{"mark":1}`, "a"
	acked := func(l *Ledger) { l.Acknowledged(single(sent), id, "r") }
	nameless := func(l *Ledger) { l.Acknowledged(single(sent), "", "r") }
	unknown := func(l *Ledger) { l.Unknown(single(sent)) }
	for name, c := range map[string]struct {
		sent func(*Ledger)
		lake []Line
		want Tally
	}{
		"as it should be":          {acked, []Line{line("a/0", sent)}, Tally{Sent: 1, Acked: 1, Valid: 1}},
		"lost":                     {acked, nil, Tally{Sent: 1, Acked: 1, Lost: 1}},
		"twice":                    {acked, []Line{line("a/0", sent), line("a/0", sent)}, Tally{Sent: 1, Acked: 1, Valid: 1, Duplicates: 1}},
		"under another id":         {acked, []Line{line("b/0", sent)}, Tally{Sent: 1, Acked: 1, Lost: 1, Clashes: 1}},
		"also under another id":    {acked, []Line{line("a/0", sent), line("b/0", sent)}, Tally{Sent: 1, Acked: 1, Valid: 1, Clashes: 1}},
		"with other bytes":         {acked, []Line{line("a/0", `{"mark":1.0}`)}, Tally{Sent: 1, Acked: 1, Mangled: 1}},
		"at another place":         {acked, []Line{line("a/1", sent)}, Tally{Sent: 1, Acked: 1, Lost: 1, Phantom: 1}},
		"and one never sent":       {acked, []Line{line("a/0", sent), line("b/0", `{}`)}, Tally{Sent: 1, Acked: 1, Valid: 1, Phantom: 1}},
		"without an id":            {nameless, []Line{line("a/0", sent)}, Tally{Sent: 1, Acked: 1, Valid: 1}},
		"without an id, lost":      {nameless, nil, Tally{Sent: 1, Acked: 1, Lost: 1}},
		"of another client":        {acked, []Line{of("segment", line("a/0", sent))}, Tally{Sent: 1, Acked: 1, Valid: 1, Mangled: 1}},
		"not promised, not stored": {unknown, nil, Tally{Sent: 1, Unknown: 1}},
		"not promised, but stored": {unknown, []Line{line("b/0", sent)}, Tally{Sent: 1, Unknown: 1, Valid: 1}},
		"not promised, two ids":    {unknown, []Line{line("b/0", sent), line("c/0", sent)}, Tally{Sent: 1, Unknown: 1, Valid: 1, Clashes: 1}},
		"refused, and stored":      {func(l *Ledger) { l.Refused(single(sent)) }, []Line{line("b/0", sent)}, Tally{Sent: 1, Refused: 1, Valid: 1}},
	} {
		l := NewLedger()
		c.sent(l)
		got := l.Settle(Lake{Lines: c.lake})
		if found := len(got.Findings); found != got.Lost+got.Phantom+got.Mangled+got.Clashes {
			t.Errorf("%s: %d findings: %q", name, found, got.Findings)
		}
		got.Findings = nil
		if !equal(got, c.want) {
			t.Errorf("%s: account is %+v, want %+v", name, got, c.want)
		}
	}
}

func equal(a, b Tally) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func TestTheLedgerReadsRejects(t *testing.T) {
	l := NewLedger()
	whole := Event{N: Whole, Reason: record.NotJSON, Payload: []byte("x")}
	l.Acknowledged(Request{Kind: "large", Events: []Event{whole}}, "a", "r")
	reject := record.Reject{
		Header: record.Header{ID: "a", RequestID: "r", ContentType: "text/plain"},
		Reason: record.NotJSON, PayloadObject: "rejected-large/a", Processor: "p",
	}
	got := l.Settle(Lake{Rejects: []record.Reject{reject}, Large: map[string][]byte{"rejected-large/a": []byte("x")}})
	if got.Rejected != 1 || got.Lost != 0 || got.Mangled != 3 {
		t.Errorf("account is %+v, want one reject, mangled for it names no error, no sender and another content type",
			got)
	}
}

// TestTheSameSeedMakesTheSameRequests and enough of them, each kind included.
func TestTheSameSeedMakesTheSameRequests(t *testing.T) {
	first, second := NewGenerator(7).Mixed(500), NewGenerator(7).Mixed(500)
	a, _ := json.Marshal(first)
	b, _ := json.Marshal(second)
	if string(a) != string(b) {
		t.Error("two generators of one seed differ")
	}
	events, seen := 0, map[string]bool{}
	for _, r := range first {
		events += len(r.Events)
		seen[r.Kind] = true
	}
	if events < 500 || len(seen) != len(kinds) {
		t.Errorf("%d events of %d kinds, want 500 of %d", events, len(seen), len(kinds))
	}
}
