package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"time"
)

// parameters are all that the model knows about a network and AWS. Each applies to every
// wiring.
type parameters struct {
	clientEdge time.Duration
	edgeRegion time.Duration
	inRegion   time.Duration
	gateway    time.Duration
	put        time.Duration
	invoke     time.Duration
	tls        string
}

// leg is a parameter with its name and source.
type leg struct {
	name, variable string
	value          *time.Duration
	def            time.Duration
	source         string
}

// legs says where each default comes from. The article's rows are in published.
func (p *parameters) legs() []leg {
	return []leg{
		{"client–edge", "CLIENT_EDGE", &p.clientEdge, 20 * time.Millisecond, "round trip; the article's client is 20 ms from its edge location"},
		{"edge–region", "EDGE_REGION", &p.edgeRegion, 20 * time.Millisecond, "round trip; wiring 4: about 20 of its 30 ms are the way to the region"},
		{"in region", "IN_REGION", &p.inRegion, time.Millisecond, "round trip; AWS: single-digit milliseconds between zones of a region"},
		{"gateway", "GATEWAY", &p.gateway, 20 * time.Millisecond, "API Gateway's own time; wirings 1 and 5: 20 ms above the function's"},
		{"put", "PUT", &p.put, 10 * time.Millisecond, "Firehose's own time; wiring 5: 11 ms less the way"},
		{"invoke", "INVOKE", &p.invoke, 50 * time.Millisecond, "Lambda's own time to queue an invocation; wiring 1: 54 ms less about 4 of its Python and its way"},
	}
}

// define adds a flag for each.
func (p *parameters) define(flags *flag.FlagSet) {
	for _, l := range p.legs() {
		flags.DurationVar(l.value, l.variable, l.def, l.source)
	}
	flags.StringVar(&p.tls, "TLS", "1.3",
		"newest version that servers speak: 1.3 takes one round trip for a handshake, 1.2 takes two")
}

// articles says whether the network is the article's.
func (p *parameters) articles() bool {
	for _, l := range p.legs() {
		if *l.value != l.def {
			return false
		}
	}
	return true
}

// version is the TLS version by its name.
func (p *parameters) version() (uint16, error) {
	switch p.tls {
	case "1.3":
		return tls.VersionTLS13, nil
	case "1.2":
		return tls.VersionTLS12, nil
	}
	return 0, fmt.Errorf("TLS is %q, must be 1.2 or 1.3", p.tls)
}

// handshakes is the number of round trips of a new connection before its first request.
func (p *parameters) handshakes() int {
	if p.tls == "1.2" {
		return 3
	}
	return 2
}
