package simulator

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// refusal is an answer of the gateway itself.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
type refusal struct {
	kind    string // the gateway response type
	status  int
	message string
	errType string // header x-amzn-ErrorType
}

var (
	badRequest                 = refusal{"BAD_REQUEST_BODY", 400, "Invalid request body", "BadRequestException"}
	missingAuthenticationToken = refusal{"MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token", "MissingAuthenticationTokenException"}
	requestTooLarge            = refusal{"REQUEST_TOO_LARGE", 413, "Request Too Long", "RequestTooLongException"}
	unsupportedMediaType       = refusal{"UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported Media Type", "BadRequestException"}
	throttled                  = refusal{"THROTTLED", 429, "Too Many Requests", "TooManyRequestsException"}
	configurationError         = refusal{"API_CONFIGURATION_ERROR", 500, "Internal server error", "InternalServerErrorException"}
	malformedAnswer            = refusal{"API_CONFIGURATION_ERROR", 502, "Internal server error", "InternalServerErrorException"}
	integrationFailed          = refusal{"INTEGRATION_FAILURE", 502, "Internal server error", "InternalServerErrorException"}
	integrationTimedOut        = refusal{"INTEGRATION_TIMEOUT", 504, "Endpoint request timed out", "InternalServerErrorException"}
)

// gatewayResponse is how a template changes one type of refusal.
type gatewayResponse struct {
	status  int // 0: as AWS has it
	headers map[string]string
	mapped  map[string]string // header of the answer to header of the request
	body    string            // "": as AWS has it
	mime    string            // of the body
}

func (g *Gateway) addResponse(_ Resolved, p gatewayResponseProperties) (err error) {
	r := gatewayResponse{status: p.StatusCode, mapped: map[string]string{}}
	for mediaType, template := range p.ResponseTemplates {
		if strings.ContainsAny(template, "$#") {
			return fmt.Errorf("response template %q is not supported by the simulator: only a constant is", template)
		}
		r.mime, r.body = mediaType, template
	}
	const prefix = "gatewayresponse.header."
	constant := map[string]string{}
	for key, value := range p.ResponseParameters {
		if header, found := strings.CutPrefix(value, "method.request.header."); found {
			r.mapped[strings.TrimPrefix(key, prefix)] = header
			continue
		}
		constant[key] = value
	}
	r.headers, err = literals(constant, prefix)
	g.responses[p.ResponseType] = r
	return err
}

// refuse answers in the gateway's own name, with what the template adds to this
// type of answer, or to all of its class.
func (g *Gateway) refuse(x *exchange, because refusal) {
	class := "DEFAULT_4XX"
	if because.status >= http.StatusInternalServerError {
		class = "DEFAULT_5XX"
	}
	custom, found := g.responses[because.kind]
	if !found {
		custom = g.responses[class]
	}
	h := x.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Amzn-Errortype", because.errType)
	for name, value := range custom.headers {
		h.Set(name, value)
	}
	for name, header := range custom.mapped {
		if value := x.r.Header.Get(header); value != "" {
			h.Set(name, value)
		}
	}
	body := fmt.Sprintf(`{"message":%q}`, because.message)
	if custom.body != "" {
		body = custom.body
		h.Set("Content-Type", custom.mime)
	}
	x.w.WriteHeader(cmp.Or(custom.status, because.status))
	_, _ = io.WriteString(x.w, body) // the client may have left
}

// Throttle is a stage's limit: requests per second, and a burst.
type Throttle struct{ RatePerSecond, Burst float64 }

// tokenBucket is how API Gateway counts: each request takes a token, tokens come
// back at the rate, and there are never more than the burst.
type tokenBucket struct {
	Throttle
	mu     sync.Mutex
	tokens float64
	filled time.Time
}

func (b *tokenBucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.filled.IsZero() {
		b.tokens = min(b.Burst, b.tokens+now.Sub(b.filled).Seconds()*b.RatePerSecond)
	}
	b.filled = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
