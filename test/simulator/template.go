package simulator

import "global-ingest/infra/assembly"

// The simulator runs what a synthesis writes.

// Template is one stack.
type Template = assembly.Template

// Place is where a stack would be deployed.
type Place = assembly.Place

// Resource is one resource of a stack.
type Resource = assembly.Resource

// Output is one output of a stack.
type Output = assembly.Output
