package figures

import (
	"bytes"
	"fmt"
	"os"
)

// Keep holds a generated file to the text that it should have: it writes the text, or says that
// the file is stale.
func Keep(path string, text []byte, write bool) error {
	if write {
		return os.WriteFile(path, text, 0o644)
	}
	switch old, err := os.ReadFile(path); {
	case err != nil:
		return err
	case !bytes.Equal(old, text):
		return fmt.Errorf("%s is stale: `make readme` brings it up to date", path)
	}
	return nil
}

// KeepPart does so with the part of a page that stands between markers.
func KeepPart(path, part, text string, write bool) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	begin, end := fmt.Appendf(nil, "<!-- %s: make readme -->\n", part), fmt.Appendf(nil, "<!-- end of %s -->", part)
	before, rest, found := bytes.Cut(page, begin)
	_, after, closed := bytes.Cut(rest, end)
	if !found || !closed {
		return fmt.Errorf("%s has no place for %s: want %q and %q", path, part, begin, end)
	}
	return Keep(path, bytes.Join([][]byte{before, begin, []byte(text), end, after}, nil), write)
}
