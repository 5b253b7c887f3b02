package setting_test

import (
	"flag"
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

func (c *config) settings() *flag.FlagSet {
	fs := setting.New("example")
	fs.StringVar(&c.name, "NAME", "", "a name")
	fs.DurationVar(&c.wait, "WAIT", time.Second, "a wait")
	return fs
}

func lookup(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	written := config{name: "events"}
	fs := written.settings()
	if err := fs.Set("NAME", "events"); err != nil {
		t.Fatal(err)
	}
	variables := setting.Write(fs)
	if want := map[string]string{"NAME": "events", "WAIT": "1s"}; !maps.Equal(variables, want) {
		t.Errorf("variables are %v, want %v", variables, want)
	}
	var read config
	if err := setting.Read(read.settings(), lookup(variables)); err != nil {
		t.Fatal(err)
	}
	if read != (config{"events", time.Second}) {
		t.Errorf("read %+v", read)
	}
}

func TestAbsentVariablesKeepTheirDefaults(t *testing.T) {
	var c config
	if err := setting.Read(c.settings(), lookup(nil)); err != nil || c.wait != time.Second {
		t.Errorf("wait is %v, error %v", c.wait, err)
	}
}

func TestErrorNamesVariableAndValue(t *testing.T) {
	var c config
	err := setting.Read(c.settings(), lookup(map[string]string{"WAIT": "soon"}))
	if err == nil || !strings.Contains(err.Error(), `WAIT="soon"`) {
		t.Errorf("error is %v", err)
	}
}
