package simulator

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// identity is what a resource's names are made of.
type identity struct {
	Place
	Stack, ID  string
	Properties map[string]any
}

// kind is one type of resource: what its Ref and its attributes give, and
// whether a laptop runs it.
type kind struct {
	attributes map[string]func(identity) string // by attribute name; "" is Ref
	notRun     string                           // why it is not simulated; empty: a row of builders runs it
}

// kinds are the resource types that the simulator knows. A template with any
// other does not start.
var kinds = map[string]kind{
	"AWS::S3::Bucket": {attributes: names{
		"": bucketName, "Arn": func(i identity) string { return "arn:aws:s3:::" + bucketName(i) },
		"DomainName":         func(i identity) string { return bucketName(i) + ".s3.amazonaws.com" },
		"RegionalDomainName": func(i identity) string { return bucketName(i) + ".s3." + i.Region + ".amazonaws.com" },
	}},
	"AWS::Lambda::Function":           {attributes: names{"": physicalName, "Arn": arn("lambda", "function:", physicalName)}},
	"AWS::Lambda::Alias":              {attributes: names{"": qualifiedARN("")}},
	"AWS::Lambda::EventSourceMapping": {attributes: names{"": keyID, "Id": keyID}},
	"AWS::SQS::Queue": {attributes: names{
		"": queueURL, "Arn": arn("sqs", "", physicalName), "QueueName": physicalName, "QueueUrl": queueURL,
	}},
	"AWS::KinesisFirehose::DeliveryStream": {attributes: names{"": physicalName, "Arn": arn("firehose", "deliverystream/", physicalName)}},
	"AWS::ApiGateway::RestApi": {attributes: names{
		"": shortID, "RestApiId": shortID,
		"RootResourceId": func(i identity) string { return rootResource(shortID(i)) },
	}},
	"AWS::ApiGateway::Resource":        {attributes: names{"": shortID, "ResourceId": shortID}},
	"AWS::ApiGateway::Method":          {attributes: names{"": shortID}},
	"AWS::ApiGateway::GatewayResponse": {attributes: names{"": shortID, "Id": shortID}},
	"AWS::ApiGateway::Stage":           {attributes: names{"": given("StageName")}},

	"AWS::ApiGateway::Deployment":     {attributes: names{"": shortID, "DeploymentId": shortID}, notRun: "the template is the deployed API"},
	"AWS::ApiGateway::Account":        {attributes: names{"": shortID, "Id": shortID}, notRun: "says where API Gateway logs; nothing logs to CloudWatch here"},
	"AWS::CloudWatch::Alarm":          {attributes: names{"": physicalName, "Arn": arn("cloudwatch", "alarm:", physicalName)}, notRun: "there are no CloudWatch metrics here"},
	"AWS::CloudWatch::Dashboard":      {attributes: names{"": physicalName}, notRun: "there are no CloudWatch metrics here"},
	"AWS::CloudWatch::CompositeAlarm": {attributes: names{"": physicalName, "Arn": arn("cloudwatch", "alarm:", physicalName)}, notRun: "there are no CloudWatch metrics here"},
	"AWS::Events::Rule":               {attributes: names{"": physicalName, "Arn": arn("events", "rule/", physicalName)}, notRun: "no schedule runs by itself here"},
	"AWS::IAM::Policy":                {attributes: names{"": physicalName}, notRun: iamNotRun},
	"AWS::IAM::Role": {attributes: names{
		"": physicalName, "RoleId": shortID,
		"Arn": func(i identity) string { return "arn:aws:iam::" + i.Account + ":role/" + physicalName(i) },
	}, notRun: iamNotRun},
	"AWS::KMS::Alias": {attributes: names{"": physicalName}, notRun: kmsNotRun},
	"AWS::KMS::Key": {attributes: names{
		"": keyID, "KeyId": keyID, "Arn": arn("kms", "key/", keyID),
	}, notRun: kmsNotRun},
	"AWS::CodeDeploy::Application":     {attributes: names{"": physicalName}, notRun: releaseNotRun},
	"AWS::CodeDeploy::DeploymentGroup": {attributes: names{"": physicalName}, notRun: releaseNotRun},
	"AWS::Lambda::Permission":          {attributes: names{"": physicalName}},
	"AWS::Lambda::Version":             {attributes: names{"": qualifiedARN("1"), "Version": func(identity) string { return "1" }}, notRun: "every version is the code that is here"},
	"AWS::Logs::LogGroup": {attributes: names{
		"": physicalName, "Arn": func(i identity) string { return arn("logs", "log-group:", physicalName)(i) + ":*" },
	}, notRun: "logs go to files"},
	"AWS::SNS::Topic": {attributes: names{
		"": arn("sns", "", physicalName), "TopicArn": arn("sns", "", physicalName), "TopicName": physicalName,
	}, notRun: "no alarm rings here"},
	"AWS::SNS::TopicPolicy":  {attributes: names{"": shortID}, notRun: iamNotRun},
	"AWS::SNS::Subscription": {attributes: names{"": shortID}, notRun: "no alarm rings here"},
	"AWS::Logs::LogStream":   {attributes: names{"": physicalName}, notRun: "logs go to files"},
	"AWS::SQS::QueuePolicy":  {attributes: names{"": shortID, "Id": shortID}},
	"AWS::S3::BucketPolicy":  {attributes: names{"": physicalName}, notRun: iamNotRun},

	"AWS::ApiGateway::DomainName": {attributes: names{
		"":                         given("DomainName"),
		"DistributionDomainName":   func(i identity) string { return shortID(i) + ".cloudfront.net" },
		"DistributionHostedZoneId": func(identity) string { return "Z2FDTNDATAQYW2" }, // CloudFront's, everywhere
		"RegionalDomainName":       func(i identity) string { return "d-" + shortID(i) + ".execute-api." + i.Region + ".amazonaws.com" },
		"RegionalHostedZoneId":     func(i identity) string { return "Z" + strings.ToUpper(digest(i)[:13]) }, // API Gateway's, one a region
	}, notRun: "the endpoint answers at its address here, without a name or TLS"},
	"AWS::ApiGateway::BasePathMapping": {
		attributes: names{"": shortID}, notRun: "the stage lies at / here, as behind a domain name",
	},
	"AWS::WAFv2::WebACL": {attributes: names{
		"": physicalName, "Arn": arn("wafv2", "regional/webacl/", physicalName),
	}, notRun: firewallNotRun},
	"AWS::WAFv2::WebACLAssociation": {attributes: names{"": physicalName}, notRun: firewallNotRun},

	"AWS::Route53::HealthCheck":            {attributes: names{"": keyID, "HealthCheckId": keyID}, notRun: InFront},
	"AWS::Route53::RecordSet":              {attributes: names{"": given("Name")}, notRun: InFront},
	"AWS::CertificateManager::Certificate": {attributes: names{"": arn("acm", "certificate/", keyID)}, notRun: "there is no TLS here"},
	"AWS::CloudFront::Distribution": {attributes: names{
		"": shortID, "Id": shortID, "DomainName": func(i identity) string { return "d" + shortID(i) + ".cloudfront.net" },
	}, notRun: InFront},
	"AWS::CloudFront::Function": {attributes: names{
		"": physicalName, "FunctionARN": arn("cloudfront", "function/", given("Name")),
	}, notRun: InFront},
	"AWS::CloudFront::ResponseHeadersPolicy": {attributes: names{"": keyID, "Id": keyID}, notRun: InFront},

	"AWS::Athena::NamedQuery": {attributes: names{"": shortID}, notRun: queryNotRun},
	"AWS::Athena::WorkGroup":  {attributes: names{"": given("Name")}, notRun: queryNotRun},
	"AWS::Glue::Database":     {attributes: names{"": given("DatabaseInput", "Name")}, notRun: queryNotRun},
	"AWS::Glue::Table":        {attributes: names{"": given("TableInput", "Name")}, notRun: queryNotRun},
	"AWS::IAM::ManagedPolicy": {attributes: names{
		"": func(i identity) string { return "arn:aws:iam::" + i.Account + ":policy/" + physicalName(i) },
	}, notRun: iamNotRun},
}

