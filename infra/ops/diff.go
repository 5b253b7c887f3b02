package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// cdk is the CDK CLI, at the version that infra/package-lock.json names.
var cdk = filepath.Join("infra", "node_modules", ".bin", "cdk")

// diff shows what a deploy of an environment would change: as the account has it, or,
// without AWS credentials, as the goldens of a revision have it.
func diff(ctx context.Context, args []string, t terminal) error {
	var since, base string
	flags := newFlags("diff")
	name := environmentFlag(flags)
	method := flags.String("method", "auto", "how `cdk diff` compares: auto asks CloudFormation what it would "+
		"replace, template compares texts")
	sinceFlags(flags, &since, &base)
	if err := t.parse(flags, args); err != nil {
		return err
	}
	if _, err := settings(ctx, ""); err == nil {
		return t.exec(ctx, nil, cdk, "diff", "--method="+*method, *name+"/*")
	} else if !errors.Is(err, errNobody) {
		return err
	}
	return t.diffGoldens(ctx, *name, since, base)
}

// diffGoldens synthesizes as the goldens are, and compares each stack with its own. A
// stack that had none is compared with an empty one.
func (t terminal) diffGoldens(ctx context.Context, name, since, base string) error {
	folder, err := before(since, base)
	if err != nil {
		return err
	}
	out := filepath.Join(".local", "golden.out")
	err = t.exec(ctx, []string{"CDK_OUTDIR=" + out}, "go", "run", "./infra",
		"-account", "111111111111", "-region", "us-east-1", "-dist", filepath.Join(goldens, "dist"))
	if err != nil {
		return err
	}
	env, err := named(name)
	if err != nil {
		return err
	}
	for _, stack := range env.Stacks() {
		golden := filepath.Join(folder, strings.ToLower(name), strings.ToLower(stack)+".json")
		if err := orEmpty(golden); err != nil {
			return err
		}
		err := t.exec(ctx, nil, cdk, "diff", "--exclusively", "--build", "true", "--app", out,
			"--template", golden, name+"/"+stack)
		if err != nil {
			return err
		}
	}
	return nil
}

// orEmpty writes an empty template if the golden does not exist.
func orEmpty(golden string) error {
	if _, err := os.Stat(golden); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
		return err
	}
	return os.WriteFile(golden, []byte("{}\n"), 0o644)
}

// exec runs a program with more variables in its environment; it talks to the terminal.
func (t terminal) exec(ctx context.Context, variables []string, name string, args ...string) error {
	command := exec.CommandContext(ctx, name, args...)
	command.Env = append(os.Environ(), variables...)
	command.Stdin, command.Stdout, command.Stderr = t.in, t.out, t.notes
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}
