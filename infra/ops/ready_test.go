package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

type m = map[string]any

// writeAssembly writes one with two stacks of Dev in eu-central-1, whose templates have
// these resources, and a bootstrap of one's own qualifier.
func writeAssembly(t *testing.T, storage, pipeline m) string {
	t.Helper()
	return writeStacks(t, "Dev", map[string]string{"Dev-Storage": "eu-central-1", "Dev-Pipeline": "eu-central-1"},
		map[string]m{"Dev-Storage": storage, "Dev-Pipeline": pipeline})
}

// writeStacks writes an assembly of an environment: the region of each stack, and its resources.
func writeStacks(t *testing.T, name string, regions map[string]string, resources map[string]m) string {
	t.Helper()
	dir := t.TempDir()
	save := func(name string, content any) {
		data, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, name), string(data))
	}
	save("manifest.json", m{"artifacts": m{"assembly-" + name: m{
		"type":       "cdk:cloud-assembly",
		"properties": m{"directoryName": "stage"},
	}}})
	artifacts := m{}
	for stack, region := range regions {
		artifacts[stack] = m{
			"type": "aws:cloudformation:stack", "environment": "aws://" + account + "/" + region,
			"properties": m{
				"templateFile": stack + ".json", "stackName": stack,
				"requiresBootstrapStackVersion": 6, "bootstrapStackVersionSsmParameter": "/cdk-bootstrap/ours/version",
			},
		}
		save("stage/"+stack+".json", m{"Resources": resources[stack]})
	}
	save("stage/manifest.json", m{"artifacts": artifacts})
	return dir
}

const certificateARN = "arn:aws:acm:us-east-1:111111111111:certificate/0c6c3d6e-0000-4000-8000-000000000000"

// demanding is a pipeline that needs everything that ready looks at.
func demanding() m {
	return m{
		"Stage": m{"Type": "AWS::ApiGateway::Stage"},
		"Domain": m{"Type": "AWS::ApiGateway::DomainName", "Properties": m{
			"DomainName": "events.example.com", "CertificateArn": certificateARN,
		}},
		"Ingest": m{"Type": "AWS::Lambda::Function", "Properties": m{"ReservedConcurrentExecutions": 50}},
		"Kept": m{"Type": "AWS::Lambda::Alias", "Properties": m{
			"FunctionName": m{"Ref": "Ingest"}, "ProvisionedConcurrencyConfig": m{"ProvisionedConcurrentExecutions": 20},
		}},
		"Validator": m{"Type": "AWS::Lambda::Function", "Properties": m{}},
		"Warm": m{"Type": "AWS::Lambda::Alias", "Properties": m{
			"FunctionName": m{"Ref": "Validator"}, "ProvisionedConcurrencyConfig": m{"ProvisionedConcurrentExecutions": 7},
		}},
	}
}

// prepared is an account that lacks nothing.
func prepared() map[string]func(request) any {
	return map[string]func(request) any{
		"ssm GetParameter":                        always(m{"Parameter": m{"Value": "30"}}),
		"apigateway GET /account":                 always(m{"cloudwatchRoleArn": "arn:aws:iam::111111111111:role/logs"}),
		"lambda GET /2016-08-19/account-settings": always(m{"AccountLimit": m{"ConcurrentExecutions": 1000}}),
		"acm DescribeCertificate":                 always(m{"Certificate": m{"Status": "ISSUED"}}),
	}
}

