package pipeline

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsathena"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/infra/query"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schema"
)

// tablesOf returns the event types as env sees them. Formats are always read: a column's
// type must not change with the setting of what is refused.
func tablesOf(env environment.Environment) ([]schema.Table, error) {
	set, err := schema.Load(schema.Options{Formats: true, TypeFrom: env.TypeFrom})
	if err != nil {
		return nil, err
	}
	return set.Tables()
}

// newQuery adds the stack of what asks the lake. Nothing on an event's way needs it, and
// it is deployed last: where the account's Lake Formation refuses it, events still flow.
func newQuery(scope constructs.Construct, site environment.Site, lake *Lake, types []schema.Table) awscdk.Stack {
	stack := newSiteStack(scope, site, environment.QueryStack, awscdk.StackProps{
		Description: jsii.String("global-ingest: tables and views over the lake, for SQL"),
	})
	c := catalog{
		stack: stack, name: environment.Database(site.Name), since: string(site.Query.Since),
		root: "s3://" + *lake.Bucket.BucketName() + "/",
	}
	c.database = awsglue.NewCfnDatabase(stack, jsii.String("Database"), &awsglue.CfnDatabaseProps{
		CatalogId: stack.Account(),
		DatabaseInput: &awsglue.CfnDatabase_DatabaseInputProperty{
			Name: jsii.String(c.name), Description: jsii.String("The lake of " + site.Name + ": a view per event type"),
		},
	})
	c.lines("Lines", "lines", record.EventsPrefix, true)
	c.lines("RejectedLines", "rejected_lines", record.RejectedPrefix, true)
	c.lines("FailedLines", "failed_lines", record.FailedPrefix, false)
	for _, v := range query.Views(types) {
		c.view(v)
	}
	group := newWorkGroup(stack, site.Environment)
	for _, q := range query.Questions(types) {
		awsathena.NewCfnNamedQuery(stack, jsii.String(strings.ReplaceAll(q.Name, " ", "")), &awsathena.CfnNamedQueryProps{
			Name: jsii.String(q.Name), Description: jsii.String(q.Says), QueryString: jsii.String(q.SQL),
			Database: c.database.Ref(), WorkGroup: group.Ref(),
		})
	}
	reader := newReader(stack, lake, c.name, environment.WorkGroup(site.Name))
	output(stack, environment.DatabaseOutput, "The database of the views", jsii.String(c.name))
	output(stack, environment.WorkGroupOutput, "The Athena workgroup whose queries are bounded", group.Ref())
	output(stack, environment.ReaderOutput, "The policy of people who may ask the lake: attach it to their role",
		reader.ManagedPolicyArn())
	return stack
}

// catalog is the Glue database that is filled.
type catalog struct {
	stack    awscdk.Stack
	name     string
	since    string // first day that a query sees
	root     string // URL of the lake
	database awsglue.CfnDatabase
}

