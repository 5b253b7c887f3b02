package simulator

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"global-ingest/infra/assembly"
)

var testPlace = Place{Account: "111111111111", Region: "us-east-1"}

// parseTemplate reads a template that a test writes down.
func parseTemplate(t *testing.T, stack, text string) (*Template, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "template.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return assembly.ReadTemplate(path, stack, testPlace)
}

func mustParse(t *testing.T, stack, text string) *Template {
	t.Helper()
	template, err := parseTemplate(t, stack, text)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

const storageText = `{
  "Resources": {"Lake": {"Type": "AWS::S3::Bucket"}, "Key": {"Type": "AWS::KMS::Key"}},
  "Outputs": {
    "Bucket": {"Value": {"Ref": "Lake"}, "Export": {"Name": {"Fn::Join": ["-", ["Dev-Storage", "bucket"]]}}},
    "BucketArn": {"Value": {"Fn::GetAtt": ["Lake", "Arn"]}}
  }
}`

func TestIntrinsicsResolve(t *testing.T) {
	storage := mustParse(t, "Dev-Storage", storageText)
	for expression, want := range map[string]string{
		`{"Ref": "AWS::Region"}`:                            `"us-east-1"`,
		`{"Ref": "AWS::AccountId"}`:                         `"111111111111"`,
		`{"Ref": "AWS::Partition"}`:                         `"aws"`,
		`{"Ref": "AWS::URLSuffix"}`:                         `"amazonaws.com"`,
		`{"Ref": "F"}`:                                      `"Dev-Pipeline-F"`,
		`{"Fn::GetAtt": ["F", "Arn"]}`:                      `"arn:aws:lambda:us-east-1:111111111111:function:Dev-Pipeline-F"`,
		`{"Fn::GetAtt": ["S", "Arn"]}`:                      `"arn:aws:firehose:us-east-1:111111111111:deliverystream/Dev-Pipeline-S"`,
		`{"Ref": "A"}`:                                      `"arn:aws:lambda:us-east-1:111111111111:function:Dev-Pipeline-F:live"`,
		`{"Fn::GetAtt": ["V", "Version"]}`:                  `"1"`,
		`{"Fn::Join": ["-", ["a", {"Ref": "F"}, 1, true]]}`: `"a-Dev-Pipeline-F-1-true"`,
		`{"Fn::ImportValue": "Dev-Storage-bucket"}`:         `"dev-storage-lake"`,
		`{"Fn::ImportValue": {"Fn::Join": ["", ["Dev-Storage-", "bucket"]]}}`:                                    `"dev-storage-lake"`,
		`{"Fn::GetStackOutput": {"StackName": "Dev-Storage", "OutputName": "BucketArn", "Region": "us-east-1"}}`: `"arn:aws:s3:::dev-storage-lake"`,
		`{"keep": 12345678901234567890}`: `{"keep":12345678901234567890}`,
	} {
		got, err := resolveText(t, storage, expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
		} else if asJSON(got) != want {
			t.Errorf("%s is %s, want %s", expression, asJSON(got), want)
		}
	}
}

// resolveText resolves one expression inside of a stack beside storage.
func resolveText(t *testing.T, storage *Template, expression string) (any, error) {
	t.Helper()
	template := mustParse(t, "Dev-Pipeline", `{"Resources": {
		"F": {"Type": "AWS::Lambda::Function"}, "S": {"Type": "AWS::KinesisFirehose::DeliveryStream"},
		"V": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}},
		"A": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "F"}, "Name": "live"}},
		"L": {"Type": "AWS::ApiGateway::Method", "Properties": {"Value": `+expression+`}}}}`)
	r := &resolver{template, []*Template{template, storage}}
	value, err := r.resolve(template.Resources["L"].Properties)
	if err != nil {
		return nil, err
	}
	return value.(map[string]any)["Value"], nil
}

func TestAStackImportsOnlyWhatItsRegionExports(t *testing.T) {
	storage := mustParse(t, "Dev-Storage", storageText)
	storage.Region = "eu-central-1"
	_, err := resolveText(t, storage, `{"Fn::ImportValue": "Dev-Storage-bucket"}`)
	if err == nil || !strings.Contains(err.Error(), "no stack exports Dev-Storage-bucket") {
		t.Errorf("error is %v", err)
	}
}

func TestWhatIsNotKnownIsAnError(t *testing.T) {
	storage := mustParse(t, "Dev-Storage", storageText)
	for expression, want := range map[string]string{
		`{"Fn::Sub": "${F}"}`:                        "Fn::Sub is not supported",
		`{"Fn::If": ["x", 1, 2]}`:                    "Fn::If is not supported",
		`{"Fn::FindInMap": ["a", "b", "c"]}`:         "Fn::FindInMap is not supported",
		`{"Condition": "IsProd"}`:                    "Condition is not supported",
		`{"Ref": "AWS::NoValue"}`:                    "AWS::NoValue: no such resource",
		`{"Ref": "Nobody"}`:                          "Nobody: no such resource",
		`{"Ref": "V"}`:                               "V (AWS::Lambda::Version): attribute Ref is not supported",
		`{"Fn::GetAtt": ["L", "Id"]}`:                "L (AWS::ApiGateway::Method): attribute Id is not supported",
		`{"Fn::GetAtt": ["F", "SnapStartResponse"]}`: "F (AWS::Lambda::Function): attribute SnapStartResponse is not supported",
		`{"Fn::ImportValue": "nothing"}`:             "no stack exports nothing",
		`{"Fn::Join": ["", [["a"]]]}`:                "want a text",
		`{"Fn::Join": ["", "a"]}`:                    "want a text and a list",
		`{"Fn::GetAtt": "F.Arn"}`:                    "want a logical id and an attribute",
		`{"Fn::GetStackOutput": {"StackName": "Dev-Storage", "OutputName": "Bucket", "Region": "eu-central-1"}}`: "stack Dev-Storage of eu-central-1 has no output Bucket",
		`{"deep": [{"Ref": "Nobody"}]}`: "Value: deep: [0]: Ref: Nobody",
	} {
		if _, err := resolveText(t, storage, expression); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want one with %q", expression, err, want)
		}
	}
}

func TestUnknownTypesSectionsAndAttributesAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"Resources": {}, "Conditions": {}}`:                                                 `unknown field "Conditions"`,
		`{"Resources": {"A": {"Type": "AWS::S3::Bucket", "Condition": "x"}}}`:                 `unknown field "Condition"`,
		`{"Resources": {"A": {}}}`:                                                            "resource A has no type",
		`{"Resources": {"Table": {"Type": "AWS::DynamoDB::Table"}}}`:                          "Table: resource type AWS::DynamoDB::Table is not supported",
		`{"Resources": {"A": {"Type": "AWS::IAM::Role", "Properties": {"x": {"Ref": "Y"}}}}}`: "A (AWS::IAM::Role): x: Ref: Y",
		`{"Resources": {}, "Outputs": {"O": {"Value": {"Ref": "Y"}}}}`:                        "Dev: output O: Ref: Y",
	} {
		template, err := parseTemplate(t, "Dev", text)
		if err == nil {
			_, err = Resolve([]*Template{template})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want one with %q", text, err, want)
		}
	}
}

// TestLongNamesOfBucketsDiffer, which S3 has room for 63 bytes of.
func TestLongNamesOfBucketsDiffer(t *testing.T) {
	long := strings.Repeat("Environment", 5)
	one := bucketName(identity{Stack: long + "-eu-central-1", ID: "Lake"})
	two := bucketName(identity{Stack: long + "-eu-west-1", ID: "Lake"})
	if one == two || len(one) > 63 || len(two) > 63 {
		t.Errorf("two regions have the buckets %s and %s", one, two)
	}
}

// TestEveryTypeAndAttributeIsInAGolden: the simulator knows nothing that nobody deploys.
func TestEveryTypeAndAttributeIsInAGolden(t *testing.T) {
	types, referredTo := map[string]bool{}, map[[2]string]bool{}
	for _, path := range goldens(t) {
		template, err := assembly.ReadTemplate(path, path, testPlace)
		if err != nil {
			t.Fatal(err)
		}
		all := asJSON(template)
		for id, resource := range template.Resources {
			types[resource.Type] = true
			for attribute := range attributes[resource.Type] {
				reference := asJSON(map[string]any{"Fn::GetAtt": []string{id, attribute}})
				if attribute == "" {
					reference = asJSON(map[string]any{"Ref": id})
				}
				if strings.Contains(all, reference) {
					referredTo[[2]string{resource.Type, attribute}] = true
				}
			}
		}
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(notRun)), slices.Collect(maps.Keys(built()))) {
		if !types[name] {
			t.Errorf("no golden holds a %s", name)
		}
	}
	for name, known := range attributes {
		for attribute := range known {
			if !referredTo[[2]string{name, attribute}] {
				t.Errorf("no golden refers to attribute %q of %s", attribute, name)
			}
		}
	}
}

// goldens are the files of every environment and region.
func goldens(t *testing.T) []string {
	t.Helper()
	root := filepath.Join("..", "synth", "testdata")
	paths, err := filepath.Glob(filepath.Join(root, "*", "*.json"))
	inRegions, ofRegions := filepath.Glob(filepath.Join(root, "*", "*", "*.json"))
	if err = errors.Join(err, ofRegions); err != nil || len(paths) == 0 {
		t.Fatalf("no goldens in %s: %v", root, err)
	}
	ci := filepath.Join(root, "ci", "ci.json") // deploys environments, and is none itself
	return slices.DeleteFunc(slices.Concat(paths, inRegions), func(path string) bool { return path == ci })
}

// built are the types that a laptop runs, with the type of their properties.
func built() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, b := range builders {
		types[b.resourceType] = reflect.TypeOf(b.properties)
	}
	for _, b := range gatewayBuilders {
		types[b.resourceType] = reflect.TypeOf(b.properties)
	}
	return types
}

func TestEveryPropertyIsInAGolden(t *testing.T) {
	properties := map[string][]any{} // by type
	for _, path := range goldens(t) {
		template, err := assembly.ReadTemplate(path, path, testPlace)
		if err != nil {
			t.Fatal(err)
		}
		for _, resource := range template.Resources {
			properties[resource.Type] = append(properties[resource.Type], resource.Properties)
		}
	}
	for name, known := range built() {
		for _, unused := range unusedFields(known, properties[name]) {
			if unused == "SourceAccount" {
				continue // it keeps EventBridge out, and the refusal says so
			}
			t.Errorf("no golden holds %s of a %s", unused, name)
		}
	}
}

// unusedFields names the fields of a type that none of the values has.
func unusedFields(of reflect.Type, values []any) (unused []string) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct {
		return nil
	}
	for _, field := range reflect.VisibleFields(of) {
		if field.Anonymous {
			continue
		}
		var members []any
		for _, value := range values {
			object, _ := value.(map[string]any)
			for name, member := range object {
				if list, ok := member.([]any); strings.EqualFold(name, field.Name) && ok {
					members = append(members, list...)
				} else if strings.EqualFold(name, field.Name) {
					members = append(members, member)
				}
			}
		}
		if len(members) == 0 {
			unused = append(unused, field.Name)
			continue
		}
		for _, deeper := range unusedFields(field.Type, members) {
			unused = append(unused, field.Name+"."+deeper)
		}
	}
	return unused
}

func TestGoldenTemplatesOfEveryEnvironmentResolve(t *testing.T) {
	for _, environment := range []string{"Dev", "Staging", "Prod"} {
		if _, err := Resolve(goldenTemplates(t, environment)); err != nil {
			t.Errorf("%s: %v", environment, err)
		}
	}
}

// goldenTemplates reads the templates that test/synth keeps.
func goldenTemplates(t *testing.T, environment string) []*Template {
	t.Helper()
	templates, err := GoldenTemplates(filepath.Join("..", "synth", "testdata"), environment)
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

// patched returns the templates with one member of one resource replaced, by its
// path in the properties.
func patched(t *testing.T, templates []*Template, id string, value any, path ...string) []*Template {
	t.Helper()
	for _, template := range templates {
		for name, resource := range template.Resources {
			if !strings.HasPrefix(name, id) {
				continue
			}
			at := resource.Properties
			for _, member := range path[:len(path)-1] {
				at = at[member].(map[string]any)
			}
			at[path[len(path)-1]] = value
			return templates
		}
	}
	t.Fatalf("no resource %s", id)
	return nil
}

func number(n int) json.Number { return json.Number(asJSON(n)) }
