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

// Results of a record.
// https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html
const (
	resultOk               = "Ok"
	resultDropped          = "Dropped"
	resultProcessingFailed = "ProcessingFailed"
)

// The error codes of records that could not be transformed, as AWS writes them
// into error objects.
const (
	codeFunctionError  = "Lambda.FunctionError"
	codeTimedOut       = "Lambda.FunctionTimedOut"
	codeThrottled      = "Lambda.InvokeLimitExceeded"
	codeMissingID      = "Lambda.MissingRecordId"
	codeDuplicatedID   = "Lambda.DuplicatedRecordId"
	codeProcessingFail = "Lambda.ProcessingFailedStatus"
	codeInvalidReturn  = "Lambda.InvalidReturnFormat"
)

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

// failure is why a record could not be transformed.
type failure struct {
	code, message string
	attempts      int
}

// transform transforms one batch and passes each record on, by its result.
func (s *stream) transform(batch []entry) {
	s.inFlight <- struct{}{}
	defer func() { <-s.inFlight }()
	answer, attempts, err := s.invoke(batch)
	if err != nil {
		f := invocationFailure(err)
		f.attempts = attempts
		for _, e := range batch {
			s.fail(e, f)
		}
		return
	}
	results, duplicated := resultsByID(answer)
	for _, e := range batch {
		data, f := outcomeOf(e, results, duplicated)
		if f != nil {
			f.attempts = attempts
			s.fail(e, *f)
			continue
		}
		s.Watcher.Transformed(&s.config, e.record(), data)
		if data != nil {
			s.data.add(entry{id: e.id, data: data, arrived: e.arrived})
		}
	}
}

// invoke calls the function until it answers, at most 1 + Retries times. Only an
// invocation that fails is repeated; an answer that makes no sense is not.
func (s *stream) invoke(batch []entry) (answer []byte, attempts int, err error) {
	t := s.config.Transform
	event := s.event(batch)
	_ = until(s.ctx, 20*time.Millisecond, time.Second, func() bool { // at the end of the stream, err is the last one
		attempts++
		answer, err = t.Function.Invoke(s.ctx, event)
		return err == nil || attempts > t.Retries
	})
	return answer, attempts, err
}

func (s *stream) event(batch []entry) []byte {
	records := make([]transformRecord, len(batch))
	for i, e := range batch {
		records[i] = transformRecord{e.id, e.arrived.UnixMilli(), e.data}
	}
	return marshal(map[string]any{
		"invocationId": uuid.NewString(), "deliveryStreamArn": s.config.ARN, "region": s.Region, "records": records,
	})
}

func invocationFailure(err error) failure {
	switch {
	case errors.Is(err, ErrTimedOut):
		return failure{code: codeTimedOut, message: "The Lambda function was successfully invoked but it timed out."}
	case errors.Is(err, ErrThrottled):
		return failure{code: codeThrottled, message: "The Lambda function invocation limit was exceeded."}
	}
	return failure{
		code:    codeFunctionError,
		message: "The Lambda function was successfully invoked but it returned an error result.",
	}
}

func resultsByID(answer []byte) (results map[string]transformResult, duplicated map[string]bool) {
	var response struct {
		Records []transformResult `json:"records"`
	}
	if err := json.Unmarshal(answer, &response); err != nil {
		return nil, nil // no record is named: each is missing
	}
	results, duplicated = map[string]transformResult{}, map[string]bool{}
	for _, r := range response.Records {
		if _, twice := results[r.RecordID]; twice {
			duplicated[r.RecordID] = true
		}
		results[r.RecordID] = r
	}
	return results, duplicated
}

// outcomeOf returns the data that goes on for e, or why it does not; neither when the
// function dropped it.
func outcomeOf(e entry, results map[string]transformResult, duplicated map[string]bool) ([]byte, *failure) {
	r, known := results[e.id]
	switch {
	case !known:
		return nil, &failure{
			code: codeMissingID,
			message: "One or more record Ids were not returned. " +
				"Ensure that the Lambda function returns all received record Ids.",
		}
	case duplicated[e.id]:
		return nil, &failure{
			code: codeDuplicatedID,
			message: "Multiple records were returned with the same record Id. " +
				"Ensure that the Lambda function returns unique record Ids for each record.",
		}
	case r.Result == resultDropped:
		return nil, nil
	case r.Result == resultProcessingFailed:
		return nil, &failure{code: codeProcessingFail, message: "ProcessingFailed status set for record"}
	case r.Result != resultOk:
		return nil, &failure{code: codeInvalidReturn, message: fmt.Sprintf("Invalid result %q", r.Result)}
	case r.Data == nil:
		return nil, &failure{code: codeInvalidReturn, message: "The data field is missing for a record with result Ok"}
	}
	data, err := base64.StdEncoding.DecodeString(*r.Data)
	if err != nil {
		return nil, &failure{code: codeInvalidReturn, message: "The data field is not base64"}
	}
	return append([]byte{}, data...), nil
}

// errorObject is one line of an error object. AWS's documentation shows the times
// as text and lambdaArn, its practice numbers and lambdaARN: readers must stand both.
// https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
type errorObject struct {
	AttemptsMade           int    `json:"attemptsMade"`
	ArrivalTimestamp       int64  `json:"arrivalTimestamp"`
	ErrorCode              string `json:"errorCode"`
	ErrorMessage           string `json:"errorMessage"`
	AttemptEndingTimestamp int64  `json:"attemptEndingTimestamp"`
	RawData                []byte `json:"rawData"`
	LambdaArn              string `json:"lambdaArn"`
}

// fail passes e on to the error prefix, as it came.
func (s *stream) fail(e entry, f failure) {
	line := marshal(errorObject{
		AttemptsMade: f.attempts, ArrivalTimestamp: e.arrived.UnixMilli(),
		ErrorCode: f.code, ErrorMessage: f.message,
		AttemptEndingTimestamp: s.Now().UnixMilli(), RawData: e.data, LambdaArn: s.config.Transform.FunctionARN,
	})
	s.Watcher.Failed(&s.config, e.record(), f.code)
	s.failed.add(entry{id: e.id, data: append(line, '\n'), arrived: e.arrived})
}
