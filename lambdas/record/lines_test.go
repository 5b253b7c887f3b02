package record_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"global-ingest/lambdas/record"
)

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestEveryLineOfAnObjectIsRead(t *testing.T) {
	for _, want := range [][]string{nil, {"a\n"}, {"a\n", "\n", "b"}, {strings.Repeat("x", 200_000) + "\n", "y\n"}} {
		text := strings.Join(want, "")
		for _, object := range [][]byte{[]byte(text), zipped(t, text)} {
			var got []string
			for line, err := range record.Lines(bytes.NewReader(object)) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(line))
			}
			if !slices.Equal(got, want) {
				t.Errorf("lines are %.60q, want %.60q", got, want)
			}
		}
	}
}

func TestAnObjectThatIsCutOffIsAnError(t *testing.T) {
	whole := zipped(t, "a\nb\n")
	for size := 3; size < len(whole); size++ {
		var failed error
		for _, err := range record.Lines(bytes.NewReader(whole[:size])) {
			failed = err
		}
		if failed == nil {
			t.Errorf("%d of %d bytes are read without an error", size, len(whole))
		}
	}
}

// shelf is a lake that holds objects by key.
type shelf map[string][]byte

func (s shelf) Since(_ context.Context, prefix string, _ time.Time) (keys []string, err error) {
	for key := range s {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

func (s shelf) Get(_ context.Context, key string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(s[key])), nil
}

// TestASearchReadsEachObjectOnce, of the hours that may hold what was sent.
func TestASearchReadsEachObjectOnce(t *testing.T) {
	at := func(prefix string, hours int) string {
		return prefix + record.Partition(receivedAt.Add(time.Duration(hours)*time.Hour))
	}
	lake := shelf{
		at(record.EventsPrefix, 0) + "1": zipped(t, "now\n"), at(record.RejectedPrefix, 0) + "1": zipped(t, "rejected\n"),
		at(record.EventsPrefix, -9) + "1": zipped(t, "before\n"), at(record.EventsPrefix, 9) + "1": zipped(t, "after\n"),
	}
	search := record.Search{Lake: lake, From: receivedAt}
	for _, want := range []string{"events/ now\nrejected/ rejected\n", "events/ later\n", ""} {
		got := ""
		for found, err := range search.Lines(t.Context(), receivedAt) {
			if err != nil {
				t.Fatal(err)
			}
			got += found.Prefix + " " + string(found.Line)
		}
		if got != want {
			t.Errorf("found %q, want %q", got, want)
		}
		lake[at(record.EventsPrefix, 0)+"2"] = zipped(t, "later\n")
	}
}
