package validate

import (
	"math"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schema"
)

// Judge decides on records one at a time, by the code of the Handler, and stores nothing:
// an operator asks it what other schemas would say. It uses its memory again and is not
// safe for concurrent use.
type Judge struct{ worker *worker }

// NewJudge returns a Judge. Of c it uses what decides on events.
func NewJudge(c Config, set *schema.Set) *Judge { return &Judge{newWorker(c, set)} }

// Record returns how many events of r are valid, and the rejects of all others. The error
// says why Firehose would write r to failed/.
func (j *Judge) Record(r record.Record) (valid int, rejected []record.Reject, err error) {
	var o outcome
	j.worker.begin(nil, nil)
	j.worker.judge(delivered{data: record.Append(nil, r.Header, r.Body)}, math.MaxInt, &o)
	for _, row := range j.worker.rejects.all {
		reject, err := record.DecodeReject(row.row)
		if err != nil {
			return 0, nil, err
		}
		rejected = append(rejected, reject)
	}
	return o.valid, rejected, o.failed
}
