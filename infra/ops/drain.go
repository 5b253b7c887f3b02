package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"global-ingest/infra/environment"
	"global-ingest/infra/ops/deployed"
)

// drainer empties an environment before its Pipeline stack is deleted.
type drainer struct {
	place
	api, stage string   // where requests come in
	streams    []string // of events and of rejects
	queueURL   string
	late       time.Duration // how late CloudWatch may show what happened
}

// drain stops the traffic of an environment and waits until its streams have delivered
// what they hold, or says what a destroy would lose.
func drain(ctx context.Context, args []string, t terminal) error {
	flags := newFlags("drain")
	name := environmentFlag(flags)
	wait := flags.Duration("wait", 30*time.Minute, "longest time to wait; 0 does not wait and only says what "+
		"would be lost")
	every := flags.Duration("every", 15*time.Second, "how often to look")
	late := flags.Duration("late", 3*time.Minute, "how late CloudWatch may show what happened")
	yes := flags.Bool("yes", false, "do not ask")
	open := flags.Bool("open", false, "only let requests in again")
	if err := t.parse(flags, args); err != nil {
		return err
	}
	at, err := enter(ctx, *name)
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, at)
	d, err := at.drainer(ctx, *late)
	if err != nil {
		return err
	}
	if d == nil {
		fmt.Fprintf(t.out, "there is no stack %s: nothing to drain\n",
			environment.StackName(at.Name, environment.PipelineStack))
		return nil
	}
	if *open {
		return d.throttle(ctx, at.Throttle)
	}
	question := fmt.Sprintf("Stop the traffic of %s, to delete its Pipeline stack? Clients are answered 429.", at.Name)
	if !*yes && !confirm(t, question) {
		return errors.New("nothing is stopped")
	}
	if err := d.throttle(ctx, environment.Throttle{}); err != nil {
		return err
	}
	fmt.Fprintln(t.out, "traffic is stopped; the canary's alarms may ring until the stack is gone")
	return d.wait(ctx, t, *wait, *every)
}

// drainer finds what is to be drained, nil when the stack is not there.
func (p place) drainer(ctx context.Context, late time.Duration) (*drainer, error) {
	all, err := deployed.Resources(ctx, p.cfg, environment.StackName(p.Name, environment.PipelineStack))
	if refusedAs(err, noSuchStack) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	storage, err := p.outputs(ctx, environment.StorageStack)
	if err != nil {
		return nil, err
	}
	d := &drainer{place: p, queueURL: storage[environment.RedriveQueueOutput], late: late}
	for _, r := range all {
		switch r.Type {
		case "AWS::ApiGateway::RestApi":
			d.api = r.Name
		case "AWS::ApiGateway::Stage":
			d.stage = r.Name
		case streamType:
			d.streams = append(d.streams, r.Name)
		}
	}
	return d, nil
}

// throttle sets what the stage lets through, on every path and method.
func (d *drainer) throttle(ctx context.Context, to environment.Throttle) error {
	set := func(path string, value int) types.PatchOperation {
		return types.PatchOperation{
			Op: types.OpReplace, Path: aws.String("/*/*/throttling/" + path),
			Value: aws.String(strconv.Itoa(value)),
		}
	}
	_, err := apigateway.NewFromConfig(d.cfg).UpdateStage(ctx, &apigateway.UpdateStageInput{
		RestApiId: &d.api, StageName: &d.stage,
		PatchOperations: []types.PatchOperation{set("rateLimit", to.RatePerSecond), set("burstLimit", to.Burst)},
	})
	if err != nil {
		return fmt.Errorf("setting the throttle of API %s, stage %s, to %d requests a second: %w",
			d.api, d.stage, to.RatePerSecond, err)
	}
	return nil
}

// wait looks until nothing is left, for at most limit.
func (d *drainer) wait(ctx context.Context, t terminal, limit, every time.Duration) error {
	stopped := time.Now()
	for said := ""; ; {
		left, err := d.left(ctx, stopped)
		if limit == 0 && denied(err) {
			left, err = []string{"not looked at: " + err.Error()}, nil
		}
		if err != nil {
			return err
		}
		if len(left) == 0 {
			fmt.Fprintf(t.out, "%s holds nothing any more\n", d.Name)
			return nil
		}
		if now := strings.Join(left, "\n  "); now != said {
			said = now
			fmt.Fprintf(t.out, "not yet in the lake:\n  %s\n", said)
		}
		if limit == 0 {
			fmt.Fprintln(t.out, "not waited: a destroy loses what the streams hold")
			return nil
		}
		if time.Since(stopped) >= limit {
			return fmt.Errorf("after %v this is not yet in the lake:\n  %s\nto wait on, run it again, with a "+
				"longer WAIT; WAIT=0 goes on and loses what the streams hold; "+
				"`go run ./infra/ops drain -environment %s -open` lets requests in again",
				limit, strings.Join(left, "\n  "), d.Name)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
	}
}
