package main

import (
	"os"
	"strings"
	"testing"
)

// echo prints how a program was called.
const echo = `echo "$(basename "$0") $*"`

// fakeCDK takes the place of the CDK CLI.
func fakeCDK(t *testing.T) {
	t.Helper()
	known := cdk
	t.Cleanup(func() { cdk = known })
	tools(t, map[string]string{"cdk": echo, "go": echo})
	cdk = "cdk"
}

func TestDiffAsksTheAccountWhenSomebodyIsLoggedIn(t *testing.T) {
	fakeCDK(t)
	fake(t, nil)
	shown, err := ops(t, "", "diff", "-environment", "Prod", "-method", "template")
	if err != nil || shown != "cdk diff --method=template Prod/*\n" {
		t.Errorf("%v\n%s", err, shown)
	}
}

// TestDiffComparesGoldensWithoutCredentials, and a stack that is new with nothing.
func TestDiffComparesGoldensWithoutCredentials(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "before/prod/storage.json", "{}")
	fakeCDK(t)
	credentials(t, "")
	shown, err := ops(t, "", "diff", "-environment", "Prod", "-base", "before")
	want := "go run ./infra -account 111111111111 -region us-east-1 -dist test/synth/testdata/dist\n" +
		"cdk diff --exclusively --build true --app .local/golden.out --template before/prod/storage.json Prod/Storage\n" +
		"cdk diff --exclusively --build true --app .local/golden.out --template .local/nothing.json Prod/Pipeline\n" +
		"cdk diff --exclusively --build true --app .local/golden.out --template .local/nothing.json Prod/Query\n"
	if err != nil || shown != want {
		t.Errorf("%v, got\n%s\nwant\n%s", err, shown, want)
	}
	if text, err := os.ReadFile(".local/nothing.json"); err != nil || string(text) != "{}\n" {
		t.Errorf("%v: a new stack is compared with %s", err, text)
	}
	if left, err := os.ReadDir("before/prod"); err != nil || len(left) != 1 {
		t.Errorf("%v: a folder that a person names has %v", err, left)
	}
}

// TestDiffWithGoldensNeedsNoAnswerOfTheAccount, although there are credentials.
func TestDiffWithGoldensNeedsNoAnswerOfTheAccount(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "before/prod/storage.json", "{}")
	fakeCDK(t)
	fake(t, nil)
	shown, err := ops(t, "", "diff", "-environment", "Prod", "-golden", "-base", "before")
	if err != nil || !strings.Contains(shown, "--template before/prod/storage.json Prod/Storage\n") {
		t.Errorf("%v\n%s", err, shown)
	}
}

// regionalDiff is a CDK CLI that shows a change of a stack as it is in its region: with the names
// of region and neighbour, and a table as wide as they are. On stderr it says more, as the real
// one does.
const regionalDiff = `for stack in "$@"; do :; done
region=us-east-1; name=World; path=; line=──; hash=0123456789abcdef0123456789abcdef; next=World-eu-central-1-Storage
case "$*" in
*eu-central-1*) region=eu-central-1; name=World-eu-central-1; path=eu-central-1/; line=─────; hash=00000000000000000000000000000000; next=World-ap-southeast-1-Storage;;
*ap-southeast-1*) region=ap-southeast-1; name=World-ap-southeast-1; path=ap-southeast-1/; more=" and more"; next=World-Storage;;
esac
echo "$*" >>calls
echo "reading $region" >&2
echo "Stack $stack ($name-Pipeline)"
echo "┌─$line─┐"
echo "[~] EdgeApiDeploymentABCDEF01$hash ${path}Storage/Lake arn:aws:lambda:$region beside $next$more"`

