package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
)

// pages are the pages with a generated part: its name in the page's markers, and what writes it.
var pages = map[string]struct {
	part  string
	table func() (string, error)
}{
	"infra/docs/settings.md": {"settings", settingsTable},
	"infra/docs/operate.md":  {"cost", costTable},
	"infra/docs/events.md":   {"events", eventTables},
	"infra/docs/clients.md":  {"clients", clientGuides},
}

// readme writes the generated parts of the docs: the settings of an environment, what one
// costs, the views of events, and the clients.
func readme(_ context.Context, _ terminal, f *flags) error {
	if err := f.parse(); err != nil {
		return err
	}
	for page := range pages {
		_, text, err := generate(page)
		if err != nil {
			return err
		}
		if err := os.WriteFile(page, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns a page as it is, and with its part up to date.
func generate(page string) (old, text []byte, err error) {
	if old, err = os.ReadFile(page); err != nil {
		return nil, nil, err
	}
	p := pages[page]
	begin, end := fmt.Appendf(nil, "<!-- %s: make readme -->\n", p.part), fmt.Appendf(nil, "<!-- end of %s -->", p.part)
	before, rest, found := bytes.Cut(old, begin)
	_, after, closed := bytes.Cut(rest, end)
	if !found || !closed {
		return nil, nil, fmt.Errorf("%s has no place for %s: want %q and %q", page, p.part, begin, end)
	}
	content, err := p.table()
	if err != nil {
		return nil, nil, fmt.Errorf("writing %s: %w", p.part, err)
	}
	return old, bytes.Join([][]byte{before, begin, []byte(content), end, after}, nil), nil
}
