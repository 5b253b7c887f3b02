package synth

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const compositeAlarm = "AWS::CloudWatch::CompositeAlarm"

// watched are the stacks that have alarms.
func watched(t *testing.T) []*stack {
	t.Helper()
	found := slices.DeleteFunc(pipelines(), func(s *stack) bool { return environmentOf(t, s).Alarms.Off })
	if len(found) == 0 {
		t.Fatal("no environment has alarms")
	}
	return found
}

// alarmRules is what every alarm must be, by the rule that it breaks otherwise.
func alarmRules(s *stack) (broken []string) {
	tell := func(r resource, what string) { broken = append(broken, name(r.ID)+" "+what) }
	for _, r := range s.resources(alarm, compositeAlarm) {
		for _, property := range []string{"AlarmActions", "OKActions"} {
			if list, _ := r.Properties[property].([]any); len(list) == 0 {
				tell(r, "tells nobody: no "+property)
			}
		}
		if anchor(s, r) == "" {
			tell(r, "has no description that ends in a link to the runbook")
		}
		if r.Type == alarm && !slices.Contains([]any{"breaching", "notBreaching"}, r.Properties["TreatMissingData"]) {
			tell(r, "does not say what missing data means")
		}
	}
	return broken
}

// anchor is the heading that an alarm's description points to.
func anchor(s *stack, r resource) string {
	_, link, _ := strings.Cut(s.text(r.Properties["AlarmDescription"]), "infra/runbook.md#")
	return link
}

func TestEveryAlarmActsAndExplainsItself(t *testing.T) {
	for _, s := range watched(t) {
		for _, problem := range alarmRules(s) {
			t.Errorf("%s: %s", s.title(), problem)
		}
	}
}

// TestAlarmRulesCanFail takes each property away that a rule is about.
func TestAlarmRulesCanFail(t *testing.T) {
	s := watched(t)[0]
	for _, property := range []string{"AlarmActions", "OKActions", "AlarmDescription", "TreatMissingData"} {
		broken := s.copy(t)
		set(alarm, property, nil)(broken)
		if got, want := len(alarmRules(broken)), len(s.resources(alarm)); got != want {
			t.Errorf("without %s %d alarms of %d are found", property, got, want)
		}
	}
}

// blocks are what each alarm's heading of the runbook has, in this order.
var blocks = []string{"**Means**", "**Look at**", "**Do**", "**Verify**"}

// strays compares the alarms of stacks with the headings of a runbook.
func strays(runbook string, stacks []*stack) (problems []string) {
	pointed := map[string]bool{}
	for _, s := range stacks {
		for _, r := range s.resources(alarm, compositeAlarm) {
			pointed[anchor(s, r)] = true
		}
	}
	_, text, _ := strings.Cut(runbook, "\n## Alarms\n")
	text, _, _ = strings.Cut(text, "\n## ")
	for _, section := range strings.Split(text, "\n### ")[1:] {
		heading, body, _ := strings.Cut(section, "\n")
		link := strings.ToLower(heading)
		if !pointed[link] {
			problems = append(problems, heading+" is the heading of no alarm")
		}
		delete(pointed, link)
		at := 0
		for _, block := range blocks {
			n := strings.Index(body[at:], block)
			if n < 0 {
				problems = append(problems, fmt.Sprintf("%s has no %s, or not in its place", heading, block))
				break
			}
			at += n
		}
	}
	for link := range pointed {
		problems = append(problems, "no heading is called "+link)
	}
	return problems
}

func readRunbook(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "infra", "runbook.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRunbookHasAHeadingForEachAlarm(t *testing.T) {
	for _, problem := range strays(readRunbook(t), watched(t)) {
		t.Error(problem)
	}
}

// TestRunbookFindsStrays breaks both sides.
func TestRunbookFindsStrays(t *testing.T) {
	runbook, all := readRunbook(t), watched(t)
	fewer := all[0].copy(t)
	delete(fewer.Template["Resources"].(map[string]any), fewer.the(t, "WatchUnstored").ID)
	for name, found := range map[string][]string{
		"a heading is gone":   strays(strings.Replace(runbook, "### Unstored", "### Untold", 1), all),
		"a block is gone":     strays(strings.Replace(runbook, "**Verify**", "", 1), all),
		"an alarm is gone":    strays(runbook, []*stack{fewer}),
		"the runbook is gone": strays("", all),
	} {
		if len(found) == 0 {
			t.Errorf("%s, and nothing is found", name)
		}
	}
}

// TestRunbookNamesWhatThereIs: a graph that the runbook sends to is on the dashboard.
func TestRunbookNamesWhatThereIs(t *testing.T) {
	board := watched(t)[0]
	body := board.text(at(board.the(t, "WatchDashboard").Properties, "DashboardBody"))
	_, alarms, _ := strings.Cut(readRunbook(t), "\n## Alarms\n")
	for _, title := range regexp.MustCompile(`"([A-Z][^"]+)"`).FindAllStringSubmatch(alarms, -1) {
		if !strings.Contains(body, `"title":"`+title[1]+`"`) {
			t.Errorf("the runbook sends to %q, which is no graph", title[1])
		}
	}
}

