// Package setting carries a function's Config through its environment variables: infra
// writes them and the function reads them. Each Config names its fields once, in one Set
// for both directions, so that the two sides cannot drift.
package setting

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Set is the fields of a Config by the names of their variables. A field's present value
// is its default.
type Set map[string]Field

// Field is one field of a Config, which a variable sets.
type Field struct {
	text     func() string
	parse    func(text string) error
	optional bool
}

// Optional returns f as a field that Variables leaves out while it is empty or 0.
func Optional(f Field) Field {
	f.optional = true
	return f
}

func field[T any](at *T, text func(T) string, parse func(string) (T, error)) Field {
	return Field{
		text: func() string { return text(*at) },
		parse: func(value string) error {
			parsed, err := parse(value)
			if err == nil {
				*at = parsed
			}
			return err
		},
	}
}

// Text returns a field of a text, such as a choice.
func Text[T ~string](at *T) Field {
	return field(at, func(value T) string { return string(value) }, func(text string) (T, error) { return T(text), nil })
}

// Int returns a field of a number.
func Int(at *int) Field { return field(at, strconv.Itoa, strconv.Atoi) }

// Bool returns a field that is true or false.
func Bool(at *bool) Field { return field(at, strconv.FormatBool, strconv.ParseBool) }

// Duration returns a field such as 1.5s.
func Duration(at *time.Duration) Field { return field(at, time.Duration.String, time.ParseDuration) }

// List returns a field of names, with commas between them. An empty variable is an empty
// list.
func List(at *[]string) Field {
	return field(at, func(names []string) string { return strings.Join(names, ",") }, split)
}

func split(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	names := strings.Split(text, ",")
	if slices.Contains(names, "") {
		return nil, errors.New("an empty name")
	}
	return names, nil
}

// Required names the first of these settings that is empty.
func (s Set) Required(names ...string) error {
	for _, name := range names {
		if s[name].text() == "" {
			return fmt.Errorf("%s is not set", name)
		}
	}
	return nil
}

// Variables returns every setting with its present value, defaults included, so that a
// template shows the whole configuration. Optional settings are there when they are set.
func (s Set) Variables() map[string]string {
	variables := map[string]string{}
	for name, field := range s {
		if text := field.text(); !field.optional || text != "" && text != "0" {
			variables[name] = text
		}
	}
	return variables
}

// From returns defaults with each setting that lookup knows. Its error names the variable
// and the value.
func From[C any, P interface {
	*C
	Settings() Set
	Validate() error
}](defaults C, lookup func(name string) (string, bool)) (C, error) {
	config, none := P(&defaults), *new(C)
	settings := config.Settings()
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		value, found := lookup(name)
		if !found {
			continue
		}
		if err := settings[name].parse(value); err != nil {
			return none, fmt.Errorf("reading setting %s=%q: %w", name, value, err)
		}
	}
	return defaults, config.Validate()
}

// OneOf returns an error that begins with "is" when value is none of choices.
func OneOf[T ~string](value T, choices ...T) error {
	if !slices.Contains(choices, value) {
		return fmt.Errorf("is %q, must be one of %v", value, choices)
	}
	return nil
}

// Named puts a name before err, if there is one.
func Named(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %w", name, err)
}