func TestReadyNamesWhatIsMissingAndWhatToType(t *testing.T) {
	no := refused{"AccessDeniedException", "not authorized"}
	for name, c := range map[string]struct {
		operation   string
		answer      any
		want, notes string // in the error, and in what is printed
	}{
		"nothing": {},
		"bootstrap": {
			"ssm GetParameter",
			refused{"ParameterNotFound", ""},
			"aws://111111111111/eu-central-1 is not bootstrapped, it has no parameter /cdk-bootstrap/ours/version: run " +
				"`npx --prefix infra cdk bootstrap aws://111111111111/eu-central-1 " +
				"--qualifier ours --toolkit-stack-name CDKToolkit-ours`", "",
		},
		"old bootstrap": {
			"ssm GetParameter",
			m{"Parameter": m{"Value": "5"}},
			"has version 5 of the bootstrap, the stacks need 6: run `npx --prefix infra cdk bootstrap", "",
		},
		"hidden bootstrap": {"ssm GetParameter", no, "", "not looked at: the bootstrap"},
		"broken":           {"ssm GetParameter", refused{"ThrottlingException", "slow down"}, "looking at the bootstrap: ", ""},
		"role for logs": {
			"apigateway GET /account",
			m{},
			"`aws apigateway update-account --region eu-central-1 " +
				"--patch-operations op=replace,path=/cloudwatchRoleArn,value=", "",
		},
		"hidden role": {"apigateway GET /account", no, "", "not looked at: API Gateway's role for logs"},
		"concurrency of a new account": {
			"lambda GET /2016-08-19/account-settings",
			m{"AccountLimit": m{"ConcurrentExecutions": 10}},
			"Lambda's concurrency in account 111111111111, eu-central-1 is 10, but the functions take 57 and 100 " +
				"must stay unreserved: run `aws service-quotas request-service-quota-increase --region eu-central-1 " +
				"--service-code lambda --quota-code L-B99A9384 --desired-value 1000`", "",
		},
		"concurrency that just does": {
			"lambda GET /2016-08-19/account-settings",
			m{"AccountLimit": m{"ConcurrentExecutions": 157}},
			"",
			"Lambda's concurrency is 157, for all functions",
		},
		"concurrency that just does not": {
			"lambda GET /2016-08-19/account-settings",
			m{"AccountLimit": m{"ConcurrentExecutions": 156}},
			"is 156, but the functions take 57", "",
		},
		"hidden concurrency": {"lambda GET /2016-08-19/account-settings", no, "", "not looked at: Lambda's concurrency"},
		"no certificate": {
			"acm DescribeCertificate",
			refused{"ResourceNotFoundException", ""},
			"does not exist: run `aws acm request-certificate --region us-east-1 " +
				"--domain-name events.example.com --validation-method DNS`", "",
		},
		"certificate that nobody validated": {
			"acm DescribeCertificate",
			m{"Certificate": m{"Status": "PENDING_VALIDATION"}},
			"is PENDING_VALIDATION, must be ISSUED: `aws acm describe-certificate", "",
		},
		"hidden certificate": {"acm DescribeCertificate", no, "", "not looked at: the certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			answers := prepared()
			if c.operation != "" {
				answers[c.operation] = always(c.answer)
			}
			f := fake(t, answers)
			shown, err := ops(t, "", "ready", "-assembly", writeAssembly(t, m{}, demanding()))
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
			if !strings.Contains(shown, "Dev in account 111111111111, eu-central-1\n") || !strings.Contains(shown, c.notes) {
				t.Errorf("shows\n%s", shown)
			}
			for _, call := range f.of("acm DescribeCertificate") {
				if call.region != "us-east-1" {
					t.Errorf("the certificate is looked for in %s", call.region)
				}
			}
		})
	}
}

// TestReadyNamesEverythingAtOnce, a line each.
func TestReadyNamesEverythingAtOnce(t *testing.T) {
	fake(t, map[string]func(request) any{
		"ssm GetParameter":                        always(refused{"ParameterNotFound", ""}),
		"apigateway GET /account":                 always(m{}),
		"lambda GET /2016-08-19/account-settings": always(m{"AccountLimit": m{"ConcurrentExecutions": 10}}),
	})
	pipeline := demanding()
	elsewhere := strings.Replace(certificateARN, "us-east-1", "eu-central-1", 1)
	pipeline["Domain"].(m)["Properties"].(m)["CertificateArn"] = elsewhere
	_, err := ops(t, "", "ready", "-assembly", writeAssembly(t, m{}, pipeline))
	if err == nil || strings.Count(err.Error(), "\n  ") != 4 ||
		!strings.Contains(err.Error(), "is in eu-central-1, must be in us-east-1: run `aws acm request-certificate") {
		t.Errorf("error is %v, want four lines", err)
	}
}

// TestReadyLooksOnlyForWhatIsNeeded: without a stage, a domain or a reservation there is nothing to lack.
func TestReadyLooksOnlyForWhatIsNeeded(t *testing.T) {
	answers := prepared()
	delete(answers, "apigateway GET /account")
	delete(answers, "acm DescribeCertificate")
	answers["lambda GET /2016-08-19/account-settings"] = always(m{"AccountLimit": m{"ConcurrentExecutions": 10}})
	fake(t, answers)
	own := m{"Stage": m{"Type": "AWS::ApiGateway::Stage"}, "Role": m{"Type": "AWS::ApiGateway::Account"}}
	shown, err := ops(t, "", "ready", "-assembly", writeAssembly(t, m{}, own))
	if err != nil || !strings.Contains(shown, "Lambda's concurrency is 10") {
		t.Errorf("%v\n%s", err, shown)
	}
}

