package simulator

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestDeadLettersAreSeenMoreThanOnce(t *testing.T) {
	dead := &Queue{}
	queue := &Queue{MaxReceives: 1, DeadLetters: dead}
	sim := &Simulator{queues: map[string]*Queue{"a": queue, "b": dead}}
	queue.Send("poison")
	for range 2 {
		queue.Receive(10)
	}
	for range 2 {
		if got := sim.DeadLetters(); !slices.Equal(got, []string{"poison"}) {
			t.Errorf("the dead letters are %q", got)
		}
	}
}

// TestABatchOfMessagesHasOneToTen:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
func TestABatchOfMessagesHasOneToTen(t *testing.T) {
	for n, want := range map[int]int{0: 400, 1: 200, 10: 200, 11: 400} {
		queue := &Queue{URL: "q"}
		entries := strings.Join(slices.Repeat([]string{`{"Id":"1","MessageBody":"m"}`}, n), ",")
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"QueueUrl":"q","Entries":[`+entries+`]}`))
		r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessageBatch")
		w := httptest.NewRecorder()
		sqsAPI{map[string]*Queue{"arn": queue}}.ServeHTTP(w, r)
		if sent := queue.Len(); w.Code != want || (want == http.StatusOK) != (sent == n && n > 0) {
			t.Errorf("%d messages are answered %d, and %d are in the queue", n, w.Code, sent)
		}
	}
}
