package environment

// The stacks of an environment, by the ids that its stage gives them.
const (
	StorageStack  = "Storage"  // what outlives every version of the pipeline
	PipelineStack = "Pipeline" // everything else
)

// The outputs that other programs read.
const (
	LakeBucketOutput   = "LakeBucket"   // of Storage
	RedriveQueueOutput = "RedriveQueue" // of Storage
	EndpointOutput     = "Endpoint"     // of Pipeline
)

// Stacks returns the stacks in the order in which they are deployed.
func Stacks() []string { return []string{StorageStack, PipelineStack} }

// StackName returns the name that a stack of an environment is deployed under.
func StackName(environment, stack string) string { return environment + "-" + stack }
