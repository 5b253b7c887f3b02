package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"global-ingest/infra/environment"
)

const (
	withLake = `{"Resources":{"Lake":{"Type":"AWS::S3::Bucket"}}}`
	noLake   = `{"Resources":{}}`
)

// folderOf writes a folder that holds one template, of Prod.
func folderOf(t *testing.T, template string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "prod"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "prod", "storage.json"), []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// oneLoss is how the error begins when a change takes one resource away.
const oneLoss = "review-check: stop: 1 resources that hold events"

func TestCheckStopsWhatTakesEventsAway(t *testing.T) {
	before, after := folderOf(t, withLake), folderOf(t, noLake)
	shown, err := ops(t, "", "review-check", "-base", before, "-head", after)
	if err == nil || !strings.HasPrefix(err.Error(), oneLoss) {
		t.Errorf("error is %v, want one loss", err)
	}
	want := "prod/storage: Lake (AWS::S3::Bucket) is deleted: its logical id is gone, with everything in it\n"
	if shown != want {
		t.Errorf("printed %q, want %q", shown, want)
	}
	if _, err := ops(t, "", "review-check", "-base", before, "-head", after, "-allow"); err != nil {
		t.Errorf("a loss that is allowed: %v", err)
	}
	if _, err := ops(t, "", "review-check", "-base", before, "-head", before); err != nil {
		t.Errorf("no change: %v", err)
	}
}

func TestReviewMistakesStopNothingSilently(t *testing.T) {
	for _, variable := range []string{"GITHUB_API_URL", "GITHUB_REPOSITORY", "PULL_REQUEST", "GITHUB_TOKEN"} {
		t.Setenv(variable, "")
	}
	fake(t, nil)
	fakeCDK(t)
	tools(t, map[string]string{"cdk": "echo why; exit 1"})
	lake := folderOf(t, withLake)
	for want, args := range map[string][]string{
		`there is no verb "review-chek"`:          {"review-chek"},
		`unexpected argument "now"`:               {"review-check", "now"},
		"there are none to compare with":          {"review-check", "-base", t.TempDir()},
		"stat missing: no such file":              {"review-check", "-base", "missing"},
		"reading the goldens of nowhere: ":        {"review-check", "-since", "nowhere"},
		"diff of Dev: cdk diff --method=auto Dev": {"review-comment", "-base", lake, "-head", lake},
		`environment is "Test", must be one of`:   {"review-comment", "-base", lake, "-head", lake, "-only", "Test"},
		"posting needs GITHUB_API_URL":            {"review-post", "-comment", "main.go"},
		"reading the comment: open nowhere.md: ":  {"review-post", "-comment", "nowhere.md"},
	} {
		_, err := ops(t, "", args...)
		if err == nil || strings.HasPrefix(err.Error(), oneLoss) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}

// TestTheGoldensOfARevisionAreCompared, not those in the working folder.
func TestTheGoldensOfARevisionAreCompared(t *testing.T) {
	repository(t, map[string]string{goldens + "/prod/storage.json": withLake})
	put(t, goldens+"/prod/storage.json", noLake)
	_, err := ops(t, "", "review-check", "-since", "main")
	if err == nil || !strings.HasPrefix(err.Error(), oneLoss) {
		t.Errorf("error is %v, want one loss", err)
	}
}

func TestCommentHasEveryEnvironment(t *testing.T) {
	fake(t, nil)
	fakeCDK(t)
	tools(t, map[string]string{"cdk": `echo "Stack of $3 with CI=$CI"; echo notes >&2`})
	shown, err := ops(t, "", "review-comment", "-base", folderOf(t, withLake), "-head", folderOf(t, noLake))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		marker + "\n## What", "**Stop: this deletes or replaces", "prod/storage: Lake", "<b>Dev</b>",
		"Stack of Staging/* with CI=true\n````", "<b>Prod</b>",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is missing in\n%s", want, shown)
		}
	}
}

