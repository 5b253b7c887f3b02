package synth

import (
	"encoding/base64"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schema/column"
)

const glueTable = "AWS::Glue::Table"

// sqlFolder has the SQL of every view and question, which the templates hold as base64.
const sqlFolder = "testdata/query"

// viewOf is what a view's table says to Athena.
type viewOf struct {
	OriginalSQL     string `json:"originalSql"`
	Catalog, Schema string
	Columns         []struct{ Name, Type string }
}

// views returns those of a stack, by name.
func (s *stack) views(t *testing.T) map[string]viewOf {
	t.Helper()
	found := map[string]viewOf{}
	for _, r := range s.resources(glueTable) {
		text, isView := at(r.Properties, "TableInput", "ViewOriginalText").(string)
		if !isView {
			continue
		}
		encoded := strings.TrimSuffix(strings.TrimPrefix(text, "/* Presto View: "), " */")
		plain, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			t.Fatal(err)
		}
		var v viewOf
		if err := json.Unmarshal(plain, &v); err != nil {
			t.Fatal(err)
		}
		found[at(r.Properties, "TableInput", "Name").(string)] = v
	}
	return found
}

// TestGoldensOfSQL are what a reviewer reads of the views and the named queries: the
// templates' base64, decoded, in every environment.
func TestGoldensOfSQL(t *testing.T) {
	written := map[string]bool{}
	for _, s := range everyStack() {
		if s.Name != environment.QueryStack {
			continue
		}
		sql := map[string]string{}
		for name, v := range s.views(t) {
			sql[name] = "CREATE OR REPLACE VIEW " + name + " AS\n" + v.OriginalSQL
		}
		for _, r := range s.resources("AWS::Athena::NamedQuery") {
			name := strings.ReplaceAll(strings.ToLower(r.Properties["Name"].(string)), " ", "-")
			sql["question-"+name] = r.Properties["QueryString"].(string)
		}
		for name, text := range sql {
			path := filepath.Join(sqlFolder, name+".sql")
			written[path] = true
			keep(t, path, []byte(text+";\n"))
		}
	}
	files, err := filepath.Glob(filepath.Join(sqlFolder, "*.sql"))
	if err != nil || len(files) != len(written) {
		t.Errorf("%s has %d files, want %d: delete those of views that are gone", sqlFolder, len(files), len(written))
	}
}

// TestAViewDeclaresTheSameColumnsTwice: to Athena, in Trino's types, and to Glue, in Hive's.
func TestAViewDeclaresTheSameColumnsTwice(t *testing.T) {
	each(t, environment.QueryStack, func(t *testing.T, s *stack) {
		views := s.views(t)
		for _, r := range s.resources(glueTable) {
			v, isView := views[at(r.Properties, "TableInput", "Name").(string)]
			if !isView {
				continue
			}
			var want, got []string
			for _, c := range v.Columns {
				want = append(want, c.Name+" "+column.GlueType(c.Type))
			}
			for _, c := range at(r.Properties, "TableInput", "StorageDescriptor", "Columns").([]any) {
				got = append(got, at(c, "Name").(string)+" "+at(c, "Type").(string))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-Athena +Glue)\n%s", r.ID, diff)
			}
			if v.Schema != environment.Database(s.Stage) || v.Catalog != "awsdatacatalog" {
				t.Errorf("%s looks into %s.%s", r.ID, v.Catalog, v.Schema)
			}
		}
	})
}

// TestTablesLieWhereTheStreamsWrite, for each hour up to now: a query outside would return
// nothing, without an error.
func TestTablesLieWhereTheStreamsWrite(t *testing.T) {
	folder := strings.NewReplacer("!{timestamp:yyyy-MM-dd}", "${day}", "!{timestamp:HH}", "${hour}").
		Replace(record.PartitionExpression())
	each(t, environment.QueryStack, func(t *testing.T, s *stack) {
		for id, prefix := range map[string]string{"Lines": record.EventsPrefix, "RejectedLines": record.RejectedPrefix} {
			parameters := at(s.the(t, id).Properties, "TableInput", "Parameters").(map[string]any)
			if got, want := s.text(parameters["storage.location.template"]), "s3://LakeBucket/"+prefix+folder; got != want {
				t.Errorf("%s lies in %s, want %s", id, got, want)
			}
			if got, want := parameters["projection.day.range"], string(environmentOf(t, s).Query.Since)+",NOW"; got != want {
				t.Errorf("%s has the days %s, want %s", id, got, want)
			}
		}
	})
}

