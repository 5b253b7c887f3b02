package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"global-ingest/lambdas/record"
)

// executed is Athena's answer to GetQueryExecution.
func executed(state, reason string, bytes int) map[string]any {
	return map[string]any{"QueryExecution": map[string]any{
		"Status":     map[string]any{"State": state, "StateChangeReason": reason},
		"Statistics": map[string]any{"DataScannedInBytes": bytes, "TotalExecutionTimeInMillis": 1_500},
	}}
}

func cells(texts ...any) map[string]any {
	var data []map[string]any
	for _, text := range texts {
		datum := map[string]any{}
		if text != nil {
			datum["VarCharValue"] = text
		}
		data = append(data, datum)
	}
	return map[string]any{"Data": data}
}

// athenaWith answers a query with two rows once its execution has ended.
func athenaWith(t *testing.T, ends map[string]any) *fakeAWS {
	states := []any{executed("QUEUED", "", 0), executed("RUNNING", "", 4_000_000), ends}
	return fake(t, map[string]func(request) any{
		"athena StartQueryExecution": always(map[string]any{"QueryExecutionId": "q1"}),
		"athena StopQueryExecution":  always(map[string]any{}),
		"athena GetQueryExecution": func(request) any {
			now := states[0]
			states = states[min(1, len(states)-1):]
			return now
		},
		"athena GetQueryResults": func(r request) any {
			if bytes.Contains(r.body, []byte("NextToken")) {
				return map[string]any{"ResultSet": map[string]any{"Rows": []any{cells("", nil)}}}
			}
			return map[string]any{"NextToken": "n", "ResultSet": map[string]any{
				"ResultSetMetadata": map[string]any{"ColumnInfo": []any{
					map[string]any{"Name": "type", "Type": "varchar"}, map[string]any{"Name": "n", "Type": "bigint"},
				}},
				"Rows": []any{cells("type", "n"), cells("click\n", "12")},
			}}
		},
	})
}

// TestAQueryOfAnEnvironmentAnswersWithItsPrice, in every format.
func TestAQueryOfAnEnvironmentAnswersWithItsPrice(t *testing.T) {
	for format, want := range map[string]string{
		"table": "type       n\n----       -\n\"click\\n\"  12\n           NULL\n(2 rows)\n",
		"csv":   "type,n\n\"click\n\",12\n,\n",
		"json":  `{"type":"click\n","n":12}` + "\n" + `{"type":"","n":null}` + "\n",
	} {
		aws := athenaWith(t, executed("SUCCEEDED", "", 2_000_000_000))
		out, err := ops(t, "", "query", "-environment", "Prod", "-sql", "select 1", "-format", format)
		notes := "queued, 0.0 MB read\nrunning, 4.0 MB read\n" +
			"Prod in account 111111111111, us-east-1: read 2000.0 MB in 1.5 s, $0.01000\n"
		if err != nil || out != notes+want {
			t.Errorf("%s: %v\n got %q\nwant %q", format, err, out, notes+want)
		}
		asked := string(aws.of("athena StartQueryExecution")[0].body)
		for _, part := range []string{
			`"QueryString":"select 1"`, `"WorkGroup":"global-ingest-Prod"`,
			`"Database":"global_ingest_prod"`,
		} {
			if !strings.Contains(asked, part) {
				t.Errorf("Athena is asked %s, want %s", asked, part)
			}
		}
	}
}

// TestAQueryThatFailsSaysWhatToDo in one line.
func TestAQueryThatFailsSaysWhatToDo(t *testing.T) {
	for name, row := range map[string]struct {
		aws  func(*testing.T)
		args []string
		want string
	}{
		"no SQL":      {func(*testing.T) {}, []string{"-sql", " "}, `query: there is no question: add SQL="select type, count(*) from events group by 1"`},
		"no format":   {func(*testing.T) {}, []string{"-sql", "s", "-format", "xml"}, `query: format is "xml", must be table, csv or json`},
		"nobody":      {func(t *testing.T) { credentials(t, "") }, []string{"-sql", "s", "-environment", "Prod"}, "query: no AWS credentials: set AWS_PROFILE"},
		"environment": {func(*testing.T) {}, []string{"-sql", "s", "-environment", "Live"}, `query: environment is "Live", must be one of Dev, Staging, Prod`},
		"no lake":     {func(*testing.T) {}, []string{"-sql", "s", "-lake", "nowhere"}, "query: there is no lake in nowhere: run `make local` and send it events"},
		"syntax": {
			func(t *testing.T) { athenaWith(t, executed("FAILED", "line 1:1:\n mismatched input", 0)) },
			[]string{"-sql", "s", "-environment", "Prod"},
			"query: athena: failed: line 1:1: mismatched input",
		},
		"scan": {
			func(t *testing.T) {
				athenaWith(t, executed("CANCELLED", "Bytes scanned limit was exceeded", 2_200_000_000))
			},
			[]string{"-sql", "s", "-environment", "Prod"},
			"query: the query reads more than 2047 MiB: ask for fewer days (where day >= '…'), " +
				"or raise Query.ScanLimitMiB of Prod",
		},
		"no stack": {func(t *testing.T) {
			fake(t, map[string]func(request) any{"athena StartQueryExecution": always(refused{
				"InvalidRequestException",
				"WorkGroup is not found.",
			})})
		}, []string{"-sql", "s", "-environment", "Prod"}, "query: there is no workgroup global-ingest-Prod, " +
			"looked for Prod in account 111111111111, us-east-1: run `make deploy ENV=Prod`"},
		"no right": {func(t *testing.T) {
			fake(t, map[string]func(request) any{"athena StartQueryExecution": always(refused{"AccessDeniedException", "no"})})
		}, []string{"-sql", "s", "-environment", "Prod"}, "query: these credentials may not ask Prod: attach the policy that its stack Query prints as ReaderPolicy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(filepath.Join("..", ".."))
			row.aws(t)
			_, err := ops(t, "", append([]string{"query"}, row.args...)...)
			if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %v, want %s", err, row.want)
			}
		})
	}
}

