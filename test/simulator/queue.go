package simulator

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Message is a message as a consumer receives it.
type Message struct {
	ID       string
	Body     string
	Receipt  string // changes with each receive
	Receives int    // this one included
	SentAt   time.Time

	hiddenUntil time.Time
}

// Queue is a standard queue: at least once, in no promised order.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues.html
type Queue struct {
	Name, ARN, URL string
	VisibilityFor  time.Duration // how long a received message is hidden
	MaxReceives    int           // receives after which a message is a dead letter
	DeadLetters    *Queue        // where dead letters go; nil: there are none

	mu       sync.Mutex
	messages []*Message
	sent     chan struct{} // holds a token when something was sent
}

// Send adds a message and returns its id.
func (q *Queue) Send(body string) string {
	m := &Message{ID: uuid.NewString(), Body: body, SentAt: time.Now()}
	q.add(m)
	return m.ID
}

func (q *Queue) add(m *Message) {
	q.mu.Lock()
	q.messages = append(q.messages, m)
	q.mu.Unlock()
	select {
	case q.sent <- struct{}{}:
	default:
	}
}

// Receive hides up to limit visible messages and returns them. A message that was
// received too often becomes a dead letter instead.
func (q *Queue) Receive(limit int) []Message {
	received, dead := q.receive(limit, time.Now())
	for _, m := range dead {
		q.DeadLetters.add(&Message{ID: m.ID, Body: m.Body, SentAt: m.SentAt})
	}
	return received
}

func (q *Queue) receive(limit int, now time.Time) (received []Message, dead []*Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = slices.DeleteFunc(q.messages, func(m *Message) bool {
		if len(received) == limit || m.hiddenUntil.After(now) {
			return false
		}
		if q.DeadLetters != nil && m.Receives >= q.MaxReceives {
			dead = append(dead, m)
			return true
		}
		m.Receives++
		m.Receipt = m.ID + "#" + strconv.Itoa(m.Receives)
		m.hiddenUntil = now.Add(q.VisibilityFor)
		received = append(received, *m)
		return false
	})
	return received, dead
}

// Delete removes the message with this receipt; a receipt of an earlier receive
// removes nothing.
func (q *Queue) Delete(receipt string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = slices.DeleteFunc(q.messages, func(m *Message) bool { return m.Receipt == receipt })
}

// Hide has the message with this receipt appear again after d.
func (q *Queue) Hide(receipt string, d time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.messages {
		if m.Receipt == receipt {
			m.hiddenUntil = time.Now().Add(d)
		}
	}
}

// Len returns how many messages there are, those included that a receive has hidden.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.messages)
}

// bodies returns the bodies of all messages, and hides none.
func (q *Queue) bodies() (all []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.messages {
		all = append(all, m.Body)
	}
	return all
}

// Drain waits until no message is left, or ctx is done.
func (q *Queue) Drain(ctx context.Context) error {
	return until(ctx, 10*time.Millisecond, 10*time.Millisecond, func() bool { return q.Len() == 0 })
}