// TestReadyReadsTheZoneOfTheRecords once for all regions, and the certificate of a distribution.
func TestReadyReadsTheZoneOfTheRecords(t *testing.T) {
	const operation = "route53 GET /2013-04-01/hostedzone/Z0123456789"
	zoneOf := func(name, private string) xml {
		return xml("<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z0123456789</Id><Name>" + name +
			"</Name><CallerReference>x</CallerReference>" +
			"<Config><PrivateZone>" + private + "</PrivateZone></Config></HostedZone></GetHostedZoneResponse>")
	}
	record := m{"Record": m{"Type": recordType, "Properties": m{
		"HostedZoneId": "Z0123456789",
		"Name":         "origin.events.example.com",
	}}}
	front := m{"Distribution": m{"Type": "AWS::CloudFront::Distribution", "Properties": m{"DistributionConfig": m{
		"Aliases": []string{"events.example.com"}, "ViewerCertificate": m{"AcmCertificateArn": certificateARN},
	}}}}
	regions := map[string]string{
		"World-Pipeline": "us-east-1", "World-eu-central-1-Pipeline": "eu-central-1", "World-Front": "us-east-1",
	}
	assembly := writeStacks(t, "World", regions,
		map[string]m{"World-Pipeline": record, "World-eu-central-1-Pipeline": record, "World-Front": front})
	environments(t, world())
	for name, c := range map[string]struct {
		operation string
		answer    any
		want      string
	}{
		"fine":        {operation, zoneOf("example.com.", "false"), ""},
		"the same":    {operation, zoneOf("origin.events.example.com.", "false"), ""},
		"not there":   {operation, refused{"NoSuchHostedZone", ""}, "there is no hosted zone Z0123456789 in account 111111111111: set Domain.Zone to an Id of `aws route53 list-hosted-zones`"},
		"another's":   {operation, zoneOf("ample.com.", "false"), "hosted zone Z0123456789 is of ample.com, must be of a domain that origin.events.example.com is in"},
		"private":     {operation, zoneOf("example.com.", "true"), "hosted zone Z0123456789 of example.com is private, must be public"},
		"certificate": {"acm DescribeCertificate", refused{"ResourceNotFoundException", ""}, "certificate " + certificateARN + " does not exist: run `aws acm request-certificate --region us-east-1 --domain-name events.example.com --validation-method DNS`"},
		"hidden zone": {operation, refused{"AccessDenied", "no"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			answers := prepared()
			answers[operation] = always(zoneOf("example.com.", "false"))
			answers[c.operation] = always(c.answer)
			fake(t, answers)
			shown, err := ops(t, "", "ready", "-environment", "World", "-assembly", assembly)
			want := "ready: World cannot be deployed yet:\n  " + c.want
			if (err == nil) != (c.want == "") || err != nil && err.Error() != want {
				t.Errorf("error is %v, want %q\n%s", err, want, shown)
			}
			if !strings.Contains(shown, ", eu-central-1\n") || !strings.Contains(shown, ", us-east-1\n") {
				t.Errorf("shows\n%s", shown)
			}
		})
	}
}

// TestReadyLooksAtNothingInAnotherAccount: a workflow's role deploys there through the CDK's.
func TestReadyLooksAtNothingInAnotherAccount(t *testing.T) {
	f := fake(t, map[string]func(request) any{"sts GetCallerIdentity": always(xml(
		"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>222222222222</Account>" +
			"</GetCallerIdentityResult></GetCallerIdentityResponse>",
	))})
	shown, err := ops(t, "", "ready", "-assembly", writeAssembly(t, m{}, demanding()))
	if err != nil ||
		!strings.Contains(shown, "not looked at: Dev is in account 111111111111, but these credentials are of 2222") ||
		len(f.calls) != 1 {
		t.Errorf("%v, %d calls\n%s", err, len(f.calls), shown)
	}
}

func TestReadyNeedsCredentials(t *testing.T) {
	credentials(t, "")
	if _, err := ops(t, "", "ready", "-assembly", writeAssembly(t, m{}, m{})); err == nil ||
		!strings.Contains(err.Error(), "no AWS credentials") {
		t.Errorf("error is %v", err)
	}
}

func TestKeptNamesWhatStays(t *testing.T) {
	shown, err := ops(t, "", "kept", "-assembly", writeAssembly(t,
		m{"Lake": m{"Type": "AWS::S3::Bucket"}, "LakePolicy": m{"Type": "AWS::S3::BucketPolicy"}},
		m{
			"Api":    m{"Type": "AWS::ApiGateway::RestApi"},
			"Events": m{"Type": "AWS::KinesisFirehose::DeliveryStream", "DeletionPolicy": "Retain"},
		},
	))
	want := "This deletes the stack Dev-Pipeline. Its URL is lost: the next deploy has another one.\n" +
		"Of Dev-Pipeline these are retained, outside any stack: Events (DeliveryStream)\n" +
		"A retained stream delivers nothing: its role and the Validator are deleted. " +
		"After 24 hours Firehose drops what it holds\n" +
		"Dev-Storage is retained: Lake (Bucket)\n"
	if err != nil || shown != want {
		t.Errorf("%v, got\n%s\nwant\n%s", err, shown, want)
	}
	shown, err = ops(t, "", "kept", "-assembly", writeAssembly(t, m{},
		m{"Events": m{"Type": "AWS::KinesisFirehose::DeliveryStream"}}))
	if err != nil ||
		!strings.Contains(shown, "The streams of Dev-Pipeline are deleted, with what they have not delivered yet\n") {
		t.Errorf("%v\n%s", err, shown)
	}
}
