package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// identity is what a resource's names are made of.
type identity struct {
	Place
	Stack, ID  string
	Properties map[string]any
}

type names = map[string]func(identity) string

// attributes are what the types of resources give: by type, and then by the attribute, where
// "" is Ref. Only what some template refers to is here.
var attributes = map[string]names{
	"AWS::ApiGateway::Deployment": {"": shortID},
	"AWS::ApiGateway::DomainName": {
		"":                         given("DomainName"),
		"DistributionDomainName":   func(i identity) string { return shortID(i) + ".cloudfront.net" },
		"DistributionHostedZoneId": func(identity) string { return "Z2FDTNDATAQYW2" }, // CloudFront's, everywhere
		"RegionalDomainName":       func(i identity) string { return "d-" + shortID(i) + ".execute-api." + i.Region + ".amazonaws.com" },
		"RegionalHostedZoneId":     func(i identity) string { return "Z" + strings.ToUpper(digest(i)[:13]) }, // API Gateway's, one a region
	},
	"AWS::ApiGateway::Resource": {"": shortID},
	"AWS::ApiGateway::RestApi": {
		"": shortID, "RootResourceId": func(i identity) string { return rootResource(shortID(i)) },
	},
	"AWS::ApiGateway::Stage":               {"": given("StageName")},
	"AWS::Athena::WorkGroup":               {"": given("Name")},
	"AWS::CertificateManager::Certificate": {"": arn("acm", "certificate/", keyID)},
	"AWS::CloudFront::Distribution": {
		"Id": shortID, "DomainName": func(i identity) string { return "d" + shortID(i) + ".cloudfront.net" },
	},
	"AWS::CloudFront::Function":              {"FunctionARN": arn("cloudfront", "function/", given("Name"))},
	"AWS::CloudFront::ResponseHeadersPolicy": {"": keyID},
	"AWS::CloudWatch::Alarm":                 {"": physicalName, "Arn": arn("cloudwatch", "alarm:", physicalName)},
	"AWS::CodeDeploy::Application":           {"": physicalName},
	"AWS::CodeDeploy::DeploymentGroup":       {"": physicalName},
	"AWS::Events::Rule":                      {"Arn": arn("events", "rule/", physicalName)},
	"AWS::Glue::Database":                    {"": given("DatabaseInput", "Name")},
	"AWS::IAM::ManagedPolicy":                {"": ofAccount("policy/")},
	"AWS::IAM::Role":                         {"": physicalName, "Arn": ofAccount("role/")},
	"AWS::KinesisFirehose::DeliveryStream":   {"": physicalName, "Arn": arn("firehose", "deliverystream/", physicalName)},
	"AWS::KMS::Key":                          {"": keyID, "Arn": arn("kms", "key/", keyID)},
	"AWS::Lambda::Alias":                     {"": aliasARN},
	"AWS::Lambda::Function":                  {"": physicalName, "Arn": arn("lambda", "function:", physicalName)},
	"AWS::Lambda::Version":                   {"Version": func(identity) string { return "1" }},
	"AWS::Logs::LogGroup": {
		"": physicalName, "Arn": func(i identity) string { return arn("logs", "log-group:", physicalName)(i) + ":*" },
	},
	"AWS::Logs::LogStream":      {"": physicalName},
	"AWS::Route53::HealthCheck": {"HealthCheckId": keyID},
	"AWS::S3::Bucket": {
		"": bucketName, "Arn": func(i identity) string { return "arn:aws:s3:::" + bucketName(i) },
	},
	"AWS::SNS::Topic":    {"": arn("sns", "", physicalName)},
	"AWS::SQS::Queue":    {"": queueURL, "Arn": arn("sqs", "", physicalName), "QueueName": physicalName},
	"AWS::WAFv2::WebACL": {"Arn": arn("wafv2", "regional/webacl/", physicalName)},
}

// InFront is why a region alone does not run what stands in front of all regions.
const InFront = "one region runs here, without what stands in front of all"

