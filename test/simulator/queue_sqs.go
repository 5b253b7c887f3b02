package simulator

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// sqsAPI answers the SDK's calls to queues. What a Mapping does needs no calls, so
// all that is served is sending.
type sqsAPI struct {
	queues map[string]*Queue // by ARN
}

// maxBatchEntries of a SendMessageBatch.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
const maxBatchEntries = 10

func (a sqsAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var input struct {
		QueueURL string `json:"QueueUrl"`
		Entries  []struct {
			ID   string `json:"Id"`
			Body string `json:"MessageBody"`
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&input); err != nil {
		writeError(w, refused("SerializationException", "%v", err))
		return
	}
	queue := a.byURL(input.QueueURL)
	switch operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS."); {
	case queue == nil:
		writeError(w, refused("com.amazonaws.sqs#QueueDoesNotExist", "%s", input.QueueURL))
	case operation != "SendMessageBatch":
		writeError(w, refused("UnknownOperationException", "%s", operation))
	case len(input.Entries) == 0 || len(input.Entries) > maxBatchEntries:
		writeError(w, refused("com.amazonaws.sqs#TooManyEntriesInBatchRequest", "must be 1 to %d", maxBatchEntries))
	default:
		var sent []map[string]string
		for _, e := range input.Entries {
			sent = append(sent, map[string]string{
				"Id": e.ID, "MessageId": queue.Send(e.Body), "MD5OfMessageBody": digestOf(e.Body),
			})
		}
		writeAnswer(w, http.StatusOK, map[string]any{"Successful": sent, "Failed": []any{}})
	}
}

// digestOf is the MD5 of a message's body.
func digestOf(body string) string { return fmt.Sprintf("%x", md5.Sum([]byte(body))) }

func (a sqsAPI) byURL(url string) *Queue {
	for _, queue := range a.queues {
		if queue.URL == url {
			return queue
		}
	}
	return nil
}
