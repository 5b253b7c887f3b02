// Package setting carries a function's Config through its environment variables: infra
// writes them and the function reads them. The tag of a field names its variable, once for
// both directions, so that the two sides cannot drift:
//
//	Bucket  string        `env:"LAKE_BUCKET"`          // must be set; a number or a duration must be above 0
//	Origins []string      `env:"CORS_ORIGINS,empty"`   // may be empty
//	Region  string        `env:"AWS_REGION,optional"`  // has no variable while it is empty or 0
//	Put     bounds.Config `env:"PUT"`                  // is a struct, whose variables begin with PUT_
package setting

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is the settings of a function.
type Config interface {
	// Validate names the first setting that is not allowed. It calls Check.
	Validate() error
}

// field is one field of a Config: a setting, or a struct of settings.
type field struct {
	name  string // of its variable
	rule  string // "empty", "optional" or nothing
	value reflect.Value
}

// fieldsOf returns the fields of a Config, each struct before its own. A struct that is
// embedded adds nothing to their names.
func fieldsOf(config reflect.Value, prefix string) (all []field) {
	for declared, value := range config.Fields() {
		name, rule, _ := strings.Cut(declared.Tag.Get("env"), ",")
		f := field{name: prefix + name, rule: rule, value: value}
		switch {
		case declared.Anonymous:
			all = append(all, fieldsOf(value, prefix)...)
		case name == "":
			panic("setting: field " + declared.Name + " has no tag env")
		case f.isStruct():
			all = append(append(all, f), fieldsOf(value, f.name+"_")...)
		default:
			all = append(all, f)
		}
	}
	return all
}

func (f field) isStruct() bool { return f.value.Kind() == reflect.Struct }

// text returns the variable's value.
func (f field) text() string {
	if names, isList := f.value.Interface().([]string); isList {
		return strings.Join(names, ",")
	}
	return fmt.Sprint(f.value.Interface())
}

// parse sets the field to what text says.
func (f field) parse(text string) (err error) {
	switch at := f.value.Addr().Interface().(type) {
	case *int:
		*at, err = strconv.Atoi(text)
	case *bool:
		*at, err = strconv.ParseBool(text)
	case *time.Duration:
		*at, err = time.ParseDuration(text)
	case *[]string:
		*at, err = split(text)
	default:
		f.value.SetString(text)
	}
	return err
}

// split returns the names between commas. An empty text is an empty list.
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

// check returns an error when the value is not allowed. A type with a method Validate
// decides itself.
func (f field) check() error {
	switch own, hasOwn := f.value.Interface().(interface{ Validate() error }); {
	case hasOwn:
		return Named(f.name, own.Validate())
	case f.isStruct() || f.rule != "":
		return nil
	case f.text() == "":
		return fmt.Errorf("%s is not set", f.name)
	case f.value.CanInt() && f.value.Int() <= 0:
		return fmt.Errorf("%s is %s, must be above 0", f.name, f.text())
	}
	return nil
}

// Variables returns every setting of config with its present value, defaults included, so
// that a template shows the whole configuration. Optional settings are there when they are
// set.
func Variables(config Config) map[string]string {
	variables := map[string]string{}
	for _, f := range fieldsOf(reflect.ValueOf(config), "") {
		if !f.isStruct() && (f.rule != "optional" || !f.value.IsZero()) {
			variables[f.name] = f.text()
		}
	}
	return variables
}

// From returns defaults with each setting that lookup knows. Its error names the variable
// and the value.
func From[C Config](defaults C, lookup func(name string) (string, bool)) (C, error) {
	config := defaults
	for _, f := range fieldsOf(reflect.ValueOf(&config).Elem(), "") {
		if f.isStruct() {
			continue
		}
		if text, found := lookup(f.name); found {
			if err := f.parse(text); err != nil {
				return config, fmt.Errorf("reading setting %s=%q: %w", f.name, text, err)
			}
		}
	}
	return config, config.Validate()
}

// Check names the first setting of config that its tag or its type does not allow.
func Check(config Config) error {
	for _, f := range fieldsOf(reflect.ValueOf(config), "") {
		if err := f.check(); err != nil {
			return err
		}
	}
	return nil
}

// OneOf returns an error that begins with "is" when value is not one of choices.
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
