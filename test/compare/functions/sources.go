// Package functions holds what the wirings beside the product's are made of: the sources
// of their Python and Node functions, and the validation function of a chain.
package functions

import (
	"embed"
	"strings"
)

//go:embed sources
var sources embed.FS

// Injection is the Python function of wiring 1. Its variable VALIDATION_FUNCTION names
// the function to invoke.
func Injection() string { return read("injection.py") }

// ValidationFunction is the variable of Injection.
const ValidationFunction = "VALIDATION_FUNCTION"

// EdgeEmpty is the Node function of wiring 2.
func EdgeEmpty() string { return read("edge.js") + read("edge_empty.js") }

// EdgeChained is the Node function of wiring 3, which invokes function in region.
func EdgeChained(region, function string) string {
	return named(read("edge.js")+read("edge_chained.js"), region, "@FUNCTION@", function)
}

// EdgeFirehose is the Node function of wiring 4, which puts on stream in region.
func EdgeFirehose(region, stream string) string {
	return named(read("edge.js")+read("edge_firehose.js"), region, "@STREAM@", stream)
}

func named(source, region, placeholder, value string) string {
	return strings.NewReplacer("@REGION@", region, placeholder, value).Replace(source)
}

func read(name string) string {
	source, err := sources.ReadFile("sources/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(source)
}
