package pipeline

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
)

// Functions are the names of the functions: the folders of Dist.
var Functions = []string{"ingest", "validate", "redrive", "canary"}

// AppProps configures an app.
type AppProps struct {
	Environments []environment.Environment `optional:"true"` // one stage each, with account and region; default none
	Settings     string                    // path of cdk.json: without it only the CDK CLI would read its context
	Dist         string                    // folder of the built functions
	Ci           *CiProps                  `optional:"true"` // what the repository's workflows may do; default none
	Outdir       string                    `optional:"true"` // folder of the cloud assembly; default CDK_OUTDIR
}

// NewApp returns the app, ready for synthesis, or an error that says what to mend.
func NewApp(props AppProps) (awscdk.App, error) {
	if field := missing(reflect.ValueOf(props)); field != "" {
		return nil, fmt.Errorf("AppProps.%s is not set", field)
	}
	context, err := contextOf(props.Settings)
	if err != nil {
		return nil, err
	}
	if err := check(props.Environments); err != nil {
		return nil, err
	}
	for _, name := range Functions {
		bootstrap := filepath.Join(props.Dist, name, "bootstrap")
		if _, err := os.Stat(bootstrap); err != nil {
			return nil, fmt.Errorf("%s does not exist: run `make build`", bootstrap)
		}
	}
	if props.Ci != nil {
		if err := props.Ci.check(); err != nil {
			return nil, err
		}
	}
	app := awscdk.NewApp(&awscdk.AppProps{
		AnalyticsReporting: jsii.Bool(false), TreeMetadata: jsii.Bool(false),
		Context: &context, Outdir: orNil(props.Outdir),
	})
	for _, env := range props.Environments {
		NewStage(app, env, props.Dist)
	}
	if props.Ci != nil {
		newCi(app, *props.Ci)
	}
	return app, nil
}

// check returns the first mistake in envs. Names that differ only in case would share a database.
func check(envs []environment.Environment) error {
	owners := map[string]string{"ci": "the stack of the workflows"}
	for _, env := range envs {
		if err := env.Validate(); err != nil {
			return err
		}
		name := strings.ToLower(env.Name)
		if owner := owners[name]; owner != "" {
			return fmt.Errorf("environment %s: Name is %[1]q, must differ from that of %s by more than case", env.Name, owner)
		}
		owners[name] = "environment " + env.Name
		if _, err := tablesOf(env); err != nil {
			return err
		}
	}
	return nil
}

func contextOf(settings string) (map[string]any, error) {
	data, err := os.ReadFile(settings)
	if err != nil {
		return nil, fmt.Errorf("reading the CDK's settings: %w", err)
	}
	var file struct {
		Context map[string]any `json:"context"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("reading the CDK's settings: %s: %w", settings, err)
	}
	return file.Context, nil
}
