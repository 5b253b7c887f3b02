package simulator

import (
	"fmt"
	"regexp"
	"strings"
)

// velocity is a parsed mapping template, in the part of the Velocity Template Language
// that an answer without a backend needs: text, #set, #if with #else and #end, comparisons of
// texts, the request's headers, and overrides of the answer's. Anything else is an error
// when it is parsed.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html
type velocity []statement

// statement is one part of a template. Exactly one of its fields is set.
type statement struct {
	text  string
	set   *assignment
	given *conditional
}

type assignment struct {
	variable string // or, when it is empty:
	override string // the header of the answer
	value    term
}

type conditional struct {
	condition       term
	then, otherwise velocity
}

// term has a value, or none: an undefined variable, a header that is not there.
type term func(*rendering) (value string, defined bool)

// rendering is a template at work on one request.
type rendering struct {
	headers   map[string]string // the request's, by their names as they arrived
	variables map[string]string
	overrides map[string]string
	err       error
}

// render returns the template's text and the headers that it overrides.
func (v velocity) render(headers map[string]string) (text string, overrides map[string]string, err error) {
	r := &rendering{headers: headers, variables: map[string]string{}, overrides: map[string]string{}}
	var out strings.Builder
	r.run(v, &out)
	return out.String(), r.overrides, r.err
}

func (r *rendering) run(v velocity, out *strings.Builder) {
	for _, s := range v {
		switch {
		case s.set != nil:
			r.assign(s.set)
		case s.given == nil:
			out.WriteString(s.text)
		default:
			branch := s.given.otherwise
			if _, holds := s.given.condition(r); holds {
				branch = s.given.then
			}
			r.run(branch, out)
		}
	}
}

// assign leaves a variable as it is when the value is undefined, as Velocity does, and
// fails at the second override of a header, as API Gateway does.
func (r *rendering) assign(a *assignment) {
	value, defined := a.value(r)
	switch {
	case !defined:
	case a.variable != "":
		r.variables[a.variable] = value
	default:
		if _, twice := r.overrides[a.override]; twice && r.err == nil {
			r.err = fmt.Errorf("header %s is overridden twice", a.override)
		}
		r.overrides[a.override] = value
	}
}

// parseVelocity reads the whole of text.
func parseVelocity(text string) (velocity, error) {
	p := &velocityParser{rest: text}
	v := p.block()
	if p.err == nil && p.rest != "" {
		p.fail("%.20q has no #if", p.rest)
	}
	if p.err != nil {
		return nil, fmt.Errorf("template %q is not supported by the simulator: %w", text, p.err)
	}
	return v, nil
}

type velocityParser struct {
	rest string
	err  error
}

