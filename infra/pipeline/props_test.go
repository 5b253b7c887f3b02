package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// constructors are all that take Props, and how they are called with some.
var constructors = map[string]any{
	"LakeProps": NewLake, "BacklogProps": NewBacklog, "DeliveryProps": NewDelivery, "IngestProps": NewIngest,
	"ValidatorProps": NewValidator, "RedriveProps": NewRedrive, "EdgeProps": NewEdge, "WatchProps": NewWatch,
	"CanaryProps": NewCanary, "OriginProps": NewOrigin, "ReleaseProps": NewRelease, "FunctionProps": NewFunction,
	"LogsProps": newLogs, "AppProps": NewApp,
}

// TestAMissingPropIsNamed, whichever construct and field it is, before anything is built.
func TestAMissingPropIsNamed(t *testing.T) {
	for name, constructor := range constructors {
		call := reflect.ValueOf(constructor)
		props := call.Type().In(indexOfProps(call.Type()))
		for i := range props.NumField() {
			field := props.Field(i)
			if field.Tag.Get("optional") == "true" {
				continue
			}
			whole := filled(props)
			if left := missing(whole); left != "" {
				t.Fatalf("%s, filled, lacks %s", name, left)
			}
			whole.Field(i).SetZero()
			if said := failure(call, whole); !strings.Contains(said, name+"."+field.Name) {
				t.Errorf("%s without %s says %q", name, field.Name, said)
			}
		}
	}
}

// TestAMissingPropWithinPropsIsNamed by its path.
func TestAMissingPropWithinPropsIsNamed(t *testing.T) {
	whole := filled(reflect.TypeFor[IngestProps]())
	whole.FieldByName("Logs").FieldByName("Retention").SetZero()
	want := "pipeline: X has no IngestProps.FunctionProps.Logs.Retention: set it"
	if said := failure(reflect.ValueOf(NewIngest), whole); said != want {
		t.Errorf("got %q, want %q", said, want)
	}
}

// TestAllPropsAreTried reads which there are.
func TestAllPropsAreTried(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?m)^type (\w+Props) struct`).FindAllStringSubmatch(string(text), -1) {
			// A person types CiProps: CiProps.check says what is wrong, in the words of the flags.
			if constructors[found[1]] == nil && found[1] != "CiProps" {
				t.Errorf("%s: no constructor of %s is tried", file, found[1])
			}
		}
	}
}

func indexOfProps(function reflect.Type) int {
	for i := range function.NumIn() {
		if strings.HasSuffix(function.In(i).Name(), "Props") {
			return i
		}
	}
	panic("takes no Props")
}

// filled returns a value of a type with every field set that can be.
func filled(of reflect.Type) reflect.Value {
	value := reflect.New(of).Elem()
	switch of.Kind() {
	case reflect.Struct:
		for i := range of.NumField() {
			value.Field(i).Set(filled(of.Field(i).Type))
		}
	case reflect.Pointer:
		value.Set(reflect.New(of.Elem()))
	case reflect.Slice:
		value.Set(reflect.MakeSlice(of, 1, 1))
	case reflect.String:
		value.SetString("x")
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int, reflect.Int64:
		value.SetInt(1)
	case reflect.Float64:
		value.SetFloat(1)
	}
	return value
}

// failure is what a constructor says about props: its panic or its error.
func failure(constructor reflect.Value, props reflect.Value) (said string) {
	defer func() {
		if cause := recover(); cause != nil {
			said = fmt.Sprint(cause)
		}
	}()
	var in []reflect.Value
	for i := range constructor.Type().NumIn() {
		at := constructor.Type().In(i)
		switch {
		case at == props.Type():
			in = append(in, props)
		case at.Kind() == reflect.String:
			in = append(in, reflect.ValueOf("X"))
		default:
			in = append(in, reflect.Zero(at))
		}
	}
	out := constructor.Call(in)
	return fmt.Sprint(out[len(out)-1])
}
