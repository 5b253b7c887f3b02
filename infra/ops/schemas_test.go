package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestASchemaThatRefusesMoreStopsAChange, unless that is allowed, and says where.
func TestASchemaThatRefusesMoreStopsAChange(t *testing.T) {
	const folder = "lambdas/validate/schemas/"
	repository(t, map[string]string{
		folder + "a.json":                  `{"properties": {"n": {"type": "string"}, "gone": {"type": "boolean"}}}`,
		folder + "b.json":                  `{}`,
		folder + "examples/a/valid/x.json": `{"type": "a", "n": "long"}`,
	})
	out, err := ops(t, "", "schemas")
	if err != nil || out != "" {
		t.Errorf("nothing changed: %v, %q", err, out)
	}
	put(t, folder+"a.json", `{"properties": {"n": {"type": "string", "maxLength": 3}, "more": {"type": "boolean"}}}`)
	if err := os.Remove(filepath.FromSlash(folder + "b.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.FromSlash(folder + "examples")); err != nil {
		t.Fatal(err)
	}
	want := `
## What becomes of event types

**a**: **clients break**
- /more: properties has a rule now, and could be anything before: perhaps
- /n: maxLength is at most 3 now: breaks
- columns gained: ` + "`more boolean`" + `
- columns lost: ` + "`gone boolean`" + `

**b**: its schema and its view are gone; its events are taken as they come, or rejected where ` + "`Strict`" + ` is set
- a valid example is refused: a/x.json: /n has 4 characters, must have at most 3
`
	out, err = ops(t, "", "schemas")
	if err == nil || !strings.Contains(err.Error(), "at 3 places") || !strings.Contains(err.Error(), "breaks-clients") {
		t.Errorf("error is %v", err)
	}
	if out != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
	if out, err = ops(t, "", "schemas", "-allow"); err != nil || out != want {
		t.Errorf("allowed: %v\n%s", err, out)
	}
}
