package main

import (
	"global-ingest/lambdas/ingest"
	"global-ingest/test/compare/functions"
	"global-ingest/test/figures"
)

// place is where a client's connection ends.
type place int

const (
	atEdge    place = iota // a function at a location of the edge answers
	behindAPI              // the location passes requests on to an API in the region
	inRegion               // the API itself
)

// wiring is one way to build the endpoint.
type wiring struct {
	number  string // the article's; letters for those that it did not try
	name    string
	place   place
	chained bool                          // whether its function invokes the validation function
	handler func(*setup) (handler, error) // nil: the API puts on the stream itself
}

// wirings are the rows, in the article's order.
func wirings() []wiring {
	product := func(mode ingest.Acknowledgement) func(*setup) (handler, error) {
		return func(l *setup) (handler, error) { return l.product(mode), nil }
	}
	return []wiring{
		{"1", "edge API → Python → validation function", behindAPI, true, func(l *setup) (handler, error) { return l.python(functions.Injection()) }},
		{"2", "Lambda@Edge that does nothing", atEdge, false, func(l *setup) (handler, error) { return l.node("edge_empty.js", functions.EdgeEmpty()) }},
		{"3", "Lambda@Edge → validation function", atEdge, true, func(l *setup) (handler, error) {
			return l.node("edge_chained.js", functions.EdgeChained(figures.Region, "chain"))
		}},
		{"4", "Lambda@Edge → Firehose", atEdge, false, func(l *setup) (handler, error) {
			return l.node("edge_firehose.js", functions.EdgeFirehose(figures.Region, figures.Stream))
		}},
		{"5", "edge API → Go → Firehose: this product, Durable", behindAPI, false, product(ingest.Durable)},
		{"5i", "this product, Immediate", behindAPI, false, product(ingest.Immediate)},
		{"5r", "this product, Durable, behind a regional API", inRegion, false, product(ingest.Durable)},
		{"6", "edge API → Firehose, no function", behindAPI, false, nil},
	}
}
