package synth

import (
	"slices"
	"testing"
)

// exception is a finding that is meant to be.
type exception struct {
	controls []string // by id
	on       []string // resources, as findings name them
	in       []string // environments; default every one that is ruled
	because  string
}

// methodsOfEdge are those of clients, which have no credentials of ours.
var methodsOfEdge = []string{
	"EdgeApiGET", "EdgeApiHEAD", "EdgeApiPOST", "EdgeApieventsGET", "EdgeApieventsPOST", "EdgeApiproxyGET",
	"EdgeApiproxyPOST",
}

// exceptions are all of them. One that no longer excuses anything fails a test.
var exceptions = []exception{
	// The endpoint is public, and takes whatever is sent.
	{
		controls: []string{"AwsSolutions-APIG2"}, on: []string{"EdgeApi"},
		because: "every body is answered 200 and judged later: a gateway that refuses bodies breaks the first promise",
	},
	{
		controls: []string{"AwsSolutions-APIG4", "AwsSolutions-COG4"}, on: methodsOfEdge,
		because: "browsers and phones of anybody send events: there is nobody to authorize, and no user pool",
	},
	{
		controls: []string{"AwsSolutions-APIG3", "APIGateway.4"}, on: []string{"EdgeApiDeploymentStagev1"},
		in: []string{"Dev", "Staging"},
		because: "a web ACL costs $7 a month and $0.60 per million requests: nobody is told this endpoint, and its " +
			"throttle bounds what a flood can cost",
	},
	{
		controls: []string{"AwsSolutions-APIG3", "APIGateway.4"}, on: []string{"EdgeApiDeploymentStagev1"},
		in:      []string{"Worldwide"},
		because: "Front has the web ACL: behind CloudFront one would count locations instead of addresses",
	},
	{
		controls: []string{"AwsSolutions-APIG4", "AwsSolutions-COG4"}, on: []string{"EdgeApihealthGET"},
		in:      []string{"Worldwide"},
		because: "Route 53's health checkers have no credentials; the method has a throttle of its own",
	},
	{
		controls: []string{"AwsSolutions-CFR1"}, on: []string{"Distribution"}, in: []string{"Worldwide"},
		because: "events come from everywhere",
	},
	{
		controls: []string{"AwsSolutions-CFR3", "CloudFront.5"}, on: []string{"Distribution"}, in: []string{"Worldwide"},
		because: "a line per request would have the client's address and path; the API's own log has neither",
	},
	{
		controls: []string{"CloudFront.1"}, on: []string{"Distribution"}, in: []string{"Worldwide"},
		because: "there are no files: / is answered by the function",
	},
	{
		controls: []string{"CloudFront.4"}, on: []string{"Distribution"}, in: []string{"Worldwide"},
		because: "CloudFront never sends a POST to a second origin: Route 53 moves the name of the only one",
	},
	{
		controls: []string{"CloudFront.15"}, on: []string{"Distribution"}, in: []string{"Worldwide"},
		because: "the default of the setting TLS refuses no client that has TLS 1.2; TLS12PFS and TLS13 are " +
			"recommended ones",
	},
	{
		controls: []string{"APIGateway.2"}, on: []string{"EdgeApiDeploymentStagev1"},
		because: "the only backend is a Lambda function, which API Gateway calls with signed requests: it has no TLS " +
			"of its own that a certificate could convince",
	},
	{
		controls: []string{"APIGateway.3"}, on: []string{"EdgeApiDeploymentStagev1"},
		in: []string{"Dev", "Prod", "Worldwide"},
		because: "X-Ray costs $5 per million traces, more than everything else an event costs; Staging traces each " +
			"request",
	},

	// The functions.
	{
		controls: []string{"Lambda.3"}, on: []string{"IngestFunction", "RedriveFunction", "ValidatorFunction"},
		because: "they call AWS's services and nothing else: a VPC would add endpoints, cost and starts, and protect " +
			"nothing",
	},
	{
		controls: []string{"Lambda.7"}, on: []string{"IngestFunction", "RedriveFunction", "ValidatorFunction"},
		in:      []string{"Dev", "Prod", "Worldwide"},
		because: "as APIGateway.3",
	},
	{
		controls: []string{"CloudWatch.16"},
		on: []string{
			"EdgeAccessLogs", "EdgeExecutionLogs", "EventsLogs", "IngestLogs", "RedriveLogs", "RejectsLogs",
			"ValidatorLogs",
		},
		because: "a log line holds nothing that must be kept for a year: the retention is a setting of the " +
			"environment, and events are in the lake",
	},
	{
		controls: []string{"Lambda.3"}, on: []string{"CanaryFunction"}, in: []string{"Staging", "Prod", "Worldwide"},
		because: "it calls the public endpoint, from outside as a client does, and S3",
	},
	{
		controls: []string{"Lambda.7"}, on: []string{"CanaryFunction"}, in: []string{"Prod", "Worldwide"},
		because: "as APIGateway.3",
	},
	{
		controls: []string{"CloudWatch.16"}, on: []string{"CanaryLogs"}, in: []string{"Staging", "Prod", "Worldwide"},
		because: "as the other functions' lines: nothing in them must be kept for a year",
	},

	// What holds events.
	{
		controls: []string{"AwsSolutions-S1", "S3.9"}, on: []string{"LakeBucket"},
		because: "five roles may read or write here, each to a prefix: an account that wants a line per request turns " +
			"on the data events of its CloudTrail, which need no second bucket",
	},
	{
		controls: []string{"S3.7"}, on: []string{"LakeBucket"},
		because: "S3 keeps each object in three zones of its region; an environment with several regions keeps each " +
			"event where it was answered",
	},
	{
		controls: []string{"S3.15"}, on: []string{"LakeBucket"},
		because: "a person's events must be erasable on request, which a lock forbids; versioning keeps what is " +
			"overwritten by mistake",
	},
	{
		controls: []string{"CloudFormation.3"}, on: []string{"Front"}, in: []string{"Worldwide"},
		because: "it holds no data, and removing it is how an environment leaves the world; the name of the " +
			"distribution stays its owner's",
	},
	{
		controls: []string{"CloudFormation.3"}, on: []string{"Pipeline"},
		because: "what holds data in it is retained when the stack is deleted, and the rest is made anew by a deploy",
	},
	{
		controls: []string{"CloudFormation.3"}, on: []string{"Query"},
		because: "it holds no data: views are text, and a deploy makes them anew",
	},
	{
		controls: []string{"CloudFormation.3"}, on: []string{"Storage"}, in: []string{"Dev"},
		because: "Dev's events need not be kept: `cdk destroy` deletes them",
	},

	// Permissions.
	{
		controls: []string{"AwsSolutions-IAM4"}, on: []string{"EdgeApiCloudWatchRole"}, in: []string{"Dev", "Worldwide"},
		because: "API Gateway writes every log of the account with one role, and this policy is the one that it asks for",
	},
	{
		controls: []string{"AwsSolutions-IAM5"},
		on: slices.Concat(
			below("IngestRole: LakeBucket.Arn/", "spill"),
			below("ValidatorRole: LakeBucket.Arn/", "events", "rejected-large", "spill"),
			below("RedriveRole: LakeBucket.Arn/", "spill", "failed", "rejected", "rejected-large"),
			below("EventsRole: LakeBucket.Arn/", "events", "failed"),
			below("RejectsRole: LakeBucket.Arn/", "rejected", "failed"),
		),
		because: "objects are named by hour and ingest id: one prefix of one bucket is the narrowest that IAM can say",
	},
	{
		controls: []string{"AwsSolutions-IAM5"}, in: []string{"Staging", "Prod", "Worldwide"},
		on:      below("CanaryRole: LakeBucket.Arn/", "events", "rejected"),
		because: "it reads what was delivered lately, whose names Firehose makes up",
	},
	{
		controls: []string{"AwsSolutions-IAM5"}, in: []string{"Worldwide"},
		on: append(below("IngestRole: LakeBucket.Arn/", "health"), below("IngestRole: arn:aws:s3:::LakeBucket@",
			"eu-central-1/spill", "ap-southeast-1/spill", "us-east-1/spill")...),
		because: "as the lake at home: one prefix of the bucket of one region, the next",
	},
	{
		controls: []string{"AwsSolutions-IAM5"}, in: []string{"Ci"},
		on: below("Diff: "+stackARN, "Dev-Pipeline", "Dev-Query", "Dev-Storage", "Prod-Pipeline", "Prod-Query",
			"Prod-Storage", "Staging-Pipeline", "Staging-Query", "Staging-Storage"),
		because: "a stack's ARN ends in an id that CloudFormation makes up: it is one stack of this name",
	},
	{
		controls: []string{"AwsSolutions-IAM5"}, in: []string{"Staging"},
		on:      []string{"CanaryRole: *", "IngestRole: *", "RedriveRole: *", "ValidatorRole: *"},
		because: "X-Ray's two actions know no resources",
	},
	{
		controls: []string{"AwsSolutions-IAM5"}, on: []string{"ReleaseRole: *"},
		because: "CodeDeploy asks CloudWatch for several alarms at once, and stops a release when it may not",
	},
}