// TestOtherAccountsAreComparedWithGoldens: the role reads the stacks of its own account.
func TestOtherAccountsAreComparedWithGoldens(t *testing.T) {
	const role = "arn:aws:iam::111111111111:role/Ci-Diff"
	for _, row := range []struct{ role, account, want string }{
		{role, "111111111111", "diff --method=auto Theirs/*"},
		{role, "222222222222", "--template .local/nothing.json Theirs/Pipeline"},
		{role, "", "diff --method=auto Theirs/*"},
		{"", "222222222222", "diff --method=auto Theirs/*"},
	} {
		t.Chdir(t.TempDir())
		put(t, "base/prod/storage.json", withLake)
		theirs := environment.Default("Theirs")
		theirs.Account = row.account
		environments(t, theirs)
		fake(t, nil)
		fakeCDK(t)
		shown, err := ops(t, "", "review-comment", "-base", "base", "-head", "base", "-only", "Theirs", "-role", row.role)
		if err != nil || !strings.Contains(shown, row.want) {
			t.Errorf("with the role %q, account %q: %v, want %q\n%s", row.role, row.account, err, row.want, shown)
		}
	}
}

// TestAReviewSynthesizesOnce for all environments.
func TestAReviewSynthesizesOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "base/prod/storage.json", withLake)
	credentials(t, "")
	fakeCDK(t)
	tools(t, map[string]string{"go": "echo once >>calls"})
	shown, err := ops(t, "", "review-comment", "-base", "base", "-head", "base")
	calls, _ := os.ReadFile("calls")
	if err != nil || string(calls) != "once\n" ||
		!strings.Contains(shown, "--template base/prod/storage.json Prod/Storage") {
		t.Errorf("%v, synthesized %q\n%s", err, calls, shown)
	}
}

