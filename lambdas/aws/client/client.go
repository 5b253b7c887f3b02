// Package client is what the functions' AWS clients share: credentials and endpoint
// from the variables that Lambda sets, and an HTTP client that gives up early and
// retries on a new connection. It replaces config.LoadDefaultConfig, whose chain of
// providers costs time at each cold start and finds nothing more in Lambda.
package client

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"global-ingest/lambdas/runtime/bounds"
)

// Config returns the settings of an SDK's client of a service, such as "firehose", in the
// function's region and within c's bounds.
func Config(service string, c bounds.Config) aws.Config {
	return aws.Config{
		Region:       Region(),
		BaseEndpoint: endpoint(service),
		Credentials:  credentials(),
		HTTPClient:   HTTPClient(c),
		Retryer:      func() aws.Retryer { return retryer(c) },
	}
}

// Region returns the region the function runs in.
func Region() string { return os.Getenv("AWS_REGION") }

// endpoint returns the address that AWS_ENDPOINT_URL_<SERVICE> sets, or nil for the
// service's own.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func endpoint(service string) *string {
	if url := os.Getenv("AWS_ENDPOINT_URL_" + strings.ToUpper(service)); url != "" {
		return &url
	}
	return nil
}

// URL returns the address of a service in a region, or of a bucket where service is "s3".
// Below an address that AWS_ENDPOINT_URL_<SERVICE> sets, a bucket is a path.
// https://docs.aws.amazon.com/general/latest/gr/rande.html
func URL(region, service, bucket string) string {
	if local := endpoint(service); local != nil {
		return strings.TrimSuffix(*local+"/"+bucket, "/")
	}
	return "https://" + strings.TrimPrefix(bucket+"."+service, ".") + "." + region + ".amazonaws.com"
}

// credentials returns the execution role's credentials. Lambda sets them once, and they
// outlive the sandbox.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func credentials() aws.CredentialsProvider {
	return aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		c := aws.Credentials{
			AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
			SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
			SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
			Source:          "Lambda environment",
		}
		if !c.HasKeys() {
			return aws.Credentials{}, errors.New(
				"reading credentials: AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set")
		}
		return c, nil
	}))
}

// retryer returns the SDK's standard retryer within c's bounds. Its token bucket is
// off, because it would stop retrying after a hundred failures. The deadline of a
// request bounds us instead.
func retryer(c bounds.Config) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = c.Attempts
		o.MaxBackoff = c.MaxBackoff
		o.RateLimiter = ratelimit.None
	})
}

// HTTPClient returns a client within c's bounds. After a failed request it opens a new
// connection: the old one may have died while the sandbox was frozen, or may lead to a
// failing host.
func HTTPClient(c bounds.Config) aws.HTTPClient {
	transport := newTransport(c)
	return &freshClient{
		client: http.Client{
			Transport:     transport,
			Timeout:       c.AttemptTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		transport: transport,
	}
}

func newTransport(c bounds.Config) *http.Transport {
	return &http.Transport{
		DialContext:           (&net.Dialer{Timeout: c.DialTimeout, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:   c.TLSTimeout,
		ResponseHeaderTimeout: c.AnswerTimeout,
		IdleConnTimeout:       c.IdleTimeout,
		MaxIdleConnsPerHost:   10,
	}
}

// readable is a request's body without its WriteTo. When an answer begins, smithy-go
// closes the body, and WriteTo then returns io.EOF. net/http takes that for a failed
// write and closes the connection during the answer. The SDK then sends a batch again
// that was stored: over loopback 1 call of PutRecordBatch in 200. See
// aws/aws-sdk-go-v2#2737.
type readable struct{ io.ReadCloser }

// freshClient closes its idle connections before the request after a failure.
type freshClient struct {
	client    http.Client
	transport *http.Transport
	failed    atomic.Bool
}

func (c *freshClient) Do(req *http.Request) (*http.Response, error) {
	if c.failed.Swap(false) {
		c.transport.CloseIdleConnections()
	}
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = readable{req.Body}
	}
	resp, err := c.client.Do(req)
	if err != nil || resp.StatusCode >= http.StatusInternalServerError {
		c.failed.Store(true)
	}
	return resp, err
}
