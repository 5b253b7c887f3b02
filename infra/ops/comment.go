package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"global-ingest/infra/stateful"
)

// marker is by what the comment is found again.
const marker = "<!-- global-ingest: what a deploy changes -->"

// maxComment is below GitHub's limit of a comment's body, 65,536 characters. It counts bytes,
// which are never fewer, and leaves room for the text around the diffs.
const maxComment = 60_000

// allowLabel is the label of a pull request that may delete or replace what holds events.
const allowLabel = "replaces-data"

// change is what a deploy of one environment changes, as the CDK CLI shows it.
type change struct{ environment, text, cost string }

var (
	colour = regexp.MustCompile("\x1b\\[[0-9;]*m")
	// With CI=true the CLI's warnings are in its output too. The role may not take the
	// bootstrap's lookup role, on purpose, so the CLI reads with the role itself and says so.
	lookup  = regexp.MustCompile(`(?m)^.*(could not be used to assume '|Lookup role .* was not assumed).*\n?`)
	summary = regexp.MustCompile(`(?m)^.*Number of stacks with differences: \d+\n`)
	blank   = regexp.MustCompile(`\n{3,}`)
)

func tidy(text string) string {
	text = lookup.ReplaceAllString(colour.ReplaceAllString(text, ""), "")
	text = summary.ReplaceAllString(text, "")
	return strings.TrimSpace(blank.ReplaceAllString(text, "\n\n"))
}

var stackLine = regexp.MustCompile(`(?m)^Stack `)

// changed says whether the diff has any difference. It shows each stack under its name, and says
// when a stack has none. One that shows no stack is for a person to read.
func (d change) changed() bool {
	stacks := len(stackLine.FindAllString(d.text, -1))
	return stacks == 0 || strings.Count(d.text, "There were no differences") < stacks
}

// verdict says what would be lost, a resource a line.
func verdict(lost map[string][]stateful.Loss) string {
	if len(lost) == 0 {
		return "No resource that holds events, or that is the address clients know, is deleted or replaced.\n"
	}
	var out strings.Builder
	for _, file := range slices.Sorted(maps.Keys(lost)) {
		for _, l := range lost[file] {
			fmt.Fprintf(&out, "%s: %s (%s) %s\n", strings.TrimSuffix(file, ".json"), l.ID, l.Type, l.Says)
		}
	}
	return out.String()
}

// markdown writes the comment.
func markdown(lost map[string][]stateful.Loss, allowed bool, diffs []change) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n## What a deploy of this changes\n\n", marker)
	if len(lost) == 0 {
		out.WriteString(verdict(lost))
	} else {
		says := "**Stop: this deletes or replaces what holds events.** The label `%s` allows it."
		if allowed {
			says = "**This deletes or replaces what holds events**, and the label `%s` allows it:"
		}
		fmt.Fprintf(&out, says+"\n\n```\n%s```\n", allowLabel, verdict(lost))
	}
	room := (maxComment - out.Len()) / max(1, len(diffs))
	for _, d := range diffs {
		if !d.changed() {
			fmt.Fprintf(&out, "\n**%s**: no change%s\n", d.environment, d.price())
			continue
		}
		fmt.Fprintf(&out, "\n<details><summary><b>%s</b>%s</summary>\n\n````diff\n%s\n````\n\n</details>\n",
			d.environment, d.price(), clip(signs(d.text), room))
	}
	return out.String()
}

// price is what the environment costs, after its name.
func (d change) price() string {
	if d.cost == "" {
		return ""
	}
	return ", " + d.cost
}

// changeLine is a line that the CLI begins with what becomes of a resource.
var changeLine = regexp.MustCompile(`(?m)^( *[│├└─ ]*)\[([-+~])\]`)

// signs puts the CLI's [+], [-] and [~] at the beginning of their lines, where GitHub colours
// them.
func signs(text string) string {
	return changeLine.ReplaceAllStringFunc(text, func(line string) string {
		sign := line[len(line)-2 : len(line)-1]
		return strings.Replace(sign, "~", "!", 1) + " " + line
	})
}

// clip cuts text to at most limit bytes, between lines, and says so.
func clip(text string, limit int) string {
	const more = "\n… the rest is in the job's log"
	if len(text) <= limit {
		return text
	}
	text = strings.ToValidUTF8(text[:max(0, limit-len(more))], "")
	if end := strings.LastIndexByte(text, '\n'); end > 0 {
		text = text[:end]
	}
	return text + more
}