func (p *velocityParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// take returns what pattern finds at the beginning of the rest: the group, or all of it.
func (p *velocityParser) take(pattern *regexp.Regexp) (string, bool) {
	match := pattern.FindStringSubmatch(p.rest)
	if match == nil || p.err != nil {
		return "", false
	}
	p.rest = p.rest[len(match[0]):]
	return match[len(match)-1], true
}

func (p *velocityParser) need(pattern *regexp.Regexp, what string) string {
	found, ok := p.take(pattern)
	if !ok {
		p.fail("want %s at %.30q", what, p.rest)
	}
	return found
}

var (
	vtlText     = regexp.MustCompile(`^[^#$\n]+`) // of line breaks Velocity swallows some
	vtlSet      = regexp.MustCompile(`^#set\(\s*`)
	vtlIf       = regexp.MustCompile(`^#if\(\s*`)
	vtlElse     = regexp.MustCompile(`^#else`)
	vtlEnd      = regexp.MustCompile(`^#end`)
	vtlClose    = regexp.MustCompile(`^\s*\)`)
	vtlAssign   = regexp.MustCompile(`^\s*=\s*`)
	vtlOverride = regexp.MustCompile(`^\$context\.responseOverride\.header\.([A-Za-z0-9-]+)`)
	vtlHeader   = regexp.MustCompile(`^\$input\.params\(\)\.header\.get\("([A-Za-z0-9-]+)"\)`)
	vtlVariable = regexp.MustCompile(`^\$([A-Za-z][A-Za-z0-9_]*)\b`)
	vtlQuiet    = regexp.MustCompile(`^"\$!([A-Za-z][A-Za-z0-9_]*)"`)
	vtlString   = regexp.MustCompile(`^"([^"$#\\]*)"`)
	vtlOr       = regexp.MustCompile(`^\s*\|\|\s*`)
	vtlAnd      = regexp.MustCompile(`^\s*&&\s*`)
	vtlCompare  = regexp.MustCompile(`^\s*(==|!=)\s*`)
)

// block reads statements up to an #else, an #end or the end.
func (p *velocityParser) block() (v velocity) {
	for p.err == nil && p.rest != "" && !vtlElse.MatchString(p.rest) && !vtlEnd.MatchString(p.rest) {
		v = append(v, p.statement())
	}
	return v
}

func (p *velocityParser) statement() (s statement) {
	if text, ok := p.take(vtlText); ok {
		s.text = text
	} else if _, ok := p.take(vtlSet); ok {
		s.set = p.assignment()
	} else if _, ok := p.take(vtlIf); ok {
		s.given = p.conditional()
	} else {
		p.fail("%.30q is neither text nor #set nor #if", p.rest)
	}
	return s
}

func (p *velocityParser) assignment() *assignment {
	var a assignment
	var ok bool
	if a.override, ok = p.take(vtlOverride); !ok {
		a.variable = p.need(vtlVariable, "a variable or a header of $context.responseOverride")
	}
	p.need(vtlAssign, "=")
	a.value = p.operand()
	p.need(vtlClose, ")")
	return &a
}

func (p *velocityParser) conditional() *conditional {
	c := conditional{condition: p.condition()}
	p.need(vtlClose, ")")
	c.then = p.block()
	if _, ok := p.take(vtlElse); ok {
		c.otherwise = p.block()
	}
	p.need(vtlEnd, "#end")
	return &c
}

// condition is true when it is defined: comparisons joined by && and, looser, by ||.
func (p *velocityParser) condition() term {
	return p.joined(vtlOr, true, func() term { return p.joined(vtlAnd, false, p.comparison) })
}

// joined evaluates from left to right until one is decisive.
func (p *velocityParser) joined(operator *regexp.Regexp, decisive bool, next func() term) term {
	all := []term{next()}
	for _, ok := p.take(operator); ok; _, ok = p.take(operator) {
		all = append(all, next())
	}
	return func(r *rendering) (string, bool) {
		for _, e := range all {
			if _, holds := e(r); holds == decisive {
				return "", decisive
			}
		}
		return "", !decisive
	}
}

// comparison is of texts: what Velocity makes of undefined values is left out.
func (p *velocityParser) comparison() term {
	left := p.text()
	operator := p.need(vtlCompare, "== or !=")
	right := p.text()
	return func(r *rendering) (string, bool) {
		a, _ := left(r)
		b, _ := right(r)
		return "", (a == b) == (operator == "==")
	}
}

// text is a constant, or a variable in quotes: nothing when it is undefined.
func (p *velocityParser) text() term {
	if name, ok := p.take(vtlQuiet); ok {
		return func(r *rendering) (string, bool) { return r.variables[name], true }
	}
	text := p.need(vtlString, "a text")
	return func(*rendering) (string, bool) { return text, true }
}

// operand is what a variable or a header may be set to.
func (p *velocityParser) operand() term {
	if name, ok := p.take(vtlHeader); ok {
		return func(r *rendering) (string, bool) { value, found := r.headers[name]; return value, found }
	}
	if name, ok := p.take(vtlVariable); ok {
		return func(r *rendering) (string, bool) { value, found := r.variables[name]; return value, found }
	}
	return p.text()
}
