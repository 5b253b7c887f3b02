package validate

import "global-ingest/lambdas/event"

// maxInflations bounds what the bodies of one batch may inflate to, as a multiple
// of what one may. A batch of 1 MiB can hold 250 bodies of 4 KB that inflate to
// 4 MiB each; checking that whole GiB takes longer than the function may run, and
// every record of the batch would go to failed/ with them. Eight are 32 MiB, some
// seconds, and five times what an answer can return.
const maxInflations = 8

// inflater inflates the bodies of a worker's share of a batch, all of them within one bound.
type inflater struct {
	*event.Inflater
	most  int // bytes of the share
	total int // bytes of the share so far
}

func newInflater(limit, workers int) inflater {
	return inflater{Inflater: event.NewInflater(limit), most: limit * maxInflations / workers}
}

// inflate returns body inflated when it is gzip, else as it is. It returns an
// event when body is rejected, and an error when the batch has inflated enough.
func (i *inflater) inflate(body []byte) (text []byte, failed *event.Event, err error) {
	if event.IsGzip(body) && i.total > i.most {
		return nil, nil, errInflated
	}
	text, work, failed := i.Inflate(body)
	i.total += work
	return text, failed, nil
}
