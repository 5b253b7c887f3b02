package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"global-ingest/infra/assembly"
)

// golden reads the golden template of a stack.
func golden(t *testing.T, folder, stack string) *assembly.Template {
	t.Helper()
	file := filepath.Join("..", "..", goldens, folder, strings.ToLower(stack)+".json")
	template, err := assembly.ReadTemplate(file, stack, assembly.Place{})
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// pageSize is how many resources the fake lists at once; AWS lists a hundred.
const pageSize = 10

// deployedAs answers for the stacks of environments, or of sites, as the goldens of folder have them:
// outputs are "<output>-out", names are "<logical id>-name", a queue's an address.
func deployedAs(t *testing.T, folder string, names ...string) *fakeAWS {
	t.Helper()
	templates := map[string]*assembly.Template{}
	for _, name := range names {
		for _, stack := range []string{"Storage", "Pipeline"} {
			templates[name+"-"+stack] = golden(t, folder, stack)
		}
	}
	missing := refused{"ValidationError", "Stack does not exist"}
	return fake(t, map[string]func(request) any{
		"cloudformation DescribeStacks": func(r request) any {
			template, found := templates[r.query.Get("StackName")]
			if !found {
				return missing
			}
			return describe(template)
		},
		"cloudformation ListStackResources": func(r request) any {
			template, found := templates[r.query.Get("StackName")]
			if !found {
				return missing
			}
			return list(template, r.query.Get("NextToken"))
		},
		"apigateway PATCH /restapis/" + nameOf("EdgeApi65822B7B", "") + "/stages/" +
			nameOf("EdgeApiDeploymentStagev10F786812", ""): always(map[string]any{}),
		"sqs GetQueueAttributes": always(map[string]any{"Attributes": map[string]string{
			"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0",
		}}),
		"sqs SendMessageBatch":     always(map[string]any{}),
		"monitoring GetMetricData": always(metrics(nil)),
		"s3 GET /LakeBucket-out":   always(xml("<ListBucketResult></ListBucketResult>")),
		"s3 GET /LakeBucket-out/":  always(xml("<ListBucketResult></ListBucketResult>")),
	})
}

// deployedPipeline answers for an environment like Prod.
func deployedPipeline(t *testing.T, name string) *fakeAWS { return deployedAs(t, "prod", name) }

func nameOf(id, resourceType string) string {
	if resourceType == "AWS::SQS::Queue" {
		return "https://sqs.example/" + account + "/" + id
	}
	return id + "-name"
}

func describe(template *assembly.Template) xml {
	outputs := map[string]string{}
	for output := range template.Outputs {
		outputs[output] = output + "-out"
	}
	return outputsOf(outputs)
}

// outputsOf is CloudFormation's description of a stack with these outputs.
func outputsOf(outputs map[string]string) xml {
	var members strings.Builder
	for name, value := range outputs {
		fmt.Fprintf(&members, "<member><OutputKey>%s</OutputKey><OutputValue>%s</OutputValue></member>",
			name, value)
	}
	return xml("<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>x</StackName><Outputs>" +
		members.String() + "</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>")
}

func list(template *assembly.Template, token string) xml {
	from, _ := strconv.Atoi(token)
	ids := slices.Sorted(maps.Keys(template.Resources))
	to := min(len(ids), from+pageSize)
	var page strings.Builder
	for _, id := range ids[from:to] {
		fmt.Fprintf(&page, "<member><LogicalResourceId>%s</LogicalResourceId><ResourceType>%s</ResourceType>"+
			"<PhysicalResourceId>%s</PhysicalResourceId></member>",
			id, template.Resources[id].Type, nameOf(id, template.Resources[id].Type))
	}
	next := ""
	if to < len(ids) {
		next = fmt.Sprintf("<NextToken>%d</NextToken>", to)
	}
	return xml("<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>" + page.String() +
		"</StackResourceSummaries>" + next + "</ListStackResourcesResult></ListStackResourcesResponse>")
}

// TestNamesAreFoundOnEveryPage of a stack that has more resources than AWS lists at once.
func TestNamesAreFoundOnEveryPage(t *testing.T) {
	for folder, want := range map[string][]string{
		"dev": {"lake='LakeBucket-out'", "queue='RedriveQueue-out'", "url='Endpoint-out'", "ingest_logs='IngestLogs41B5EF21-name'"},
		"prod": {
			"export AWS_REGION='us-east-1'", "events='EventsStream", "rejects='RejectsStream", "canary_logs='CanaryLogs",
			"dashboard='WatchDashboard",
			"ingest_role='IngestRole", "dead_letters='https://sqs.example/111111111111/SpillDeadLetters",
			"dead_letters_arn='arn:aws:sqs:us-east-1:111111111111:SpillDeadLetters", "lake_key='LakeKey",
			"events_logs='EventsLogs", "access_logs='EdgeAccessLogs",
		},
		"threestreams": {"events='EventsStreamA348795C-name'", "events2='Events2Stream", "events3='Events3Stream"},
	} {
		deployedAs(t, folder, "Prod")
		shown, err := ops(t, "", "names", "-environment", "Prod")
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range want {
			if !strings.Contains("\n"+shown, "\n"+line) {
				t.Errorf("%s: %q is missing in\n%s", folder, line, shown)
			}
		}
	}
}

// TestTheRunbookUsesNamesThatArePrinted: a variable of its commands is printed by names, or
// set in the commands themselves.
func TestTheRunbookUsesNamesThatArePrinted(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "runbook.md"))
	if err != nil {
		t.Fatal(err)
	}
	deployedPipeline(t, "Prod")
	shown, err := ops(t, "", "names", "-environment", "Prod")
	if err != nil {
		t.Fatal(err)
	}
	used := regexp.MustCompile(`\$([a-z][a-z0-9_]*)`).FindAllStringSubmatch(string(text), -1)
	if len(used) < 10 {
		t.Fatalf("the runbook uses %d variables", len(used))
	}
	for _, match := range used {
		name := match[1]
		set := regexp.MustCompile("(?m)(^|[ `])" + name + `=|(for|read -r) ` + name + `\b|Let ` + "`" + name + "`")
		if !strings.Contains(shown, "\n"+name+"='") && !set.MatchString(string(text)) {
			t.Errorf("the runbook uses $%s, which nothing sets", name)
		}
	}
}

// TestAssignmentsAreSafe: what is evaluated by a shell must not leave its quotes.
func TestAssignmentsAreSafe(t *testing.T) {
	if err := assign(os.Stdout, map[string]string{"lake": "a'; rm -r b"}); err == nil {
		t.Error("a quote was printed")
	}
}

// decode reads the JSON body of a call.
func (r request) decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal(r.body, into); err != nil {
		t.Fatal(err)
	}
}
