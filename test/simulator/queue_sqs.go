package simulator

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
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

type sentEntry struct {
	ID        string `json:"Id"`
	MessageID string `json:"MessageId"`
	MD5       string `json:"MD5OfMessageBody"`
}

func (a sqsAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var input struct {
		QueueURL string `json:"QueueUrl"`
		Entries  []struct {
			ID   string `json:"Id"`
			Body string `json:"MessageBody"`
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&input); err != nil {
		writeError(w, &apiError{http.StatusBadRequest, "SerializationException", err.Error()})
		return
	}
	queue := a.byURL(input.QueueURL)
	switch operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS."); {
	case queue == nil:
		writeError(w, &apiError{http.StatusBadRequest, "com.amazonaws.sqs#QueueDoesNotExist", input.QueueURL})
	case operation != "SendMessageBatch":
		writeError(w, &apiError{http.StatusBadRequest, "UnknownOperationException", operation})
	case len(input.Entries) == 0 || len(input.Entries) > maxBatchEntries:
		writeError(w,
			&apiError{http.StatusBadRequest, "com.amazonaws.sqs#TooManyEntriesInBatchRequest", "must be 1 to 10"})
	default:
		var sent []sentEntry
		for _, e := range input.Entries {
			sum := md5.Sum([]byte(e.Body))
			sent = append(sent, sentEntry{e.ID, queue.Send(e.Body), hex.EncodeToString(sum[:])})
		}
		writeHeaders(w, http.StatusOK)
		answer := map[string]any{"Successful": sent, "Failed": []any{}}
		_ = json.NewEncoder(w).Encode(answer) // to a client that may have gone
	}
}

func (a sqsAPI) byURL(url string) *Queue {
	for _, queue := range a.queues {
		if queue.Config.URL == url {
			return queue
		}
	}
	return nil
}
