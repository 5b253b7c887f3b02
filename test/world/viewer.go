package world

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/dop251/goja"
)

// viewer is a viewer-request function of CloudFront.
type viewer struct{ program *goja.Program }

// newViewer compiles a function, whose entry is called handler.
func newViewer(code string) (*viewer, error) {
	program, err := goja.Compile("function.js", code, false)
	if err != nil {
		return nil, fmt.Errorf("compiling the viewer-request function: %w", err)
	}
	return &viewer{program}, nil
}

// viewerEvent is what a function gets.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
type viewerEvent struct {
	Version string            `json:"version"`
	Context map[string]string `json:"context"`
	Viewer  map[string]string `json:"viewer"`
	Request viewerRequest     `json:"request"`
}

type viewerRequest struct {
	Method      string                 `json:"method"`
	URI         string                 `json:"uri"`
	Querystring map[string]viewerValue `json:"querystring"`
	Headers     map[string]viewerValue `json:"headers"`
	Cookies     map[string]viewerValue `json:"cookies"`
}

type viewerValue struct {
	Value      string        `json:"value"`
	MultiValue []viewerValue `json:"multiValue,omitempty"`
}

// viewerResult is what it returns: the request, or an answer when it has a status.
type viewerResult struct {
	viewerRequest
	StatusCode int             `json:"statusCode"`
	Body       json.RawMessage `json:"body"`
}

// maxViewerTime ends a function that never would. CloudFront gives it less than a millisecond of
// processor time, which cannot be measured here.
const maxViewerTime = time.Second

// call runs the function for a request of a client at this address.
func (v *viewer) call(r *http.Request, ip string) (viewerResult, error) {
	event := viewerEvent{
		Version: "1.0", Context: map[string]string{"eventType": "viewer-request"}, Viewer: map[string]string{"ip": ip},
		Request: viewerRequest{
			Method: r.Method, URI: r.URL.EscapedPath(), Querystring: viewerValues(r.URL.Query(), strings.Clone),
			Headers: viewerValues(r.Header, strings.ToLower), Cookies: map[string]viewerValue{},
		},
	}
	event.Request.Headers["host"] = viewerValue{Value: r.Host}
	text, err := json.Marshal(event)
	if err != nil {
		return viewerResult{}, err
	}
	var result viewerResult
	answer, err := v.run(string(text))
	if err == nil {
		err = json.Unmarshal([]byte(answer), &result)
	}
	if err != nil {
		return result, fmt.Errorf("running the viewer-request function: %w", err)
	}
	if reflect.DeepEqual(result.Querystring, event.Request.Querystring) {
		result.Querystring = nil // as it was sent
	}
	return result, nil
}

// run calls the function in a runtime of its own, from JSON to JSON.
func (v *viewer) run(event string) (string, error) {
	runtime := goja.New()
	defer time.AfterFunc(maxViewerTime, func() { runtime.Interrupt("it takes too long") }).Stop()
	if _, err := runtime.RunProgram(v.program); err != nil {
		return "", err
	}
	value := runtime.ToValue(event)
	asJSON := runtime.Get("JSON").ToObject(runtime)
	for _, step := range []goja.Value{asJSON.Get("parse"), runtime.Get("handler"), asJSON.Get("stringify")} {
		function, ok := goja.AssertFunction(step)
		if !ok {
			return "", errors.New("it has no function handler")
		}
		var err error
		if value, err = function(goja.Undefined(), value); err == nil {
			value, err = settled(value)
		}
		if err != nil {
			return "", err
		}
	}
	return value.String(), nil
}

// settled returns what a promise was fulfilled with: a function may be async.
func settled(value goja.Value) (goja.Value, error) {
	promise, ok := value.Export().(*goja.Promise)
	switch {
	case !ok:
		return value, nil
	case promise.State() != goja.PromiseStateFulfilled:
		return nil, fmt.Errorf("its promise is not fulfilled: %v", promise.Result())
	}
	return promise.Result(), nil
}

// viewerValues are headers or parameters as a function sees them.
func viewerValues(values map[string][]string, name func(string) string) map[string]viewerValue {
	all := map[string]viewerValue{}
	for key, texts := range values {
		if len(texts) == 0 {
			continue
		}
		one := viewerValue{Value: texts[0]}
		for i := range texts {
			if len(texts) > 1 {
				one.MultiValue = append(one.MultiValue, viewerValue{Value: texts[i]})
			}
		}
		all[name(key)] = one
	}
	return all
}

// texts are all values of one name.
func (v viewerValue) texts() []string {
	if len(v.MultiValue) == 0 {
		return []string{v.Value}
	}
	var all []string
	for _, one := range v.MultiValue {
		all = append(all, one.Value)
	}
	return all
}

// write answers a client.
func (v viewerResult) write(w http.ResponseWriter) error {
	body, err := v.body()
	if err != nil {
		return err
	}
	for name, value := range v.Headers {
		w.Header()[http.CanonicalHeaderKey(name)] = value.texts()
	}
	w.WriteHeader(v.StatusCode)
	_, err = w.Write(body)
	return err
}

// body is a text, or an object with a text and its encoding.
func (v viewerResult) body() (body []byte, err error) {
	var text string
	if len(v.Body) == 0 || json.Unmarshal(v.Body, &text) == nil {
		return []byte(text), nil
	}
	var encoded struct{ Encoding, Data string }
	if err := json.Unmarshal(v.Body, &encoded); err != nil {
		return nil, err
	}
	if encoded.Encoding == "base64" {
		return base64.StdEncoding.DecodeString(encoded.Data)
	}
	return []byte(encoded.Data), nil
}

// apply changes a request as the function did.
func (v viewerResult) apply(r *http.Request) {
	host := r.Host
	r.Header = http.Header{}
	for name, value := range v.Headers {
		r.Header[http.CanonicalHeaderKey(name)] = value.texts()
	}
	r.Header.Del("Host")
	r.Host = host
	r.URL.Path, r.URL.RawPath = v.path()
	if v.Querystring == nil {
		return
	}
	query := url.Values{}
	for name, value := range v.Querystring {
		query[name] = value.texts()
	}
	r.URL.RawQuery = query.Encode()
}

// path is the URI as net/url keeps it.
func (v viewerResult) path() (path, raw string) {
	decoded, err := url.PathUnescape(v.URI)
	if err != nil {
		return v.URI, ""
	}
	return decoded, v.URI
}
