package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Verdict is what a difference does to those who send events.
type Verdict string

// The verdicts. A difference that cannot be decided counts as one that breaks.
const (
	Breaks  Verdict = "breaks"  // an event that was valid no longer is
	Perhaps Verdict = "perhaps" // only if somebody already sends a member that had no rule: ask the lake
	Unknown Verdict = "unknown" // keywords whose meaning together is not compared
)

// Difference is one place in which a new schema may refuse what the old one takes.
type Difference struct {
	Path    string // of the member, "" for the event
	Rule    string // the keyword, such as maxLength
	Says    string
	Clients Verdict
}

// String is a difference in one line.
func (d Difference) String() string {
	return fmt.Sprintf("%s%s %s: %s", strings.TrimPrefix(d.Path+": ", ": "), d.Rule, d.Says, d.Clients)
}

// Narrowed returns where the schema of a type in s may refuse an event that old takes.
// None means: it takes every event that old takes.
func (s *Set) Narrowed(old *Set, eventType string) []Difference {
	before, had := old.byType[eventType]
	after, has := s.byType[eventType]
	if !had || !has {
		return nil // without a schema every object is taken
	}
	c := &comparison{seen: map[string]bool{}, typeFrom: s.typeFrom, eventType: eventType}
	c.narrower([]*jsonschema.Schema{before.Schema}, after.Schema, "")
	return c.found
}

// Change is what becomes of a type.
type Change struct {
	Type         string
	Gone         bool // its schema is
	Differences  []Difference
	Gained, Lost []string // columns with their types; one whose type changes is both
}

// Breaks says whether clients' events that were valid may no longer be.
func (c Change) Breaks() bool {
	return slices.ContainsFunc(c.Differences, func(d Difference) bool { return d.Clients != Perhaps })
}

// ChangesSince returns what becomes of each type of old that changes, and of new types.
func (s *Set) ChangesSince(old *Set) ([]Change, error) {
	before, err := old.columns()
	if err != nil {
		return nil, err
	}
	after, err := s.columns()
	if err != nil {
		return nil, err
	}
	types := append(old.Types(), s.Types()...)
	slices.Sort(types)
	var changes []Change
	for _, eventType := range slices.Compact(types) {
		c := Change{Type: eventType, Gone: s.byType[eventType].Schema == nil, Differences: s.Narrowed(old, eventType)}
		c.Gained, c.Lost = missingFrom(before[eventType], after[eventType]), missingFrom(after[eventType], before[eventType])
		if c.Gone || len(c.Differences)+len(c.Gained)+len(c.Lost) > 0 {
			changes = append(changes, c)
		}
	}
	return changes, nil
}

// columns are those of each type, each with its type.
func (s *Set) columns() (map[string][]string, error) {
	tables, err := s.Tables()
	all := map[string][]string{}
	for _, t := range tables {
		for _, c := range t.Columns {
			all[t.Type] = append(all[t.Type], c.Name+" "+c.Type())
		}
	}
	return all, err
}

// missingFrom returns those of wanted that are not in there.
func missingFrom(there, wanted []string) []string {
	return slices.DeleteFunc(slices.Clone(wanted), func(one string) bool { return slices.Contains(there, one) })
}
