// Package stateful finds what a change of the templates would take away: resources
// that hold events, or that are the address clients know, and that a deploy would
// delete, replace by something empty, or no longer keep.
package stateful

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Replacing has the types of resources that hold data or an address, and for each the properties
// whose change makes CloudFormation replace the resource. From "Update requires: Replacement" in
// the resource reference, https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/.
var Replacing = map[string][]string{
	"AWS::S3::Bucket":      {"BucketName"},
	"AWS::KMS::Key":        {},
	"AWS::SQS::Queue":      {"QueueName", "FifoQueue"},
	"AWS::DynamoDB::Table": {"TableName", "KeySchema", "LocalSecondaryIndexes", "ImportSourceSpecification"},
	"AWS::KinesisFirehose::DeliveryStream": {
		"DeliveryStreamName",
		"DeliveryStreamType",
		"DirectPutSourceConfiguration", // ThroughputHintInMBs
		"DatabaseSourceConfiguration",
		"KinesisStreamSourceConfiguration",
		"MSKSourceConfiguration",
		"S3DestinationConfiguration", // from and to ExtendedS3DestinationConfiguration
	},
	"AWS::ApiGateway::RestApi":    {}, // its id is in the URL
	"AWS::ApiGateway::DomainName": {"DomainName"},

	"AWS::CloudFront::Distribution": {}, // CloudFront gives a name to one distribution at a time
	"AWS::Route53::RecordSet":       {"Name", "HostedZoneId", "HostedZoneName"},
}

// Template is what matters here of a CloudFormation template.
type Template struct {
	Resources map[string]Resource
}

// Resource is one resource of a template.
type Resource struct {
	Type                string
	Properties          map[string]any
	DeletionPolicy      string
	UpdateReplacePolicy string
}

// Loss is what a deploy would do to one stateful resource.
type Loss struct {
	ID, Type string
	Says     string // what is done to it, and by which change
}

// Compare returns what a stack loses when head is deployed over base, by logical id.
// A stack that is new has lost nothing, one that is gone loses everything.
func Compare(base, head Template) []Loss {
	var lost []Loss
	for _, id := range slices.Sorted(maps.Keys(base.Resources)) {
		before := base.Resources[id]
		properties, known := Replacing[before.Type]
		if !known || before.oneOfSeveral() {
			continue
		}
		after, still := head.Resources[id]
		for _, says := range losses(before, after, still, properties) {
			lost = append(lost, Loss{ID: id, Type: before.Type, Says: says})
		}
	}
	return lost
}

// oneOfSeveral says whether r is a record of a name that other records answer for as well: a
// region that is drained takes its own away.
func (r Resource) oneOfSeveral() bool { return r.Properties["SetIdentifier"] != nil }

func losses(before, after Resource, still bool, properties []string) (all []string) {
	switch {
	case !still:
		return []string{"is deleted: its logical id is gone" + kept(before.DeletionPolicy)}
	case after.Type != before.Type:
		return []string{"is replaced: it becomes an " + after.Type + kept(before.UpdateReplacePolicy)}
	}
	for _, property := range properties {
		if !reflect.DeepEqual(before.Properties[property], after.Properties[property]) {
			all = append(all, "is replaced: "+property+" changes"+kept(before.UpdateReplacePolicy))
		}
	}
	for _, policy := range []struct{ name, before, after string }{
		{"DeletionPolicy", before.DeletionPolicy, after.DeletionPolicy},
		{"UpdateReplacePolicy", before.UpdateReplacePolicy, after.UpdateReplacePolicy},
	} {
		if retained(policy.before) && !retained(policy.after) {
			all = append(all, fmt.Sprintf("is no longer retained: %s becomes %q", policy.name, policy.after))
		}
	}
	return all
}

// retained says whether a policy keeps the resource: Retain, and RetainExceptOnCreate,
// which lets it go only when the deploy that creates it is rolled back.
func retained(policy string) bool { return strings.HasPrefix(policy, "Retain") }

// kept says what becomes of the resource that leaves the stack.
func kept(policy string) string {
	if retained(policy) {
		return ", the old one stays, outside the stack"
	}
	return ", with everything in it"
}

// CompareAll compares the stacks of two folders of goldens, <stage>/<stack>.json and
// <stage>/<region>/<stack>.json, and returns what is lost by file.
func CompareAll(base, head fs.FS) (map[string][]Loss, error) {
	var files []string
	for _, pattern := range []string{"*/*.json", "*/*/*.json"} {
		found, err := fs.Glob(base, pattern)
		if err != nil {
			return nil, fmt.Errorf("looking for templates: %w", err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, errors.New("looking for templates: there are none to compare with")
	}
	slices.Sort(files)
	lost := map[string][]Loss{}
	for _, file := range files {
		before, err := read(base, file)
		if err != nil {
			return nil, err
		}
		after, err := read(head, file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if found := Compare(before, after); len(found) > 0 {
			lost[file] = found
		}
	}
	return lost, nil
}

func read(from fs.FS, file string) (Template, error) {
	var t Template
	data, err := fs.ReadFile(from, file)
	if err != nil {
		return t, fmt.Errorf("reading a template: %w", err)
	}
	if err := json.Unmarshal(data, &t); err != nil {
		return t, fmt.Errorf("reading %s: %w", file, err)
	}
	return t, nil
}
