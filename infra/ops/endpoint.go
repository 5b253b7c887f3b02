package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"

	"global-ingest/infra/environment"
)

// endpoint prints where the environment answers, and a request to paste.
func endpoint(_ context.Context, t terminal, f *flags) error {
	env, try := f.environment(), f.trial(t)
	if err := f.parse(); err != nil {
		return err
	}
	return try.tellEndpoint(*env)
}

// tellEndpoint prints where clients of an environment post.
func (s *trial) tellEndpoint(env environment.Environment) error {
	url := env.PublicURL()
	if !env.Worldwide() {
		found, err := written(s.outputs, env.Sites()[0])
		if err != nil {
			return fmt.Errorf("%w: run `make deploy ENV=%s` here", err, env.Name)
		}
		url = found[environment.EndpointOutput]
	}
	valid, err := firstExample(s.examples, "valid")
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n%s answers at\n\n  %s\n%s\nTry it:\n\n  curl -i %[2]s -d '%[4]s'\n  make smoke ENV=%[1]s\n",
		env.Name, url, s.doors(env), valid)
	return nil
}

// doors are the URLs of an environment's regions, as far as they were deployed from here.
func (s *trial) doors(env environment.Environment) string {
	if !env.Worldwide() {
		return ""
	}
	out := strings.Builder{}
	for _, site := range env.Sites() {
		found, err := written(s.outputs, site)
		url := found[environment.EndpointOutput]
		if err != nil {
			url = "not deployed from here"
		}
		if !site.Joined() {
			url += " (drained: clients are sent to the others)"
		}
		fmt.Fprintf(&out, "  %-15s %s\n", site.Region, url)
	}
	return out.String()
}

// written returns the outputs of a site's stacks, as the CDK CLI wrote them after a deploy. The
// error is fs.ErrNotExist without a deploy from here.
func written(folder string, site environment.Site) (map[string]string, error) {
	data, err := os.ReadFile(outputsFile(folder, site.Environment, site.Region))
	if err != nil {
		return nil, fmt.Errorf("reading the outputs of the last deploy: %w", err)
	}
	var byStack map[string]map[string]string
	if err := json.Unmarshal(data, &byStack); err != nil {
		return nil, fmt.Errorf("reading the outputs of the last deploy: %w", err)
	}
	all := map[string]string{}
	for _, stack := range environment.Stacks() {
		maps.Copy(all, byStack[site.StackName(stack)])
	}
	return all, nil
}
