package simulator

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// velocity is a parsed mapping template, in the part of the Velocity Template Language
// that the product's answers need: text, #set of a variable to a header of the request, #set
// of a header of the answer, and #if with comparisons joined by ||. Anything else is an
// error when it is parsed.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html
type velocity []directive

// directive is one part of a template.
type directive func(*rendering)

// rendering is a template at work on one request.
type rendering struct {
	headers   map[string]string // the request's, by their names as they arrived
	variables map[string]string
	overrides map[string]string // headers of the answer
	text      strings.Builder
	err       error
}

// render returns the template's text and the headers that it overrides.
func (v velocity) render(headers map[string]string) (text string, overrides map[string]string, err error) {
	r := &rendering{headers: headers, variables: map[string]string{}, overrides: map[string]string{}}
	v.run(r)
	return r.text.String(), r.overrides, r.err
}

func (v velocity) run(r *rendering) {
	for _, do := range v {
		do(r)
	}
}

func write(text string) directive {
	return func(r *rendering) { r.text.WriteString(text) }
}

// set leaves the variable as it is when the request has no such header, as Velocity does.
func set(variable, header string) directive {
	return func(r *rendering) {
		if value, found := r.headers[header]; found {
			r.variables[variable] = value
		}
	}
}

// override sets a header of the answer to a variable, unless it is undefined, or else to text.
// API Gateway fails at the second override of a header.
func override(header, variable, text string) directive {
	return func(r *rendering) {
		value, defined := r.variables[variable]
		if variable == "" {
			value, defined = text, true
		}
		if _, twice := r.overrides[header]; twice && defined {
			r.err = fmt.Errorf("header %s is overridden twice", header)
		}
		if defined {
			r.overrides[header] = value
		}
	}
}

// when runs a block if one of the comparisons holds. An undefined variable is empty.
func when(comparisons [][]string, block velocity) directive {
	return func(r *rendering) {
		for _, c := range comparisons {
			if (r.variables[c[1]] == c[3]) == (c[2] == "==") {
				block.run(r)
				return
			}
		}
	}
}

// The patterns of directives, in which a space is any white space. Line breaks are no text:
// Velocity swallows some.
var (
	vtlText       = vtl(`[^#$\n]+`)
	vtlSet        = vtl(`#set\( \$(\w+) = \$input\.params\(\)\.header\.get\("([\w-]+)"\) \)`)
	vtlOverride   = vtl(`#set\( \$context\.responseOverride\.header\.([\w-]+) = (?:\$(\w+)|"([^"$#\\]*)") \)`)
	vtlComparison = regexp.MustCompile(comparison)
	vtlIf         = vtl(`#if\( (` + comparison + `(?: \|\| ` + comparison + `)*) \)`)
)

const comparison = `"\$!(\w+)"\s*(==|!=)\s*"([^"$#\\]*)"`

func vtl(pattern string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(pattern, " ", `\s*`))
}

// parseVelocity reads the whole of text.
func parseVelocity(text string) (velocity, error) {
	v, rest, err := parseBlock(text)
	if err == nil && rest != "" {
		err = fmt.Errorf("%.20q has no #if", rest)
	}
	if err != nil {
		return nil, fmt.Errorf("template %q is not supported by the simulator: %w", text, err)
	}
	return v, nil
}

// parseBlock reads directives up to an #end or the end, and returns the rest.
func parseBlock(text string) (v velocity, rest string, err error) {
	for rest = text; rest != "" && !strings.HasPrefix(rest, "#end"); {
		var next directive
		if next, rest, err = parseDirective(rest); err != nil {
			return nil, rest, err
		}
		v = append(v, next)
	}
	return v, rest, nil
}

func parseDirective(text string) (next directive, rest string, err error) {
	if m := vtlText.FindStringSubmatch(text); m != nil {
		return write(m[0]), text[len(m[0]):], nil
	}
	if m := vtlSet.FindStringSubmatch(text); m != nil {
		return set(m[1], m[2]), text[len(m[0]):], nil
	}
	if m := vtlOverride.FindStringSubmatch(text); m != nil {
		return override(m[1], m[2], m[3]), text[len(m[0]):], nil
	}
	m := vtlIf.FindStringSubmatch(text)
	if m == nil {
		return nil, text, fmt.Errorf("%.30q is neither text nor a #set or #if of the known forms", text)
	}
	block, rest, err := parseBlock(text[len(m[0]):])
	rest, closed := strings.CutPrefix(rest, "#end")
	if err == nil && !closed {
		err = errors.New("an #if has no #end")
	}
	return when(vtlComparison.FindAllStringSubmatch(m[1], -1), block), rest, err
}
