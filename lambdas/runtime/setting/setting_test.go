package setting_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"global-ingest/lambdas/runtime/setting"
)

type config struct {
	name string
	wait time.Duration
}

func (c *config) Settings() setting.Set {
	return setting.Set{"NAME": setting.Text(&c.name), "WAIT": setting.Duration(&c.wait)}
}

func (c *config) Validate() error { return c.Settings().Required("NAME") }

func lookup(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	written := config{"events", time.Second}
	variables := written.Settings().Variables()
	if want := map[string]string{"NAME": "events", "WAIT": "1s"}; !maps.Equal(variables, want) {
		t.Errorf("variables are %v, want %v", variables, want)
	}
	read, err := setting.From(config{}, lookup(variables))
	if err != nil {
		t.Fatal(err)
	}
	if read != written {
		t.Errorf("read %+v", read)
	}
}

func TestAbsentVariablesKeepTheirDefaults(t *testing.T) {
	c, err := setting.From(config{"events", time.Second}, lookup(nil))
	if err != nil || c.wait != time.Second {
		t.Errorf("wait is %v, error %v", c.wait, err)
	}
}

func TestAnOptionalSettingIsWrittenWhenItIsSet(t *testing.T) {
	for _, c := range []struct {
		name   string
		number int
		want   map[string]string
	}{
		{"", 0, map[string]string{}},
		{"a", 0, map[string]string{"NAME": "a"}},
		{"0.5", -1, map[string]string{"NAME": "0.5", "NUMBER": "-1"}},
	} {
		s := setting.Set{"NAME": setting.Optional(setting.Text(&c.name)), "NUMBER": setting.Optional(setting.Int(&c.number))}
		if got := s.Variables(); !maps.Equal(got, c.want) {
			t.Errorf("variables are %v, want %v", got, c.want)
		}
	}
}

func TestErrorNamesVariableAndValue(t *testing.T) {
	for want, variables := range map[string]map[string]string{
		`WAIT="soon"`: {"WAIT": "soon"},
		"NAME":        {"NAME": ""},
	} {
		_, err := setting.From(config{}, lookup(variables))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want it to name %s", err, want)
		}
	}
}