func TestMarkdown(t *testing.T) {
	shown := tidy("current credentials could not be used to assume 'arn:aws:iam::1:role/cdk-lookup', " +
		"but are for the right account. Proceeding anyway.\n" +
		"Lookup role arn:aws:iam::1:role/cdk-lookup was not assumed. Proceeding with default credentials.\n" +
		"Stack Prod/Storage (Prod-Storage)\nThere were no differences\n\n\n✨  Number of stacks with differences: 0\n\n" +
		"Stack Prod/Pipeline (Prod-Pipeline)\n" +
		"\x1b[33m[~]\x1b[39m AWS::Lambda::Function IngestFunction\n ├─ [-] 512\n └─ [+] 1024\n")
	got := markdown(nil, false, []change{
		{environment: "Dev", text: "Stack Dev/Storage\nThere were no differences"},
		{environment: "Prod", text: shown},
	})
	want := marker + `
## What a deploy of this changes

No resource that holds events, or that is the address clients know, is deleted or replaced.

**Dev**: no change

<details><summary><b>Prod</b></summary>

` + "````diff" + `
Stack Prod/Storage (Prod-Storage)
There were no differences

Stack Prod/Pipeline (Prod-Pipeline)
! [~] AWS::Lambda::Function IngestFunction
-  ├─ [-] 512
+  └─ [+] 1024
` + "````" + `

</details>
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCommentFitsGitHub(t *testing.T) {
	long := change{environment: "Prod", text: "Stack Prod/Pipeline\n" + strings.Repeat("│ é changed │\n", 20_000)}
	got := markdown(nil, false, []change{long, long, long})
	if len(got) > 65_536 {
		t.Errorf("comment has %d bytes", len(got))
	}
	signed := change{environment: "Prod", text: "Stack Prod/Pipeline\n" + strings.Repeat("[+] a\n", 20_000)}
	if got := markdown(nil, false, []change{signed}); len(got) > 65_536 {
		t.Errorf("comment has %d bytes with its signs", len(got))
	}
	if n := strings.Count(got, "│\n… the rest is in the job's log\n````"); n != 3 {
		t.Errorf("%d diffs are cut between lines, want 3", n)
	}
}

// github is GitHub's API as far as post needs it.
type github struct {
	comments []map[string]any
	calls    []string
}

func (g *github) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.calls = append(g.calls, r.Method+" "+r.URL.String())
	if r.Header.Get("Authorization") != "Bearer secret" {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	if r.Method == http.MethodGet {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		from := min(len(g.comments), (page-1)*perPage)
		_ = json.NewEncoder(w).Encode(g.comments[from:min(len(g.comments), from+perPage)])
		return
	}
	var sent struct{ Body string }
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
	g.calls = append(g.calls, sent.Body)
	w.WriteHeader(http.StatusCreated)
}

func (g *github) post(t *testing.T, token string) error {
	t.Helper()
	server := httptest.NewServer(g)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "comment.md")
	if err := os.WriteFile(file, []byte(marker+" new"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"GITHUB_API_URL": server.URL, "GITHUB_REPOSITORY": "o/r",
		"PULL_REQUEST": "7", "GITHUB_TOKEN": token,
	} {
		t.Setenv(name, value)
	}
	_, err := ops(t, "", "review-post", "-comment", file)
	return err
}

func TestPostMakesOneComment(t *testing.T) {
	g := &github{}
	if err := g.post(t, "secret"); err != nil {
		t.Fatal(err)
	}
	want := []string{"GET /repos/o/r/issues/7/comments?per_page=100&page=1", "POST /repos/o/r/issues/7/comments", marker +
		" new"}
	if fmt.Sprint(g.calls) != fmt.Sprint(want) {
		t.Errorf("calls are %q, want %q", g.calls, want)
	}
}

func TestPostUpdatesItsOwnComment(t *testing.T) {
	g := &github{}
	for id := range perPage {
		g.comments = append(g.comments, map[string]any{
			"id": id + 1, "body": "> " + marker,
			"user": map[string]any{"type": "User"},
		})
	}
	g.comments = append(g.comments,
		map[string]any{"id": 500, "body": marker + " forged", "user": map[string]any{"type": "User"}},
		map[string]any{"id": 501, "body": marker + " old", "user": map[string]any{"type": "Bot"}})
	if err := g.post(t, "secret"); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"GET /repos/o/r/issues/7/comments?per_page=100&page=1", "GET /repos/o/r/issues/7/comments?per_page=100&page=2",
		"PATCH /repos/o/r/issues/comments/501", marker + " new",
	}
	if fmt.Sprint(g.calls) != fmt.Sprint(want) {
		t.Errorf("calls are %q, want %q", g.calls, want)
	}
}

func TestPostSaysWhatGitHubSaid(t *testing.T) {
	err := (&github{}).post(t, "wrong")
	if err == nil || !strings.Contains(err.Error(), "401 Unauthorized: who are you?") {
		t.Errorf("error is %v", err)
	}
}

// TestTheCommentSaysWhatItCosts before and after, and nothing where nobody reckoned.
func TestTheCommentSaysWhatItCosts(t *testing.T) {
	reckoned := func(sum string) string {
		dir := folderOf(t, withLake)
		text := "Prod in us-east-1: 100M events a month\n\nAPI Gateway   $35.00  10M requests\na month   " + sum +
			"  $0.56 a million events\n"
		if err := os.WriteFile(filepath.Join(dir, "prod", "cost.txt"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for want, folders := range map[string][2]string{
		"":                                     {reckoned("$1.00"), folderOf(t, withLake)},
		"$2.00 a month (100M events a month)":  {folderOf(t, withLake), reckoned("$2.00")},
		"$3.00 a month (100M events a month) ": {reckoned("$3.00"), reckoned("$3.00")},
		"<b>$5.00 a month, before $4.00</b> (100M events a month)": {reckoned("$4.00"), reckoned("$5.00")},
	} {
		if got := costs(folders[0], folders[1], "Prod"); got != strings.TrimSpace(want) {
			t.Errorf("says %q, want %q", got, want)
		}
	}
}
