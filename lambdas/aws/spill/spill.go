// Package spill writes the records that no stream takes into the lake. It is not part
// of package lake, because Ingest only writes objects and must not start an S3 client
// for that.
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

// New returns the spill into the bucket of this name in a region, within c's bounds, and
// within oversize's for bodies of more than record.MaxBytes. It fails when
// AWS_ENDPOINT_URL_S3 is not a URL.
func New(region, bucket string, c, oversize bounds.Config) (*Spill, error) {
	service, err := client.NewService(region, "s3", bucket, c)
	if err != nil {
		return nil, err
	}
	patient, err := client.NewService(region, "s3", bucket, oversize)
	return &Spill{bucket: bucket, service: service, oversize: patient}, err
}

// Put writes an object, encrypted with S3's own key as lake.Bucket's Put does. S3
// checks the signed hash of the bytes before it accepts them.
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
