package client

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Refusal is the error answer of a service. The SDK's retryer looks at its methods.
type Refusal struct {
	Status  int    // HTTP status
	Code    string // such as ServiceUnavailableException; empty when the answer has no code
	Message string
}

func (r *Refusal) Error() string {
	text := fmt.Sprintf("status %d", r.Status)
	if r.Code != "" {
		text += ", " + r.Code
	}
	if r.Message != "" {
		text += ": " + r.Message
	}
	return text
}

// HTTPStatusCode returns the HTTP status.
func (r *Refusal) HTTPStatusCode() int { return r.Status }

// ErrorCode returns the service's name of the error.
func (r *Refusal) ErrorCode() string { return r.Code }

// skewError is a Refusal of a request whose time was wrong. It is tried again with the
// service's time.
type skewError struct{ *Refusal }

func (e *skewError) Unwrap() error        { return e.Refusal }
func (e *skewError) RetryableError() bool { return true }

// maxSkew is how far two clocks may differ before a refusal is blamed on them, as in
// the SDK's retry middleware: a minute below the 5 minutes that AWS allows.
const maxSkew = 4 * time.Minute

// refusal reads an error answer. When our clock may be wrong, later requests are signed
// with the service's time.
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
	code, _, _ = strings.Cut(cmp.Or(code, said.Type), ":") // a URL may follow
	return code[strings.LastIndexByte(code, '#')+1:], said.Message
}

func element(xml []byte, name string) string {
	_, rest, _ := bytes.Cut(xml, []byte("<"+name+">"))
	text, _, _ := bytes.Cut(rest, []byte("</"+name+">"))
	return string(text)
}
