package validate

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schema"
)

// pool judges the records of one batch with a worker for each processor. Lambda gives a
// function of 1,769 MiB one processor, and one of 10,240 MiB six.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
type pool struct {
	batch
	workers  []*worker
	outcomes []outcome
}

func newPool(c Config, set *schema.Set) *pool {
	p := &pool{workers: make([]*worker, runtime.GOMAXPROCS(0))}
	for i := range p.workers {
		p.workers[i] = newWorker(c, set)
	}
	return p
}

// aShare is how many bytes of records are worth waking another worker for.
const aShare = 32 << 10

// judge decides on every record, whose lines may take room bytes of the answer, and
// stores in s what the answer does not hold. The outcomes are valid until the next
// batch. An error says that something is not stored.
func (p *pool) judge(ctx context.Context, s store, h hours, room int) ([]outcome, error) {
	clear(p.outcomes) // release the last batch
	p.outcomes = append(p.outcomes[:0], make([]outcome, len(p.records))...)
	busy := p.handOut()
	failed := make([]error, len(busy))
	var others sync.WaitGroup
	for i, w := range busy[1:] {
		others.Go(func() { failed[i+1] = w.judgeAll(ctx, s, h, room) })
	}
	failed[0] = busy[0].judgeAll(ctx, s, h, room) // the first share needs no goroutine
	others.Wait()
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	var left []reject
	for _, w := range busy {
		room = w.fit(room)
		if err := s.putLines(ctx, &w.overflow); err != nil {
			return nil, err
		}
		left = append(left, w.rejects.all...)
	}
	if err := s.putRejects(ctx, left); err != nil {
		return nil, err
	}
	return p.outcomes, p.putDeferred(ctx, s)
}

// handOut gives each worker that is needed a share of the records, and returns these
// workers: at least one.
func (p *pool) handOut() []*worker {
	from := 0
	for i, w := range p.workers {
		to := p.share(from, len(p.workers)-i)
		w.begin(p.records[from:to], p.outcomes[from:to])
		if from = to; to == len(p.records) {
			return p.workers[:i+1]
		}
	}
	return p.workers
}

// share returns where the share of the first of some workers ends, by bytes.
func (p *pool) share(from, workers int) (to int) {
	if workers == 1 {
		return len(p.records)
	}
	left := 0
	for _, r := range p.records[from:] {
		left += len(r.data)
	}
	size := max(left/workers, aShare)
	for to = from; to < len(p.records) && size > 0; to++ {
		size -= len(p.records[to].data)
	}
	return to
}

// putDeferred stores the records that nobody had time for in one object, which Redrive
// puts on the stream again.
func (p *pool) putDeferred(ctx context.Context, s store) error {
	var name identity
	var records []byte
	for i, o := range p.outcomes {
		if !o.deferred {
			continue
		}
		d := p.records[i]
		r, _, err := record.Decode(d.data)
		if err != nil {
			return err // it was decoded before
		}
		name.add(d, r.ID, r.ReceivedAt)
		records = append(records, d.data...)
	}
	if records == nil {
		return nil
	}
	return s.putDeferred(ctx, record.DeferredKey(name.first, name.sum(), name.oldest), records)
}
