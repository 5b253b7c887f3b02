package figures

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
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

// KeepPart does so with the part of a page that stands between markers. The first one names the
// command that writes the part.
func KeepPart(path, part, text string, write bool) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	marked := regexp.MustCompile("(?s)(<!-- " + part + ": [^\n]* -->\n).*(<!-- end of " + part + " -->)")
	at := marked.FindSubmatchIndex(page)
	if at == nil {
		return fmt.Errorf("%s has no place for %s: want <!-- %[2]s: command --> and <!-- end of %[2]s -->", path, part)
	}
	return Keep(path, slices.Concat(page[:at[3]], []byte(text), page[at[4]:]), write)
}
