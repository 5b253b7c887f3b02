package simulator

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Mapping is an event source mapping: it receives messages, invokes the function with them
// and deletes those that did not fail. The others come back when their visibility timeout is
// over.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
type Mapping struct {
	Queue          *Queue
	Function       Invoker
	Region         string
	BatchSize      int           // messages of one invocation
	WindowFor      time.Duration // longest wait for a batch to fill
	MaxConcurrency int           // invocations at once; AWS's least is 2
	ReportFailures bool          // ReportBatchItemFailures: the answer names the messages that failed

	// RetryAfter is how long after a failure a message is tried again. Default: when its
	// visibility timeout is over, as on AWS.
	RetryAfter time.Duration

	stop context.CancelFunc
	done sync.WaitGroup
}

// start feeds the function until Close.
func (m *Mapping) start() {
	var ctx context.Context
	ctx, m.stop = context.WithCancel(context.Background())
	for range max(m.MaxConcurrency, 2) {
		m.done.Go(func() { m.run(ctx) })
	}
}

// Close stops feeding and waits for the invocations under way.
func (m *Mapping) Close() {
	m.stop()
	m.done.Wait()
}

// pollEvery is how often a queue is looked at for messages that became visible again.
const pollEvery = 50 * time.Millisecond

func (m *Mapping) run(ctx context.Context) {
	for ctx.Err() == nil {
		if messages := m.gather(ctx); len(messages) > 0 {
			m.invoke(ctx, messages)
			continue
		}
		select {
		case <-ctx.Done():
		case <-m.Queue.sent:
		case <-time.After(pollEvery):
		}
	}
}

// gather receives messages until the batch is full or its window is over.
func (m *Mapping) gather(ctx context.Context) []Message {
	messages := m.Queue.Receive(m.BatchSize)
	if len(messages) == 0 {
		return nil
	}
	window := time.After(m.WindowFor)
	for len(messages) < m.BatchSize {
		select {
		case <-ctx.Done():
			return messages
		case <-window:
			return messages
		case <-time.After(pollEvery):
			messages = append(messages, m.Queue.Receive(m.BatchSize-len(messages))...)
		}
	}
	return messages
}

// invoke is not cut short by Close: an invocation on AWS is not either.
func (m *Mapping) invoke(ctx context.Context, messages []Message) {
	answer, err := m.Function.Invoke(context.WithoutCancel(ctx), m.event(messages))
	failed, ok := m.failed(answer)
	for _, message := range messages {
		switch {
		case err == nil && ok && !slices.Contains(failed, message.ID):
			m.Queue.Delete(message.Receipt)
		case m.RetryAfter > 0:
			m.Queue.Hide(message.Receipt, m.RetryAfter)
		}
	}
}

// failed returns the ids that the answer names. An answer that cannot be read, or
// that names an empty id, fails the whole batch.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func (m *Mapping) failed(answer []byte) (ids []string, ok bool) {
	if !m.ReportFailures {
		return nil, true
	}
	var failures events.SQSEventResponse
	if err := json.Unmarshal(answer, &failures); err != nil {
		return nil, false
	}
	for _, item := range failures.BatchItemFailures {
		if item.ItemIdentifier == "" {
			return nil, false
		}
		ids = append(ids, item.ItemIdentifier)
	}
	return ids, true
}

func (m *Mapping) event(messages []Message) []byte {
	var event events.SQSEvent
	for _, message := range messages {
		event.Records = append(event.Records, events.SQSMessage{
			MessageId: message.ID, ReceiptHandle: message.Receipt, Body: message.Body,
			Attributes: map[string]string{
				"ApproximateReceiveCount": strconv.Itoa(message.Receives),
				"SentTimestamp":           strconv.FormatInt(message.SentAt.UnixMilli(), 10),
			},
			MessageAttributes: map[string]events.SQSMessageAttribute{},
			Md5OfBody:         digestOf(message.Body), EventSource: "aws:sqs",
			EventSourceARN: m.Queue.ARN, AWSRegion: m.Region,
		})
	}
	return marshal(event)
}
