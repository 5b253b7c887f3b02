package simulator

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"

	"global-ingest/infra/assembly"
)

// proxyEvent is what the Lambda proxy integration of a REST API sends.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
type proxyEvent struct {
	Resource          string              `json:"resource"`
	Path              string              `json:"path"`
	HTTPMethod        string              `json:"httpMethod"`
	Headers           map[string]string   `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Query             map[string]string   `json:"queryStringParameters"`
	MultiValueQuery   map[string][]string `json:"multiValueQueryStringParameters"`
	PathParameters    map[string]string   `json:"pathParameters"`
	StageVariables    map[string]string   `json:"stageVariables"`
	RequestContext    proxyContext        `json:"requestContext"`
	Body              *string             `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

type proxyContext struct {
	ResourceID        string        `json:"resourceId"`
	ResourcePath      string        `json:"resourcePath"`
	HTTPMethod        string        `json:"httpMethod"`
	ExtendedRequestID string        `json:"extendedRequestId"`
	RequestTime       string        `json:"requestTime"`
	Path              string        `json:"path"`
	AccountID         string        `json:"accountId"`
	Protocol          string        `json:"protocol"`
	Stage             string        `json:"stage"`
	DomainPrefix      string        `json:"domainPrefix"`
	RequestTimeEpoch  int64         `json:"requestTimeEpoch"`
	RequestID         string        `json:"requestId"`
	Identity          proxyIdentity `json:"identity"`
	DomainName        string        `json:"domainName"`
	APIID             string        `json:"apiId"`
}

// proxyIdentity has null for everything that only authorizers set.
type proxyIdentity struct {
	CognitoIdentityPoolID         *string `json:"cognitoIdentityPoolId"`
	AccountID                     *string `json:"accountId"`
	CognitoIdentityID             *string `json:"cognitoIdentityId"`
	Caller                        *string `json:"caller"`
	SourceIP                      string  `json:"sourceIp"`
	PrincipalOrgID                *string `json:"principalOrgId"`
	AccessKey                     *string `json:"accessKey"`
	CognitoAuthenticationType     *string `json:"cognitoAuthenticationType"`
	CognitoAuthenticationProvider *string `json:"cognitoAuthenticationProvider"`
	UserARN                       *string `json:"userArn"`
	UserAgent                     *string `json:"userAgent"`
	User                          *string `json:"user"`
}

func (g *Gateway) proxyEvent(x *exchange) []byte {
	client, _, err := net.SplitHostPort(x.r.RemoteAddr)
	if err != nil {
		client = x.r.RemoteAddr
	}
	headers := g.functionHeaders(x, client)
	query := x.r.URL.Query()
	event := proxyEvent{
		Resource: x.method.resourcePath, Path: x.r.URL.Path, HTTPMethod: x.r.Method,
		Headers: last(headers), MultiValueHeaders: headers, Query: last(query), MultiValueQuery: query,
		RequestContext: g.proxyContext(x, client),
	}
	if len(query) == 0 {
		event.MultiValueQuery = nil
	}
	if event.Resource == greedy {
		event.PathParameters = map[string]string{"proxy": strings.Trim(x.r.URL.Path, "/")}
	}
	event.Body, event.IsBase64Encoded = g.proxyBody(x)
	return marshal(event)
}

// proxyBody is null without a body; bytes travel as base64. Text that is not
// UTF-8 is mangled, which is why the API should treat everything as bytes.
func (g *Gateway) proxyBody(x *exchange) (*string, bool) {
	if len(x.body) == 0 {
		return nil, false
	}
	if g.isBinary(x.r.Header.Get("Content-Type")) {
		encoded := base64.StdEncoding.EncodeToString(x.body)
		return &encoded, true
	}
	text := string(bytes.ToValidUTF8(x.body, []byte("\uFFFD")))
	return &text, false
}

func (g *Gateway) proxyContext(x *exchange, client string) proxyContext {
	context := proxyContext{
		ResourceID: x.method.resourceID, ResourcePath: x.method.resourcePath,
		HTTPMethod: x.r.Method, Path: x.r.URL.Path, Protocol: x.r.Proto,
		RequestID: x.id, ExtendedRequestID: x.extendedID,
		RequestTime: x.at.UTC().Format("02/Jan/2006:15:04:05 -0700"), RequestTimeEpoch: x.at.UnixMilli(),
		AccountID: g.Account, APIID: g.apiID, Stage: g.stage,
		DomainPrefix: g.apiID, DomainName: g.apiID + ".execute-api." + g.Region + ".amazonaws.com",
		Identity: proxyIdentity{SourceIP: client},
	}
	if agent := x.r.UserAgent(); agent != "" {
		context.Identity.UserAgent = &agent
	}
	return context
}

// functionHeaders are the client's, and those that the edge adds.
func (g *Gateway) functionHeaders(x *exchange, client string) map[string][]string {
	headers := x.r.Header.Clone()
	headers.Set("Host", x.r.Host)
	headers.Set("X-Amzn-Trace-Id", x.trace)
	headers.Set("X-Forwarded-For", strings.Join(append(headers.Values("X-Forwarded-For"), client), ", "))
	headers.Set("X-Forwarded-Port", "443")
	headers.Set("X-Forwarded-Proto", "https")
	return headers
}

// last keeps the last value of each name, as the single-valued maps do.
func last(values map[string][]string) map[string]string {
	if len(values) == 0 {
		return nil
	}
	single := make(map[string]string, len(values))
	for name, all := range values {
		single[name] = all[len(all)-1]
	}
	return single
}

// marshal encodes v without escaping <, > and &, which API Gateway leaves alone.
func marshal(v any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(fmt.Sprintf("simulator: encoding %T: %v", v, err)) // only our own types are encoded
	}
	return out.Bytes()
}

