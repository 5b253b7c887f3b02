package synth

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"global-ingest/infra/environment"
)

// workflowFiles are the texts of the workflows and of the actions they share, by path.
func workflowFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, pattern := range []string{".github/workflows/*.yml", ".github/actions/*/action.yml"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v, no files", pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files[strings.TrimPrefix(filepath.ToSlash(path), root+"/")] = string(text)
		}
	}
	return files
}

var (
	uses    = regexp.MustCompile(`(?m)uses: (.+)$`)
	pinned  = regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	command = regexp.MustCompile(`(?m)run: (.*)$`)
	target  = regexp.MustCompile(`^make ([a-z]+)( [A-Z_]+=\S+)*$`)
	inEnv   = regexp.MustCompile(`(?m)^ +environment: (\w+)$`)
)

// TestActionsArePinned: a tag can be moved to code that nobody has read, a commit cannot.
func TestActionsArePinned(t *testing.T) {
	commits := map[string]string{}
	for path, text := range workflowFiles(t) {
		for _, match := range uses.FindAllStringSubmatch(text, -1) {
			action, commit, _ := strings.Cut(match[1], "@")
			switch {
			case strings.HasPrefix(match[1], "./.github/"):
			case !pinned.MatchString(match[1]):
				t.Errorf("%s uses %s: must be a full commit, its version behind it", path, match[1])
			case commits[action] != "" && commits[action] != commit:
				t.Errorf("%s uses %s at %s, elsewhere at %s", path, action, commit, commits[action])
			default:
				commits[action] = commit
			}
		}
	}
}

// TestWorkflowsMayLittle: what a job needs beyond reading the code, it says itself.
func TestWorkflowsMayLittle(t *testing.T) {
	for path, text := range workflowFiles(t) {
		if strings.Contains(path, "/workflows/") && !strings.Contains(text, "\npermissions:\n  contents: read\n\n") {
			t.Errorf("%s does not begin with the right to read, and no more", path)
		}
		for _, refused := range []string{
			"pull_request_target", "secrets.", "AWS_ACCESS_KEY_ID", "aws-access-key-id", "write-all",
		} {
			if strings.Contains(text, refused) {
				t.Errorf("%s has %s", path, refused)
			}
		}
		if n := strings.Count(text, "actions/checkout@"); n != strings.Count(text, "persist-credentials: false") {
			t.Errorf("%s leaves the token with what it checks out", path)
		}
	}
}

// TestWorkflowsOnlyCallMake: what they do can be done, and is tested, on a laptop.
func TestWorkflowsOnlyCallMake(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	const summary = `cat .local/review.md >>"$GITHUB_STEP_SUMMARY"`
	for path, text := range workflowFiles(t) {
		for _, match := range command.FindAllStringSubmatch(text, -1) {
			if match[1] == summary {
				continue
			}
			made := target.FindStringSubmatch(match[1])
			if made == nil || !strings.Contains(string(makefile), "\n"+made[1]+":") {
				t.Errorf("%s runs %q, which is no target of the Makefile", path, match[1])
			}
		}
	}
}

// TestEveryEnvironmentIsDeployed in the order in which a change reaches them.
func TestEveryEnvironmentIsDeployed(t *testing.T) {
	var got, want []string
	for _, match := range inEnv.FindAllStringSubmatch(workflowFiles(t)[".github/workflows/deploy.yml"], -1) {
		got = append(got, match[1])
	}
	for _, env := range environment.All() {
		want = append(want, env.Name)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("main deploys %v, the environments are %v", got, want)
	}
}

// TestARegionIsDeployedAfterTheOneBefore, each in a job of its own, and a failure ends the rest.
func TestARegionIsDeployedAfterTheOneBefore(t *testing.T) {
	text := workflowFiles(t)[".github/workflows/environment.yml"]
	for _, want := range []string{
		"run: make sites\n", "      sites: ${{ steps.list.outputs.sites }}\n", "      max-parallel: 1 ",
		"      fail-fast: true\n", "        site: ${{ fromJSON(needs.steps.outputs.sites) }}\n",
		"      REGION: ${{ matrix.site }}\n", "      BAKE: ${{ vars.BAKE }}\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("environment.yml has no %q", want)
		}
	}
	deploy, smoke := strings.Index(text, "run: make deploy "), strings.Index(text, "run: make smoke\n")
	if deploy < 0 || smoke < deploy {
		t.Error("environment.yml does not deploy and then ask for an answer")
	}
}

// TestPullRequestsTakeOnlyTheRoleThatReads: what runs on a pull request is code that nobody
// has reviewed. A change set would need the right to deploy.
func TestPullRequestsTakeOnlyTheRoleThatReads(t *testing.T) {
	taken := regexp.MustCompile(`role-to-assume: (.+)`)
	for path, text := range workflowFiles(t) {
		if !strings.Contains(text, "pull_request:") {
			continue
		}
		for _, match := range taken.FindAllStringSubmatch(text, -1) {
			if match[1] != "${{ vars.DIFF_ROLE }}" {
				t.Errorf("%s takes the role %s", path, match[1])
			}
		}
		for _, match := range command.FindAllStringSubmatch(text, -1) {
			if strings.HasPrefix(match[1], "make review") && match[1] != "make review DIFF_METHOD=template" {
				t.Errorf("%s runs %q, which needs more than to read templates", path, match[1])
			}
		}
	}
}
