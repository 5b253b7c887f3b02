package synth

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// CloudFormation's specification, and with it cfn-lint and the CDK, says "string" where the
// service that is called in the end has a closed list. These lists are in botocore's models
// of the services: read there when python3 has it, else in enumerationsFile.
// https://github.com/boto/botocore/tree/develop/botocore/data

// enumerationsFile has the lists that the templates meet, by the path of the property.
const enumerationsFile = "testdata/enumerations.json"

// requests are the shapes that CloudFormation fills from a resource's properties, or from a
// property that is called otherwise there. A property that the shape does not know is
// passed over.
var requests = map[string]struct{ service, shape string }{
	"AWS::ApiGateway::DomainName":                                {"apigateway", "CreateDomainNameRequest"},
	"AWS::ApiGateway::GatewayResponse":                           {"apigateway", "PutGatewayResponseRequest"},
	"AWS::ApiGateway::Method.Integration":                        {"apigateway", "PutIntegrationRequest"},
	"AWS::ApiGateway::Method.Integration.IntegrationResponses[]": {"apigateway", "IntegrationResponse"},

	"AWS::ApiGateway::RestApi":             {"apigateway", "CreateRestApiRequest"},
	"AWS::ApiGateway::Stage":               {"apigateway", "CreateStageRequest"},
	"AWS::Budgets::Budget":                 {"budgets", "CreateBudgetRequest"},
	"AWS::CloudFront::Distribution":        {"cloudfront", "CreateDistributionRequest"},
	"AWS::CloudWatch::Alarm":               {"cloudwatch", "PutMetricAlarmInput"},
	"AWS::CodeDeploy::Application":         {"codedeploy", "CreateApplicationInput"},
	"AWS::CodeDeploy::DeploymentGroup":     {"codedeploy", "CreateDeploymentGroupInput"},
	"AWS::Events::Rule":                    {"events", "PutRuleRequest"},
	"AWS::Glue::Table":                     {"glue", "CreateTableRequest"},
	"AWS::KMS::Key":                        {"kms", "CreateKeyRequest"},
	"AWS::KinesisFirehose::DeliveryStream": {"firehose", "CreateDeliveryStreamInput"},
	"AWS::Lambda::EventSourceMapping":      {"lambda", "CreateEventSourceMappingRequest"},
	"AWS::Lambda::Function":                {"lambda", "CreateFunctionRequest"},
	"AWS::Logs::LogGroup":                  {"logs", "CreateLogGroupRequest"},
	"AWS::WAFv2::WebACL":                   {"wafv2", "CreateWebACLRequest"},

	"AWS::S3::Bucket.LifecycleConfiguration.Rules":                                                       {"s3", "LifecycleRules"},
	"AWS::S3::Bucket.OwnershipControls":                                                                  {"s3", "OwnershipControls"},
	"AWS::S3::Bucket.VersioningConfiguration":                                                            {"s3", "VersioningConfiguration"},
	"AWS::S3::Bucket.NotificationConfiguration.QueueConfigurations":                                      {"s3", "QueueConfigurationList"},
	"AWS::S3::Bucket.NotificationConfiguration.QueueConfigurations[].Event":                              {"s3", "Event"},
	"AWS::S3::Bucket.BucketEncryption.ServerSideEncryptionConfiguration[].ServerSideEncryptionByDefault": {"s3", "ServerSideEncryptionByDefault"},
}

// shape is a type of a service's model.
type shape struct {
	Enum          []string
	Members       map[string]struct{ Shape string } // of a structure
	Member, Value struct{ Shape string }            // of a list, of a map
}

// botocore reads the models of the installed one.
type botocore struct {
	data   string // folder
	models map[string]map[string]shape
}

// findBotocore returns that of python3, or nil.
func findBotocore() *botocore {
	out, err := exec.Command("python3", "-c", "import botocore; print(botocore.__path__[0])").Output()
	if err != nil {
		return nil
	}
	return &botocore{data: filepath.Join(strings.TrimSpace(string(out)), "data"), models: map[string]map[string]shape{}}
}

