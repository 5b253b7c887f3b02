package fault

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"global-ingest/lambdas/ingest"
)

var mutants = flag.Bool("mutants", false, "also run rows against wrong functions, each of which must be found")

// wrong are functions that lose or duplicate events, and the row that finds each.
var wrong = []struct {
	mutation
	row  string
	says string // part of one finding
}{
	{mutation{
		name: "the spill is removed", file: "lambdas/ingest/handler.go",
		old: `return h.spill.Put(ctx, s.key(), s.record)`,
		new: `return ctx.Err()`,
	}, "503 on 30 %", "lost: "},
	{mutation{
		name: "the id is made per attempt", file: "lambdas/ingest/handler.go",
		old: `return h.stream.Put(ctx, s.id, s.record)`,
		new: `copy(s.record[len("{\"v\":1,\"id\":\""):], record.NewID())
	return h.stream.Put(ctx, s.id, s.record)`,
	}, "none", "clash: "},
	{mutation{
		name: "FailedPutCount is ignored", file: "lambdas/aws/firehose/batch/batch.go",
		old: `if answer.ErrorCode != nil {`,
		new: `if answer.ErrorCode != nil && n < 0 {`,
	}, "batches refused in part", "lost: "},
	{mutation{
		name: "the object is deleted before the put", file: "lambdas/redrive/handler.go",
		old: `	objects := b.objects
`,
		new: `	objects := b.objects
	for _, o := range objects {
		_ = h.lake.Delete(ctx, o.Key)
	}
`,
	}, "Redrive gives up, then tries again", "lost: "},
	{mutation{
		name: "Dropped without an accepted reject", file: "lambdas/validate/store.go",
		old: `indexes, err := s.rejects.PutBatch(ctx, rows)`,
		new: `_, _ = s.rejects.PutBatch(ctx, rows)
	var indexes []int`,
	}, "rejects stream denies access", "lost: "},
	{mutation{
		name: "Dropped without stored lines", file: "lambdas/validate/store.go",
		old: `if err := patiently(ctx, func() error { return s.objects.PutLines(ctx, key, body) }); err != nil {`,
		new: `go func() { _ = s.objects.PutLines(ctx, key, body) }()
	if err := ctx.Err(); err != nil {`,
	}, "S3 refuses lines that fit no answer", "lost: "},
	{mutation{
		name: "the breaker never closes", file: "lambdas/aws/firehose/breaker.go",
		old: `if succeeded {`,
		new: `if succeeded && b.failures < b.config.Failures {`,
	}, "503 on 100 %, a minute, then fine", "after Firehose was healthy again"},
	{mutation{
		name: "next door is said and not done", file: "lambdas/ingest/handler.go",
		old: `if err := h.nextDoor.Put(ctx, s.key(), s.record); err != nil {`,
		new: `if err := ctx.Err(); err != nil {`,
	}, storesNothing, "lost: "},
	{mutation{
		name: "what is spilled here is kept next door too", file: "lambdas/ingest/handler.go",
		old: `		err = h.spillAside(ctx, s, end)
`,
		new: `		err = h.spillAside(ctx, s, end)
		if h.nextDoor != nil {
			_ = h.nextDoor.Put(ctx, s.key(), s.record)
		}
`,
	}, firehoseDown, "is in the lakes of"},
}

// TestEveryMutationAppliesToTheSource, also in runs that build no mutant.
func TestEveryMutationAppliesToTheSource(t *testing.T) {
	all := []mutation{panics, hurried}
	for _, m := range wrong {
		all = append(all, m.mutation)
	}
	for _, m := range all {
		if _, _, err := m.apply(); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
}

// TestTheSuiteFindsOutWhatIsWrong runs a row against each wrong function. If a tally had
// no findings, the suite would prove nothing.
func TestTheSuiteFindsOutWhatIsWrong(t *testing.T) {
	if !*mutants {
		t.Skip("builds the functions once per mutant: make fault-mutants runs it")
	}
	for _, m := range wrong {
		t.Run(m.name, func(t *testing.T) {
			bootstraps, err := m.build(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			result, findings, err := runNamed(m.row, bootstraps, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			for _, finding := range findings {
				if strings.Contains(finding, m.says) {
					t.Logf("%s: %s: %s", m.row, result, finding)
					return
				}
			}
			t.Errorf("%s does not say %q: %s", m.row, m.says, result)
		})
	}
}

// runNamed runs the row of a name, of one region or of several.
func runNamed(name string, bootstraps map[string]string, dir string) (Result, []string, error) {
	for _, row := range regionRows {
		if row.name == name {
			result, findings, err := row.run(bootstraps, *seed, dir)
			return result.Result, findings, err
		}
	}
	for _, row := range rows {
		if row.name == name {
			out, err := setup{bootstraps: bootstraps, mode: ingest.Durable}.runRow(row, 300, *seed, dir)
			return out.Result, out.findings, err
		}
	}
	return Result{}, nil, fmt.Errorf("no row is called %s", name)
}