const (
	iamNotRun = "no role's rights are checked here"
	kmsNotRun = "nothing is encrypted here"

	queryNotRun = "make query answers over the files here, by DuckDB"

	firewallNotRun = "there is no firewall here: no address is counted, none is blocked"

	// InFront is why a region alone does not run what stands in front of all regions.
	InFront = "one region runs here, without what stands in front of all"

	releaseNotRun = "a new version gets every request at once here"
)

type names = map[string]func(identity) string

func unknownType(id, resourceType string) error {
	return fmt.Errorf("%s: resource type %s is not supported by the simulator", id, resourceType)
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

// bucketName is lower case and at most 63 bytes, as S3 wants it.
func bucketName(i identity) string {
	name := strings.ToLower(physicalName(i))
	return name[:min(len(name), 63)]
}

// qualifiedARN is the ARN of a version of a function, or of an alias, whose qualifier is
// its property Name. The function is a Ref, or what it resolved to.
func qualifiedARN(qualifier string) func(identity) string {
	function := func(i identity) string {
		if reference, ok := i.Properties["FunctionName"].(map[string]any); ok {
			return physicalName(identity{Stack: i.Stack, ID: fmt.Sprint(reference["Ref"])})
		}
		return fmt.Sprint(i.Properties["FunctionName"])
	}
	return func(i identity) string {
		return arn("lambda", "function:", function)(i) + ":" + cmp.Or(qualifier, fmt.Sprint(i.Properties["Name"]))
	}
}

func queueURL(i identity) string {
	return "https://sqs." + i.Region + ".amazonaws.com/" + i.Account + "/" + physicalName(i)
}

func arn(service, prefix string, name func(identity) string) func(identity) string {
	return func(i identity) string {
		return "arn:aws:" + service + ":" + i.Region + ":" + i.Account + ":" + prefix + name(i)
	}
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
