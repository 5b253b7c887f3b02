package simulator

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"

	"global-ingest/infra/assembly"
)

// proxyEvent is what the Lambda proxy integration of a REST API sends. Bytes travel as
// base64, and every body is bytes.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
func (g *Gateway) proxyEvent(x *exchange) []byte {
	client, _, err := net.SplitHostPort(x.r.RemoteAddr)
	if err != nil {
		client = x.r.RemoteAddr
	}
	headers := g.functionHeaders(x, client)
	event := map[string]any{
		"resource": x.method.resourcePath, "path": x.r.URL.Path, "httpMethod": x.r.Method,
		"headers": last(headers), "multiValueHeaders": headers,
		"queryStringParameters": nil, "multiValueQueryStringParameters": nil,
		"pathParameters": nil, "stageVariables": nil,
		"requestContext": g.proxyContext(x, client),
		"body":           nil, "isBase64Encoded": false,
	}
	if query := x.r.URL.Query(); len(query) > 0 {
		event["queryStringParameters"], event["multiValueQueryStringParameters"] = last(query), query
	}
	if x.method.resourcePath == greedy {
		event["pathParameters"] = map[string]string{"proxy": strings.Trim(x.r.URL.Path, "/")}
	}
	if len(x.body) > 0 {
		event["body"], event["isBase64Encoded"] = x.body, true
	}
	return marshal(event)
}

func (g *Gateway) proxyContext(x *exchange, client string) map[string]any {
	identity := map[string]any{ // null for everything that only authorizers set
		"cognitoIdentityPoolId": nil, "accountId": nil, "cognitoIdentityId": nil, "caller": nil,
		"sourceIp": client, "principalOrgId": nil, "accessKey": nil,
		"cognitoAuthenticationType": nil, "cognitoAuthenticationProvider": nil, "userArn": nil,
		"userAgent": nil, "user": nil,
	}
	if agent := x.r.UserAgent(); agent != "" {
		identity["userAgent"] = agent
	}
	return map[string]any{
		"resourceId": x.method.resourceID, "resourcePath": x.method.resourcePath,
		"httpMethod": x.r.Method, "path": x.r.URL.Path, "protocol": x.r.Proto,
		"requestId": x.id, "extendedRequestId": x.extendedID,
		"requestTime": x.at.UTC().Format("02/Jan/2006:15:04:05 -0700"), "requestTimeEpoch": x.at.UnixMilli(),
		"accountId": g.Account, "apiId": g.apiID, "stage": g.stage,
		"domainPrefix": g.apiID, "domainName": g.apiID + ".execute-api." + g.Region + ".amazonaws.com",
		"identity": identity,
	}
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
	single := make(map[string]string, len(values))
	for name, all := range values {
		single[name] = all[len(all)-1]
	}
	return single
}

// marshal encodes v without escaping <, > and &, which AWS leaves alone.
func marshal(v any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(fmt.Sprintf("simulator: encoding %T: %v", v, err)) // only our own types are encoded
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// functionAnswer is what a function behind a proxy integration may answer; with
// any other member API Gateway calls the answer malformed.
type functionAnswer struct {
	StatusCode        json.Number      `json:"statusCode"`
	Headers           map[string]any   `json:"headers"`
	MultiValueHeaders map[string][]any `json:"multiValueHeaders"`
	Body              string           `json:"body"`
	IsBase64Encoded   bool             `json:"isBase64Encoded"`
}

func (g *Gateway) proxyAnswer(x *exchange, data []byte) {
	answer, status, body, err := decodeAnswer(data)
	if err != nil {
		x.cause = fmt.Errorf("the function's answer is malformed: %w", err)
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

func decodeAnswer(data []byte) (answer functionAnswer, status int, body []byte, err error) {
	if err := assembly.DecodeStrict(data, &answer); err != nil {
		return answer, 0, nil, err
	}
	status, err = strconv.Atoi(answer.StatusCode.String())
	if err != nil || status < 200 || status > 599 {
		return answer, 0, nil, fmt.Errorf("status %q", answer.StatusCode)
	}
	body = []byte(answer.Body)
	if answer.IsBase64Encoded {
		body, err = base64.StdEncoding.DecodeString(answer.Body)
	}
	return answer, status, body, err
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
	case "connection", "content-length", "date", "host", "server", "trailer", "transfer-encoding", "upgrade",
		"www-authenticate":
		return "X-Amzn-Remapped-" + name
	default:
		return name
	}
}