// below is the findings about everything below each of folders.
func below(who string, folders ...string) (on []string) {
	for _, folder := range folders {
		on = append(on, who+folder+"/*")
	}
	return on
}

func (e exception) excuses(c control, s *stack, f finding) bool {
	return slices.Contains(e.controls, c.id) && slices.Contains(e.environments(), s.Stage) && slices.Contains(e.on, f.on)
}

func (e exception) environments() []string {
	if e.in != nil {
		return e.in
	}
	var names []string
	for _, env := range ruled() {
		names = append(names, env.Name)
	}
	return names
}

// TestExceptionsAreNeeded takes each exception at its word: for every resource and
// environment that it names, the control must have something to excuse.
func TestExceptionsAreNeeded(t *testing.T) {
	for _, e := range exceptions {
		if e.because == "" {
			t.Errorf("%v on %v is excepted for no reason", e.controls, e.on)
		}
		for _, control := range e.controls {
			for _, on := range e.on {
				for _, env := range e.environments() {
					if !needed(control, on, env) {
						t.Errorf("%s has nothing against %s in %s: take it off the exceptions", control, on, env)
					}
				}
			}
		}
	}
}

func needed(control, on, env string) bool {
	for _, c := range controls {
		if c.id != control {
			continue
		}
		for _, s := range append(slices.Clone(stacks), ci) {
			if s.Stage == env && slices.ContainsFunc(c.finds(s), func(f finding) bool { return f.on == on }) {
				return true
			}
		}
	}
	return false
}
