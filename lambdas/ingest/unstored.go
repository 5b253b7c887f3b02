package ingest

// WhenUnstored says what a client hears when neither the stream nor the spill took
// its record.
type WhenUnstored string

// The settings of WhenUnstored.
const (
	Refuse      WhenUnstored = "refuse"      // 503 and Retry-After: not acknowledged, so not lost
	Acknowledge WhenUnstored = "acknowledge" // 200 all the same: the event is lost, and counted
)