// TestTheRunbookListsWhoWakes, in the section of the alarm that pages.
func TestTheRunbookListsWhoWakes(t *testing.T) {
	s := variant(t, "Everything", "Pipeline")
	found := map[string]bool{}
	for _, term := range strings.Split(s.text(s.the(t, "WatchPage").Properties["AlarmRule"]), " OR ") {
		found[anchor(s, s.the(t, strings.TrimSuffix(strings.TrimPrefix(term, `ALARM("`), `")`)))] = true
	}
	list := regexp.MustCompile(`wake somebody rings: ([^.]+)\.`).FindStringSubmatch(readRunbook(t))
	want := strings.Split(strings.ToLower(list[1]), ", ")
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, want) {
		t.Errorf("%s pages for %q, the runbook lists %q", s.title(), got, want)
	}
}

// TestAnIncidentIsToldOnce: the alarm over others tells somebody whom they do not.
func TestAnIncidentIsToldOnce(t *testing.T) {
	for _, s := range watched(t) {
		told := map[string]bool{}
		for _, r := range s.resources(alarm) {
			told[s.text(r.Properties["AlarmActions"])] = true
		}
		for _, r := range s.resources(compositeAlarm) {
			if told[s.text(r.Properties["AlarmActions"])] {
				t.Errorf("%s: %s tells whom its alarms have told", s.title(), r.ID)
			}
		}
	}
}

// TestEveryAlarmCanRing: a single period must not be filled with a harmless value, since
// the newest is often not written yet; and a key that AWS owns has no metrics.
func TestEveryAlarmCanRing(t *testing.T) {
	for _, s := range watched(t) {
		owned := false
		for _, r := range s.resources("AWS::KinesisFirehose::DeliveryStream") {
			owned = owned ||
				at(r.Properties, "DeliveryStreamEncryptionConfigurationInput", "KeyType") == "AWS_OWNED_CMK"
		}
		for _, r := range s.resources(alarm) {
			text := s.text(r.Properties)
			if r.Properties["EvaluationPeriods"] == 1.0 && strings.Contains(text, "FILL(") {
				t.Errorf("%s: %s looks at one period, and fills it", s.title(), r.ID)
			}
			if owned && strings.Contains(text, "KMSKey") {
				t.Errorf("%s: %s watches a key that AWS owns", s.title(), r.ID)
			}
		}
	}
}

// TestSourceBackupHasItsOwnAlarms for each stream, where it is on.
func TestSourceBackupHasItsOwnAlarms(t *testing.T) {
	for _, s := range watched(t) {
		for _, metric := range []string{"BackupToS3.DataFreshness", "BackupToS3.Success"} {
			watching := 0
			for _, r := range s.resources(alarm) {
				if r.Properties["MetricName"] == metric {
					watching++
				}
			}
			env := environmentOf(t, s)
			if want := map[bool]int{true: env.Streams}[env.SourceBackup]; watching != want {
				t.Errorf("%s: %d alarms watch %s, want %d", s.title(), watching, metric, want)
			}
		}
	}
}

// TestTheRunbookReadsWhatTheAccessLogHas: a field that a section about the access log
// names stands in its lines.
func TestTheRunbookReadsWhatTheAccessLogHas(t *testing.T) {
	line := decodeObject(t, accessLog(t))
	checked := 0
	for _, paragraph := range regexp.MustCompile(`(?s)access log by [^.;:]*`).FindAllString(readRunbook(t), -1) {
		for _, field := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(paragraph, -1) {
			checked++
			if line[field[1]] == nil {
				t.Errorf("the runbook reads %s in the access log, which has %v", field[1], line)
			}
		}
	}
	if checked == 0 {
		t.Error("the runbook names no field of the access log")
	}
	_, section, _ := strings.Cut(readRunbook(t), "\n### ClientErrors\n")
	section, _, _ = strings.Cut(section, "\n### ")
	if strings.Contains(section, "`ua`") {
		t.Error("ClientErrors looks for a user agent, of which nothing is kept when the gateway refuses a request")
	}
}

// TestAlarmsReachTheirTopic: the key that AWS has for SNS would refuse each of them
// without a word.
func TestAlarmsReachTheirTopic(t *testing.T) {
	for _, s := range watched(t) {
		if key := s.text(s.the(t, "WatchTopic").Properties["KmsMasterKeyId"]); key != "WatchKey.Arn" {
			t.Errorf("%s: topic is encrypted by %s", s.title(), key)
		}
		const by, where = " by Service=cloudwatch.amazonaws.com on ", " if StringEquals=aws:SourceAccount=" + account
		for line, document := range map[string]any{
			"allow kms:Decrypt kms:GenerateDataKey" + by + "*" + where: s.the(t, "WatchKey").Properties["KeyPolicy"],
			"allow sns:Publish" + by + "WatchTopic" + where: s.the(t, "WatchTopicPolicy").
				Properties["PolicyDocument"],
		} {
			if got := s.statements(document); !slices.Contains(got, line) {
				t.Errorf("%s: no %q in %q", s.title(), line, got)
			}
		}
	}
}
