package environment

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Field is a setting of an Environment, or a struct that groups some.
type Field struct {
	Path    string        // such as Delivery.BufferFor
	Comment string        // where its comment stands: struct and field, such as Delivery.BufferFor
	Value   reflect.Value // can be set
	tag     reflect.StructTag
	limits  string // what its tag has as range
}

// Fields returns every field of e, in the order of the structs, each group before its own.
func (e *Environment) Fields() []Field { return fieldsOf("", reflect.ValueOf(e).Elem(), "") }

// fieldsOf returns the fields of a struct. The tag of the field that holds the struct may
// give ranges by the names of its fields.
func fieldsOf(path string, of reflect.Value, outer reflect.StructTag) (all []Field) {
	for i := range of.NumField() {
		field, value := of.Type().Field(i), of.Field(i)
		if field.Anonymous {
			all = append(all, fieldsOf(path, value, field.Tag)...)
			continue
		}
		all = append(all, Field{
			Path: path + field.Name, Comment: of.Type().Name() + "." + field.Name, Value: value,
			tag: field.Tag, limits: cmp.Or(outer.Get(field.Name), field.Tag.Get("range")),
		})
		if value.Kind() == reflect.Struct {
			all = append(all, fieldsOf(path+field.Name+".", value, field.Tag)...)
		}
	}
	return all
}

// Allowed says in words what the field may be; nothing where its type says it all, or
// where no single field can say it.
func (f Field) Allowed() string {
	if f.limits != "" {
		return f.inRange()
	}
	if form, found := Forms[f.tag.Get("form")]; found {
		return form.Words
	}
	// A type with values of its own names them when it has none of them.
	if choice, isChoice := reflect.Zero(f.Value.Type()).Interface().(interface{ Validate() error }); isChoice {
		_, must, _ := strings.Cut(choice.Validate().Error(), "must be ")
		return must
	}
	return ""
}

func (f Field) inRange() string {
	unit := f.tag.Get("unit")
	switch {
	case unit == "":
		return f.limits
	case f.isDuration():
		return f.limits + " in " + unit
	}
	return f.limits + " " + unit
}

// check returns an error that begins with the field's path, unless its value is allowed.
func (f Field) check() error {
	form, hasForm := Forms[f.tag.Get("form")]
	choice, isChoice := f.Value.Interface().(interface{ Validate() error })
	switch {
	case f.limits != "" && !f.fits():
		return fmt.Errorf("%s is %v, must be %s", f.Path, f.Value, f.inRange())
	case hasForm && !form.Pattern.MatchString(f.Value.String()):
		return fmt.Errorf("%s is %q, must be %s", f.Path, f.Value, form.Words)
	case isChoice && choice.Validate() != nil:
		return fmt.Errorf("%s %w", f.Path, choice.Validate())
	}
	return nil
}

// steps are the units that durations are whole numbers of: neither Lambda nor Firehose
// takes a fraction of a second.
var steps = map[string]time.Duration{
	"whole milliseconds": time.Millisecond, "whole seconds": time.Second, "whole minutes": time.Minute,
}

func (f Field) fits() bool {
	value, least, most := f.number(), math.Inf(-1), math.Inf(1)
	from, to, closed := strings.Cut(f.limits, " to ")
	if closed {
		most = f.parse(to)
	}
	from, open := strings.CutPrefix(from, "above ")
	least = f.parse(strings.TrimPrefix(from, "at least "))
	if step := steps[f.tag.Get("unit")]; f.isDuration() && math.Mod(value, float64(step)) != 0 {
		return false
	}
	// NaN is not in any range.
	return (value > least || value == least && !open) && value <= most
}

func (f Field) isDuration() bool { return f.Value.Type() == reflect.TypeFor[time.Duration]() }

// number returns the value of a number or a duration.
func (f Field) number() float64 {
	if f.Value.CanFloat() {
		return f.Value.Float()
	}
	return float64(f.Value.Int())
}

// parse reads an end of a range, in the field's type. Ranges are constants of this program,
// and a test reads each: it panics when one is wrong.
func (f Field) parse(end string) float64 {
	if f.isDuration() {
		d, err := time.ParseDuration(end)
		if err != nil {
			panic(fmt.Sprintf("range of %s: %v", f.Path, err))
		}
		return float64(d)
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(end, ",", ""), 64)
	if err != nil {
		panic(fmt.Sprintf("range of %s: %v", f.Path, err))
	}
	return n
}
