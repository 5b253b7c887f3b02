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
	stack   string // of the stage Compare
	name    string
	place   place
	chained bool                                  // whether its function invokes the validation function
	handler func(*setup) (figures.Program, error) // nil: the API puts on the stream itself
}

// wirings are the rows, in the article's order.
func wirings() []wiring {
	product := func(mode ingest.Acknowledgement) func(*setup) (figures.Program, error) {
		return func(s *setup) (figures.Program, error) { return s.product(mode), nil }
	}
	node := func(name, source string) func(*setup) (figures.Program, error) {
		return func(s *setup) (figures.Program, error) { return s.node(name, source) }
	}
	chained := functions.EdgeChained(figures.Region, "chain")
	stored := functions.EdgeFirehose(figures.Region, figures.Stream)
	return []wiring{
		{"1", "Chained", "edge API → Python → validation function", behindAPI, true, (*setup).python},
		{"2", "EdgeEmpty", "Lambda@Edge that does nothing", atEdge, false, node("edge_empty.js", functions.EdgeEmpty())},
		{"3", "EdgeChained", "Lambda@Edge → validation function", atEdge, true, node("edge_chained.js", chained)},
		{"4", "EdgeFirehose", "Lambda@Edge → Firehose", atEdge, false, node("edge_firehose.js", stored)},
		{"5", "Pipeline", "edge API → Go → Firehose: this product, Durable", behindAPI, false, product(ingest.Durable)},
		{"5i", "Immediate", "this product, Immediate", behindAPI, false, product(ingest.Immediate)},
		{"5r", "Regional", "this product, Durable, behind a regional API", inRegion, false, product(ingest.Durable)},
		{"6", "Direct", "edge API → Firehose, no function", behindAPI, false, nil},
	}
}
