// Package lake reads and writes the objects of the one bucket that keeps everything.
package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"global-ingest/lambdas/aws/client"
	"global-ingest/lambdas/runtime/bounds"
)

// Bucket is the lake's bucket. It is safe for concurrent use and meant to live as long
// as the sandbox.
type Bucket struct {
	name string
	api  *s3.Client
}

// New returns the bucket of this name in the function's region, within c's bounds.
func New(name string, c bounds.Config) *Bucket {
	config := client.Config("s3", c)
	return From(s3.NewFromConfig(config, func(o *s3.Options) {
		o.UsePathStyle = config.BaseEndpoint != nil // a local endpoint has no name per bucket
	}), name)
}

// From returns the bucket of this name behind another client, such as an operator's.
func From(api *s3.Client, name string) *Bucket { return &Bucket{name: name, api: api} }

// Put writes an object, encrypted with S3's own key: what the functions write must not
// depend on the lake's key, which somebody can disable.
func (b *Bucket) Put(ctx context.Context, key string, body []byte) error {
	return b.put(ctx, key, body, types.ServerSideEncryptionAes256)
}

// PutLines writes an object as Firehose does, encrypted with the bucket's default, the
// lake's key.
func (b *Bucket) PutLines(ctx context.Context, key string, body []byte) error {
	return b.put(ctx, key, body, "")
}

func (b *Bucket) put(ctx context.Context, key string, body []byte, encryption types.ServerSideEncryption) error {
	_, err := b.api.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.name, Key: &key, Body: bytes.NewReader(body), ServerSideEncryption: encryption,
	})
	if err != nil {
		return fmt.Errorf("putting %d bytes at s3://%s/%s: %w", len(body), b.name, key, err)
	}
	return nil
}

// Get opens an object. The error is fs.ErrNotExist when there is no such object.
func (b *Bucket) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	out, err := b.api.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if _, missing := errors.AsType[*types.NoSuchKey](err); missing {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("getting s3://%s/%s: %w", b.name, key, err)
	}
	return out.Body, nil
}

// maxDeletes is how many objects one call of DeleteObjects takes.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
const maxDeletes = 1_000

// Delete removes objects. It is no error when one does not exist. After an error some
// may be gone.
func (b *Bucket) Delete(ctx context.Context, keys ...string) error {
	for chunk := range slices.Chunk(keys, maxDeletes) {
		objects := make([]types.ObjectIdentifier, len(chunk))
		for i := range chunk {
			objects[i].Key = &chunk[i]
		}
		out, err := b.api.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: &b.name, Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
		})
		if err == nil && len(out.Errors) > 0 {
			e := out.Errors[0]
			err = fmt.Errorf("%d refused, %s with %s: %s",
				len(out.Errors), aws.ToString(e.Key), aws.ToString(e.Code), aws.ToString(e.Message))
		}
		if err != nil {
			return fmt.Errorf("deleting %d objects of s3://%s: %w", len(chunk), b.name, err)
		}
	}
	return nil
}

// Since returns the keys below prefix of objects written at or after a time, in
// order. S3 keeps times to the second.
func (b *Bucket) Since(ctx context.Context, prefix string, at time.Time) (keys []string, err error) {
	err = b.List(ctx, prefix, func(o Object) error {
		if !o.Modified.Before(at.Truncate(time.Second)) {
			keys = append(keys, o.Key)
		}
		return nil
	})
	return keys, err
}

// Object is one entry of a listing.
type Object struct {
	Key      string
	Bytes    int64
	Modified time.Time
}

// List calls visit with each object whose key begins with prefix, in order.
func (b *Bucket) List(ctx context.Context, prefix string, visit func(Object) error) error {
	pages := s3.NewListObjectsV2Paginator(b.api, &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("listing s3://%s/%s: %w", b.name, prefix, err)
		}
		for _, o := range page.Contents {
			found := Object{Key: aws.ToString(o.Key), Bytes: aws.ToInt64(o.Size), Modified: aws.ToTime(o.LastModified)}
			if err := visit(found); err != nil {
				return err
			}
		}
	}
	return nil
}
