package client

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"global-ingest/lambdas/runtime/bounds"
)

// Retryer returns the SDK's standard retryer within c's bounds. Its token bucket is
// off, because it would stop retrying after a hundred failures. The deadline of a
// request bounds us instead.
func Retryer(c bounds.Config) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = c.Attempts
		o.MaxBackoff = c.MaxBackoff
		o.RateLimiter = ratelimit.None
	})
}

// HTTPClient returns a client within c's bounds. After a failed request it opens a new
// connection: the old one may have died while the sandbox was frozen, or may lead to a
// host in trouble.
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
