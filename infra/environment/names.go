package environment

import "strings"

// The stacks of an environment, by the ids that its stage gives them.
const (
	StorageStack  = "Storage"  // what outlives every version of the pipeline
	PipelineStack = "Pipeline" // everything else that an event needs
	QueryStack    = "Query"    // what asks the lake; no event needs it
	FrontStack    = "Front"    // what clients connect to with Regions, in us-east-1
)

// FrontRegion is the region of Front: CloudFront reads certificates, web ACLs and functions there.
const FrontRegion = "us-east-1"

// The outputs that other programs read.
const (
	LakeBucketOutput   = "LakeBucket"   // of Storage
	RedriveQueueOutput = "RedriveQueue" // of Storage
	EndpointOutput     = "Endpoint"     // of Pipeline
	DatabaseOutput     = "DatabaseName" // of Query, as the next two
	WorkGroupOutput    = "WorkGroupName"
	ReaderOutput       = "ReaderPolicy"
)

// Stacks returns the stacks that an event needs, in the order in which they are deployed.
func Stacks() []string { return []string{StorageStack, PipelineStack} }

// Stacks returns all of e, in the order in which they are deployed.
func (e Environment) Stacks() []string {
	if e.Query.Off {
		return Stacks()
	}
	return append(Stacks(), QueryStack)
}

// Database returns the name of an environment's database in Glue and Athena: people type it.
func Database(environment string) string { return "global_ingest_" + strings.ToLower(environment) }

// WorkGroup returns the name of an environment's workgroup in Athena.
func WorkGroup(environment string) string { return "global-ingest-" + environment }

// StackName returns the name that a stack of an environment is deployed under.
func StackName(environment, stack string) string { return environment + "-" + stack }
