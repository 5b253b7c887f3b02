package simulator

import (
	"sync"
	"time"
)

// buffer collects records until they reach limit bytes or the first of them has waited for
// wait. It then calls flush in a new goroutine. A batch exceeds limit only if a single
// record does.
type buffer struct {
	limit int
	wait  time.Duration
	flush func([]Record)

	mu      sync.Mutex
	records []Record
	bytes   int
	timer   *time.Timer
	busy    int // flushes under way
	closed  bool
}

func (b *buffer) add(r Record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	if b.bytes > 0 && b.bytes+len(r.Data) > b.limit {
		b.cut()
	}
	b.records = append(b.records, r)
	b.bytes += len(r.Data)
	switch {
	case b.bytes >= b.limit || b.wait == 0:
		b.cut()
	case b.timer == nil:
		b.timer = time.AfterFunc(b.wait, b.drain)
	}
}

// cut hands over what is there. The caller holds the lock.
func (b *buffer) cut() {
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	if len(b.records) == 0 {
		return
	}
	records := b.records
	b.records, b.bytes = nil, 0
	b.busy++
	go func() {
		b.flush(records)
		b.mu.Lock()
		b.busy--
		b.mu.Unlock()
	}()
}

// drain hands over what is there without waiting for more.
func (b *buffer) drain() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cut()
}

func (b *buffer) idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.busy == 0 && len(b.records) == 0
}

// close drops all records, and those still to come.
func (b *buffer) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.records, b.bytes = nil, 0
	if b.timer != nil {
		b.timer.Stop()
	}
}
