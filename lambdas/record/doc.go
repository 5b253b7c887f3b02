// Package record holds the wire formats: the record that travels from Ingest to
// Firehose, the line of a valid event in events/, and the reject of an invalid one in
// rejected/. It encodes and decodes them and knows where they lie in the lake. It never
// looks inside a body.
package record
