package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"global-ingest/infra/environment"
)

// watch looks at a site's alarms as long as a deploy bakes there. One that rings ends it.
func (d deployment) watch(ctx context.Context, site environment.Site) error {
	if d.bake == 0 {
		return nil
	}
	fmt.Fprintf(d.out, "watching the alarms for %v\n", d.bake)
	for began := time.Now(); ; {
		ringing, err := d.ringing(ctx, site)
		if err != nil {
			return err
		}
		if len(ringing) > 0 {
			return fmt.Errorf("alarms ring:\n  %s\n  infra/runbook.md says what to do; BAKE=0 goes on whatever rings",
				strings.Join(ringing, "\n  "))
		}
		if time.Since(began) >= d.bake {
			fmt.Fprintf(d.out, "no alarm rang for %v\n", d.bake)
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(d.every, time.Until(began.Add(d.bake)))):
		}
	}
}

// ringing returns a line for each alarm of the site's Pipeline that rings, with its description.
// The names of alarms begin with that of their stack.
func (d deployment) ringing(ctx context.Context, site environment.Site) (lines []string, err error) {
	at, err := siteOf(site).enterOne(ctx)
	if err != nil {
		return nil, err
	}
	pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(at.cfg), &cloudwatch.DescribeAlarmsInput{
		AlarmNamePrefix: aws.String(site.StackName(environment.PipelineStack) + "-"),
		StateValue:      types.StateValueAlarm,
		AlarmTypes:      []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if denied(err) {
			return nil, fmt.Errorf("these credentials may not see the alarms of %s, which BAKE watches: allow "+
				"cloudwatch:DescribeAlarms, or leave BAKE out: %w", at, err)
		}
		if err != nil {
			return nil, fmt.Errorf("looking at the alarms of %s: %w", at, err)
		}
		for _, a := range page.MetricAlarms {
			lines = append(lines, aws.ToString(a.AlarmName)+": "+aws.ToString(a.AlarmDescription))
		}
		for _, a := range page.CompositeAlarms {
			lines = append(lines, aws.ToString(a.AlarmName)+": "+aws.ToString(a.AlarmDescription))
		}
	}
	return lines, nil
}