// TestARegionThatChangesAsAnotherIsOneLine of a diff, with an account and without.
func TestARegionThatChangesAsAnotherIsOneLine(t *testing.T) {
	files := []string{"world/storage.json", "world/eu-central-1/pipeline.json", "world/front.json"}
	for _, golden := range []bool{false, true} {
		t.Chdir(t.TempDir())
		for _, file := range files {
			put(t, "before/"+file, "{}")
		}
		ring := world()
		ring.Failover.NextDoor = true
		environments(t, ring)
		fakeCDK(t)
		tools(t, map[string]string{"cdk": regionalDiff})
		fake(t, nil)
		args := []string{"diff", "-environment", "World"}
		if golden {
			args = append(args, "-golden", "-base", "before")
		}
		shown, err := ops(t, "", args...)
		if err != nil {
			t.Fatal(err)
		}
		inOrder(t, shown, "\nus-east-1\n\nStack World/", " (World-Pipeline)\n", "\neu-central-1 changes as us-east-1 does\n",
			"\nap-southeast-1\n\nStack World/ap-southeast-1/", " and more\n", "\nFront\n\n", "Stack World/Front ")
		calls, err := os.ReadFile("calls")
		for _, file := range files {
			if golden && !strings.Contains(string(calls), "--template before/"+file+" World/") {
				t.Errorf("nothing is compared with %s: %v\n%s", file, err, calls)
			}
		}
	}
}

func TestEveryFuzzTargetRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	for file, text := range map[string]string{
		"lambdas/event/scan_test.go":  "package event\n\nfunc FuzzScan(f *testing.F) {}\n\nfunc FuzzSplit(f *testing.F) {}\n",
		"lambdas/record/line_test.go": "package record\n\nfunc TestLine(t *testing.T) {}\n",
	} {
		put(t, file, text)
	}
	tools(t, map[string]string{"go": echo})
	shown, err := ops(t, "", "fuzz", "-time", "1s")
	for _, target := range []string{"FuzzScan", "FuzzSplit"} {
		want := "go test ./lambdas/event -run ^$ -fuzz ^" + target + "$ -fuzztime 1s -fuzzminimizetime 10x\n"
		if err != nil || !strings.Contains(shown, want) || strings.Contains(shown, "record") {
			t.Errorf("%v, %q is missing in\n%s", err, want, shown)
		}
	}
	if _, err := ops(t, "", "fuzz", "-folder", "lambdas/record"); err == nil ||
		!strings.Contains(err.Error(), "there is no fuzz target") {
		t.Errorf("error is %v", err)
	}
}

func TestBenchmarksAreComparedWithARevision(t *testing.T) {
	repository(t, map[string]string{"a.txt": "before"})
	if err := os.WriteFile("a.txt", []byte("after"), 0o600); err != nil {
		t.Fatal(err)
	}
	tools(t, map[string]string{"go": `if [ "$1" = -C ]; then cat "$2/a.txt"; exit; fi
shift 2
for side in "$@"; do cat "${side#*=}"; echo " is ${side%%=*}"; done`})
	for range 2 { // a second run finds what the first one left
		shown, err := ops(t, "", "bench-compare", "-benchstat", "b@v1")
		if err != nil || shown != "before is base\nafter is new\n" {
			t.Errorf("%v\n%s", err, shown)
		}
	}
	for want, args := range map[string][]string{" M a.txt\n?? .local/\n": {"status", "--short"}, "": {
		"diff",
		"--cached",
	}} {
		if got, err := output(t.Context(), nil, nil, "git", args...); err != nil || string(got) != want {
			t.Errorf("%v: git %s says %q, want %q", err, args, got, want)
		}
	}
}

func TestADatabaseThatCannotBeReachedIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		script, want string // in what is printed
		args         []string
		fails        bool
	}{
		"fine":        {script: "exit 0"},
		"offline":     {script: "echo fetching vulnerabilities: no route; exit 1", want: "NOT CHECKED, https://vuln.go.dev cannot be reached"},
		"required":    {script: "echo fetching vulnerabilities: no route; exit 1", args: []string{"-required"}, fails: true},
		"found a few": {script: "echo GO-2026-1; exit 3", fails: true},
	} {
		tools(t, map[string]string{"go": c.script})
		shown, err := ops(t, "", append([]string{"vuln", "-govulncheck", "v@v1"}, c.args...)...)
		if (err != nil) != c.fails || !strings.Contains(shown, c.want) {
			t.Errorf("%s: %v\n%s", name, err, shown)
		}
	}
}
