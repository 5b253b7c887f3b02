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
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"

	"global-ingest/lambdas/runtime/bounds"
)

// Service calls one AWS service by requests that the SDK's own signer signs and
// net/http sends, without the service's client, whose middleware and tables cost more
// than the call. It is for the calls that somebody waits for; the fourth note of
// infra/decisions has the figures. What may be tried again, and after which pause, is
// the SDK's standard retryer's to say.
//
// It is safe for concurrent use and meant to live as long as the execution
// environment, so that its connection is used again.
type Service struct {
	name        string // by which requests are signed
	endpoint    *url.URL
	region      string
	bounds      bounds.Config
	credentials aws.CredentialsProvider
	signer      *v4.Signer
	retryer     aws.Retryer
	line        *line
	skew        atomic.Int64 // nanoseconds by which the service's clock is ahead of ours
}

// NewService returns the service that signs as name, at endpoint, within c's bounds.
// endpoint may have a path, below which all others are.
func NewService(name, endpoint string, c bounds.Config) (*Service, error) {
	at, err := url.Parse(endpoint)
	if err == nil && (at.Scheme != "https" && at.Scheme != "http" || at.Host == "") {
		err = fmt.Errorf("%q is no URL of a server", endpoint)
	}
	if err != nil {
		return nil, fmt.Errorf("reading endpoint of %s: %w", name, err)
	}
	return &Service{
		name:        name,
		endpoint:    at,
		region:      Region(),
		bounds:      c,
		credentials: Credentials(),
		// S3 wants paths signed as they are sent; for the other calls the path is /.
		signer:  v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }),
		retryer: Retryer(c),
		line:    newLine(at, c),
	}, nil
}

// Connect opens a connection, its TLS handshake done, for the first call to find. An
// error costs no more than the time that the first call then needs for its own.
func (s *Service) Connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.bounds.AttemptTimeout)
	defer cancel()
	conn, err := s.line.take(ctx)
	if err == nil {
		s.line.keep(conn)
	}
	return err
}

// maxAnswer is what is read of an answer, in bytes: those of the calls here have 200.
const maxAnswer = 64 << 10

// Call sends body to path, which begins with a slash, and returns the answer's body
// when the service has accepted it. header is sent and signed besides, and not
// changed. The error is a *Refusal when the service said no. Neither header nor body
// are in use once Call has returned, so that their memory can be used again.
func (s *Service) Call(ctx context.Context, method, path string, header http.Header, body []byte) ([]byte, error) {
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	for attempt := 1; ; attempt++ {
		answer, err := s.try(ctx, method, path, header, body, hash)
		if err == nil || attempt == s.bounds.Attempts || !s.retryer.IsErrorRetryable(err) {
			return answer, err
		}
		pause, delayErr := s.retryer.RetryDelay(attempt, err)
		if delayErr != nil || !Wait(ctx, pause) {
			return nil, err
		}
	}
}

// try makes one attempt. Its connection is kept unless the service was out of order:
// then the next attempt has a new one, perhaps to another host.
func (s *Service) try(ctx context.Context, method, path string, header http.Header, body []byte, hash string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.bounds.AttemptTimeout)
	defer cancel()
	sent := &payload{rest: body}
	defer sent.letGo()
	req, err := s.request(ctx, method, path, header, sent, hash)
	if err != nil {
		return nil, err
	}
	conn, err := s.line.take(ctx)
	if err != nil {
		return nil, &sendError{err}
	}
	resp, answer, err := exchange(conn, req) //nolint:bodyclose // exchange does
	if err != nil || resp.StatusCode >= http.StatusInternalServerError {
		_ = conn.Close() // what came of the attempt is known without its error
	} else {
		s.line.keep(conn)
	}
	switch {
	case err != nil:
		return nil, &sendError{err}
	case resp.StatusCode/100 != 2:
		return nil, s.refusal(resp, answer)
	}
	return answer, nil
}

// exchange returns the answer to req, read to its end.
func exchange(conn *http.ClientConn, req *http.Request) (*http.Response, []byte, error) {
	resp, err := conn.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp, answer, err
}

// request returns a signed request.
func (s *Service) request(ctx context.Context, method, path string, header http.Header, body *payload, hash string) (*http.Request, error) {
	credentials, err := s.credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	req := (&http.Request{
		Method:        method,
		URL:           s.url(path),
		Host:          s.endpoint.Host,
		Header:        make(http.Header, len(header)+5), // with the hash and what signing adds
		Body:          body,
		ContentLength: int64(len(body.rest)),
	}).WithContext(ctx)
	maps.Copy(req.Header, header)
	req.Header["X-Amz-Content-Sha256"] = []string{hash} // S3 asks for it besides the signature
	return req, s.signer.SignHTTP(ctx, credentials, req, hash, s.name, s.region, s.now())
}

// now returns the time by the service's clock, as far as it is known.
func (s *Service) now() time.Time { return time.Now().Add(time.Duration(s.skew.Load())) }

// url returns the URL of path, escaped as the services themselves do it before they
// check a signature: more than Go's own way would.
func (s *Service) url(path string) *url.URL {
	at := *s.endpoint
	at.Path += path
	at.RawPath = httpbinding.EscapePath(at.Path, false)
	return &at
}

// Wait pauses for d and returns whether it could, before ctx was done.
func Wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
