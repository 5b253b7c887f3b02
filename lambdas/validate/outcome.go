package validate

import "global-ingest/lambdas/record"

// outcome is what became of one record of a batch.
type outcome struct {
	lines    []byte                // of its valid events, for the answer
	valid    int                   // number of its lines
	stored   bool                  // whether they are in an object of events/ instead of lines
	rejected map[record.Reason]int // number of its other events
	deferred bool                  // whether it goes into another batch; then the rest is empty
	failed   error                 // why it cannot be read; then the rest is empty
}

func (o outcome) result() string {
	switch {
	case o.failed != nil:
		return "ProcessingFailed"
	case len(o.lines) == 0:
		return "Dropped"
	}
	return "Ok"
}

// reject is one row for the rejects stream.
type reject struct {
	row     []byte
	key     string // of the object that holds payload, where the row has no room for it
	payload []byte
}

// rejects are rows and the bytes that they take.
type rejects struct {
	all  []reject
	size int
}

func (r *rejects) add(one reject) {
	r.all = append(r.all, one)
	r.size += len(one.row) + len(one.payload)
}