// athenas answers a query in each region with a row, or as ends has it for a region.
func athenas(t *testing.T, ends map[string]map[string]any) {
	t.Helper()
	environments(t, world())
	fake(t, map[string]func(request) any{
		"athena StartQueryExecution": always(map[string]any{"QueryExecutionId": "q1"}),
		"athena GetQueryExecution": func(r request) any {
			if end := ends[r.region]; end != nil {
				return end
			}
			return executed("SUCCEEDED", "", 1_000_000_000)
		},
		"athena GetQueryResults": func(r request) any {
			column := "n"
			if r.region == "ap-southeast-1" && ends["older"] != nil {
				column = "m"
			}
			return map[string]any{"ResultSet": map[string]any{
				"ResultSetMetadata": map[string]any{"ColumnInfo": []any{map[string]any{"Name": column, "Type": "bigint"}}},
				"Rows":              []any{cells(column), cells(r.region[:2])},
			}}
		},
	})
}

// TestAQueryOfSeveralRegionsSaysWhich, with what all of them cost.
func TestAQueryOfSeveralRegionsSaysWhich(t *testing.T) {
	for region, want := range map[string]string{
		"": "us-east-1: read 1000.0 MB in 1.5 s, $0.00500\n" +
			"World in account 111111111111, eu-central-1: read 1000.0 MB in 1.5 s, $0.00500\n" +
			"World in account 111111111111, ap-southeast-1: read 1000.0 MB in 1.5 s, $0.00500\n" +
			"3 regions: read 3000.0 MB, $0.01500\n" +
			"region,n\nus-east-1,us\neu-central-1,eu\nap-southeast-1,ap\n",
		"eu-central-1": "eu-central-1: read 1000.0 MB in 1.5 s, $0.00500\nregion,n\neu-central-1,eu\n",
	} {
		athenas(t, nil)
		shown, err := ops(t, "", "query", "-environment", "World", "-region", region, "-sql", "select 1", "-format", "csv")
		if want = "World in account 111111111111, " + want; err != nil || shown != want {
			t.Errorf("%v, got\n%s\nwant\n%s", err, shown, want)
		}
	}
}

// TestARegionThatCannotAnswerIsNamed: a sum without it would be wrong, and nobody would see it.
func TestARegionThatCannotAnswerIsNamed(t *testing.T) {
	for want, ends := range map[string]map[string]map[string]any{
		"query: eu-central-1: athena: failed: away; REGION=… leaves a region out":                                          {"eu-central-1": executed("FAILED", "away", 0)},
		`query: ap-southeast-1: it answers with other columns, ["m"], than the regions before it, ["n"]: name the columns`: {"older": executed("", "", 0)},
	} {
		athenas(t, ends)
		shown, err := ops(t, "", "query", "-environment", "World", "-sql", "select 1")
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(shown, "rows") {
			t.Errorf("error is %v, want %s\n%s", err, want, shown)
		}
	}
}

// TestAQueryOfThisMachineReadsTheLakeInFiles.
func TestAQueryOfThisMachineReadsTheLakeInFiles(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	if _, err := os.Stat("infra/node_modules/@duckdb"); err != nil {
		t.Skip("DuckDB is not installed: `make cli` installs it")
	}
	lake := t.TempDir()
	var object bytes.Buffer
	zip := gzip.NewWriter(&object)
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	_, _ = zip.Write(record.AppendLine(nil, record.Header{ID: "a", ReceivedAt: at}, 0, "click",
		[]byte(`{"page":{"url":"app://it's"}}`)))
	_ = zip.Close()
	put(t, filepath.Join(lake, "bucket", record.EventsPrefix, record.Partition(at), "o"+record.LinesExtension),
		object.String())
	out, err := ops(t, "", "query", "-lake", lake, "-format", "csv", "-sql",
		"select id, page_url from click where day = '2026-11-23'")
	if want := "id,page_url\na/0,app://it's\n"; err != nil || out != want {
		t.Errorf("%v: got %q, want %q", err, out, want)
	}
	if _, err = ops(t, "", "query", "-lake", lake, "-sql", "selec 1"); err == nil ||
		!strings.Contains(err.Error(), `syntax error at or near "selec"`) {
		t.Errorf("error is %v", err)
	}
}