// model returns the shapes of a service, of its newest version.
func (b *botocore) model(service string) (map[string]shape, error) {
	if shapes, read := b.models[service]; read {
		return shapes, nil
	}
	versions, err := filepath.Glob(filepath.Join(b.data, service, "*", "service-2.json*"))
	if err != nil || len(versions) == 0 {
		return nil, errors.Join(err, errors.New("botocore has no service "+service))
	}
	file, err := os.Open(slices.Max(versions))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	var model struct{ Shapes map[string]shape }
	err = json.NewDecoder(text).Decode(&model)
	b.models[service] = model.Shapes
	return model.Shapes, err
}

// met is a value of a property that takes only some, all of which are allowed.
type met struct {
	resource, path, value string
	allowed               []string
}

// walk follows the value at path of a resource into a shape and tells what it meets.
func (b *botocore) walk(service, name, path string, value any, tell func(path, value string, allowed []string)) error {
	if at, renamed := requests[path]; renamed {
		service, name = at.service, at.shape
	}
	var shapes map[string]shape
	if service != "" {
		var err error
		if shapes, err = b.model(service); err != nil {
			return err
		}
	}
	is := shapes[name]
	switch v := value.(type) {
	case string:
		if len(is.Enum) > 0 {
			tell(path, v, is.Enum)
		}
	case []any:
		for _, element := range v {
			if err := b.walk(service, is.Member.Shape, path+"[]", element, tell); err != nil {
				return err
			}
		}
	case map[string]any:
		for key, member := range v {
			if err := b.walk(service, is.member(key), path+"."+key, member, tell); err != nil {
				return err
			}
		}
	}
	return nil
}

// member is the shape of a member, whose name CloudFormation writes in upper case.
func (s shape) member(key string) string {
	for name, member := range s.Members {
		if strings.EqualFold(name, key) {
			return member.Shape
		}
	}
	return s.Value.Shape
}

// meets returns every value of stacks that only some are allowed of.
func (b *botocore) meets(t *testing.T, stacks []*stack) (all []met) {
	t.Helper()
	for _, s := range stacks {
		for _, r := range s.resources() {
			tell := func(path, value string, allowed []string) {
				all = append(all, met{s.title() + ": " + r.ID, path, value, allowed})
			}
			if err := b.walk("", "", r.Type, r.Properties, tell); err != nil {
				t.Fatal(err)
			}
			if r.Type == queue { // whose properties are attributes, by name
				shapes, err := b.model("sqs")
				if err != nil {
					t.Fatal(err)
				}
				for property := range r.Properties {
					if property != "QueueName" && property != "Tags" {
						tell(r.Type, property, shapes["QueueAttributeName"].Enum)
					}
				}
			}
		}
	}
	return all
}

// enumerations is what enumerationsFile holds.
type enumerations struct {
	Source string
	Values map[string][]string
}

// meets returns every value of stacks at a path that the file has.
func (e enumerations) meets(stacks []*stack) (all []met) {
	var walk func(on, path string, value any)
	walk = func(on, path string, value any) {
		switch v := value.(type) {
		case string:
			if allowed := e.Values[path]; allowed != nil {
				all = append(all, met{on, path, v, allowed})
			}
		case []any:
			for _, element := range v {
				walk(on, path+"[]", element)
			}
		case map[string]any:
			for key, member := range v {
				walk(on, path+"."+key, member)
			}
		}
	}
	for _, s := range stacks {
		for _, r := range s.resources() {
			walk(s.title()+": "+r.ID, r.Type, r.Properties)
		}
	}
	return all
}

// refused are the values that are not among the allowed ones.
func refused(all []met) []met {
	return slices.DeleteFunc(all, func(m met) bool { return slices.Contains(m.allowed, m.value) })
}

func readEnumerations(t *testing.T) (e enumerations) {
	t.Helper()
	if err := read(enumerationsFile, &e); err != nil {
		t.Fatalf("%v: `make golden` writes it where python3 has botocore", err)
	}
	return e
}

