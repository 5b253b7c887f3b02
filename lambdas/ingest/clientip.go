package ingest

import (
	"bytes"
	"net/netip"

	"global-ingest/lambdas/runtime/setting"
)

// ClientIP says how much of a client's address is stored.
type ClientIP string

// The values of ClientIP.
const (
	None      ClientIP = "none"
	Truncated ClientIP = "truncated" // to the network: /24 of IPv4, also when an IPv6 address embeds it; else /48
	Full      ClientIP = "full"
)

// Validate says which values there are, when c is another.
func (c ClientIP) Validate() error { return setting.OneOf(c, None, Truncated, Full) }

// of returns what c keeps of ip, and nothing of what is not an address.
func (c ClientIP) of(ip netip.Addr) string {
	switch {
	case c == None || !ip.IsValid():
		return ""
	case c == Full:
		return ip.String()
	}
	bits := 48
	if ip = unembed(ip.WithZone("").Unmap()); ip.Is4() {
		bits = 24
	}
	return netip.PrefixFrom(ip, bits).Masked().Addr().String()
}

// embeddings are where IPv6 addresses hold an IPv4 address. Cut to /48, a 6to4 address
// would still hold all of it.
var embeddings = []struct {
	prefix netip.Prefix
	at     int  // the first of the four bytes
	mask   byte // that each byte is XORed with
}{
	{netip.MustParsePrefix("2002::/16"), 2, 0},     // 6to4, RFC 3056
	{netip.MustParsePrefix("64:ff9b::/96"), 12, 0}, // NAT64, RFC 6052
	{netip.MustParsePrefix("2001::/32"), 12, 0xff}, // Teredo, RFC 4380
}

// unembed returns the IPv4 address that ip holds, or ip.
func unembed(ip netip.Addr) netip.Addr {
	for _, e := range embeddings {
		if e.prefix.Contains(ip) {
			all := ip.As16()
			four := [4]byte(all[e.at:])
			for i := range four {
				four[i] ^= e.mask
			}
			return netip.AddrFrom4(four)
		}
	}
	return ip
}

// forwardedFor is the header to which each proxy appends the address that it was called
// from. Entries before those of our own front and of API Gateway are the client's words.
const forwardedFor = "X-Forwarded-For"

// forwarded is the end of X-Forwarded-For.
type forwarded struct {
	front   []byte // the last entry: our front's address, which API Gateway appended
	client  []byte // the last but one: the client's address, which our front appended
	found   bool
	unclear bool // whether two spellings of the name hide which entries are the last
}

// forwarded reads X-Forwarded-For, of which multiValueHeaders has every line in order. API
// Gateway's headers have the last line only.
func (p *parser) forwarded(f *forwarded) error {
	if p.proxies == 0 {
		return p.decoder.SkipValue()
	}
	return p.members(func(name []byte) error {
		if !bytes.EqualFold(name, []byte(forwardedFor)) {
			return p.decoder.SkipValue()
		}
		f.found, f.unclear = true, f.found
		return p.within('[', func() error {
			line, err := p.string()
			f.add(line)
			return err
		})
	})
}

// add takes the entries of one line.
func (f *forwarded) add(line []byte) {
	for entry := range bytes.SplitSeq(line, []byte{','}) {
		f.client, f.front = f.front, bytes.TrimSpace(entry)
	}
}

// client returns the client's address: the one that our front wrote or, where that is not
// clear, the one that called API Gateway. It is never an entry that the client may have
// written itself.
func (r *request) client() netip.Addr {
	f := &r.forwarded
	if f.found && !f.unclear && address(f.front).IsValid() {
		if client := address(f.client); client.IsValid() {
			return client
		}
	}
	return address(r.sourceIP)
}

// address returns the address of entry without a port and brackets. Of an entry without an
// address it returns one that is not valid.
func address(entry []byte) netip.Addr {
	text := string(entry)
	if n := len(text); n > 2 && text[0] == '[' && text[n-1] == ']' {
		text = text[1 : n-1]
	}
	if ip, err := netip.ParseAddr(text); err == nil {
		return ip
	}
	at, _ := netip.ParseAddrPort(text) // an error leaves it without an address
	return at.Addr()
}