// TestAReaderReadsAndNothingElse: what the policy that people are given allows.
func TestAReaderReadsAndNothingElse(t *testing.T) {
	each(t, environment.QueryStack, func(t *testing.T, s *stack) {
		group, database := environment.WorkGroup(s.Stage), environment.Database(s.Stage)
		region := environmentOf(t, s).Region
		athena, glue := "arn:aws:athena:"+region+":111111111111:", "arn:aws:glue:"+region+":111111111111:"
		want := []string{
			"allow s3:GetObject on LakeBucket.Arn/events/* LakeBucket.Arn/failed/* LakeBucket.Arn/rejected/*",
			"allow s3:ListBucket on LakeBucket.Arn if StringLike=s3:prefix=events/* failed/* rejected/*",
			"allow kms:Decrypt on LakeKey.Arn if StringEquals=kms:ViaService=s3." + region + ".amazonaws.com",
			"allow s3:GetBucketLocation on LakeBucket.Arn",
			"allow athena:BatchGetNamedQuery athena:BatchGetQueryExecution athena:GetNamedQuery athena:GetQueryExecution " +
				"athena:GetQueryResults athena:GetQueryResultsStream athena:GetWorkGroup athena:ListNamedQueries " +
				"athena:ListQueryExecutions athena:StartQueryExecution athena:StopQueryExecution on " + athena +
				"workgroup/" + group,
			"allow glue:GetDatabase glue:GetPartition glue:GetPartitions glue:GetTable glue:GetTables on " +
				glue + "catalog " + glue + "database/" + database + " " + glue + "table/" + database + "/*",
		}
		var got []string
		for _, statement := range at(s.the(t, "Reader").Properties, "PolicyDocument", "Statement").([]any) {
			got = append(got, s.statement(statement.(map[string]any)))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-may +does)\n%s", diff)
		}
	})
}

// TestAQueryIsBounded for everybody, and Athena deletes its results.
func TestAQueryIsBounded(t *testing.T) {
	each(t, environment.QueryStack, func(t *testing.T, s *stack) {
		config := at(s.the(t, "WorkGroup").Properties, "WorkGroupConfiguration").(map[string]any)
		limit := float64(environmentOf(t, s).Query.ScanLimitMiB) * 1_048_576
		if config["BytesScannedCutoffPerQuery"] != limit || limit >= 1<<31 ||
			config["EnforceWorkGroupConfiguration"] != true ||
			at(config, "ManagedQueryResultsConfiguration", "Enabled") != true {
			t.Errorf("the workgroup allows %v", config)
		}
	})
}

// TestQueryMayFailWithoutAnEventLost: no other stack needs it, and it is deployed last.
func TestQueryMayFailWithoutAnEventLost(t *testing.T) {
	for _, s := range everyStack() {
		text := string(encode(t, s.Template))
		if s.Name != environment.QueryStack && strings.Contains(text, s.Stage+"-Query") {
			t.Errorf("%s needs the stack Query", s.title())
		}
		if s.Name == environment.QueryStack && strings.Contains(text, `"Export"`) {
			t.Errorf("%s exports something that another stack could need", s.title())
		}
		if s.Name == environment.QueryStack && !slices.ContainsFunc(s.After, func(id string) bool {
			return strings.HasPrefix(id, s.Stage+strings.ReplaceAll(s.Region, "-", "")+environment.PipelineStack)
		}) {
			t.Errorf("%s is deployed after %v, not after Pipeline", s.title(), s.After)
		}
	}
}
