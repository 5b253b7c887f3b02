package main

import (
	"context"
	"errors"
	"flag"
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

// emptier empties a site before its Pipeline stack is deleted.
type emptier struct {
	place
	api, stage string   // where requests come in
	streams    []string // of events and of rejects
	queueURL   string
	late       time.Duration // how late CloudWatch may show what happened
}

// emptying is how an operator wants sites emptied.
type emptying struct {
	wait, every, late time.Duration
	yes               bool
}

// empty stops the traffic of an environment and waits until its streams have delivered
// what they hold, or says what a destroy would lose.
func empty(ctx context.Context, args []string, t terminal) error {
	flags := newFlags("empty")
	w, how := whereFlags(flags, home), emptyingFlags(flags)
	open := flags.Bool("open", false, "only let requests in again")
	if err := t.parse(flags, args); err != nil {
		return err
	}
	at, err := w.enterOne(ctx)
	if err != nil {
		return err
	}
	if !*open {
		return at.empty(ctx, t, *how)
	}
	fmt.Fprintln(t.notes, at)
	e, err := at.emptier(ctx, t, how.late)
	if err != nil || e == nil {
		return err
	}
	return e.throttle(ctx, at.Throttle)
}

// emptyingFlags adds the flags of empty that a destroy has, too.
func emptyingFlags(flags *flag.FlagSet) *emptying {
	how := &emptying{}
	flags.DurationVar(&how.wait, "wait", 30*time.Minute, "longest time to wait; 0 does not wait and only says what "+
		"would be lost")
	flags.DurationVar(&how.every, "every", 15*time.Second, "how often to look")
	flags.DurationVar(&how.late, "late", 3*time.Minute, "how late CloudWatch may show what happened")
	flags.BoolVar(&how.yes, "yes", false, "do not ask")
	return how
}

// empty empties one site.
func (p place) empty(ctx context.Context, t terminal, how emptying) error {
	fmt.Fprintln(t.notes, p)
	e, err := p.emptier(ctx, t, how.late)
	if err != nil || e == nil {
		return err
	}
	question := fmt.Sprintf("Stop the traffic of %s, to delete its Pipeline stack? Clients are answered 429.", p.Path())
	if !how.yes && !confirm(t, question) {
		return errors.New("nothing is stopped")
	}
	if err := e.throttle(ctx, environment.Throttle{}); err != nil {
		return err
	}
	fmt.Fprintln(t.out, "traffic is stopped; the canary's alarms may ring until the stack is gone")
	return e.untilEmpty(ctx, t, how)
}

// emptier finds what is to be emptied. It is nil, and says so, when the stack is not there.
func (p place) emptier(ctx context.Context, t terminal, late time.Duration) (*emptier, error) {
	stack := p.StackName(environment.PipelineStack)
	all, err := deployed.Resources(ctx, p.cfg, stack)
	if refusedAs(err, noSuchStack) {
		fmt.Fprintf(t.out, "there is no stack %s: nothing to empty\n", stack)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	storage, err := p.outputs(ctx, environment.StorageStack)
	if err != nil {
		return nil, err
	}
	e := &emptier{place: p, queueURL: storage[environment.RedriveQueueOutput], late: late}
	for _, r := range all {
		switch r.Type {
		case "AWS::ApiGateway::RestApi":
			e.api = r.Name
		case "AWS::ApiGateway::Stage":
			e.stage = r.Name
		case streamType:
			e.streams = append(e.streams, r.Name)
		}
	}
	return e, nil
}

// throttle sets what the stage lets through, on every path and method.
func (e *emptier) throttle(ctx context.Context, to environment.Throttle) error {
	set := func(path string, value int) types.PatchOperation {
		return types.PatchOperation{
			Op: types.OpReplace, Path: aws.String("/*/*/throttling/" + path),
			Value: aws.String(strconv.Itoa(value)),
		}
	}
	_, err := apigateway.NewFromConfig(e.cfg).UpdateStage(ctx, &apigateway.UpdateStageInput{
		RestApiId: &e.api, StageName: &e.stage,
		PatchOperations: []types.PatchOperation{set("rateLimit", to.RatePerSecond), set("burstLimit", to.Burst)},
	})
	if err != nil {
		return fmt.Errorf("setting the throttle of API %s, stage %s, to %d requests a second: %w",
			e.api, e.stage, to.RatePerSecond, err)
	}
	return nil
}

// untilEmpty looks until nothing is left, as long as how says.
func (e *emptier) untilEmpty(ctx context.Context, t terminal, how emptying) error {
	stopped := time.Now()
	for said := ""; ; {
		left, err := e.left(ctx, stopped)
		if how.wait == 0 && denied(err) {
			left, err = []string{"not looked at: " + err.Error()}, nil
		}
		if err != nil {
			return err
		}
		if len(left) == 0 {
			fmt.Fprintf(t.out, "%s holds nothing any more\n", e.Path())
			return nil
		}
		if now := strings.Join(left, "\n  "); now != said {
			said = now
			fmt.Fprintf(t.out, "not yet in the lake:\n  %s\n", said)
		}
		if how.wait == 0 {
			fmt.Fprintln(t.out, "not waited: a destroy loses what the streams hold")
			return nil
		}
		if time.Since(stopped) >= how.wait {
			return fmt.Errorf("after %v this is not yet in the lake:\n  %s\nto wait on, run it again, with a "+
				"longer WAIT; WAIT=0 goes on and loses what the streams hold; "+
				"`go run ./infra/ops empty %s -open` lets requests in again",
				how.wait, strings.Join(left, "\n  "), e.flags())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(how.every):
		}
	}
}
