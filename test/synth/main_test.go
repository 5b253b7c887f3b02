// Package synth proves what the CDK app would deploy: templates compared with
// goldens, which say what a change changes, and named rules, which say what must
// never change. Everything is synthesized once and then looked at as plain JSON.
package synth

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/infra/pipeline"
)

var update = flag.Bool("update", false, "write the goldens instead of comparing with them")

const (
	root    = "../.."
	account = "111111111111" // no customer has it
	region  = "us-east-1"
)

// stack is one synthesized stack.
type stack struct {
	Stage      string   // "Dev"
	Region     string   // one of the environment's Regions; empty at home
	Name       string   // "Storage", "Pipeline", "Query" or "Front"
	Place      string   // "aws://111111111111/us-east-1"
	File       string   // path of the template
	Assets     string   // path of the asset manifest
	After      []string // artifacts of the stage that are deployed first
	Protected  bool     // against deletion of the whole stack
	Template   map[string]any
	stageStack map[string]*stack // the stacks of the stage, by their deployed name
}

// workspace is a folder for what the tests share, removed at the end.
var workspace string

// stacks are those of every environment, in the order of environment.All, and those of
// worldwide.
var stacks []*stack

// variantStacks are those of variants.
var variantStacks []*stack

// ci is the stack of what the repository's workflows may do.
var ci *stack

func TestMain(m *testing.M) {
	flag.Parse()
	if dir := os.Getenv(brokenDir); dir != "" {
		synthesizeBroken(dir)
	}
	if *assembly != "" {
		os.Exit(m.Run())
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "test/synth:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	var err error
	if workspace, err = os.MkdirTemp("", "synth"); err != nil {
		return 0, err
	}
	defer os.RemoveAll(workspace)
	dir := filepath.Join(workspace, "cdk.out")
	// The built-in validation takes 4 s: TestAppDeploysTheGoldens does it, apart. The
	// runtime's environment was taken when this program was loaded, so it is told to
	// a new one.
	os.Setenv("CDK_VALIDATION", "false")
	jsii.Close()
	workflows := ciProps()
	all, err := synthesize(dir, placed(append(ruled(), variants()...)), &workflows)
	if err != nil {
		return 0, err
	}
	for _, s := range all {
		if slices.ContainsFunc(ruled(), func(env environment.Environment) bool { return env.Name == s.Stage }) {
			stacks = append(stacks, s)
		} else {
			variantStacks = append(variantStacks, s)
		}
	}
	ci = &stack{Stage: "Ci", Name: "Ci"}
	if err = read(filepath.Join(dir, "Ci.template.json"), &ci.Template); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// everyStack is what anybody deploys from here, but for Ci.
func everyStack() []*stack { return slices.Concat(stacks, variantStacks) }

// pipelines are the stacks Pipeline of every environment.
func pipelines() []*stack {
	return slices.DeleteFunc(everyStack(), func(s *stack) bool { return s.Name != "Pipeline" })
}

// ruled are the environments that every rule holds for.
func ruled() []environment.Environment { return append(environment.All(), worldwide()) }

// assemble writes the cloud assembly of an app to dir, as `cdk synth` would. props say what is
// special about it.
func assemble(dir string, props pipeline.AppProps) error {
	defer jsii.Close()
	props.Settings, props.Outdir = filepath.Join(root, "cdk.json"), dir
	props.Dist = cmp.Or(props.Dist, filepath.Join("testdata", "dist"))
	app, err := pipeline.NewApp(props)
	if err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}

// synthesize returns the stacks of envs, from an assembly in dir.
func synthesize(dir string, envs []environment.Environment, ci *pipeline.CiProps) (all []*stack, err error) {
	if err := assemble(dir, pipeline.AppProps{Environments: envs, Ci: ci}); err != nil {
		return nil, err
	}
	for _, env := range envs {
		stage, err := load(dir, env)
		if err != nil {
			return nil, err
		}
		all = append(all, stage...)
	}
	return all, nil
}

// placed puts envs where the goldens are. One with several regions says itself which is home.
func placed(envs []environment.Environment) []environment.Environment {
	for i := range envs {
		envs[i].Account = account
		if !envs[i].Worldwide() {
			envs[i].Region = region
		}
	}
	return envs
}

// load reads the stacks of one environment from the assembly in dir: Storage, Pipeline and
// Query of each region, and Front.
func load(dir string, env environment.Environment) ([]*stack, error) {
	byName, err := loadStage(dir, env.Name)
	if err != nil {
		return nil, err
	}
	var all []*stack
	add := func(region, title, name string) {
		s := byName[name]
		if s == nil {
			err = fmt.Errorf("stage %s has no stack %s", env.Name, name)
			return
		}
		s.Region, s.Name = region, title
		all = append(all, s)
	}
	for _, site := range env.Sites() {
		region := site.Region
		if site.Home {
			region = ""
		}
		for _, title := range site.Stacks() {
			add(region, title, site.StackName(title))
		}
	}
	if env.Worldwide() {
		add("", environment.FrontStack, environment.StackName(env.Name, environment.FrontStack))
	}
	if err == nil && len(all) != len(byName) {
		err = fmt.Errorf("stage %s has %d stacks, want %d", env.Name, len(byName), len(all))
	}
	return all, err
}

// loadStage reads the stacks of one stage, by their deployed names.
func loadStage(dir, stage string) (map[string]*stack, error) {
	dir = filepath.Join(dir, "assembly-"+stage)
	var manifest struct {
		Artifacts map[string]struct {
			Type         string
			Dependencies []string
			Environment  string
			Properties   struct {
				TemplateFile          string
				StackName             string
				TerminationProtection bool
			}
		}
	}
	if err := read(filepath.Join(dir, "manifest.json"), &manifest); err != nil {
		return nil, err
	}
	byName := map[string]*stack{}
	for id, artifact := range manifest.Artifacts {
		if artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		s := &stack{
			Stage:      stage,
			Name:       artifact.Properties.StackName[len(stage)+1:],
			Place:      artifact.Environment,
			File:       filepath.Join(dir, artifact.Properties.TemplateFile),
			Assets:     filepath.Join(dir, id+".assets.json"),
			After:      artifact.Dependencies,
			Protected:  artifact.Properties.TerminationProtection,
			stageStack: byName,
		}
		if err := read(s.File, &s.Template); err != nil {
			return nil, err
		}
		byName[artifact.Properties.StackName] = s
	}
	return byName, nil
}

func read(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
