package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"global-ingest/infra/assembly"
	deployment "global-ingest/infra/environment"
)

// Functions are the folders of the functions' executables, by the beginning of the
// functions' logical ids.
var Functions = map[string]string{"Ingest": "ingest", "Validator": "validate", "Redrive": "redrive", "Canary": "canary"}

// NewBuild returns what builds the functions when it is first called, inside a test, for
// go test to know that its result depends on their source; and what deletes them.
func NewBuild() (build func() (map[string]string, error), remove func()) {
	var dir string
	build = sync.OnceValues(func() (bootstraps map[string]string, err error) {
		if dir, err = os.MkdirTemp("", "global-ingest-"); err != nil {
			return nil, err
		}
		return BuildFunctions(dir)
	})
	return build, func() {
		if dir != "" {
			_ = os.RemoveAll(dir) // a folder of the system's own
		}
	}
}

// BuildFunctions builds the functions for this machine below dir, with further flags
// of go build, and returns them as Options.Bootstraps.
func BuildFunctions(dir string, flags ...string) (map[string]string, error) {
	if err := noteSources(); err != nil {
		return nil, err
	}
	bootstraps := map[string]string{}
	for id, folder := range Functions {
		path := filepath.Join(dir, folder, "bootstrap")
		args := slices.Concat([]string{"build", "-tags", "lambda.norpc", "-o", path}, flags, []string{"global-ingest/lambdas/cmd/" + folder})
		build := exec.Command("go", args...)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("building %s: %w\n%s", folder, err, output)
		}
		bootstraps[id] = path
	}
	return bootstraps, nil
}

// noteSources looks at every file of the functions. It is for go test, which takes a
// result from its cache unless a file changed that the test itself has looked at, and
// does not see what go build reads.
func noteSources() error {
	folder := filepath.Join("..", "..", "lambdas") // seen from a test
	return filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			_, err = os.Stat(path)
		}
		if path == folder && errors.Is(err, fs.ErrNotExist) {
			return nil // this is no test
		}
		return err
	})
}

// GoldenTemplates reads what is deployed of an environment, such as "Dev", from the
// folder of the golden templates, at the place they are synthesized for.
func GoldenTemplates(folder, environment string) ([]*Template, error) {
	paths, err := filepath.Glob(filepath.Join(folder, strings.ToLower(environment), "*.json"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no golden templates of %s in %s: %w", environment, folder, cmp.Or(err, fs.ErrNotExist))
	}
	var templates []*Template
	for _, path := range paths {
		stack := strings.TrimSuffix(filepath.Base(path), ".json")
		stack = strings.ToUpper(stack[:1]) + stack[1:]
		template, err := assembly.ReadTemplate(path, deployment.StackName(environment, stack), Place{Account: "111111111111", Region: "us-east-1"})
		if err != nil {
			return nil, err
		}
		templates = append(templates, template)
	}
	return templates, nil
}

// Properties returns the properties of the resource of a type whose logical id begins
// with id, for a test to change. It panics when there is none.
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
	return Properties(templates, function, "AWS::Lambda::Function")["Environment"].(map[string]any)["Variables"].(map[string]any)
}

// Patient gives each put of Ingest more time, and returns the templates: the deployed
// limits are AWS's speed, and on a busy machine slow is not broken.
func Patient(templates []*Template) []*Template {
	settings := Variables(templates, "Ingest")
	settings["PUT_ANSWER_TIMEOUT"], settings["PUT_ATTEMPT_TIMEOUT"] = "9s", "9s"
	settings["SPILL_ANSWER_TIMEOUT"], settings["SPILL_ATTEMPT_TIMEOUT"] = "4s", "4s"
	settings["ANSWER_WITHIN"] = "27s"
	Properties(templates, "Ingest", "AWS::Lambda::Function")["Timeout"] = 28
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

// AnswerAs has the API and Ingest of templates answer pages as those of another
// environment do, for a test of a setting of Origins.
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
