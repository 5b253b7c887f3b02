package synth

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"slices"
	"testing"
)

// With these flags another app has a stage of its own judged by this package.
var (
	assembly   = flag.String("assembly", "", "`folder` of another app's cloud assembly: only TestAnotherStage runs then")
	stageName  = flag.String("stage", "", "`name` of the stage in that assembly")
	reportFile = flag.String("report", "", "`file` for what TestAnotherStage finds, as JSON")
)

// judged is what this package says of one stack of another app.
type judged struct {
	Roles    map[string][]string // what each role may do and who may assume it
	Controls []string            // "<id>: <resource> <what is found>", beside Dev's exceptions
}

// TestAnotherStage writes what the roles of another app's stage may do, and what the
// controls find against it. It judges nothing itself: that is for the other app's tests.
func TestAnotherStage(t *testing.T) {
	if *assembly == "" {
		t.Skip("needs -args -assembly, -stage and -report, which another app's tests give")
	}
	byName, err := loadStage(*assembly, *stageName)
	if err != nil {
		t.Fatal(err)
	}
	report := map[string]judged{}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		asDev := *byName[name]
		asDev.Stage = "Dev"
		j := judged{Roles: asDev.roles()}
		for _, c := range controls {
			for _, f := range c.unexcused(&asDev) {
				j.Controls = append(j.Controls, c.id+": "+f.on+" "+f.says)
			}
		}
		report[byName[name].Name] = j
	}
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*reportFile, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
