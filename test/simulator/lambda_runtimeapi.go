package simulator

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// maxResponseBytes is the largest answer of a synchronous invocation: 6 MB, which
// the service counts as 6 × 1024 × 1024 + 100 bytes.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxResponseBytes = 6<<20 + 100

// maxEventBytes is the largest event of a synchronous invocation: 6 MB.
const maxEventBytes = 6 << 20

// runtimeAPI is the HTTP API that a function's process asks for work, one
// listener per sandbox. The Extensions API stands beside it.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	sandbox  *sandbox
	listener net.Listener
	server   *http.Server
}

func newRuntimeAPI(s *sandbox) (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the runtime API: %w", err)
	}
	api := &runtimeAPI{sandbox: s, listener: listener}
	api.server = &http.Server{Handler: api.routes(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = api.server.Serve(listener) }() // ends with close, the only way it ends
	return api, nil
}

func (api *runtimeAPI) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", api.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", api.running(response))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", api.running(invocationError))
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", api.initError)
	mux.HandleFunc("POST /2020-01-01/extension/register", api.register)
	mux.HandleFunc("GET /2020-01-01/extension/event/next", api.nextOfExtension)
	return mux
}

func (api *runtimeAPI) address() string { return api.listener.Addr().String() }

func (api *runtimeAPI) close() { _ = api.server.Close() }

// next waits for an invocation, which may take as long as the sandbox lives.
func (api *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	inv := api.sandbox.next(r.Context(), api.sandbox.runtime)
	if inv == nil {
		return // the process is gone or being stopped
	}
	h := w.Header()
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", api.sandbox.function.config.ARN)
	h.Set("Lambda-Runtime-Trace-Id", inv.trace)
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(inv.event)))
	_, _ = w.Write(inv.event) // a process that stopped reading is noticed by its exit
}

// running is a handler of what the process says of its invocation.
func (api *runtimeAPI) running(handle func(http.ResponseWriter, *http.Request, *invocation)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if inv := api.sandbox.running(r.PathValue("id")); inv != nil {
			handle(w, r, inv)
			return
		}
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "no such invocation")
	}
}

// response is the function's answer. The caller gets it at once, before the process asks
// for the next event.
func response(w http.ResponseWriter, r *http.Request, inv *invocation) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponseBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		message := fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).",
			maxResponseBytes)
		inv.fail(&FunctionError{Type: "Function.ResponseSizeTooLarge", Message: message})
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", message)
		return
	case err != nil:
		return // the process died while it answered; its exit ends the invocation
	}
	if failed := trailerError(r.Trailer); failed != nil {
		inv.fail(failed)
	}
	inv.answer(body)
	accept(w)
}

// trailerError is an error that arises while the answer is being written: it
// travels behind the body.
func trailerError(trailer http.Header) *FunctionError {
	if name := trailer.Get("Lambda-Runtime-Function-Error-Type"); name != "" {
		return &FunctionError{Type: name, Message: trailer.Get("Lambda-Runtime-Function-Error-Body")}
	}
	return nil
}

func invocationError(w http.ResponseWriter, r *http.Request, inv *invocation) {
	inv.fail(readError(w, r))
	accept(w)
}

func (api *runtimeAPI) initError(w http.ResponseWriter, r *http.Request) {
	api.sandbox.initFailed(readError(w, r))
	accept(w)
}

// readError reads the error that a runtime reports: {"errorType","errorMessage"}.
func readError(w http.ResponseWriter, r *http.Request) *FunctionError {
	var reported struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}
	body, _ := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponseBytes)) // a part says more than nothing
	if err := json.Unmarshal(body, &reported); err != nil {
		reported.Message = string(bytes.ToValidUTF8(body, nil))
	}
	if reported.Type == "" {
		reported.Type = r.Header.Get("Lambda-Runtime-Function-Error-Type")
	}
	return &FunctionError{Type: reported.Type, Message: reported.Message}
}

func accept(w http.ResponseWriter) {
	writeJSON(w, http.StatusAccepted, map[string]string{"status": "OK"})
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	writeJSON(w, status, map[string]string{"errorType": kind, "errorMessage": message})
}

func writeJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(marshal(answer)) // a process that does not read it is noticed by its silence
}

type traceKey struct{}

// withTrace carries the X-Ray trace id of a request to the function's runtime.
func withTrace(ctx context.Context, trace string) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// traceFrom returns the request's trace id, or a new one.
func traceFrom(ctx context.Context) string {
	if trace, ok := ctx.Value(traceKey{}).(string); ok {
		return trace
	}
	return newTrace()
}

// newTrace returns a trace id in X-Ray's form: the time, and 96 random bits.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
func newTrace() string {
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails
	return fmt.Sprintf("Root=1-%08x-%s;Sampled=0", time.Now().Unix(), hex.EncodeToString(random[:]))
}
