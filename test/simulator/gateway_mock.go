package simulator

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
)

// mock is a MOCK integration. On AWS, a request template chooses a status, and the
// integration response for that status is the answer. Here there is one answer, and every
// request template is its status.
type mock struct {
	mediaTypes map[string]string // of requests that have a template
	status     int
	headers    map[string]string
	body       velocity
	mime       string // of the body
}

// statusInTemplate finds the status that a request template gives. API Gateway
// also takes the member's name without quotes.
var statusInTemplate = regexp.MustCompile(`^\s*\{\s*"?statusCode"?\s*:\s*"?(\d{3})"?\s*\}\s*$`)

func newMock(p methodProperties) (m *mock, err error) {
	in := p.Integration
	switch {
	case len(in.IntegrationResponses) != 1:
		return nil, errors.New("a mock with other than one integration response is not supported by the simulator")
	case in.PassthroughBehavior != "NEVER":
		return nil, fmt.Errorf("passthrough behavior %q is not supported by the simulator", in.PassthroughBehavior)
	case in.ContentHandling != "CONVERT_TO_TEXT":
		// API Gateway answers 500: a template cannot be applied to bytes, which is what a
		// request is to an API for which everything is binary.
		return nil, fmt.Errorf("a mock needs the content handling CONVERT_TO_TEXT, not %q", in.ContentHandling)
	}
	answer := in.IntegrationResponses[0]
	for _, template := range in.RequestTemplates {
		match := statusInTemplate.FindStringSubmatch(template)
		if match == nil || match[1] != strconv.Itoa(answer.StatusCode) {
			return nil, fmt.Errorf("request template %q is not supported by the simulator: "+
				"only a constant statusCode of %d is", template, answer.StatusCode)
		}
	}
	m = &mock{mediaTypes: in.RequestTemplates, status: answer.StatusCode}
	if m.headers, err = literals(answer.ResponseParameters, "method.response.header."); err != nil {
		return nil, err
	}
	for mediaType, template := range answer.ResponseTemplates {
		m.mime = mediaType
		if m.body, err = parseVelocity(template); err != nil {
			return nil, err
		}
	}
	return m, declared(answer, p.MethodResponses)
}

// declared refuses what API Gateway refuses at deployment: an integration
// response without its method response, or a header that this does not name.
func declared(answer integrationResponseProperties, responses []methodResponseProperties) error {
	i := slices.IndexFunc(responses, func(r methodResponseProperties) bool { return r.StatusCode == answer.StatusCode })
	if i < 0 {
		return fmt.Errorf("integration response %d has no method response", answer.StatusCode)
	}
	for key := range answer.ResponseParameters {
		if _, found := responses[i].ResponseParameters[key]; !found {
			return fmt.Errorf("method response %d does not declare %s", answer.StatusCode, key)
		}
	}
	return nil
}

func (g *Gateway) serveMock(x *exchange) {
	m := x.method.mock
	if _, found := m.mediaTypes[requestMediaType(x.r)]; !found {
		g.refuse(x, unsupportedMediaType)
		return
	}
	text, overrides, err := m.body.render(last(x.r.Header))
	if err != nil {
		x.cause = err
		g.refuse(x, configurationError)
		return
	}
	h := x.w.Header()
	if text != "" {
		h.Set("Content-Type", m.mime)
	}
	for _, headers := range []map[string]string{m.headers, overrides} {
		for name, value := range headers {
			h.Set(name, value)
		}
	}
	x.w.WriteHeader(m.status)
	if m.status != http.StatusNoContent {
		_, _ = x.w.Write([]byte(text)) // the client may have left
	}
}

func requestMediaType(r *http.Request) string {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType == "" {
		return "application/json"
	}
	return mediaType
}
