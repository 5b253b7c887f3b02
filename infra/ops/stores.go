package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/aws/lake"
)

// store is where the objects of a lake lie: a bucket, or a folder.
type store interface {
	// List calls visit with each object whose key begins with prefix, a folder, in order.
	List(ctx context.Context, prefix string, visit func(lake.Object) error) error
	// Get opens an object. The error is fs.ErrNotExist when there is no such object.
	Get(ctx context.Context, key string) (io.ReadCloser, error)
}

func (f *flags) lake() *string {
	return f.String("lake", ".local/lake/buckets", "`folder` of the buckets on this machine")
}

// storesOf returns the lake of each region of an environment, or without one the buckets
// in a folder.
func storesOf(ctx context.Context, c choice, folder string) (stores []store, err error) {
	if c.Name != "" {
		places, err := c.enter(ctx)
		if err != nil {
			return nil, err
		}
		for _, at := range places {
			found, err := at.outputs(ctx, environment.StorageStack)
			if err != nil {
				return nil, err
			}
			stores = append(stores, region{lake.From(at.s3(), found[environment.LakeBucketOutput]), at})
		}
		return stores, nil
	}
	buckets, err := os.ReadDir(folder)
	if err != nil || len(buckets) == 0 {
		return nil, fmt.Errorf("there is no lake in %s: run `make local` and send it events", filepath.ToSlash(folder))
	}
	for _, bucket := range buckets {
		stores = append(stores, files(filepath.Join(folder, bucket.Name())))
	}
	return stores, nil
}

type region struct {
	*lake.Bucket
	place
}

// files is a bucket of this machine, in a folder.
type files string

func (f files) String() string { return filepath.ToSlash(string(f)) }

func (f files) List(_ context.Context, prefix string, visit func(lake.Object) error) error {
	err := filepath.WalkDir(filepath.Join(string(f), prefix), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		key := strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(string(f))+"/")
		return visit(lake.Object{Key: key, Bytes: info.Size(), Modified: info.ModTime()})
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (f files) Get(_ context.Context, key string) (io.ReadCloser, error) {
	return os.Open(filepath.Join(string(f), filepath.FromSlash(key)))
}
