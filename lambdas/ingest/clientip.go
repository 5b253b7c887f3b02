package ingest

import (
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
