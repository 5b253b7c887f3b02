package simulator

import (
	"sync"
	"time"
)

// entry is one record in a stream.
type entry struct {
	id      string
	data    []byte
	arrived time.Time
}

// buffer collects entries until they reach limit bytes or the first of them has waited for
// wait. It then calls flush in a new goroutine. A batch exceeds limit only if a single
// entry does.
type buffer struct {
	limit int
	wait  time.Duration
	flush func([]entry)

	mu      sync.Mutex
	entries []entry
	bytes   int
	timer   *time.Timer
	busy    int // flushes under way
	closed  bool
}

func (b *buffer) add(e entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	if b.bytes > 0 && b.bytes+len(e.data) > b.limit {
		b.cut()
	}
	b.entries = append(b.entries, e)
	b.bytes += len(e.data)
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
	if len(b.entries) == 0 {
		return
	}
	entries := b.entries
	b.entries, b.bytes = nil, 0
	b.busy++
	go func() {
		b.flush(entries)
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
	return b.busy == 0 && len(b.entries) == 0
}

// close drops all entries, and those still to come.
func (b *buffer) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.entries, b.bytes = nil, 0
	if b.timer != nil {
		b.timer.Stop()
	}
}
