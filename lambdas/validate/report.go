package validate

import (
	"context"

	"global-ingest/lambdas/record"
)

// The metrics. EventsRejected is written twice: in all, and by Reason.
const (
	MetricValid    = "EventsValid"
	MetricRejected = "EventsRejected"

	// In records, written when there are any.
	MetricFailed   = "RecordsFailed"   // Firehose writes them to failed/
	MetricStored   = "RecordsStored"   // the answer had no room for their lines, and the Validator stored them
	MetricDeferred = "RecordsDeferred" // the Validator had no time for them, and left them in spill/
)

// report counts what became of a batch, and logs which records failed. It comes after
// everything is stored, so that a batch that is sent again counts once.
func (h *Handler) report(ctx context.Context, batch []delivered, outcomes []outcome) {
	counts := map[string]int{MetricValid: 0, MetricRejected: 0}
	rejected := map[record.Reason]int{}
	for i, o := range outcomes {
		counts[MetricValid] += o.valid
		for reason, n := range o.rejected {
			counts[MetricRejected] += n
			rejected[reason] += n
		}
		if o.stored {
			counts[MetricStored]++
		}
		if o.deferred {
			counts[MetricDeferred]++
		}
		if o.failed != nil {
			counts[MetricFailed]++
			h.log.ErrorContext(ctx, "record goes to failed/",
				"recordId", string(batch[i].id), "bytes", len(batch[i].data), "cause", o.failed.Error())
		}
	}
	h.meter.Count(ctx, counts)
	for _, reason := range record.Reasons() {
		if n := rejected[reason]; n > 0 {
			h.meter.With("Reason", string(reason)).Count(ctx, map[string]int{MetricRejected: n})
		}
	}
}
