package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/config"

	"global-ingest/lambdas/deployed"
	"global-ingest/test/simulator"
)

// toolkit is the stack that `cdk bootstrap` makes.
const toolkit = "CDKToolkit"

// ready says whether every account and region that the assembly deploys to is
// bootstrapped; a certificate for the edge lives in us-east-1, wherever the rest is.
// Whoever may not look is not stopped: the CDK CLI looks once more.
func ready(ctx context.Context, o options) error {
	templates, err := simulator.ReadAssembly(o.assembly, o.environment)
	if err != nil {
		return err
	}
	places := map[simulator.Place]bool{}
	for _, t := range templates {
		places[t.Place] = true
	}
	byName := func(a, b simulator.Place) int {
		return slices.Compare([]string{a.Account, a.Region}, []string{b.Account, b.Region})
	}
	for _, place := range slices.SortedFunc(maps.Keys(places), byName) {
		if err := bootstrapped(ctx, place); err != nil {
			return err
		}
	}
	return nil
}

func bootstrapped(ctx context.Context, at simulator.Place) error {
	cfg, err := settings(ctx, config.WithRegion(at.Region))
	if err != nil {
		return err
	}
	_, err = deployed.Outputs(ctx, cfg, toolkit)
	switch {
	case err == nil || refusedAs(err, "AccessDenied"):
		return nil
	case refusedAs(err, "ValidationError"): // CloudFormation's word for "does not exist"
		return fmt.Errorf("aws://%[1]s/%[2]s is not bootstrapped: run `npx --prefix infra cdk bootstrap aws://%[1]s/%[2]s` once", at.Account, at.Region)
	}
	return err
}
