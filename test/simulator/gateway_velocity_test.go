package simulator

import (
	"maps"
	"strings"
	"testing"
)

func TestTemplatesRenderAsAPIGatewayRendersThem(t *testing.T) {
	const origin = `#set($o = $input.params().header.get("Origin"))` +
		`#if("$!o" == "")#set($o = $input.params().header.get("origin"))#end`
	for _, c := range []struct {
		template  string
		headers   map[string]string
		text      string
		overrides map[string]string
	}{
		{`{"status":"ok"}`, nil, `{"status":"ok"}`, nil},
		{`a#if("$!o" == "")b#{}`, nil, "", nil}, // an error
		{`a#if("$!o" == "x")b#end d`, nil, "a d", nil},
		{`#if("$!o" != "" || "$!o" == "y" || "$!o" == "")yes#end`, nil, "yes", nil},
		{`#if( "$!o" == "x"||"$!o" == "y" )yes#end`, nil, "", nil},
		{`#if("$!o" == "")a#if("$!o" != "")b#end c#end`, nil, "a c", nil},
		{`#if("$!o" == "")yes#end`, nil, "yes", nil},
		{`#set($o = $input.params().header.get("A"))#set($o = $input.params().header.get("No"))#if("$!o" == "kept")yes#end`, map[string]string{"A": "kept"}, "yes", nil},
		{origin + `#if("$!o" == "a")A#end`, map[string]string{"Origin": "a"}, "A", nil},
		{origin + `#if("$!o" == "a")A#end`, map[string]string{"origin": "a"}, "A", nil},
		{origin + `#if("$!o" == "a")A#end`, map[string]string{"ORIGIN": "a"}, "", nil}, // a map knows names as they came
		{origin + `#if("$!o" == "a")A#end`, nil, "", nil},
		{`#set($context.responseOverride.header.X-Y = "1")`, nil, "", map[string]string{"X-Y": "1"}},
		{`#set($context.responseOverride.header.X = $o)`, nil, "", nil},
		{`#set($context.responseOverride.header.X = "1")#set($context.responseOverride.header.X = "2")`, nil, "", nil}, // an error
	} {
		v, err := parseVelocity(c.template)
		var text string
		var overrides map[string]string
		if err == nil {
			text, overrides, err = v.render(c.headers)
		}
		if failed := strings.Contains(c.template, "{}") || strings.HasSuffix(c.template, `"2")`); failed != (err != nil) {
			t.Errorf("%s: error is %v", c.template, err)
		} else if !failed && (text != c.text || !maps.Equal(overrides, c.overrides)) {
			t.Errorf("%s: %q, %v; want %q, %v", c.template, text, overrides, c.text, c.overrides)
		}
	}
}

func TestUnknownTemplatesAreNamed(t *testing.T) {
	const unknown = ` is neither text nor a #set or #if of the known forms`
	for template, want := range map[string]string{
		`$input.body`:                      `"$input.body"` + unknown,
		`#foreach($x in $y)#end`:           `"#foreach($x in $y)#end"` + unknown,
		`#set($x = $input.path("$"))`:      `"#set($x = $input.path(\"$\"))"` + unknown,
		`#set($context.status = "1")`:      `"#set($context.status = \"1\")"` + unknown,
		`#if("$!a" == "b")open`:            `an #if has no #end`,
		`#if("$!a" == "")x#else#end`:       `"#else#end"` + unknown,
		`#if("a")x#end`:                    `"#if(\"a\")x#end"` + unknown,
		`#if($o == "a")x#end`:              `"#if($o == \"a\")x#end"` + unknown,
		`#if("$!o" == "$x")#end`:           `"#if(\"$!o\" == \"$x\")#end"` + unknown,
		"a\n#set($x = \"1\")":              `"\n#set($x = \"1\")"` + unknown,
		`x#end`:                            `"#end" has no #if`,
		`#set($x = "a $y")`:                `"#set($x = \"a $y\")"` + unknown,
		`#set($x = $input.params("Name"))`: `"#set($x = $input.params(\"Name\""` + unknown,
	} {
		if _, err := parseVelocity(template); err == nil ||
			!strings.HasSuffix(err.Error(), "is not supported by the simulator: "+want) {
			t.Errorf("%s: error is %v, want %s", template, err, want)
		}
	}
}
