package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
)

const path = "README.md"

// readme writes the parts of README.md that stand elsewhere already: the settings of an
// environment, and what one costs.
func readme(_ context.Context, args []string, t terminal) error {
	if err := t.parse(newFlags("readme"), args); err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, err = generate(text)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// parts are what is generated, by the name in its markers.
var parts = map[string]func() (string, error){"settings": settingsTable, "cost": costTable}

// generate returns text with each part up to date.
func generate(text []byte) ([]byte, error) {
	for name, part := range parts {
		begin, end := fmt.Appendf(nil, "<!-- %s: make readme -->\n", name), fmt.Appendf(nil, "<!-- end of %s -->", name)
		before, rest, found := bytes.Cut(text, begin)
		_, after, closed := bytes.Cut(rest, end)
		if !found || !closed {
			return nil, fmt.Errorf("%s has no place for %s: want %q and %q", path, name, begin, end)
		}
		content, err := part()
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", name, err)
		}
		text = bytes.Join([][]byte{before, begin, []byte(content), end, after}, nil)
	}
	return text, nil
}
