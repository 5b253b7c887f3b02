package simulator

import "global-ingest/infra/assembly"

// What a synthesis writes is what the simulator runs.
type (
	Template = assembly.Template
	Place    = assembly.Place
	Resource = assembly.Resource
	Output   = assembly.Output
)
