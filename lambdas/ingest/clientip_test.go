package ingest_test

import (
	"encoding/json"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"global-ingest/lambdas/ingest"
)

const (
	peer    = "64.252.70.1"  // a CloudFront location, which calls API Gateway
	visitor = "203.0.113.77" // the client
)

// forwarded is an event from peer with these lines of X-Forwarded-For.
func forwarded(t testing.TB, headers map[string][]string) []byte {
	t.Helper()
	single := map[string]string{}
	for name, lines := range headers {
		if len(lines) > 0 {
			single[name] = lines[len(lines)-1]
		}
	}
	event, err := json.Marshal(map[string]any{
		"headers": single, "multiValueHeaders": headers, "body": "",
		"requestContext": map[string]any{"identity": map[string]string{"sourceIp": peer}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return event
}

func behindFront() ingest.Config {
	c := config()
	c.Proxies, c.ClientIP = 1, ingest.Full
	return c
}

func TestBehindAFrontTheClientIsTheLastEntryButOne(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		kept  string
	}{
		"as sent by a client":             {[]string{visitor + ", " + peer}, visitor},
		"a forged entry before it":        {[]string{"8.8.8.8, " + visitor + ", " + peer}, visitor},
		"many forged entries":             {[]string{"8.8.8.8,9.9.9.9 , ::1," + visitor + "," + peer}, visitor},
		"a line for each":                 {[]string{"8.8.8.8", visitor, peer}, visitor},
		"the gateway's in its own line":   {[]string{"8.8.8.8, " + visitor, peer}, visitor},
		"a forged line":                   {[]string{"8.8.8.8, 9.9.9.9", visitor + ", " + peer}, visitor},
		"folded":                          {[]string{"8.8.8.8,\r\n\t" + visitor + ",\r\n " + peer}, visitor},
		"blanks around":                   {[]string{" \t" + visitor + " \t,  " + peer + " "}, visitor},
		"IPv6":                            {[]string{"2001:db8::7, 2001:db8::1"}, "2001:db8::7"},
		"IPv6 in brackets":                {[]string{"[2001:db8::7], " + peer}, "2001:db8::7"},
		"IPv6 with a port":                {[]string{"[2001:db8::7]:4711, " + peer}, "2001:db8::7"},
		"IPv6 that ends like a port":      {[]string{"2001:db8::7:4711, " + peer}, "2001:db8::7:4711"},
		"IPv4 with a port":                {[]string{visitor + ":4711, " + peer + ":443"}, visitor},
		"no header":                       {nil, peer},
		"no entry":                        {[]string{""}, peer},
		"the gateway's entry alone":       {[]string{peer}, peer},
		"a blank entry":                   {[]string{"8.8.8.8, , " + peer}, peer},
		"a forged entry and a blank line": {[]string{"8.8.8.8, 9.9.9.9", ""}, peer},
		"no address":                      {[]string{"8.8.8.8, unknown, " + peer}, peer},
		"a name for the front":            {[]string{"8.8.8.8, 9.9.9.9, front"}, peer},
		"half an address":                 {[]string{"8.8.8.8, 203.0.113, " + peer}, peer},
		"a port out of range":             {[]string{"8.8.8.8, " + visitor + ":99999, " + peer}, peer},
	} {
		r, _ := store(t, behindFront(), forwarded(t, map[string][]string{"X-Forwarded-For": c.lines}))
		if r.IP != c.kept {
			t.Errorf("%s: %q is kept of %q, want %q", name, r.IP, c.lines, c.kept)
		}
	}
}

func TestWithoutAFrontXForwardedForIsNotRead(t *testing.T) {
	c := behindFront()
	c.Proxies = 0
	lines := map[string][]string{"X-Forwarded-For": {"8.8.8.8, " + peer}}
	if r, _ := store(t, c, forwarded(t, lines)); r.IP != peer {
		t.Errorf("%q is kept, want %q", r.IP, peer)
	}
}

// In which order two spellings of the name were sent is not known.
func TestTwoSpellingsOfXForwardedForAreNotBelieved(t *testing.T) {
	lines := map[string][]string{"X-Forwarded-For": {visitor + ", " + peer}, "x-forwarded-for": {"8.8.8.8, " + peer}}
	if r, _ := store(t, behindFront(), forwarded(t, lines)); r.IP != peer {
		t.Errorf("%q is kept, want %q", r.IP, peer)
	}
	lines = map[string][]string{"x-forwarded-FOR": {visitor + ", " + peer}}
	if r, _ := store(t, behindFront(), forwarded(t, lines)); r.IP != visitor {
		t.Errorf("%q is kept of another spelling, want %q", r.IP, visitor)
	}
}

// The front appends the client's address to whatever the client sent, and API Gateway the
// front's: in the same line or in a line of its own.
func TestNoClientForgesItsNetwork(t *testing.T) {
	c := behindFront()
	c.ClientIP = ingest.Truncated
	address := rapid.Custom(func(t *rapid.T) netip.Addr {
		if rapid.Bool().Draw(t, "is IPv4") {
			return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "IPv4")))
		}
		return netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "IPv6")))
	})
	entry := rapid.OneOf(
		rapid.Map(address, netip.Addr.String), rapid.StringMatching(`[0-9.:,\[\] ]{0,20}`), rapid.String(),
	)
	rapid.Check(t, func(rt *rapid.T) {
		client, front := address.Draw(rt, "client"), address.Draw(rt, "front")
		lines := rapid.SliceOfN(entry, 0, 4).Draw(rt, "sent by the client")
		for _, added := range []netip.Addr{client, front} {
			if last := len(lines) - 1; last >= 0 && rapid.Bool().Draw(rt, "in the same line") {
				lines[last] += rapid.SampledFrom([]string{",", ", "}).Draw(rt, "comma") + added.String()
			} else {
				lines = append(lines, added.String())
			}
		}
		r, _ := store(t, behindFront(), forwarded(t, map[string][]string{"X-Forwarded-For": lines}))
		if r.IP != client.String() {
			rt.Errorf("%q is kept of %q, want %s", r.IP, lines, client)
		}
		network, _ := store(t, c, forwarded(t, map[string][]string{"X-Forwarded-For": lines}))
		direct, _ := store(t, c, []byte(`{"requestContext":{"identity":{"sourceIp":"`+client.String()+`"}},"body":""}`))
		if network.IP != direct.IP {
			rt.Errorf("network is %q of %q, want %q", network.IP, lines, direct.IP)
		}
	})
}