// lines adds a table whose one column is a line of the objects below prefix, by the hour if
// their folders say it. No reader of JSON is involved, so no event can break one. The delimiter
// is a control character, which JSON has only escaped.
func (c catalog) lines(id, name, prefix string, hourly bool) {
	parameters := map[string]any{"EXTERNAL": "TRUE"}
	var keys []any
	if hourly {
		keys = columns([]query.Column{{Name: "day", Type: "varchar"}, {Name: "hour", Type: "varchar"}})
		maps.Copy(parameters, c.hours(prefix))
	}
	c.table(id, &awsglue.CfnTable_TableInputProperty{
		Name: jsii.String(name), Description: jsii.String("A line of " + prefix + ", as text"),
		TableType:     jsii.String("EXTERNAL_TABLE"),
		PartitionKeys: keys, Parameters: parameters,
		StorageDescriptor: &awsglue.CfnTable_StorageDescriptorProperty{
			Location: jsii.String(c.root + prefix), Compressed: jsii.Bool(true),
			InputFormat:  jsii.String("org.apache.hadoop.mapred.TextInputFormat"),
			OutputFormat: jsii.String("org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"),
			SerdeInfo: &awsglue.CfnTable_SerdeInfoProperty{
				SerializationLibrary: jsii.String("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
				Parameters:           map[string]any{"field.delim": "\x01"},
			},
			Columns: columns([]query.Column{{Name: "line", Type: "varchar"}}),
		},
	})
}

// hours says where the partitions are, so that nobody has to add them: a folder for each
// hour from since to now. Only Athena reads it.
// https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
func (c catalog) hours(prefix string) map[string]any {
	return map[string]any{
		"projection.enabled":           "true",
		"projection.day.type":          "date",
		"projection.day.format":        "yyyy-MM-dd",
		"projection.day.range":         c.since + ",NOW",
		"projection.day.interval":      "1",
		"projection.day.interval.unit": "DAYS",
		"projection.hour.type":         "integer",
		"projection.hour.range":        "0,23",
		"projection.hour.digits":       "2",
		"storage.location.template":    c.root + prefix + "day=${day}/hour=${hour}/",
	}
}

// view adds a view, which is a table that holds a query. Athena reads the query from
// base64: the golden files beside the template say it in plain text.
func (c catalog) view(v query.View) {
	text, err := json.Marshal(struct {
		SQL     string         `json:"originalSql"`
		Catalog string         `json:"catalog"`
		Schema  string         `json:"schema"`
		Columns []query.Column `json:"columns"`
	}{v.SQL, "awsdatacatalog", c.name, v.Columns})
	if err != nil {
		panic(err) // strings always marshal
	}
	c.table("View"+title(v.Name), &awsglue.CfnTable_TableInputProperty{
		Name: jsii.String(v.Name), Description: jsii.String(v.Says), TableType: jsii.String("VIRTUAL_VIEW"),
		Parameters:       map[string]any{"presto_view": "true", "comment": "Presto View"},
		ViewOriginalText: jsii.String("/* Presto View: " + base64.StdEncoding.EncodeToString(text) + " */"),
		ViewExpandedText: jsii.String("/* Presto View */"),
		StorageDescriptor: &awsglue.CfnTable_StorageDescriptorProperty{
			Columns: columns(v.Columns), SerdeInfo: &awsglue.CfnTable_SerdeInfoProperty{},
		},
	})
}

func (c catalog) table(id string, input *awsglue.CfnTable_TableInputProperty) {
	awsglue.NewCfnTable(c.stack, jsii.String(id), &awsglue.CfnTableProps{
		CatalogId: c.stack.Account(), DatabaseName: c.database.Ref(), TableInput: input,
	})
}

func columns(of []query.Column) []any {
	var all []any
	for _, c := range of {
		all = append(all, &awsglue.CfnTable_ColumnProperty{Name: jsii.String(c.Name), Type: jsii.String(c.GlueType())})
	}
	return all
}

// title makes an id of a view's name: page_view is PageView. A digit keeps its _, so that
// no two views have one id.
func title(view string) string {
	var id strings.Builder
	for word := range strings.SplitSeq(view, "_") {
		if word == "" || word[0] >= '0' && word[0] <= '9' {
			id.WriteString("x" + word)
			continue
		}
		id.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return id.String()
}

// newWorkGroup bounds what one query may read, and with it what it costs. Results lie in
// Athena's own storage for 24 hours: no bucket to empty, and none to erase a person from.
func newWorkGroup(scope constructs.Construct, env environment.Environment) awsathena.CfnWorkGroup {
	return awsathena.NewCfnWorkGroup(scope, jsii.String("WorkGroup"), &awsathena.CfnWorkGroupProps{
		Name: jsii.String(environment.WorkGroup(env.Name)), State: jsii.String("ENABLED"),
		Description:           jsii.String("Queries of the lake of " + env.Name),
		RecursiveDeleteOption: jsii.Bool(true),
		WorkGroupConfiguration: &awsathena.CfnWorkGroup_WorkGroupConfigurationProperty{
			EnforceWorkGroupConfiguration:   jsii.Bool(true),
			PublishCloudWatchMetricsEnabled: jsii.Bool(true),
			BytesScannedCutoffPerQuery:      jsii.Number(float64(env.Query.ScanLimitMiB) * (1 << 20)),
			ManagedQueryResultsConfiguration: &awsathena.CfnWorkGroup_ManagedQueryResultsConfigurationProperty{
				Enabled: jsii.Bool(true),
			},
			EngineVersion: &awsathena.CfnWorkGroup_EngineVersionProperty{
				SelectedEngineVersion: jsii.String("Athena engine version 3"),
			},
		},
	})
}

// newReader adds the policy of people who may query the lake: this workgroup, this database, and the objects
// below the prefixes that its tables read.
func newReader(stack awscdk.Stack, lake *Lake, database, workGroup string) awsiam.ManagedPolicy {
	arn := func(service, resource string) *string {
		return jsii.String("arn:aws:" + service + ":" + *stack.Region() + ":" + *stack.Account() + ":" + resource)
	}
	reader := awsiam.NewManagedPolicy(stack, jsii.String("Reader"), &awsiam.ManagedPolicyProps{
		Description: jsii.String("Asks the lake in SQL: reads events, rejects and failed records, changes nothing"),
	})
	prefixes := []string{record.EventsPrefix, record.RejectedPrefix, record.FailedPrefix}
	lake.GrantRead(reader, prefixes...)
	lake.GrantList(reader, prefixes...)
	lake.GrantDecrypt(reader)
	grant(reader, []string{"s3:GetBucketLocation"}, lake.Bucket.BucketArn())
	grant(reader, []string{
		"athena:BatchGetNamedQuery", "athena:BatchGetQueryExecution", "athena:GetNamedQuery", "athena:GetQueryExecution",
		"athena:GetQueryResults", "athena:GetQueryResultsStream", "athena:GetWorkGroup", "athena:ListNamedQueries",
		"athena:ListQueryExecutions", "athena:StartQueryExecution", "athena:StopQueryExecution",
	}, arn("athena", "workgroup/"+workGroup))
	tables := []string{"glue:GetDatabase", "glue:GetPartition", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"}
	grant(reader, tables,
		arn("glue", "catalog"), arn("glue", "database/"+database), arn("glue", "table/"+database+"/*"))
	return reader
}