// notRun says why resources of a type are not simulated. A template with a type that is
// neither here nor has a builder does not start.
var notRun = byType(map[string][]string{
	InFront: {
		"AWS::CloudFront::Distribution", "AWS::CloudFront::Function", "AWS::CloudFront::ResponseHeadersPolicy",
		"AWS::Route53::HealthCheck", "AWS::Route53::RecordSet",
	},
	"a new version gets every request at once here": {
		"AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup",
	},
	"every version is the code that is here": {"AWS::Lambda::Version"},
	"logs go to files":                       {"AWS::Logs::LogGroup", "AWS::Logs::LogStream"},
	"make query answers over the files here, by DuckDB": {
		"AWS::Athena::NamedQuery", "AWS::Athena::WorkGroup", "AWS::Glue::Database", "AWS::Glue::Table",
	},
	"no access is checked, nothing is encrypted and no object ages here": {"AWS::S3::Bucket"},
	"no alarm rings here": {"AWS::SNS::Subscription", "AWS::SNS::Topic"},
	"no role's rights are checked here": {
		"AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::S3::BucketPolicy",
		"AWS::SNS::TopicPolicy",
	},
	"no schedule runs by itself here":                                 {"AWS::Events::Rule"},
	"nothing is encrypted here":                                       {"AWS::KMS::Alias", "AWS::KMS::Key"},
	"says where API Gateway logs; nothing logs to CloudWatch here":    {"AWS::ApiGateway::Account"},
	"the endpoint answers at its address here, without a name or TLS": {"AWS::ApiGateway::DomainName"},
	"the stage lies at / here, as behind a domain name":               {"AWS::ApiGateway::BasePathMapping"},
	"the template is the deployed API":                                {"AWS::ApiGateway::Deployment"},
	"there are no CloudWatch metrics here": {
		"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::Dashboard",
	},
	"there is no firewall here: no address is counted, none is blocked": {
		"AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation",
	},
	"there is no TLS here": {"AWS::CertificateManager::Certificate"},
})

func byType(reasons map[string][]string) map[string]string {
	all := map[string]string{}
	for reason, types := range reasons {
		for _, t := range types {
			all[t] = reason
		}
	}
	return all
}

// isBuilt says whether a laptop runs resources of this type.
func isBuilt(resourceType string) bool {
	return slices.ContainsFunc(builders, func(b builder[*Simulator]) bool { return b.resourceType == resourceType }) ||
		slices.ContainsFunc(gatewayBuilders, func(b builder[*Gateway]) bool { return b.resourceType == resourceType })
}

// physicalName is the name that CloudFormation would give the resource, without its random
// end.
func physicalName(i identity) string {
	return i.Stack + "-" + i.ID
}

// given is the name that the template itself gives, at a place in the properties.
func given(path ...string) func(identity) string {
	return func(i identity) string {
		var value any = i.Properties
		for _, key := range path {
			object, _ := value.(map[string]any)
			value = object[key]
		}
		return fmt.Sprint(value)
	}
}

// bucketName is lower case and at most 63 bytes, as S3 wants it, and no other bucket's.
func bucketName(i identity) string {
	name := strings.ToLower(physicalName(i))
	if len(name) <= 63 {
		return name
	}
	return name[:52] + "-" + shortID(i)
}

// aliasARN is the ARN of a function's alias. The function is a Ref, or what it resolved to.
func aliasARN(i identity) string {
	function := i.Properties["FunctionName"]
	if reference, ok := function.(map[string]any); ok {
		function = physicalName(identity{Stack: i.Stack, ID: fmt.Sprint(reference["Ref"])})
	}
	return arn("lambda", "function:", func(identity) string { return fmt.Sprint(function) })(i) + ":" +
		fmt.Sprint(i.Properties["Name"])
}

func queueURL(i identity) string {
	return "https://sqs." + i.Region + ".amazonaws.com/" + i.Account + "/" + physicalName(i)
}

func arn(service, prefix string, name func(identity) string) func(identity) string {
	return func(i identity) string {
		return "arn:aws:" + service + ":" + i.Region + ":" + i.Account + ":" + prefix + name(i)
	}
}

// ofAccount is the ARN of a resource of IAM.
func ofAccount(prefix string) func(identity) string {
	return func(i identity) string { return "arn:aws:iam::" + i.Account + ":" + prefix + physicalName(i) }
}

// shortID is a stable id of ten letters and digits, as API Gateway makes them.
func shortID(i identity) string {
	return digest(i)[:10]
}

func keyID(i identity) string {
	d := digest(i)
	return strings.Join([]string{d[:8], d[8:12], d[12:16], d[16:20], d[20:32]}, "-")
}

func digest(i identity) string {
	sum := sha256.Sum256([]byte(physicalName(i)))
	return hex.EncodeToString(sum[:])
}

// rootResource is the id of the resource "/" of an API.
func rootResource(api string) string { return api + "root" }
