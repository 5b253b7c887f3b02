package simulator

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Gateway behaves like the REST API of a template. It serves the stage at "/", as
// a custom domain name would.
//
// Known to differ from AWS: it speaks HTTP/1.1 without TLS; CloudFront's own
// headers (Via, CloudFront-*) are missing, and header names arrive in Go's
// canonical spelling; there is no firewall, cache, usage plan, access log or
// trace; limits on the length of the URL and of all headers are Go's.
type Gateway struct {
	Place
	Throttle  Throttle // what the template sets
	Throttled bool     // whether it is applied, and those of methods
	// Answered, when set, is called after each answer.
	Answered func(method, path string, status int)
	// Failed, when set, is called after each answer of 500 and above, with its cause unless
	// the answer is the function's own.
	Failed func(method, path string, status int, cause error)
	Now    func() time.Time

	apiID, stage string
	resources    map[string]apiResourceProperties // by id
	routes       map[string]map[string]*method    // by path, then by HTTP method
	responses    map[string]gatewayResponse       // by type; what the template changes of AWS's
	bucket       *tokenBucket                     // nil: no throttle
	invoker      func(function, source string) Invoker
}

// exchange is one request on its way through the gateway.
type exchange struct {
	w              http.ResponseWriter
	r              *http.Request
	id, extendedID string
	trace          string
	at             time.Time
	method         *method
	body           []byte
	cause          error // why the answer is not the function's
}

// ServeHTTP answers as the stage would.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
	x := &exchange{
		w: recorder, r: r, id: uuid.NewString(), extendedID: extendedID(),
		trace: cmp.Or(r.Header.Get("X-Amzn-Trace-Id"), newTrace()), at: g.Now(),
	}
	h := w.Header()
	h.Set("X-Amzn-Requestid", x.id)
	h.Set("X-Amz-Apigw-Id", x.extendedID)
	h.Set("X-Amzn-Trace-Id", x.trace)
	g.serve(x)
	if g.Answered != nil {
		g.Answered(r.Method, r.URL.Path, recorder.status)
	}
	if g.Failed != nil && recorder.status >= http.StatusInternalServerError {
		g.Failed(r.Method, r.URL.Path, recorder.status, x.cause)
	}
}

func (g *Gateway) serve(x *exchange) {
	x.method = g.route(x.r.Method, x.r.URL.Path)
	if x.method == nil {
		g.refuse(x, missingAuthenticationToken)
		return
	}
	if bucket := cmp.Or(x.method.bucket, g.bucket); g.Throttled && bucket != nil && !bucket.take(x.at) {
		g.refuse(x, throttled)
		return
	}
	var err error
	switch x.body, err = readBody(x.r); {
	case errors.Is(err, errBodyTooLarge):
		x.w.Header().Set("Connection", "close") // the rest of the body is not read
		g.refuse(x, requestTooLarge)
		return
	case errors.Is(err, errCoding):
		g.refuse(x, unsupportedMediaType)
		return
	case err != nil:
		g.refuse(x, badRequest) // the client broke off, or sent no HTTP
		return
	}
	if x.method.mock != nil {
		g.serveMock(x)
		return
	}
	g.serveFunction(x)
}

// route finds a method. Slashes at the path's end do not count, nor more than one at its
// beginning: aws/aws-sam-cli#1495, localstack/localstack#11253. The greedy path parameter
// has every path that is not a resource of its own.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html
func (g *Gateway) route(httpMethod, path string) *method {
	methods, found := g.routes["/"+strings.Trim(path, "/")]
	if !found {
		methods = g.routes[greedy]
	}
	return methods[httpMethod]
}

// serveFunction is the Lambda proxy integration. The function goes on when the
// client leaves, as on AWS.
func (g *Gateway) serveFunction(x *exchange) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(x.r.Context()), x.method.timeout)
	defer cancel()
	answer, err := x.method.function.Invoke(withTrace(ctx, x.trace), g.proxyEvent(x))
	x.cause = err
	switch {
	case err == nil:
		g.proxyAnswer(x, answer)
	case errors.Is(err, errEventTooLarge):
		g.refuse(x, requestTooLarge)
	case errors.Is(err, ErrThrottled), errors.Is(err, errNotPermitted):
		// Lambda's 429, and its 403, reach the client as a 500.
		// https://repost.aws/knowledge-center/api-gateway-internal-server-error
		g.refuse(x, configurationError)
	case errors.Is(err, context.DeadlineExceeded):
		g.refuse(x, integrationTimedOut)
	default:
		g.refuse(x, integrationFailed)
	}
}

func extendedID() string {
	id := uuid.New()
	return base64.RawURLEncoding.EncodeToString(id[:11]) + "="
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http find the connection behind the recorder.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
