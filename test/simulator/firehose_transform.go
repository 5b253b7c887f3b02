package simulator

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Invoker is a function as its callers on AWS see it. Its error is ErrTimedOut,
// ErrThrottled or a *FunctionError.
type Invoker interface {
	Invoke(ctx context.Context, event []byte) ([]byte, error)
}

// The errors of an invocation, apart from *FunctionError.
var (
	ErrTimedOut  = errors.New("function timed out")
	ErrThrottled = errors.New("function is throttled: it has as many requests as its concurrency")
)

// FunctionError is what the function, or Lambda on its behalf, answered instead of
// a result.
type FunctionError struct{ Type, Message string }

func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// TransformConfig says how a stream has its records transformed.
type TransformConfig struct {
	FunctionARN string
	Function    Invoker
	BufferBytes int
	BufferFor   time.Duration
	Retries     int // further invocations after a failed one
}

// failure is why a record could not be transformed, as AWS writes it into error objects.
type failure struct{ code, message string }

var (
	functionFailed = failure{
		"Lambda.FunctionError", "The Lambda function was successfully invoked but it returned an error result.",
	}
	functionTimedOut = failure{
		"Lambda.FunctionTimedOut", "The Lambda function was successfully invoked but it timed out.",
	}
	functionThrottled = failure{
		"Lambda.InvokeLimitExceeded", "The Lambda function invocation limit was exceeded.",
	}
	missingID = failure{
		"Lambda.MissingRecordId", "One or more record Ids were not returned. " +
			"Ensure that the Lambda function returns all received record Ids.",
	}
	duplicatedID = failure{
		"Lambda.DuplicatedRecordId", "Multiple records were returned with the same record Id. " +
			"Ensure that the Lambda function returns unique record Ids for each record.",
	}
	processingFailed = failure{"Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record"}
)

func invalidReturn(message string) *failure { return &failure{"Lambda.InvalidReturnFormat", message} }

type transformRecord struct {
	RecordID                    string `json:"recordId"`
	ApproximateArrivalTimestamp int64  `json:"approximateArrivalTimestamp"`
	Data                        []byte `json:"data"`
}

type transformResult struct {
	RecordID string  `json:"recordId"`
	Result   string  `json:"result"`
	Data     *string `json:"data"`
}

// transform transforms one batch and passes each record on, by its result.
func (s *stream) transform(batch []Record) {
	s.inFlight <- struct{}{}
	defer func() { <-s.inFlight }()
	answer, attempts, err := s.invoke(batch)
	results := resultsByID(answer)
	for _, r := range batch {
		data, failed := outcomeOf(results[r.ID])
		if err != nil {
			failed = invocationFailure(err)
		}
		if failed != nil {
			s.fail(r, *failed, attempts)
			continue
		}
		s.Watcher.Transformed(&s.config, r, data)
		if data != nil {
			s.data.add(Record{ID: r.ID, Data: data, Arrived: r.Arrived})
		}
	}
}

// invoke calls the function until it answers, at most 1 + Retries times. Only an
// invocation that fails is repeated; an answer that makes no sense is not.
func (s *stream) invoke(batch []Record) (answer []byte, attempts int, err error) {
	t := s.config.Transform
	event := s.event(batch)
	_ = until(s.ctx, 20*time.Millisecond, time.Second, func() bool { // at the end of the stream, err is the last one
		attempts++
		answer, err = t.Function.Invoke(s.ctx, event)
		return err == nil || attempts > t.Retries
	})
	return answer, attempts, err
}

func (s *stream) event(batch []Record) []byte {
	records := make([]transformRecord, len(batch))
	for i, r := range batch {
		records[i] = transformRecord{r.ID, r.Arrived.UnixMilli(), r.Data}
	}
	return marshal(map[string]any{
		"invocationId": uuid.NewString(), "deliveryStreamArn": s.config.ARN, "region": s.Region, "records": records,
	})
}

func invocationFailure(err error) *failure {
	switch {
	case errors.Is(err, ErrTimedOut):
		return &functionTimedOut
	case errors.Is(err, ErrThrottled):
		return &functionThrottled
	}
	return &functionFailed
}

// resultsByID is empty for an answer that cannot be read: it names no record.
func resultsByID(answer []byte) map[string][]transformResult {
	var response struct {
		Records []transformResult `json:"records"`
	}
	results := map[string][]transformResult{}
	if json.Unmarshal(answer, &response) == nil {
		for _, r := range response.Records {
			results[r.RecordID] = append(results[r.RecordID], r)
		}
	}
	return results
}

// outcomeOf returns the data that goes on for a record, or why it does not; neither when the
// function dropped it.
// https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html
func outcomeOf(results []transformResult) ([]byte, *failure) {
	switch {
	case len(results) == 0:
		return nil, &missingID
	case len(results) > 1:
		return nil, &duplicatedID
	}
	switch r := results[0]; {
	case r.Result == "Dropped":
		return nil, nil
	case r.Result == "ProcessingFailed":
		return nil, &processingFailed
	case r.Result != "Ok":
		return nil, invalidReturn(fmt.Sprintf("Invalid result %q", r.Result))
	case r.Data == nil:
		return nil, invalidReturn("The data field is missing for a record with result Ok")
	}
	data, err := base64.StdEncoding.DecodeString(*results[0].Data)
	if err != nil {
		return nil, invalidReturn("The data field is not base64")
	}
	return data, nil
}

// fail passes r on to the error prefix, as it came: a line of an error object. AWS's
// documentation shows the times as text and lambdaArn, its practice numbers and lambdaARN:
// readers must accept both.
// https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
func (s *stream) fail(r Record, f failure, attempts int) {
	line := marshal(map[string]any{
		"attemptsMade": attempts, "arrivalTimestamp": r.Arrived.UnixMilli(),
		"errorCode": f.code, "errorMessage": f.message,
		"attemptEndingTimestamp": s.Now().UnixMilli(), "rawData": r.Data, "lambdaArn": s.config.Transform.FunctionARN,
	})
	s.Watcher.Failed(&s.config, r, f.code)
	s.failed.add(Record{ID: r.ID, Data: append(line, '\n'), Arrived: r.Arrived})
}
