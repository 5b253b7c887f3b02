package ingest

import (
	"context"
	"fmt"
)

// Acknowledgement says when a client hears of its event.
type Acknowledgement string

// The settings of Acknowledgement.
const (
	// Durable stores the record first: a 200 says that it is stored.
	Durable Acknowledgement = "durable"
	// Immediate answers first and stores the record behind the answer, with the same
	// tries, breaker and spill, before the environment takes another event or is
	// frozen. The client has heard 200, whatever WhenUnstored says, when the
	// environment dies in between, and when neither the stream nor the spill takes the
	// record: then the environment stores first, as Durable does, until one of them
	// takes a record again.
	Immediate Acknowledgement = "immediate"
)

// Invocations tells of the invocations of this environment.
type Invocations interface {
	// Next says that nothing is left to do for the invocation before, so that the
	// environment may be frozen, and returns once the next one has begun.
	Next(ctx context.Context) error
}

// WriteBehind stores the records that Invoke has answered for, one for each of
// invocations. It is needed where Config.Acknowledge is Immediate. It returns with the
// error that ends invocations, once the record of the last one is stored.
func (h *Handler) WriteBehind(ctx context.Context, invocations Invocations) error {
	for {
		ended := invocations.Next(ctx)
		if s := <-h.behind; s != nil {
			h.write(s)
		}
		if ended != nil {
			return ended
		}
	}
}

// handOver leaves the record of s, which came with ctx, to WriteBehind.
func (h *Handler) handOver(ctx context.Context, s *scratch) {
	h.unwritten.Lock()
	s.invocation = ctx
	h.behind <- s
}

// write stores the record of s once the answer is on its way: aws-lambda-go ends the
// context of an invocation when Lambda has its answer.
func (h *Handler) write(s *scratch) {
	defer h.unwritten.Unlock()
	defer h.scratch.Put(s)
	<-s.invocation.Done()
	ctx := context.WithoutCancel(s.invocation)
	if deadline, ok := s.invocation.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	defer func() {
		if cause := recover(); cause != nil {
			h.lose(ctx, s.id, fmt.Errorf("panic: %v", cause))
		}
	}()
	if err := h.store(ctx, s); err != nil {
		h.lose(ctx, s.id, err)
	}
}

// Finish returns when the record that Invoke has last answered for is stored, and
// lets Invoke answer for no other: the process may end.
func (h *Handler) Finish() { h.unwritten.Lock() }
