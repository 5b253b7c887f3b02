package ingest

import "net/netip"

// ClientIP says how much of a client's address is stored.
type ClientIP string

// The settings of ClientIP.
const (
	None      ClientIP = "none"
	Truncated ClientIP = "truncated" // the network: /24 of IPv4, /48 of IPv6, /40 of 6to4
	Full      ClientIP = "full"
)

func (c ClientIP) known() bool {
	return c == None || c == Truncated || c == Full
}

// sixToFour holds an IPv4 address in its bits 16 to 47, of which /40 leaves a /24. In
// the other forms with one inside (Teredo, NAT64, ISATAP, ::a.b.c.d) at most two of its
// bytes lie before bit 48. https://www.rfc-editor.org/rfc/rfc3056#section-2
var sixToFour = netip.MustParsePrefix("2002::/16")

// of returns what c keeps of address; nothing when it is no address.
func (c ClientIP) of(address []byte) string {
	if c == None {
		return ""
	}
	ip, err := netip.ParseAddr(string(address))
	if err != nil {
		return ""
	}
	if c == Full {
		return ip.String()
	}
	bits := 48
	switch ip = ip.Unmap(); {
	case ip.Is4():
		bits = 24
	case sixToFour.Contains(ip):
		bits = 40
	}
	return netip.PrefixFrom(ip, bits).Masked().Addr().String()
}
