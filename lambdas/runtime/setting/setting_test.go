package setting_test

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"global-ingest/lambdas/runtime/setting"
)

type config struct {
	Inner
	Name  string        `env:"NAME"`
	Wait  time.Duration `env:"WAIT"`
	Calls calls         `env:"CALLS"`
}

type Inner struct {
	Names  []string `env:"NAMES,empty"`
	Number int      `env:"NUMBER,optional"`
	Colour colour   `env:"COLOUR,optional"`
}

type calls struct {
	Attempts int  `env:"ATTEMPTS"`
	Patient  bool `env:"PATIENT"`
}

func (c calls) Validate() error {
	if c.Attempts > 10 {
		return fmt.Errorf("has %d attempts, must have at most 10", c.Attempts)
	}
	return nil
}

type colour string

func (c colour) Validate() error { return setting.OneOf(c, "", "red") }

func (c config) Validate() error { return setting.Check(c) }

func valid() config { return config{Name: "events", Wait: time.Second, Calls: calls{Attempts: 2}} }

func lookup(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	written := valid()
	written.Names, written.Calls.Patient = []string{"a", "b"}, true
	variables := setting.Variables(written)
	want := map[string]string{
		"NAME": "events", "WAIT": "1s", "CALLS_ATTEMPTS": "2", "CALLS_PATIENT": "true", "NAMES": "a,b",
	}
	if !maps.Equal(variables, want) {
		t.Errorf("variables are %v, want %v", variables, want)
	}
	read, err := setting.From(valid(), lookup(variables))
	if err != nil || !reflect.DeepEqual(read, written) {
		t.Errorf("read %+v, error %v", read, err)
	}
}

func TestAbsentVariablesKeepTheirDefaults(t *testing.T) {
	if c, err := setting.From(valid(), lookup(nil)); err != nil || !reflect.DeepEqual(c, valid()) {
		t.Errorf("read %+v, error %v", c, err)
	}
}

func TestAnOptionalSettingIsWrittenWhenItIsSet(t *testing.T) {
	for _, c := range []struct {
		colour colour
		number int
		want   map[string]string
	}{
		{"", 0, map[string]string{}},
		{"red", 0, map[string]string{"COLOUR": "red"}},
		{"red", -1, map[string]string{"COLOUR": "red", "NUMBER": "-1"}},
	} {
		got := setting.Variables(config{Inner: Inner{Colour: c.colour, Number: c.number}})
		maps.DeleteFunc(got, func(name, _ string) bool { return name != "COLOUR" && name != "NUMBER" })
		if !maps.Equal(got, c.want) {
			t.Errorf("variables are %v, want %v", got, c.want)
		}
	}
}

func TestErrorNamesVariableAndValue(t *testing.T) {
	for want, variables := range map[string]map[string]string{
		`reading setting WAIT="soon"`:                 {"WAIT": "soon"},
		`reading setting NAMES="a,,b": an empty name`: {"NAMES": "a,,b"},
		`reading setting CALLS_PATIENT="perhaps"`:     {"CALLS_PATIENT": "perhaps"},
		"NAME is not set":                             {"NAME": ""},
		"WAIT is -1s, must be above 0":                {"WAIT": "-1s"},
		"CALLS_ATTEMPTS is 0, must be above 0":        {"CALLS_ATTEMPTS": "0"},
		"CALLS has 11 attempts, must have at most 10": {"CALLS_ATTEMPTS": "11"},
		`COLOUR is "blue", must be one of [ red]`:     {"COLOUR": "blue"},
	} {
		_, err := setting.From(valid(), lookup(variables))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want it to name %s", err, want)
		}
	}
}

// TestAFieldWithoutAVariableIsNoticed before it is lost on the way.
func TestAFieldWithoutAVariableIsNoticed(t *testing.T) {
	defer func() {
		if cause := recover(); cause != "setting: field Forgotten has no tag env" {
			t.Errorf("panic is %v", cause)
		}
	}()
	setting.Variables(struct {
		config
		Forgotten string
	}{})
}
