package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Refusal is a service's answer that is not success. Its methods are what the SDK's
// retryer knows an error by.
type Refusal struct {
	Status  int    // HTTP status
	Code    string // such as ServiceUnavailableException; empty when the answer names none
	Message string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("status %d, %s: %s", r.Status, r.Code, r.Message)
}

// HTTPStatusCode returns the HTTP status.
func (r *Refusal) HTTPStatusCode() int { return r.Status }

// ErrorCode returns the service's name of the error.
func (r *Refusal) ErrorCode() string { return r.Code }

// sendError is a request without an answer, or with half of one: always worth another
// try, on a new connection.
type sendError struct{ error }

func (e *sendError) Unwrap() error         { return e.error }
func (e *sendError) ConnectionError() bool { return true }

// skewError is a Refusal of a request that was signed at a time the service does not
// accept: worth another try, by the service's clock.
type skewError struct{ *Refusal }

func (e *skewError) Unwrap() error        { return e.Refusal }
func (e *skewError) RetryableError() bool { return true }

// maxSkew is how far from a service's clock a request is trusted to be accepted, as
// in the SDK's retry middleware: a minute below the 5 minutes that AWS allows.
const maxSkew = 4 * time.Minute

// refusal reads what the service said no with. When the reason may be that our clock
// is wrong, later requests are signed by the service's.
func (s *Service) refusal(resp *http.Response, answer []byte) error {
	r := &Refusal{Status: resp.StatusCode}
	r.Code, r.Message = readError(resp.Header.Get("X-Amzn-Errortype"), answer)
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || r.Status/100 != 4 || date.Sub(s.now()).Abs() <= maxSkew {
		return r
	}
	s.skew.Store(int64(time.Until(date)))
	return &skewError{r}
}

// readError finds code and message in an answer of AWS JSON 1.1, {"__type":…,
// "message":…} with the code also in a header, or of S3, <Code>…</Code>.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
func readError(code string, answer []byte) (string, string) {
	var said struct {
		Type    string `json:"__type"`
		Message string `json:"message"` // or Message: names are matched in any case
	}
	if json.Unmarshal(answer, &said) != nil {
		said.Type, said.Message = element(answer, "Code"), element(answer, "Message")
	}
	if code == "" {
		code = said.Type
	}
	code, _, _ = strings.Cut(code, ":") // may be followed by a URL
	return code[strings.LastIndexByte(code, '#')+1:], said.Message
}

func element(xml []byte, name string) string {
	_, rest, _ := bytes.Cut(xml, []byte("<"+name+">"))
	text, _, _ := bytes.Cut(rest, []byte("</"+name+">"))
	return string(text)
}
