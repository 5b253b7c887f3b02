package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/validate/schema"
)

// eventTypes compiles the schemas, so that a mistake in one stops the start and not each
// batch, and returns the variables by which the Validator finds them.
func (s settings) eventTypes() (variables map[string]string, err error) {
	options := schema.Options{Formats: true, TypeFrom: []string{event.DefaultTypeFrom}}
	if s.schemas == "" {
		_, err := schema.Load(options)
		return nil, err
	}
	set, err := schema.LoadFrom(s.schemas, options)
	if err == nil && len(set.Types()) == 0 {
		err = errors.New("holds no event type: one is a file <type>.json")
	}
	if err != nil {
		return nil, fmt.Errorf("schemas %s: %w", s.schemas, err)
	}
	folder, err := filepath.Abs(s.schemas) // a function runs in a folder of its own
	return map[string]string{schema.Folder: folder}, err
}
