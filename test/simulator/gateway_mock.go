package simulator

import (
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strconv"
)

// mock is a MOCK integration: a request template chooses a status, and the integration
// response for that status is the answer. A request template must be constant.
type mock struct {
	statuses       map[string]string // request media type to status
	passthrough    string            // what happens to a media type without a template
	convertsToText bool
	responses      []mockResponse
}

type mockResponse struct {
	status  int
	pattern *regexp.Regexp // of the statuses it answers; nil: all others
	headers map[string]string
	body    velocity
	mime    string
}

// statusInTemplate finds the status that a request template gives. API Gateway
// also takes the member's name without quotes.
var statusInTemplate = regexp.MustCompile(`^\s*\{\s*"?statusCode"?\s*:\s*"?(\d{3})"?\s*\}\s*$`)

func newMock(properties methodProperties) (*mock, error) {
	in := properties.Integration
	m := &mock{
		statuses:       map[string]string{},
		passthrough:    in.PassthroughBehavior,
		convertsToText: in.ContentHandling == "CONVERT_TO_TEXT",
	}
	for mediaType, template := range in.RequestTemplates {
		match := statusInTemplate.FindStringSubmatch(template)
		if match == nil {
			return nil, fmt.Errorf(
				"request template %q is not supported by the simulator: only a constant statusCode is", template)
		}
		m.statuses[mediaType] = match[1]
	}
	for _, response := range in.IntegrationResponses {
		r, err := newMockResponse(response, properties)
		if err != nil {
			return nil, err
		}
		m.responses = append(m.responses, r)
	}
	return m, nil
}

func newMockResponse(properties integrationResponseProperties, of methodProperties) (mockResponse, error) {
	var r mockResponse
	var err error
	if r.status, err = strconv.Atoi(properties.StatusCode); err != nil {
		return r, fmt.Errorf("integration response status %q", properties.StatusCode)
	}
	if p := properties.SelectionPattern; p != "" {
		if r.pattern, err = regexp.Compile("^(?:" + p + ")$"); err != nil {
			return r, fmt.Errorf("selection pattern: %w", err)
		}
	}
	if r.headers, err = literals(properties.ResponseParameters, "method.response.header."); err != nil {
		return r, err
	}
	for mediaType, template := range properties.ResponseTemplates {
		r.mime = mediaType
		if r.body, err = parseVelocity(template); err != nil {
			return r, err
		}
	}
	return r, declared(properties, of)
}

// declared refuses what API Gateway refuses at deployment: an integration
// response without its method response, or a header that this does not name.
func declared(response integrationResponseProperties, of methodProperties) error {
	for _, m := range of.MethodResponses {
		if m.StatusCode != response.StatusCode {
			continue
		}
		for key := range response.ResponseParameters {
			if _, found := m.ResponseParameters[key]; !found {
				return fmt.Errorf("method response %s does not declare %s", m.StatusCode, key)
			}
		}
		return nil
	}
	return fmt.Errorf("integration response %s has no method response", response.StatusCode)
}

func (g *Gateway) serveMock(x *exchange) {
	m := x.method.mock
	// To an API for which everything is binary the request is bytes, and a
	// template cannot be applied to bytes.
	if g.binaryForAll() && !m.convertsToText {
		g.refuse(x, configurationError)
		return
	}
	status, found := m.statuses[requestMediaType(x.r)]
	if !found {
		g.refuseUntemplated(x, m)
		return
	}
	response := m.response(status)
	if response == nil {
		g.refuse(x, configurationError)
		return
	}
	text, overrides, err := response.body.render(last(x.r.Header))
	if err != nil {
		g.refuse(x, configurationError)
		return
	}
	h := x.w.Header()
	if text != "" {
		h.Set("Content-Type", response.mime)
	}
	for _, headers := range []map[string]string{response.headers, overrides} {
		for name, value := range headers {
			h.Set(name, value)
		}
	}
	x.w.WriteHeader(response.status)
	if response.status != http.StatusNoContent {
		_, _ = x.w.Write([]byte(text)) // the client may have left
	}
}

// refuseUntemplated answers a request whose media type has no template: passed
// through as it is, it names no status.
func (g *Gateway) refuseUntemplated(x *exchange, m *mock) {
	if m.passthrough == "NEVER" || m.passthrough == "WHEN_NO_TEMPLATES" {
		g.refuse(x, unsupportedMediaType)
		return
	}
	g.refuse(x, configurationError)
}

func requestMediaType(r *http.Request) string {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType == "" {
		return "application/json"
	}
	return mediaType
}

func (m *mock) response(status string) *mockResponse {
	var fallback *mockResponse
	for i := range m.responses {
		r := &m.responses[i]
		switch {
		case r.pattern == nil:
			fallback = r
		case r.pattern.MatchString(status):
			return r
		}
	}
	return fallback
}
