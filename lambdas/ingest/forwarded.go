package ingest

import (
	"bytes"
	"net/netip"
)

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

// address returns the address of entry without a port and brackets. It is not valid when
// there is none.
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