// TestEnumerationsOfTheServicesHold for every template: what no schema of CloudFormation's
// refuses, the service would, in the middle of a deploy.
func TestEnumerationsOfTheServicesHold(t *testing.T) {
	models := findBotocore()
	if models == nil {
		for _, m := range refused(readEnumerations(t).meets(append(everyStack(), ci))) {
			t.Errorf("%s: %s is %q, must be one of %v", m.resource, m.path, m.value, m.allowed)
		}
		return
	}
	found := models.meets(t, append(everyStack(), ci))
	lists := map[string][]string{}
	for _, m := range found {
		lists[m.path] = m.allowed
	}
	if *update {
		source := "botocore's service models, https://github.com/boto/botocore/tree/develop/botocore/data"
		write(t, enumerationsFile, encode(t, enumerations{source, lists}))
	}
	for _, m := range refused(found) {
		t.Errorf("%s: %s is %q, must be one of %v", m.resource, m.path, m.value, m.allowed)
	}
	kept := readEnumerations(t).Values
	for path, list := range lists {
		unknown := func(value string) bool { return !slices.Contains(list, value) }
		if len(kept[path]) == 0 || slices.ContainsFunc(kept[path], unknown) {
			t.Errorf("%s has %s with %v, botocore has %v: `make golden` accepts", enumerationsFile, path, kept[path],
				list)
		}
	}
	for path := range kept {
		if lists[path] == nil {
			t.Errorf("%s has %s, which no template uses: `make golden` takes it off", enumerationsFile, path)
		}
	}
}

// TestEnumerationsRefuseWhatAWSDoes breaks templates by values that look right.
func TestEnumerationsRefuseWhatAWSDoes(t *testing.T) {
	file := readEnumerations(t)
	models := findBotocore()
	for path, value := range map[string]any{
		"AWS::ApiGateway::RestApi SecurityPolicy":                                                                         "TLS12_PFS_2025_EDGE",
		"AWS::ApiGateway::DomainName SecurityPolicy":                                                                      "TLS_1_3",
		"AWS::ApiGateway::Method Integration.ContentHandling":                                                             "TEXT",
		"AWS::ApiGateway::GatewayResponse ResponseType":                                                                   "DEFAULT_3XX",
		"AWS::KinesisFirehose::DeliveryStream ExtendedS3DestinationConfiguration.CompressionFormat":                       "gzip",
		"AWS::KinesisFirehose::DeliveryStream DeliveryStreamEncryptionConfigurationInput.KeyType":                         "AWS_OWNED_KEY",
		"AWS::Lambda::Function Runtime":                                                                                   "provided.al2024",
		"AWS::Lambda::Function Architectures":                                                                             []any{"aarch64"},
		"AWS::CloudWatch::Alarm ComparisonOperator":                                                                       "GreaterThan",
		"AWS::S3::Bucket BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.SSEAlgorithm": "KMS",
		"AWS::S3::Bucket NotificationConfiguration.QueueConfigurations.0.Event":                                           "s3:ObjectMade:*",
		"AWS::WAFv2::WebACL Scope":                                                                                        "EDGE",
	} {
		kind, property, _ := strings.Cut(path, " ")
		var broken []*stack
		for _, s := range append(everyStack(), ci) {
			b := s.copy(t)
			set(kind, property, value)(b)
			broken = append(broken, b)
		}
		isIt := func(m met) bool { return m.value == fmt.Sprint(elements(value)[0]) }
		if !slices.ContainsFunc(refused(file.meets(broken)), isIt) {
			t.Errorf("%s: %v passes the committed list", path, value)
		}
		if models != nil && !slices.ContainsFunc(refused(models.meets(t, broken)), isIt) {
			t.Errorf("%s: %v passes botocore", path, value)
		}
	}
}

// TestEnumerationsHaveShapes: a request that no model has would check nothing.
func TestEnumerationsHaveShapes(t *testing.T) {
	models := findBotocore()
	if models == nil {
		t.Skip("python3 has no botocore: the committed list is checked alone")
	}
	for _, path := range slices.Sorted(maps.Keys(requests)) {
		shapes, err := models.model(requests[path].service)
		if err != nil {
			t.Fatal(err)
		}
		if _, known := shapes[requests[path].shape]; !known {
			t.Errorf("%s: %s has no shape %s", path, requests[path].service, requests[path].shape)
		}
	}
}
