package ingest

import "net/netip"

// ClientIP says how much of a client's address is stored.
type ClientIP string

// The settings of ClientIP.
const (
	None      ClientIP = "none"
	Truncated ClientIP = "truncated" // the network: /24 of IPv4, /48 of IPv6
	Full      ClientIP = "full"
)

func (c ClientIP) known() bool {
	return c == None || c == Truncated || c == Full
}

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
	if ip = ip.Unmap(); ip.Is4() {
		bits = 24
	}
	return netip.PrefixFrom(ip, bits).Masked().Addr().String()
}
