package simulator

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// omissions are the types and properties of templates that are accepted and not simulated,
// by reason.
type omissions map[string]map[string]bool

func (o omissions) add(why, name string) {
	if o[why] == nil {
		o[why] = map[string]bool{}
	}
	o[why][name] = true
}

// lines returns one line for each reason.
func (o omissions) lines() []string {
	var lines []string
	for why, names := range o {
		lines = append(lines, strings.Join(slices.Sorted(maps.Keys(names)), ", ")+": "+why)
	}
	slices.Sort(lines)
	return lines
}

// note adds the properties that are set and whose field of properties, a pointer to a
// struct, has a tag notSimulated that says why not.
func (o omissions) note(resourceType string, properties any) {
	value := reflect.ValueOf(properties).Elem()
	for i := range value.NumField() {
		field := value.Type().Field(i)
		set := value.Field(i).Interface()
		if why := field.Tag.Get("notSimulated"); why != "" && set != nil && set != false && set != 0 {
			o.add(why, shortType(resourceType)+"."+field.Name)
		}
	}
}

// shortType is a type without "AWS::" and its service.
func shortType(resourceType string) string {
	return resourceType[strings.LastIndex(resourceType, ":")+1:]
}
