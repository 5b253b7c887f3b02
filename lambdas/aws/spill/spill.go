// Package spill keeps what the stream does not take as objects in the lake. It stands
// beside lake because ingest writes objects and does nothing else with them, and must
// not start with an S3 client for that.
package spill

import (
	"context"
	"fmt"
	"net/http"

	"global-ingest/lambdas/aws/client"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/bounds"
)

// Spill writes objects into one bucket. It is safe for concurrent use.
type Spill struct {
	bucket   string
	service  *client.Service
	oversize *client.Service // for what is larger than any record
}

// New returns the spill into the bucket of this name in the function's region, within
// c's bounds, and within oversize's for bodies of more than record.MaxBytes. The error
// is that of an endpoint in the environment which is none.
func New(bucket string, c, oversize bounds.Config) (*Spill, error) {
	endpoint := client.URL(bucket + ".s3")
	if local := client.Endpoint("S3"); local != nil {
		endpoint = *local + "/" + bucket // a local endpoint has no name per bucket
	}
	service, err := client.NewService("s3", endpoint, c)
	if err != nil {
		return nil, err
	}
	patient, err := client.NewService("s3", endpoint, oversize)
	return &Spill{bucket: bucket, service: service, oversize: patient}, err
}

// Put writes an object. Like lake.Bucket's it is encrypted with S3's own key rather
// than the lake's: ingest must not depend on a key that somebody can disable. S3
// checks the signed hash of the bytes before it says yes.
func (s *Spill) Put(ctx context.Context, key string, body []byte) error {
	service := s.service
	if len(body) > record.MaxBytes {
		service = s.oversize
	}
	_, err := service.Call(ctx, http.MethodPut, "/"+key, http.Header{
		"X-Amz-Server-Side-Encryption": {"AES256"},
		"Content-Type":                 {"application/octet-stream"},
	}, body)
	if err != nil {
		return fmt.Errorf("putting %d bytes at s3://%s/%s: %w", len(body), s.bucket, key, err)
	}
	return nil
}
