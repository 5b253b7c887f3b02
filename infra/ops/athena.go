package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"

	"global-ingest/infra/cost"
	"global-ingest/infra/environment"
	"global-ingest/infra/query"
)

type execution struct {
	athena *athena.Client
	id     *string
}

// everywhere answers over the lakes of an environment, one after another. With several regions the
// first column says which, and a query that one cannot answer has no result.
func (t terminal) everywhere(ctx context.Context, c choice, sql string) (all query.Result, err error) {
	places, err := c.enter(ctx)
	if err != nil {
		return all, err
	}
	var bytes int64
	for _, at := range places {
		found, read, err := t.byAthena(ctx, at, sql)
		if bytes += read; err != nil {
			return all, at.in(err)
		}
		if !at.Worldwide() {
			return found, nil
		}
		if all, err = under(all, at.Region, found); err != nil {
			return all, at.in(err)
		}
	}
	if len(places) > 1 {
		fmt.Fprintf(t.notes, "%d regions: read %s, $%.5f\n", len(places), megabytes(bytes), cost.Scan(float64(bytes)))
	}
	return all, nil
}

// under adds a region's rows below those of others, with the region as their first column.
func under(all query.Result, region string, found query.Result) (query.Result, error) {
	columns := append([]query.Column{{Name: "region", Type: "varchar"}}, found.Columns...)
	if all.Columns != nil && !slices.Equal(all.Columns, columns) {
		return all, fmt.Errorf("it answers with other columns, %q, than the regions before it, %q: name the columns, "+
			"or deploy the same version everywhere", found.Names(), all.Names()[1:])
	}
	all.Columns = columns
	for _, row := range found.Rows {
		all.Rows = append(all.Rows, append([]*string{&region}, row...))
	}
	return all, nil
}

// byAthena answers over the lake of one region, tells how far it is, and what it cost. It returns
// the bytes that were read.
func (t terminal) byAthena(ctx context.Context, at place, sql string) (query.Result, int64, error) {
	client := athena.NewFromConfig(at.cfg)
	started, err := client.StartQueryExecution(ctx, &athena.StartQueryExecutionInput{
		QueryString:           aws.String(sql),
		WorkGroup:             aws.String(environment.WorkGroup(at.Name)),
		QueryExecutionContext: &types.QueryExecutionContext{Database: aws.String(environment.Database(at.Name))},
	})
	if err != nil {
		return query.Result{}, 0, at.notAsked(err)
	}
	e := execution{client, started.QueryExecutionId}
	done, err := e.wait(ctx, t)
	if err != nil {
		return query.Result{}, 0, err
	}
	bytes := scanned(done)
	seconds := float64(aws.ToInt64(done.Statistics.TotalExecutionTimeInMillis)) / 1_000
	fmt.Fprintf(t.notes, "%s: read %s in %.1f s, $%.5f\n", at, megabytes(bytes), seconds, cost.Scan(float64(bytes)))
	if reason := failure(done, at.Environment); reason != nil {
		return query.Result{}, bytes, reason
	}
	result, err := e.result(ctx)
	return result, bytes, err
}

// notAsked says what to do when Athena does not take the query.
func (p place) notAsked(err error) error {
	if refusedAs(err, "InvalidRequestException") && strings.Contains(err.Error(), "WorkGroup") {
		return fmt.Errorf("there is no workgroup %s, looked for %s: run `make deploy ENV=%s`, with Query.Off false",
			environment.WorkGroup(p.Name), p, p.Name)
	}
	if denied(err) {
		return fmt.Errorf("these credentials may not ask %s: attach the policy that its stack %s prints as %s: %w",
			p.Name, environment.QueryStack, environment.ReaderOutput, err)
	}
	return fmt.Errorf("asking Athena: %w", err)
}

// wait looks until the query has ended. A query that nobody waits for any more is stopped:
// what it reads costs.
func (e execution) wait(ctx context.Context, t terminal) (*types.QueryExecution, error) {
	for between := 200 * time.Millisecond; ; between = min(2*between, 2*time.Second) {
		got, err := e.athena.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: e.id})
		if err != nil {
			return nil, e.stop(ctx, fmt.Errorf("asking how far the query is: %w", err))
		}
		now := got.QueryExecution
		if now.Statistics == nil {
			now.Statistics = &types.QueryExecutionStatistics{}
		}
		switch now.Status.State {
		case types.QueryExecutionStateSucceeded, types.QueryExecutionStateFailed, types.QueryExecutionStateCancelled:
			return now, nil
		}
		fmt.Fprintf(t.notes, "%s, %s read\n", strings.ToLower(string(now.Status.State)), megabytes(scanned(now)))
		if err := pause(ctx, between); err != nil {
			return nil, e.stop(ctx, err)
		}
	}
}

func (e execution) stop(ctx context.Context, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, err := e.athena.StopQueryExecution(ctx, &athena.StopQueryExecutionInput{QueryExecutionId: e.id})
	return errors.Join(cause, err)
}

func scanned(e *types.QueryExecution) int64 { return aws.ToInt64(e.Statistics.DataScannedInBytes) }

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// failure is why a query has no result, in one line, with what to do.
func failure(e *types.QueryExecution, env environment.Environment) error {
	reason := strings.Join(strings.Fields(aws.ToString(e.Status.StateChangeReason)), " ")
	switch {
	case e.Status.State == types.QueryExecutionStateSucceeded:
		return nil
	case strings.Contains(strings.ToLower(reason), "bytes scanned limit"):
		return fmt.Errorf("the query reads more than %d MiB: "+
			"ask for fewer days (where day >= '…'), or raise Query.ScanLimitMiB of %s", env.Query.ScanLimitMiB, env.Name)
	}
	return fmt.Errorf("athena: %s: %s", strings.ToLower(string(e.Status.State)), reason)
}

// result returns the rows. The first row of a query that selects has the columns' names.
func (e execution) result(ctx context.Context) (r query.Result, err error) {
	pages := athena.NewGetQueryResultsPaginator(e.athena, &athena.GetQueryResultsInput{QueryExecutionId: e.id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return r, fmt.Errorf("reading the result: %w", err)
		}
		if r.Columns == nil { // the first page has them
			for _, c := range page.ResultSet.ResultSetMetadata.ColumnInfo {
				r.Columns = append(r.Columns, query.Column{Name: aws.ToString(c.Name), Type: aws.ToString(c.Type)})
			}
		}
		for _, row := range page.ResultSet.Rows {
			cells := make([]*string, len(r.Columns))
			for i, datum := range row.Data[:min(len(row.Data), len(cells))] {
				cells[i] = datum.VarCharValue
			}
			r.Rows = append(r.Rows, cells)
		}
	}
	isName := func(cell *string, name string) bool { return aws.ToString(cell) == name }
	if len(r.Rows) > 0 && slices.EqualFunc(r.Rows[0], r.Names(), isName) {
		r.Rows = r.Rows[1:]
	}
	return r, nil
}
