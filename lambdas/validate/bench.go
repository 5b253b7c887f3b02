package validate

import (
	"runtime"
	"sync"

	"global-ingest/lambdas/validate/schema"
)

// bench is where the records of one batch are judged, by as many workers as there
// are processors: Lambda gives a function of 1,769 MiB one, and of 10,240 MiB six.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
type bench struct {
	batch
	workers  []*worker
	outcomes []outcome
}

func newBench(c Config, set *schema.Set) *bench {
	b := &bench{workers: make([]*worker, runtime.GOMAXPROCS(0))}
	for i := range b.workers {
		b.workers[i] = newWorker(c, set, len(b.workers))
	}
	return b
}

// aShare is the least that a worker is worth being woken for, in bytes of records.
const aShare = 32 << 10

// judge decides on every record, whose lines may take room bytes of the answer. The
// outcomes are good until the next batch.
func (b *bench) judge(room int) []outcome {
	clear(b.outcomes) // no batch holds on to the one before
	b.outcomes = append(b.outcomes[:0], make([]outcome, len(b.records))...)
	var busy sync.WaitGroup
	from := 0
	for i, w := range b.workers {
		to := b.share(from, len(b.workers)-i)
		share, outcomes := b.records[from:to], b.outcomes[from:to]
		if to == len(b.records) {
			w.judgeAll(share, outcomes, room) // the last share is ours
			break
		}
		busy.Go(func() { w.judgeAll(share, outcomes, room) })
		from = to
	}
	busy.Wait()
	fit(b.outcomes, room)
	return b.outcomes
}

// share returns where the share of the next of so many workers ends, by bytes.
func (b *bench) share(from, workers int) (to int) {
	if workers == 1 {
		return len(b.records)
	}
	left := 0
	for _, r := range b.records[from:] {
		left += len(r.data)
	}
	size := max(left/workers, aShare)
	for to = from; to < len(b.records) && size > 0; to++ {
		size -= len(b.records[to].data)
	}
	return to
}

// fit fails the records whose lines have no room beside those before them. No worker
// knows what the others found; each has left out only what its own lines left no
// room for, which would not fit beside more either.
func fit(outcomes []outcome, room int) {
	for i, o := range outcomes {
		size := encodedSize(o.lines)
		if size > room {
			outcomes[i] = outcome{failed: errResponse}
			continue
		}
		room -= size
	}
}
