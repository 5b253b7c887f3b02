// Package extension makes a function's own process an internal extension of its sandbox:
// Lambda returns the function's answer at once, and freezes the sandbox only when the
// extension, too, has asked for the next invocation.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
package extension

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const identifier = "Lambda-Extension-Identifier"

// Extension is a registered extension.
type Extension struct {
	// transport has no proxy and no timeout: the API is on this machine, and a sandbox
	// may be idle for hours.
	transport *http.Transport
	url       string
	id        string
}

// Register makes this process an extension that hears of every invocation. Call it
// during init, once per name and sandbox, before the function asks for its first event.
// api is the address in AWS_LAMBDA_RUNTIME_API.
func Register(ctx context.Context, api, name string) (*Extension, error) {
	e := &Extension{transport: &http.Transport{}, url: "http://" + api + "/2020-01-01/extension/"}
	answer, err := e.call(ctx, http.MethodPost, "register", "Lambda-Extension-Name", name, `{"events":["INVOKE"]}`)
	if err == nil && answer.Get(identifier) == "" {
		err = fmt.Errorf("answer holds no %s", identifier)
	}
	if err != nil {
		return nil, fmt.Errorf("registering extension %s: %w", name, err)
	}
	e.id = answer.Get(identifier)
	return e, nil
}

// Next says that the last invocation is finished, and returns when the next one has
// begun. After an error the sandbox is of no more use.
func (e *Extension) Next(ctx context.Context) error {
	if _, err := e.call(ctx, http.MethodGet, "event/next", identifier, e.id, ""); err != nil {
		return fmt.Errorf("asking for the next invocation: %w", err)
	}
	return nil
}

// call returns the headers of the answer to a request with one header and a body.
func (e *Extension) call(ctx context.Context, method, path, header, value, body string) (http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, method, e.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set(header, value)
	response, err := e.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status is %s", response.Status)
	}
	return response.Header, nil
}
