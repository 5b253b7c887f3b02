// Package setting carries a function's Config through its environment
// variables, in both directions, so that the construct that writes them and the
// function that reads them cannot drift: each Config binds its fields once, to a
// flag.FlagSet whose flag names are the variables' names, and the set is written
// by infra and read by the function.
package setting

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
)

// New returns an empty set for a Config to bind its fields to.
func New(function string) *flag.FlagSet {
	return flag.NewFlagSet(function, flag.ContinueOnError)
}

// Text binds a field of a type of texts, such as a choice, whose present value is its
// default.
func Text[T ~string](fs *flag.FlagSet, field *T, name, usage string) {
	fs.Var(text[T]{field}, name, usage)
}

type text[T ~string] struct{ field *T }

func (t text[T]) String() string { return string(*t.field) }

func (t text[T]) Set(value string) error {
	*t.field = T(value)
	return nil
}

// List binds a field of names that stand in one variable with commas between them. An
// empty variable is an empty list.
func List(fs *flag.FlagSet, field *[]string, name, usage string) {
	fs.Var(list{field}, name, usage)
}

type list struct{ field *[]string }

func (l list) String() string {
	if l.field == nil { // as package flag asks it
		return ""
	}
	return strings.Join(*l.field, ",")
}

func (l list) Set(value string) error {
	if value == "" {
		*l.field = nil
		return nil
	}
	*l.field = strings.Split(value, ",")
	if slices.Contains(*l.field, "") {
		return errors.New("an empty name")
	}
	return nil
}

// Required names the first of these settings of fs that is empty.
func Required(fs *flag.FlagSet, names ...string) error {
	for _, name := range names {
		if fs.Lookup(name).Value.String() == "" {
			return fmt.Errorf("%s is not set", name)
		}
	}
	return nil
}

// Write returns every setting of fs with its present value, defaults included,
// so that a template shows the whole configuration.
func Write(fs *flag.FlagSet) map[string]string {
	variables := map[string]string{}
	fs.VisitAll(func(f *flag.Flag) { variables[f.Name] = f.Value.String() })
	return variables
}

// Read sets each setting of fs that lookup knows and leaves the others at their
// defaults. Its error names the variable and the value.
func Read(fs *flag.FlagSet, lookup func(string) (string, bool)) error {
	var failed error
	fs.VisitAll(func(f *flag.Flag) {
		value, ok := lookup(f.Name)
		if !ok || failed != nil {
			return
		}
		if err := fs.Set(f.Name, value); err != nil {
			failed = fmt.Errorf("reading setting %s=%q: %w", f.Name, value, err)
		}
	})
	return failed
}
