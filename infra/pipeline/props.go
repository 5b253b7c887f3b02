package pipeline

import (
	"fmt"
	"reflect"
	"strings"
)

// need panics unless props has every field but those whose tag says optional. The sentence
// names the construct and the field. jsii panics at synthesis, too: what a person types is
// checked before, by Environment.Validate.
func need(id string, props any) {
	if field := missing(reflect.ValueOf(props)); field != "" {
		panic(fmt.Sprintf("pipeline: %s has no %s.%s: set it", id, reflect.TypeOf(props).Name(), field))
	}
}

// missing returns the first field of props that is not set, also within other Props.
func missing(props reflect.Value) string {
	for i := range props.NumField() {
		field, value := props.Type().Field(i), props.Field(i)
		if field.Tag.Get("optional") == "true" {
			continue
		}
		if value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0 {
			return field.Name
		}
		if strings.HasSuffix(field.Type.Name(), "Props") {
			if inner := missing(value); inner != "" {
				return field.Name + "." + inner
			}
		}
	}
	return ""
}
