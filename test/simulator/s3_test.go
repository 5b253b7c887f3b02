package simulator_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"global-ingest/test/simulator"
)

func startS3(t *testing.T) (*simulator.S3, *s3.Client) {
	t.Helper()
	lake, err := simulator.NewS3(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := lake.CreateBucket("lake"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(lake)
	t.Cleanup(server.Close)
	return lake, s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, UsePathStyle: true, RetryMaxAttempts: 1,
		Credentials: keys,
	})
}

const key = "spill/a0/2026-11-23/id=1"

func TestObjectsAreFilesForEveryone(t *testing.T) {
	lake, client := startS3(t)
	ctx, body := context.Background(), []byte("\x00\xff{}\n")
	_, err := client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String("lake"), Key: aws.String(key), Body: bytes.NewReader(body),
		ServerSideEncryption: types.ServerSideEncryptionAes256,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(lake.Buckets, "lake", key)); err != nil || !bytes.Equal(got, body) {
		t.Errorf("file is %q, error %v", got, err)
	}
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String(key)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(out.Body); err != nil || !bytes.Equal(got, body) {
		t.Errorf("object is %q, error %v", got, err)
	}
	list, err := client.ListObjectsV2(ctx,
		&s3.ListObjectsV2Input{Bucket: aws.String("lake"), Prefix: aws.String("spill/")})
	if err != nil || len(list.Contents) != 1 || *list.Contents[0].Key != key {
		t.Errorf("listed %+v, error %v", list, err)
	}
	_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("lake"), Key: aws.String(key)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String(key)})
	var missing *types.NoSuchKey
	if !errors.As(err, &missing) {
		t.Errorf("after its deletion: %v", err)
	}
}

func TestWritesAreHeardAndCanFail(t *testing.T) {
	lake, client := startS3(t)
	var written []string
	failed := 0
	lake.Wrote = func(bucket, key string, _ int64, err error) {
		if err != nil {
			failed++
			return
		}
		written = append(written, bucket+"/"+key)
	}
	lake.Fail = func(_, key string) error {
		if strings.HasPrefix(key, "broken/") {
			return errors.New("no")
		}
		return nil
	}
	put := func(key string) error {
		_, err := client.PutObject(context.Background(),
			&s3.PutObjectInput{Bucket: aws.String("lake"), Key: &key, Body: strings.NewReader("x")})
		return err
	}
	if err := errors.Join(put("a/1"), lake.PutObject("lake", "a/2", nil)); err != nil {
		t.Fatal(err)
	}
	if put("broken/1") == nil || lake.PutObject("lake", "broken/2", nil) == nil {
		t.Error("an injected failure was not one")
	}
	if want := []string{"lake/a/1", "lake/a/2"}; !slices.Equal(written, want) || failed != 2 {
		t.Errorf("written %v, and %d failed; want %v and 2", written, failed, want)
	}
}

func TestObjectsOutliveTheProcess(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		lake, err := simulator.NewS3(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := lake.CreateBucket("lake"); err != nil {
			t.Fatal(err)
		}
		if keys, _ := lake.List("lake", "a/"); len(keys) == 0 {
			if err := lake.PutObject("lake", "a/1", []byte("x")); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if body, err := lake.Get("lake", "a/1"); err != nil || string(body) != "x" {
			t.Errorf("object is %q, error %v", body, err)
		}
	}
}

// keys are credentials, which are not checked.
var keys = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "k", SecretAccessKey: "s"}, nil
})
