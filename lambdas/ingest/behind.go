package ingest

import (
	"context"
	"fmt"
)

// Invocations tells of the invocations of this sandbox.
type Invocations interface {
	// Next says that the invocation before is finished, so that Lambda may freeze the
	// sandbox, and returns once the next one has begun.
	Next(ctx context.Context) error
}

// writeBehind stores the record of a request after its answer. Lambda invokes a sandbox
// again only when both have asked for the next event: the function, whose answer does
// that, and run, the extension in the same process.
//
//	Lambda       Invoke           run
//	  | event      |                | Next returns
//	  |----------->| take --------->|
//	  |<-----------| answer         | waits: the context of Invoke ends with the answer
//	  |            |                | stores the record
//	  |<----------------------------| Next: Lambda may freeze the sandbox
//
// Every invocation takes part, also one that leaves nothing to store: else run would
// take the next one's record for its own.
type writeBehind struct {
	*Handler
	taken chan unwritten
	idle  chan struct{} // holds one token, but none from take until the record is stored
}

// unwritten is what one invocation leaves to store: nothing when its scratch is nil.
type unwritten struct {
	*scratch
	invocation context.Context
}

func newWriteBehind(h *Handler) *writeBehind {
	b := &writeBehind{Handler: h, taken: make(chan unwritten, 1), idle: make(chan struct{}, 1)}
	b.idle <- struct{}{}
	return b
}

// take leaves the record of s, which the invocation of ctx brought, to run.
func (b *writeBehind) take(ctx context.Context, s *scratch) {
	if s != nil {
		<-b.idle
	}
	b.taken <- unwritten{s, ctx}
}

func (b *writeBehind) run(ctx context.Context, invocations Invocations) error {
	for {
		ended := invocations.Next(ctx)
		if u := <-b.taken; u.scratch != nil {
			b.write(u)
			b.idle <- struct{}{}
		}
		if ended != nil {
			return ended
		}
	}
}

// write stores a record once aws-lambda-go has ended the context of its invocation,
// which it does when Lambda has the answer.
func (b *writeBehind) write(u unwritten) {
	defer b.Handler.scratch.Put(u.scratch)
	<-u.invocation.Done()
	ctx := context.WithoutCancel(u.invocation)
	if deadline, ok := u.invocation.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	defer func() {
		if cause := recover(); cause != nil {
			b.lose(ctx, u.id, fmt.Errorf("panic: %v", cause))
		}
	}()
	if err := b.store(ctx, u.scratch); err != nil {
		b.lose(ctx, u.id, err)
	}
}

// WriteBehind stores the records that Invoke has answered for, one for each of
// invocations. Where Config.Acknowledge is Immediate, Invoke needs it. It returns the
// error that ends invocations, once the last record is stored.
func (h *Handler) WriteBehind(ctx context.Context, invocations Invocations) error {
	return h.behind.run(ctx, invocations)
}

// Finish returns when the record that Invoke has last answered for is stored, and lets
// Invoke answer for no other: the process may end.
func (h *Handler) Finish() { <-h.behind.idle }
