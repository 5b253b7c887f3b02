package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"global-ingest/lambdas/runtime/bounds"
)

// Service calls one AWS service without the SDK's client of it, whose middleware and
// tables cost more than the call. The SDK's signer signs, net/http sends, and the SDK's
// standard retryer decides what is tried again and after which pause. It is for calls
// that a client waits for; decision 4 has the figures.
//
// It is safe for concurrent use and meant to live as long as the sandbox, so that its
// connection is used again.
type Service struct {
	name        string // by which requests are signed
	endpoint    *url.URL
	region      string
	bounds      bounds.Config
	credentials aws.CredentialsProvider
	signer      *v4.Signer
	retryer     aws.Retryer
	line        *line
	skew        atomic.Int64 // nanoseconds that the service's clock is ahead of ours
}

// NewService returns the service of this name in a region, or a bucket where name is "s3",
// within c's bounds. It fails when AWS_ENDPOINT_URL_<NAME> is not a URL.
func NewService(region, name, bucket string, c bounds.Config) (*Service, error) {
	endpoint := URL(region, name, bucket)
	at, err := url.Parse(endpoint)
	if err == nil && (at.Scheme != "https" && at.Scheme != "http" || at.Host == "") {
		err = fmt.Errorf("%q is not a URL such as https://example.com", endpoint)
	}
	if err != nil {
		return nil, fmt.Errorf("reading endpoint of %s: %w", name, err)
	}
	return &Service{
		name:        name,
		endpoint:    at,
		region:      region,
		bounds:      c,
		credentials: credentials(),
		// S3 wants paths signed as they are sent; for the other calls the path is /.
		signer:  v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }),
		retryer: retryer(c),
		line:    newLine(at, c),
	}, nil
}

// Connect opens the connection that the first call will use. After an error that call
// opens its own.
func (s *Service) Connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.bounds.AttemptTimeout)
	defer cancel()
	conn, err := s.line.take(ctx)
	if err == nil {
		s.line.keep(conn)
	}
	return err
}

// maxAnswer is how many bytes of an answer are read. Answers to the calls here have
// 200.
const maxAnswer = 64 << 10

// call is a request that may take several attempts.
type call struct {
	method, path string
	header       http.Header
	body         []byte
	hash         string // SHA-256 of body, in hexadecimal
}

// Call sends header and body to path, which begins with a slash, and returns the body
// of the answer. When the service refuses, the error is a *Refusal. The caller may
// reuse header and body once Call has returned.
func (s *Service) Call(ctx context.Context, method, path string, header http.Header, body []byte) ([]byte, error) {
	sum := sha256.Sum256(body)
	c := call{method, path, header, body, hex.EncodeToString(sum[:])}
	for attempt := 1; ; attempt++ {
		answer, err := s.try(ctx, c)
		if err == nil || attempt == s.bounds.Attempts || !s.retryer.IsErrorRetryable(err) {
			return answer, err
		}
		pause, delayErr := s.retryer.RetryDelay(attempt, err)
		if delayErr != nil || !Wait(ctx, pause) {
			return nil, err
		}
	}
}

// try makes one attempt. It closes its connection after an error of the network or of the
// server, so that the next attempt may reach another host. The retryer has every
// RequestSendError tried again: a request that got no answer, or half of one.
func (s *Service) try(ctx context.Context, c call) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.bounds.AttemptTimeout)
	defer cancel()
	sent := &payload{rest: c.body}
	defer sent.letGo()
	req, err := s.request(ctx, c, sent)
	if err != nil {
		return nil, err
	}
	conn, err := s.line.take(ctx)
	if err != nil {
		return nil, &smithyhttp.RequestSendError{Err: err}
	}
	resp, answer, err := exchange(conn, req) //nolint:bodyclose // exchange does
	if err != nil || resp.StatusCode >= http.StatusInternalServerError {
		_ = conn.Close() // the attempt has failed already
	} else {
		s.line.keep(conn)
	}
	switch {
	case err != nil:
		return nil, &smithyhttp.RequestSendError{Err: err}
	case resp.StatusCode/100 != 2:
		return nil, s.refusal(resp, answer)
	}
	return answer, nil
}

// exchange returns the answer to req and its body.
func exchange(conn *http.ClientConn, req *http.Request) (*http.Response, []byte, error) {
	resp, err := conn.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp, answer, err
}

func (s *Service) request(ctx context.Context, c call, body *payload) (*http.Request, error) {
	credentials, err := s.credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	req := (&http.Request{
		Method:        c.method,
		URL:           s.url(c.path),
		Host:          s.endpoint.Host,
		Header:        make(http.Header, len(c.header)+5), // with the hash and what signing adds
		Body:          body,
		ContentLength: int64(len(c.body)),
	}).WithContext(ctx)
	maps.Copy(req.Header, c.header)
	req.Header["X-Amz-Content-Sha256"] = []string{c.hash} // S3 wants it beside the signature
	return req, s.signer.SignHTTP(ctx, credentials, req, c.hash, s.name, s.region, s.now())
}

// now returns the service's time, as far as it is known.
func (s *Service) now() time.Time { return time.Now().Add(time.Duration(s.skew.Load())) }

// url returns the URL of path. A service escapes more than Go does before it checks a
// signature, and so does this.
func (s *Service) url(path string) *url.URL {
	at := *s.endpoint
	at.Path += path
	at.RawPath = httpbinding.EscapePath(at.Path, false)
	return &at
}

// payload is the body of one attempt. A connection may still read a body after
// RoundTrip has returned. After letGo it cannot, and the bytes may be reused.
type payload struct {
	mu   sync.Mutex
	rest []byte
}

func (p *payload) Read(dst []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(dst, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// Close implements io.Closer, for the connection.
func (p *payload) Close() error {
	p.letGo()
	return nil
}

func (p *payload) letGo() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest = nil
}

// Wait pauses for d, and returns false when ctx ends first.
func Wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
