// Package assembly reads what a synthesis of the CDK app leaves: the cloud assembly, and
// the template of each stack in it.
package assembly

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Place is where an environment would be deployed: pseudo parameters and ARNs
// are made of it.
type Place struct{ Account, Region string }

// Bootstrap is what the CDK CLI demands of the place before it deploys there.
type Bootstrap struct {
	Parameter string // the SSM parameter that holds the bootstrap's version
	Version   int    // the lowest that will do
}

// Template is one stack as CloudFormation would get it.
type Template struct {
	Stack string // the stack's name, AWS::StackName
	Place
	Bootstrap Bootstrap
	Resources map[string]*Resource
	Outputs   map[string]Output
}

// Resource is one resource of a template. Its Properties hold intrinsics.
type Resource struct {
	Type                string
	Properties          map[string]any
	DependsOn           any
	DeletionPolicy      string
	UpdateReplacePolicy string
	UpdatePolicy        any // how CodeDeploy moves an alias: there is one version here
	Metadata            any
}

// Output is one output of a stack; an Export can be imported by another stack.
type Output struct {
	Description string
	Value       any
	Export      struct{ Name any }
}

// sections are the parts of a template that are understood. A part that is not,
// such as Conditions or Mappings, would silently change what runs.
type sections struct {
	AWSTemplateFormatVersion string
	Description              string
	Metadata                 any
	Resources                map[string]*Resource
	Outputs                  map[string]Output
}

// ReadTemplate reads one template file as the stack of this name. A section or
// resource attribute that the simulator does not know is an error.
func ReadTemplate(path, stack string, place Place) (*Template, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading template: %w", err)
	}
	var parsed sections
	if err := DecodeStrict(data, &parsed); err != nil {
		return nil, fmt.Errorf("reading template %s: %w", path, err)
	}
	for id, resource := range parsed.Resources {
		if resource == nil || resource.Type == "" {
			return nil, fmt.Errorf("reading template %s: resource %s has no type", path, id)
		}
	}
	return &Template{Stack: stack, Place: place, Resources: parsed.Resources, Outputs: parsed.Outputs}, nil
}

// DecodeStrict decodes JSON into v and refuses members that v does not name, so
// that what its reader does not follow is noticed. Numbers keep their digits.
func DecodeStrict(data []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	if err := decoder.Decode(v); err != nil {
		return err
	}
	if decoder.More() {
		return errors.New("more than one JSON value")
	}
	return nil
}

// Read reads the templates of one environment (a Stage's id, such as
// Dev) from the cloud assembly that a synthesis left in dir.
func Read(dir, environment string) ([]*Template, error) {
	root, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	artifact := root.Artifacts["assembly-"+environment]
	if artifact.Type != nested {
		return nil, fmt.Errorf("reading assembly %s: no environment %q; it holds %s", dir, environment, root.environments())
	}
	stage := filepath.Join(dir, artifact.Properties.DirectoryName)
	manifest, err := readManifest(stage)
	if err != nil {
		return nil, err
	}
	return manifest.templates(stage)
}

// nested is the type of the artifact that is an environment's own assembly.
const nested = "cdk:cloud-assembly"

// manifest is what is needed of a cloud assembly's manifest.json.
// https://docs.aws.amazon.com/cdk/api/v2/docs/cloud-assembly-schema-readme.html
type manifest struct {
	Artifacts map[string]struct {
		Type        string
		Environment string // "aws://<account>/<region>"
		Properties  struct {
			DirectoryName string // of a nested assembly
			TemplateFile  string // of a stack
			StackName     string

			BootstrapStackVersionSsmParameter string
			RequiresBootstrapStackVersion     int
		}
	}
}

func readManifest(dir string) (*manifest, error) {
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return nil, fmt.Errorf("reading assembly: %w: run `make synth`", err)
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("reading assembly %s: %w", dir, err)
	}
	return &m, nil
}

func (m *manifest) environments() string {
	var names []string
	for _, id := range slices.Sorted(maps.Keys(m.Artifacts)) {
		if m.Artifacts[id].Type == nested {
			names = append(names, strings.TrimPrefix(id, "assembly-"))
		}
	}
	return strings.Join(names, ", ")
}

func (m *manifest) templates(dir string) ([]*Template, error) {
	var templates []*Template
	for id, artifact := range m.Artifacts {
		if artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		p := artifact.Properties
		path := filepath.Join(dir, p.TemplateFile)
		template, err := ReadTemplate(path, cmp.Or(p.StackName, id), placeOf(artifact.Environment))
		if err != nil {
			return nil, err
		}
		template.Bootstrap = Bootstrap{p.BootstrapStackVersionSsmParameter, p.RequiresBootstrapStackVersion}
		templates = append(templates, template)
	}
	if len(templates) == 0 {
		return nil, fmt.Errorf("reading assembly %s: no stacks", dir)
	}
	slices.SortFunc(templates, func(a, b *Template) int { return strings.Compare(a.Stack, b.Stack) })
	return templates, nil
}

// placeOf reads "aws://<account>/<region>". What the synthesis left open because
// nobody was signed in gets an obviously fake value.
func placeOf(environment string) Place {
	known := strings.NewReplacer("aws://", "", "unknown-account", "", "unknown-region", "").Replace(environment)
	account, region, _ := strings.Cut(known, "/")
	return Place{Account: cmp.Or(account, "000000000000"), Region: cmp.Or(region, "us-east-1")}
}
