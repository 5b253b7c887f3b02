package simulator

import (
	"maps"
	"strings"
	"testing"
)

func TestTemplatesRenderAsAPIGatewayRendersThem(t *testing.T) {
	const origin = `#set($o = $input.params().header.get("Origin"))#if("$!o" == "")#set($o = $input.params().header.get("origin"))#end`
	for _, c := range []struct {
		template  string
		headers   map[string]string
		text      string
		overrides map[string]string
	}{
		{`{"status":"ok"}`, nil, `{"status":"ok"}`, nil},
		{`a#if("x" == "x")b#{}`, nil, "", nil}, // an error
		{`a#if("x" == "y")b#else c#end d`, nil, "a c d", nil},
		{`#if("x" != "y" && "x" == "y" || "z" == "z")yes#end`, nil, "yes", nil},
		{`#if("x" == "x" && "x" == "y")yes#end`, nil, "", nil},
		{`#if("$!o" == "")yes#end`, nil, "yes", nil},
		{`#set($o = "kept")#set($o = $input.params().header.get("No"))#if("$!o" == "kept")yes#end`, nil, "yes", nil},
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
	for template, want := range map[string]string{
		`$input.body`:                        `"$input.body" is neither text nor #set nor #if`,
		`#foreach($x in $y)#end`:             `"#foreach($x in $y)#end" is neither text nor #set nor #if`,
		`#set($x = $input.path("$"))`:        `want ) at ".path(\"$\"))"`,
		`#set($context.status = "1")`:        `want = at ".status = \"1\")"`,
		`#if("a" == "b")open`:                `want #end at ""`,
		`#if("a")x#end`:                      `want == or != at ")x#end"`,
		`#if($o == "a")x#end`:                `want a text at "$o == \"a\")x#end"`,
		"a\n#set($x = \"1\")":                `"\n#set($x = \"1\")" is neither text nor #set nor #if`,
		`x#end`:                              `"#end" has no #if`,
		`#set($x = "a $y")`:                  `want a text at "\"a $y\")"`,
		`#set($x = $input.params("Origin"))`: `want ) at ".params(\"Origin\"))"`,
	} {
		if _, err := parseVelocity(template); err == nil ||
			!strings.HasSuffix(err.Error(), "is not supported by the simulator: "+want) {
			t.Errorf("%s: error is %v, want %s", template, err, want)
		}
	}
}
