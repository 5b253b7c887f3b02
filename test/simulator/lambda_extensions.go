package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"
)

// register makes an internal extension, which is a thread of the runtime's process, a
// consumer of the sandbox.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#extensions-registration-api-a
func (api *runtimeAPI) register(w http.ResponseWriter, r *http.Request) {
	var wish struct {
		Events []string `json:"events"`
	}
	name := r.Header.Get("Lambda-Extension-Name")
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxEventBytes)).Decode(&wish); err != nil || name == "" {
		refuse(w, http.StatusBadRequest, "InvalidRequestFormat", "name or events are missing")
		return
	}
	id, err := api.sandbox.register(name, wish.Events)
	if err != nil {
		refuse(w, http.StatusForbidden, "Extension.RegistrationError", err.Error())
		return
	}
	w.Header().Set("Lambda-Extension-Identifier", id)
	writeJSON(w, http.StatusOK, map[string]string{
		"functionName": api.sandbox.function.config.Name, "functionVersion": "$LATEST",
		"handler": api.sandbox.function.config.Handler,
	})
}

func (s *sandbox) register(name string, events []string) (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runtime.asked || s.ready {
		return "", errors.New("extensions register during init")
	}
	for _, p := range s.extensions {
		if p.name == name {
			return "", errors.New("an extension of this name is registered")
		}
	}
	for _, event := range events {
		if event != "INVOKE" { // external extensions may also register for SHUTDOWN
			return "", fmt.Errorf("an internal extension can register for INVOKE only, not %q", event)
		}
	}
	id = uuid.NewString()
	s.extensions[id] = newConsumer(name, len(events) > 0)
	return id, nil
}

// nextOfExtension waits for an invocation, as the runtime does.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#extensions-api-next
func (api *runtimeAPI) nextOfExtension(w http.ResponseWriter, r *http.Request) {
	s := api.sandbox
	s.mu.Lock()
	extension := s.extensions[r.Header.Get("Lambda-Extension-Identifier")]
	s.mu.Unlock()
	if extension == nil {
		refuse(w, http.StatusForbidden, "Extension.UnknownExtensionIdentifier", "no such extension")
		return
	}
	inv := s.next(r.Context(), extension)
	if inv == nil {
		return // the process is gone or being stopped
	}
	w.Header().Set("Lambda-Extension-Event-Identifier", uuid.NewString())
	writeJSON(w, http.StatusOK, map[string]any{
		"eventType": "INVOKE", "deadlineMs": inv.deadline.UnixMilli(), "requestId": inv.id,
		"invokedFunctionArn": s.function.config.ARN,
		"tracing":            map[string]string{"type": "X-Amzn-Trace-Id", "value": inv.trace},
	})
}
