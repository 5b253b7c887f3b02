package simulator

import (
	"cmp"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"global-ingest/infra/assembly"
	deployment "global-ingest/infra/environment"
)

// GoldenTemplates reads the stacks of an environment, such as "Dev", from the folder of the
// golden templates: those at home first, which is us-east-1, and then those of each region.
func GoldenTemplates(folder, environment string) (templates []*Template, err error) {
	home := filepath.Join(folder, strings.ToLower(environment))
	atHome, err := filepath.Glob(filepath.Join(home, "*.json"))
	inRegions, ofRegions := filepath.Glob(filepath.Join(home, "*-*", "*.json"))
	if err = cmp.Or(err, ofRegions); err != nil || len(atHome) == 0 {
		return nil, fmt.Errorf("no golden templates in %s: %w", home, cmp.Or(err, fs.ErrNotExist))
	}
	for _, path := range slices.Concat(atHome, inRegions) {
		prefix, region := environment, "us-east-1"
		if dir := filepath.Dir(path); dir != home {
			region = filepath.Base(dir)
			prefix += "-" + region
		}
		stack := strings.TrimSuffix(filepath.Base(path), ".json")
		stack = strings.ToUpper(stack[:1]) + stack[1:]
		template, err := assembly.ReadTemplate(path, deployment.StackName(prefix, stack),
			Place{Account: "111111111111", Region: region})
		if err != nil {
			return nil, err
		}
		templates = append(templates, template)
	}
	return templates, nil
}

// Properties returns the properties of the resource of a type whose logical id begins
// with id, for a test to change. It panics if there is no such resource.
func Properties(templates []*Template, id, resourceType string) map[string]any {
	for _, template := range templates {
		for name, resource := range template.Resources {
			if strings.HasPrefix(name, id) && resource.Type == resourceType {
				return resource.Properties
			}
		}
	}
	panic(fmt.Sprintf("no %s %s in the templates", resourceType, id))
}

// Variables returns the environment variables of a function, for a test to change.
// It panics when there is no such function.
func Variables(templates []*Template, function string) map[string]any {
	environment := Properties(templates, function, "AWS::Lambda::Function")["Environment"].(map[string]any)
	return environment["Variables"].(map[string]any)
}

// Patient gives Ingest more time for each put, and returns the templates: the deployed
// limits suit AWS's speed, and a busy machine is slow, not broken.
func Patient(templates []*Template) []*Template {
	settings := Variables(templates, "Ingest")
	settings["PUT_ANSWER_TIMEOUT"], settings["PUT_ATTEMPT_TIMEOUT"] = "9s", "9s"
	settings["SPILL_ANSWER_TIMEOUT"], settings["SPILL_ATTEMPT_TIMEOUT"] = "4s", "4s"
	settings["ANSWER_WITHIN"] = "27s"
	Properties(templates, "Ingest", "AWS::Lambda::Function")["Timeout"] = 28
	return PatientGateway(templates)
}

// PatientGateway lets API Gateway wait as long as it can, 29 s, and returns the templates:
// a function that starts on a busy machine is slow, not broken.
func PatientGateway(templates []*Template) []*Template {
	for _, template := range templates {
		for _, resource := range template.Resources {
			integration, _ := resource.Properties["Integration"].(map[string]any)
			if integration["Type"] == "AWS_PROXY" {
				integration["TimeoutInMillis"] = 29_000
			}
		}
	}
	return templates
}

// AnswerAs makes the API and Ingest of templates answer pages as another environment does,
// for a test of a setting of Origins.
func AnswerAs(templates, other []*Template) {
	for _, template := range templates {
		for id, resource := range template.Resources {
			switch resource.Type {
			case "AWS::ApiGateway::GatewayResponse":
				resource.Properties["ResponseParameters"] = Properties(other, id, resource.Type)["ResponseParameters"]
			case "AWS::ApiGateway::Method":
				if resource.Properties["Integration"].(map[string]any)["Type"] == "MOCK" {
					theirs := Properties(other, id, resource.Type)
					resource.Properties["Integration"] = theirs["Integration"]
					resource.Properties["MethodResponses"] = theirs["MethodResponses"]
				}
			}
		}
	}
	Variables(templates, "Ingest")["CORS_ORIGINS"] = Variables(other, "Ingest")["CORS_ORIGINS"]
}
