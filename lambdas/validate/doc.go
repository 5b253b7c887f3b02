// Package validate is the function that Firehose calls with each batch of records:
// it finds their events, checks each against the schema of its type, and answers
// with the lines of the valid ones; the invalid ones go to the rejects stream.
package validate
