package record

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
)

// IsGzip says whether body is gzip by its first bytes (RFC 1952, section 2.3.1).
// Neither JSON nor UTF-8 text begins with them.
func IsGzip(body []byte) bool {
	return len(body) >= 2 && body[0] == 0x1f && body[1] == 0x8b
}

// Lines yields the lines of an object of the lake with their line ends. It inflates an
// object that is compressed. An error is the last that it yields.
func Lines(object io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		text, err := inflated(object)
		for err == nil {
			var line []byte
			line, err = text.ReadBytes('\n')
			if end := errors.Is(err, io.EOF); err == nil || end && len(line) > 0 {
				if !yield(line, nil) {
					return
				}
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	}
}

func inflated(object io.Reader) (*bufio.Reader, error) {
	const room = 1 << 16
	text := bufio.NewReaderSize(object, room)
	if magic, _ := text.Peek(2); !IsGzip(magic) {
		return text, nil // reading says what is wrong with a short object
	}
	unzipped, err := gzip.NewReader(text)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(unzipped, room), nil
}

// Lake is the bucket, as far as a Search needs it.
type Lake interface {
	// Since returns the keys below prefix of objects written at or after a time.
	Since(ctx context.Context, prefix string, at time.Time) ([]string, error)
	Get(ctx context.Context, key string) (io.ReadCloser, error)
}

// Search looks through events/ and rejected/, hour by hour.
type Search struct {
	Lake    Lake
	From    time.Time // when the first of the events was sent
	Written time.Time // objects written before are skipped; zero: none are
	read    map[string]bool
}

// Found is a line of the lake and where it lies.
type Found struct {
	Prefix string // EventsPrefix or RejectedPrefix
	Key    string // of its object
	Line   []byte
}

// Lines yields every line that may be of an event sent between From and until. It does
// not read an object again that an earlier call has read. An error is the last that it
// yields.
func (s *Search) Lines(ctx context.Context, until time.Time) iter.Seq2[Found, error] {
	if s.read == nil {
		s.read = map[string]bool{}
	}
	return func(yield func(Found, error) bool) {
		for _, prefix := range []string{EventsPrefix, RejectedPrefix} {
			for _, folder := range Folders(prefix, s.From, until) {
				keys, err := s.Lake.Since(ctx, folder, s.Written)
				if err != nil {
					yield(Found{}, err)
					return
				}
				for _, key := range keys {
					if !s.read[key] && !s.object(ctx, prefix, key, yield) {
						return
					}
				}
			}
		}
	}
}

// object yields the lines of one object, and says whether to go on.
func (s *Search) object(ctx context.Context, prefix, key string, yield func(Found, error) bool) (more bool) {
	s.read[key] = true
	object, err := s.Lake.Get(ctx, key)
	if err != nil {
		yield(Found{}, err)
		return false
	}
	defer object.Close()
	for line, err := range Lines(object) {
		if err != nil {
			yield(Found{}, fmt.Errorf("reading %s: %w", key, err))
			return false
		}
		if !yield(Found{prefix, key, line}, nil) {
			return false
		}
	}
	return true
}
