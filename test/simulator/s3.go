package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3afero"
	"github.com/spf13/afero"
)

// S3 is an S3 whose objects are plain files.
type S3 struct {
	Buckets string // the folder of the objects: <Buckets>/<bucket>/<key>

	// Fail, when it returns an error, fails the write of an object.
	Fail func(bucket, key string) error
	// Wrote is called with each object and the outcome of its write, from several goroutines.
	Wrote func(bucket, key string, size int64, err error)

	backend *s3afero.MultiBucketBackend
	handler http.Handler
}

// NewS3 returns an S3 over the objects in <dir>/buckets, those included that are
// there already. What S3 knows of them beyond their bytes stands in <dir>/metadata.
func NewS3(dir string) (*S3, error) { return openS3(dir, "here") }

// openS3 is NewS3 in a region: those of several regions may share a folder, because no two of them
// have a bucket of one name.
func openS3(dir, region string) (*S3, error) {
	backend, err := openBackend(dir, region)
	if err != nil {
		return nil, fmt.Errorf("opening S3 in %s: %w", dir, err)
	}
	s := &S3{Buckets: filepath.Join(dir, "buckets"), backend: backend}
	s.handler = gofakes3.New(hooked{backend, s},
		gofakes3.WithLogger(gofakes3.DiscardLog()), gofakes3.WithoutVersioning(), gofakes3.WithTimeSkewLimit(0),
	).Server()
	return s, nil
}

func openBackend(dir, region string) (*s3afero.MultiBucketBackend, error) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	fs, err := s3afero.NewBasePathFs(afero.NewOsFs(), path, s3afero.FsPathCreateAll)
	if err != nil {
		return nil, err
	}
	whole, err := newWholeFiles(fs, region)
	if err != nil {
		return nil, err
	}
	return s3afero.MultiBucket(whole)
}

// hooked is the backend with S3's hooks around its writes.
type hooked struct {
	*s3afero.MultiBucketBackend
	s3 *S3
}

func (h hooked) PutObject(bucket, key string, meta map[string]string, input io.Reader, size int64,
	conditions *gofakes3.PutConditions,
) (gofakes3.PutObjectResult, error) {
	var result gofakes3.PutObjectResult
	var err error
	if h.s3.Fail != nil {
		err = h.s3.Fail(bucket, key)
	}
	if err != nil {
		err = gofakes3.ErrorMessage(gofakes3.ErrInternal, err.Error())
	} else {
		result, err = h.MultiBucketBackend.PutObject(bucket, key, meta, input, size, conditions)
	}
	if h.s3.Wrote != nil {
		h.s3.Wrote(bucket, key, size, err)
	}
	return result, err
}

// ServeHTTP answers S3's REST API.
func (s *S3) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// CreateBucket makes a bucket, or keeps the one that is there.
func (s *S3) CreateBucket(name string) error {
	err := s.backend.CreateBucket(name)
	if gofakes3.HasErrorCode(err, gofakes3.ErrBucketAlreadyExists) {
		return nil
	}
	return err
}

// PutObject implements ObjectStore.
func (s *S3) PutObject(bucket, key string, body []byte) error {
	content := bytes.NewReader(body)
	_, err := hooked{s.backend, s}.PutObject(bucket, key, map[string]string{}, content, content.Size(), nil)
	if err != nil {
		return fmt.Errorf("putting s3://%s/%s: %w", bucket, key, err)
	}
	return nil
}

// Get returns the bytes of an object.
func (s *S3) Get(bucket, key string) (body []byte, err error) {
	object, err := s.backend.GetObject(bucket, key, nil)
	if err != nil {
		return nil, fmt.Errorf("getting s3://%s/%s: %w", bucket, key, err)
	}
	defer func() { err = errors.Join(err, object.Contents.Close()) }()
	return io.ReadAll(object.Contents)
}

// List returns the keys that begin with prefix.
func (s *S3) List(bucket, prefix string) ([]string, error) {
	found, err := s.backend.ListBucket(bucket, &gofakes3.Prefix{HasPrefix: prefix != "", Prefix: prefix},
		gofakes3.ListBucketPage{})
	if err != nil {
		return nil, fmt.Errorf("listing s3://%s/%s: %w", bucket, prefix, err)
	}
	var keys []string
	for _, object := range found.Contents {
		keys = append(keys, object.Key)
	}
	return keys, nil
}
