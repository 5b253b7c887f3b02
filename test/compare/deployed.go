package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"global-ingest/infra/ops/deployed"
	"global-ingest/test/figures"
)

// found is where a deployed wiring answers, and its names in CloudWatch.
type found struct {
	wiring
	url      string
	api      string // ApiName; empty at the edge
	function string // FunctionName; empty without a function, and at the edge, where it counts in a location's region
}

// stage is that of test/compare/stacks.
const stage = "Compare"

// measureDeployed measures every deployed wiring from here, over a new connection and one
// that stays open. It then asks CloudWatch for the latency of API and function.
func measureDeployed(ctx context.Context, rounds int, folder string, out, progress io.Writer) error {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(figures.Region))
	if err != nil {
		return fmt.Errorf("reading AWS settings: %w", err)
	}
	var places []found
	for _, w := range wirings() {
		f, err := locate(ctx, cfg, w)
		if err != nil {
			return err
		}
		places = append(places, f)
	}
	began := time.Now()
	rows, err := probe(ctx, places, rounds)
	if err != nil {
		return err
	}
	fmt.Fprintln(progress, "Waiting for CloudWatch, which counts a minute when it is over.")
	time.Sleep(3 * time.Minute)
	watched := cloudwatch.NewFromConfig(cfg)
	for i, f := range places {
		s, err := counted(ctx, watched, f, began)
		if err != nil {
			return err
		}
		for j := range rows[i].kept {
			rows[i].kept[j].function, rows[i].kept[j].api = s.function, s.api
		}
	}
	return reportDeployed(out, folder, rows)
}

// locate asks CloudFormation for the outputs of a wiring's stack.
func locate(ctx context.Context, cfg aws.Config, w wiring) (found, error) {
	outputs, err := deployed.Outputs(ctx, cfg, stage+"-"+w.stack)
	if err != nil {
		return found{}, err
	}
	f := found{w, outputs["Endpoint"], apiName(w), outputs["Function"]}
	if f.url == "" {
		err = fmt.Errorf("stack %s-%s has no Endpoint", stage, w.stack)
	}
	return f, err
}

// apiName is the API's name in its metrics; empty at the edge.
func apiName(w wiring) string {
	switch {
	case w.place == atEdge:
		return ""
	case w.stack == "Pipeline":
		return "global-ingest-" + stage
	}
	return "global-ingest-" + stage + "-" + w.stack
}

// probe sends requests to each place.
func probe(ctx context.Context, places []found, rounds int) ([]row, error) {
	var all []*asked
	for _, f := range places {
		all = append(all, &asked{row{wiring: f.wiring}, func(ctx context.Context, client *http.Client) (sample, error) {
			took, err := post(ctx, client, f.url, []byte(figures.Click))
			if err != nil {
				err = fmt.Errorf("wiring %s at %s: %w", f.number, f.url, err)
			}
			return sample{client: took}, err
		}})
	}
	return takeTurns(ctx, all, rounds, nil)
}

// counted is the median of what CloudWatch has of a place since began.
func counted(ctx context.Context, watched *cloudwatch.Client, f found, began time.Time) (s sample, err error) {
	if f.api != "" {
		s.api, err = median(ctx, watched, "AWS/ApiGateway", "IntegrationLatency", "ApiName", f.api, began)
		if err != nil {
			return s, err
		}
	}
	if f.function != "" {
		s.function, err = median(ctx, watched, "AWS/Lambda", "Duration", "FunctionName", f.function, began)
	}
	return s, err
}

// median returns a metric's p50 in the minutes since began, or 0 where it has none.
func median(ctx context.Context, watched *cloudwatch.Client, namespace, metric, dimension, value string,
	began time.Time,
) (time.Duration, error) {
	statistics, err := watched.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: &namespace, MetricName: &metric, Dimensions: []types.Dimension{{Name: &dimension, Value: &value}},
		StartTime: aws.Time(began.Truncate(time.Minute)), EndTime: aws.Time(time.Now()), Period: aws.Int32(60),
		ExtendedStatistics: []string{"p50"},
	})
	if err != nil {
		return 0, fmt.Errorf("asking CloudWatch for %s of %s: %w", metric, value, err)
	}
	var all []time.Duration
	for _, point := range statistics.Datapoints {
		all = append(all, time.Duration(point.ExtendedStatistics["p50"]*float64(time.Millisecond)))
	}
	return figures.Quantile(all, 0.5), nil
}

// reportDeployed writes the figures from an account.
func reportDeployed(out io.Writer, folder string, rows []row) error {
	writeWirings(out, rows)
	fmt.Fprint(out, `
How to read it: client figures are measured from here, so they include the way to the nearest location of the edge and
to us-east-1; the article's client was 20 ms from its location. Function and API are CloudWatch's medians of Duration
and IntegrationLatency in the same minutes. A function at the edge counts in the region of its location, so it is not
here.
`)
	p := &parameters{} // nothing is modelled: all of it is one leg
	if err := results(p, rows).Save(filepath.Join(folder, "results.json")); err != nil {
		return err
	}
	return plot(filepath.Join(folder, "compare.svg"), p, rows)
}
