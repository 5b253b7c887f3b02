package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"global-ingest/infra/environment"
)

// endpoint prints where the environment answers, and a request to paste.
func endpoint(_ context.Context, args []string, t terminal) error {
	flags := newFlags("endpoint")
	name, outputs, examples := environmentFlag(flags), outputsFlag(flags), examplesFlag(flags)
	if err := t.parse(flags, args); err != nil {
		return err
	}
	found, err := written(*outputs, *name)
	if err != nil {
		return err
	}
	valid, _, err := samples(*examples)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "\n%s answers at\n\n  %s\n\nTry it:\n\n  curl -i %[2]s -d '%[3]s'\n  make smoke ENV=%[1]s\n",
		*name, found[environment.EndpointOutput], valid)
	return nil
}

func outputsFlag(flags *flag.FlagSet) *string {
	return flags.String("outputs", ".local/outputs",
		"`folder` of <environment>.json, which the last deploy from here wrote")
}

func examplesFlag(flags *flag.FlagSet) *string {
	return flags.String("examples", "lambdas/validate/schemas/examples", "`folder` of the events to send")
}

// written returns the outputs of the environment's stacks, as the CDK CLI wrote them after a
// deploy. The error is fs.ErrNotExist without a deploy from here.
func written(folder, name string) (map[string]string, error) {
	data, err := os.ReadFile(filepath.Join(folder, name+".json"))
	if err != nil {
		return nil, fmt.Errorf("reading the outputs of the last deploy: %w", err)
	}
	var byStack map[string]map[string]string
	if err := json.Unmarshal(data, &byStack); err != nil {
		return nil, fmt.Errorf("reading the outputs of the last deploy: %w", err)
	}
	all := map[string]string{}
	for _, stack := range environment.Stacks() {
		maps.Copy(all, byStack[environment.StackName(name, stack)])
	}
	return all, nil
}