// functionAnswer is what a function behind a proxy integration may answer; with
// any other member API Gateway calls the answer malformed.
type functionAnswer struct {
	StatusCode        json.Number      `json:"statusCode"`
	Headers           map[string]any   `json:"headers"`
	MultiValueHeaders map[string][]any `json:"multiValueHeaders"`
	Body              *string          `json:"body"`
	IsBase64Encoded   bool             `json:"isBase64Encoded"`
}

var errMalformed = errors.New("malformed Lambda proxy response")

func (g *Gateway) proxyAnswer(x *exchange, data []byte) {
	answer, status, err := decodeAnswer(data)
	var body []byte
	if err == nil {
		body, err = g.answerBody(x, answer)
	}
	if err != nil {
		g.refuse(x, malformedAnswer)
		return
	}
	h := x.w.Header()
	h.Set("Content-Type", "application/json")
	for name, values := range answer.allHeaders() {
		h[http.CanonicalHeaderKey(remapped(name))] = values
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // the client may have left
}

func decodeAnswer(data []byte) (*functionAnswer, int, error) {
	var answer functionAnswer
	if err := assembly.DecodeStrict(data, &answer); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errMalformed, err)
	}
	status, err := strconv.Atoi(answer.StatusCode.String())
	if err != nil || status < 200 || status > 599 {
		return nil, 0, fmt.Errorf("%w: status %q", errMalformed, answer.StatusCode)
	}
	return &answer, status, nil
}

func (g *Gateway) answerBody(x *exchange, answer *functionAnswer) ([]byte, error) {
	if answer.Body == nil {
		return nil, nil
	}
	accept, _, _ := strings.Cut(x.r.Header.Get("Accept"), ",") // only the first type counts
	if !answer.IsBase64Encoded || !g.isBinary(accept) {
		return []byte(*answer.Body), nil
	}
	body, err := base64.StdEncoding.DecodeString(*answer.Body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	return body, nil
}

// allHeaders joins both maps; where a name is in both, the list counts.
func (a *functionAnswer) allHeaders() map[string][]string {
	all := map[string][]string{}
	for name, value := range a.Headers {
		all[name] = []string{fmt.Sprint(value)}
	}
	for name, values := range a.MultiValueHeaders {
		all[name] = nil
		for _, value := range values {
			all[name] = append(all[name], fmt.Sprint(value))
		}
	}
	return all
}

// remapped renames the headers that API Gateway does not let a function set.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
func remapped(name string) string {
	switch strings.ToLower(name) {
	case "connection", "content-length", "date", "host", "server", "trailer", "transfer-encoding", "upgrade", "www-authenticate":
		return "X-Amzn-Remapped-" + name
	default:
		return name
	}
}
