package functions

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
)

type validator string

func (v validator) Invoke(context.Context, []byte) ([]byte, error) { return []byte(v), nil }

type stream struct {
	lines string
	err   error
}

func (s *stream) Put(_ context.Context, lines []byte) error {
	s.lines += string(lines)
	return s.err
}

// TestChainPutsWhatIsValid, and lets Lambda try again what could not be stored or read.
func TestChainPutsWhatIsValid(t *testing.T) {
	for name, row := range map[string]struct {
		answer string
		refuse error
		lines  string
		fails  string
	}{
		"valid":      {`{"records":[{"recordId":"a","result":"Ok","data":"bGluZQo="}]}`, nil, "line\n", ""},
		"rejected":   {`{"records":[{"recordId":"a","result":"Dropped"}]}`, nil, "", ""},
		"unreadable": {`{"records":[{"recordId":"a","result":"ProcessingFailed"}]}`, nil, "", "validating a"},
		"refused":    {`{"records":[{"recordId":"a","result":"Ok","data":"bGluZQo="}]}`, errors.New("slow down"), "line\n", "slow down"},
	} {
		t.Run(name, func(t *testing.T) {
			s := stream{err: row.refuse}
			_, err := Chain{Validator: validator(row.answer), Lines: &s}.Invoke(t.Context(), nil)
			if s.lines != row.lines || (err == nil) != (row.fails == "") ||
				err != nil && !strings.Contains(err.Error(), row.fails) {
				t.Errorf("lines %q, error %v, want %q and %q", s.lines, err, row.lines, row.fails)
			}
		})
	}
}

var unnamed = regexp.MustCompile(`@[A-Z]+@`)

// TestNothingIsLeftToName in a source that is deployed, and each fits inline code.
func TestNothingIsLeftToName(t *testing.T) {
	for name, source := range map[string]string{
		"injection": Injection(), "empty": EdgeEmpty(), "chained": EdgeChained("us-east-1", "f"),
		"firehose": EdgeFirehose("us-east-1", "s"),
	} {
		if unnamed.MatchString(source) || len(source) > 4096 {
			t.Errorf("%s, %d bytes:\n%s", name, len(source), source)
		}
	}
}
