package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"global-ingest/infra/environment"
)

func TestWithoutAVerbTheCommandListsThem(t *testing.T) {
	for _, args := range [][]string{nil, {"help"}, {"-h"}} {
		shown, err := ops(t, "", args...)
		if err != nil || !strings.HasPrefix(shown, "usage: ") || !strings.Contains(shown, "\n  replay ") {
			t.Errorf("%v: %v\n%s", args, err, shown)
		}
	}
	if shown, err := ops(t, "", "replay", "-h"); err != nil || !strings.Contains(shown, "-prefix key") {
		t.Errorf("%v\n%s", err, shown)
	}
}

func TestMistakesAreOneClearLine(t *testing.T) {
	credentials(t, "")
	for want, args := range map[string][]string{
		`there is no verb "ping"`:                          {"ping"},
		`smoke: unexpected argument "now"`:                 {"smoke", "now"},
		"smoke: the endpoint of Prod is not known":         {"smoke", "-environment", "Prod", "-outputs", t.TempDir()},
		"endpoint: reading the outputs of the last deploy": {"endpoint", "-outputs", t.TempDir()},
		"kept: flag provided but not defined: -x: `go run": {"kept", "-x"},
		`fuzz: invalid value "x" for flag -time: parse er`: {"fuzz", "-time", "x"},
		`query: region is "home", but the lake of this ma`: {"query", "-sql", "select 1", "-region", "home"},
		`judge: region is "home", but the lake of this ma`: {"judge", "-type", "click", "-region", "home"},
		"ready: reading assembly: open nowhere/manifest.j": {"ready", "-assembly", "nowhere"},
		`names: environment is "Test", must be one of Dev`: {"names", "-environment", "Test"},
		"empty: no AWS credentials":                        {"empty"},
		`there is no verb "review"`:                        {"review"},
	} {
		_, err := ops(t, "", args...)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want one line that begins with %q", err, want)
		}
	}
}

// TestVerbsActInTheRegionOfTheEnvironment, whatever region the operator's profile has.
func TestVerbsActInTheRegionOfTheEnvironment(t *testing.T) {
	for _, region := range []string{"eu-central-1", "ap-southeast-2"} {
		abroad := environment.Default("Abroad")
		abroad.Region = region
		environments(t, abroad)
		for verb, args := range map[string][]string{
			"names":  nil,
			"replay": {"-prefix", "rejected/", "-yes"},
			"empty":  {"-yes", "-wait", "0"},
			"smoke":  {"-url", polite(t), "-outputs", t.TempDir(), "-examples", examples, "-wait", "1s"},
		} {
			f := deployedPipeline(t, "Abroad")
			shown, _ := ops(t, "", append([]string{verb, "-environment", "Abroad"}, args...)...)
			if got := f.regions(); len(got) != 1 || got[0] != region {
				t.Errorf("%s calls AWS in %v, want %s", verb, got, region)
			}
			if want := "Abroad in account " + account + ", " + region; !strings.Contains(shown, want) {
				t.Errorf("%s does not say %q:\n%s", verb, want, shown)
			}
		}
	}
}

func TestCredentialsOfAnotherAccountAreRefused(t *testing.T) {
	theirs := environment.Default("Theirs")
	theirs.Account = "222222222222"
	environments(t, theirs)
	for verb, args := range map[string][]string{"names": nil, "replay": {"-prefix", "rejected/"}, "empty": {"-yes"}} {
		f := fake(t, nil)
		_, err := ops(t, "", append([]string{verb, "-environment", "Theirs"}, args...)...)
		want := "Theirs is in account 222222222222, but these credentials are of 111111111111: " +
			"set AWS_PROFILE to one of 222222222222"
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: error is %v, want %s", verb, err, want)
		}
		if len(f.calls) != 1 {
			t.Errorf("%s made %d calls, want only the one that asks whose credentials they are", verb, len(f.calls))
		}
	}
}

func TestAStackThatIsNotThereIsSaidInOneLine(t *testing.T) {
	deployedPipeline(t, "Dev")
	_, err := ops(t, "", "names", "-environment", "Prod")
	want := "names: there is no stack Prod-Storage (Prod in account 111111111111, us-east-1): run `make deploy ENV=Prod`"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

// makefile is the Makefile's text.
func makefile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheMakefileCallsVerbsThatExist(t *testing.T) {
	known := usage()
	called := regexp.MustCompile(`\$\(OPS\) ([a-z-]+)`).FindAllStringSubmatch(makefile(t), -1)
	if len(called) == 0 {
		t.Fatal("the Makefile calls no verb")
	}
	for _, call := range called {
		if !strings.Contains(known, "\n  "+call[1]+" ") {
			t.Errorf("the Makefile calls %q, which is no verb", call[1])
		}
	}
}

// TestMakeHandsOnSQLAsItIs: make would take the path of a member, $.page.url, for a variable of its own.
func TestMakeHandsOnSQLAsItIs(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("no make on the PATH")
	}
	const sql = "select json_extract_scalar(event, '$.page.url'), '$(ENV)' from events"
	dryRun := exec.Command("make", "-n", "query", "SQL="+sql)
	dryRun.Dir = filepath.Join("..", "..")
	said, err := dryRun.CombinedOutput()
	if want := `-sql '` + strings.ReplaceAll(sql, "'", `'\''`) + `'`; err != nil || !strings.Contains(string(said), want) {
		t.Errorf("make runs %s, want %s: %v", said, want, err)
	}
}

// TestTheMakefileStaysATable: a target that is not phony would be skipped when a file has
// its name, and logic belongs to a verb.
func TestTheMakefileStaysATable(t *testing.T) {
	text := makefile(t)
	if lines := strings.Count(text, "\n"); lines > 130 {
		t.Errorf("the Makefile has %d lines, want at most 130", lines)
	}
	_, phony, _ := strings.Cut(text, "\n.PHONY: ")
	phony, _, _ = strings.Cut(strings.ReplaceAll(phony, "\\\n", " "), "\n")
	for _, target := range regexp.MustCompile(`(?m)^([a-z][a-z-]*):.*## `).FindAllStringSubmatch(text, -1) {
		if !strings.Contains(" "+strings.Join(strings.Fields(phony), " ")+" ", " "+target[1]+" ") {
			t.Errorf("%s is not phony", target[1])
		}
	}
	for _, word := range []string{"; do ", "; then", "; done"} {
		if strings.Contains(text, word) {
			t.Errorf("the Makefile has a shell program: %q", word)
		}
	}
}
