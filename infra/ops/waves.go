package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"global-ingest/infra/environment"
)

// wave is one step of a change that reaches an environment site by site.
type wave struct {
	name string // of a site's region, or of the front
	run  func(context.Context) error
}

// inWaves runs the waves one after another. The first that fails ends it, and so does Ctrl-C.
func (t terminal) inWaves(ctx context.Context, command string, waves []wave) error {
	for i, w := range waves {
		fmt.Fprintf(t.out, "\n== %s\n", w.name)
		err := w.run(ctx)
		if ctx.Err() != nil {
			err = errors.New("interrupted; CloudFormation finishes a change that has begun")
		}
		if err != nil {
			return halted{err, command, namesOf(waves[:i]), namesOf(waves[i:])}
		}
	}
	return nil
}

func namesOf(waves []wave) (names []string) {
	for _, w := range waves {
		names = append(names, w.name)
	}
	return names
}

// halted is the error of waves that ended early. It says how to go on.
type halted struct {
	cause      error
	command    string
	done, left []string
}

func (h halted) Error() string {
	done := strings.Join(h.done, ", ")
	if done == "" {
		done = "nothing"
	}
	return fmt.Sprintf("%s: %v\n  done: %s\n  not done: %s\n  to go on: %s REGION=%s", h.left[0], h.cause, done,
		strings.Join(h.left, ", "), h.command, strings.Join(h.left, ","))
}

func (h halted) Unwrap() error { return h.cause }

// cdkCLI is how the CDK CLI is called with what the last synthesis left.
type cdkCLI struct {
	terminal
	assembly, approval string
}

// run shows a command of the CDK CLI, and runs it.
func (c cdkCLI) run(ctx context.Context, verb string, args ...string) error {
	args = append([]string{verb, "--build", "true", "--app", c.assembly}, args...)
	fmt.Fprintln(c.notes, "cdk "+strings.Join(args, " "))
	return c.exec(ctx, nil, cdk, args...)
}

// deploy deploys stacks without those that they refer to, which are another site's. It writes
// their outputs, if outputs names a file.
func (c cdkCLI) deploy(ctx context.Context, outputs string, stacks ...string) error {
	args := []string{"--exclusively", "--require-approval", c.approval}
	if outputs != "" {
		args = append(args, "--outputs-file", outputs)
	}
	return c.run(ctx, "deploy", append(args, stacks...)...)
}

// destroy deletes one stack, whatever depends on it.
func (c cdkCLI) destroy(ctx context.Context, stack string) error {
	return c.run(ctx, "destroy", "--force", "--exclusively", stack)
}

// stacksOf returns where the CDK has the site's stacks.
func stacksOf(site environment.Site) (paths []string) {
	for _, stack := range site.Stacks() {
		paths = append(paths, site.Path()+"/"+stack)
	}
	return paths
}
