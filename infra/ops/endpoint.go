package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"global-ingest/lambdas/deployed"
)

// endpoint prints where the environment answers, and a request to paste.
func endpoint(o options, out io.Writer) error {
	found, err := written(o)
	if err != nil {
		return err
	}
	valid, _, err := samples(o.examples)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s answers at\n\n  %s\n\nTry it:\n\n  curl -i %[2]s -d '%[3]s'\n  make smoke ENV=%[1]s\n", o.environment, found["Endpoint"], valid)
	return nil
}

// written returns the outputs of the environment's stacks that the CDK CLI wrote
// down after a deploy. The error is fs.ErrNotExist when there was none from here.
func written(o options) (map[string]string, error) {
	data, err := os.ReadFile(filepath.Join(o.outputs, o.environment+".json"))
	if err != nil {
		return nil, fmt.Errorf("reading what the last deploy said: %w", err)
	}
	var byStack map[string]map[string]string
	if err := json.Unmarshal(data, &byStack); err != nil {
		return nil, fmt.Errorf("reading what the last deploy said: %w", err)
	}
	return merged(byStack[o.environment+"-Storage"], byStack[o.environment+"-Pipeline"]), nil
}

func merged(storage, pipeline map[string]string) map[string]string {
	return map[string]string{"LakeBucket": storage["LakeBucket"], "Endpoint": pipeline["Endpoint"]}
}

// find returns the environment's outputs: as written by the last deploy from here,
// or else as the account tells. What o says comes before either.
func find(ctx context.Context, o options) (map[string]string, error) {
	found, err := written(o)
	if errors.Is(err, fs.ErrNotExist) && (o.url == "" || o.bucket == "") {
		found, err = asked(ctx, o.environment)
	}
	if err != nil && o.url == "" {
		return nil, err
	}
	return map[string]string{"Endpoint": cmp.Or(o.url, found["Endpoint"]), "LakeBucket": cmp.Or(o.bucket, found["LakeBucket"])}, nil
}

func asked(ctx context.Context, environment string) (map[string]string, error) {
	cfg, err := settings(ctx)
	if errors.Is(err, errNobody) {
		return nil, fmt.Errorf("where does %[1]s answer? `make deploy ENV=%[1]s` was not run here and there are no AWS credentials: say URL=https://…", environment)
	}
	if err != nil {
		return nil, err
	}
	storage, err := deployed.Outputs(ctx, cfg, environment+"-Storage")
	if err != nil {
		return nil, err
	}
	pipeline, err := deployed.Outputs(ctx, cfg, environment+"-Pipeline")
	if err != nil {
		return nil, err
	}
	return merged(storage, pipeline), nil
}
