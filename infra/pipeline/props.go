package pipeline

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newConstruct adds the construct of this id under scope, which props configure.
func newConstruct(scope constructs.Construct, id string, props any) constructs.Construct {
	need(id, props)
	return constructs.NewConstruct(scope, jsii.String(id))
}

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

func duration(d time.Duration) awscdk.Duration {
	return awscdk.Duration_Seconds(jsii.Number(d.Seconds()))
}

func days(n int) awscdk.Duration { return awscdk.Duration_Days(jsii.Number(n)) }

func mebibytes(n int) awscdk.Size { return awscdk.Size_Mebibytes(jsii.Number(n)) }

func texts(m map[string]string) *map[string]*string {
	out := make(map[string]*string, len(m))
	for key, value := range m {
		out[key] = jsii.String(value)
	}
	return &out
}

// orNil returns value for an optional property: nil for what is 0, empty or false.
func orNil[T comparable](value T) *T {
	if value == *new(T) {
		return nil
	}
	return &value
}
