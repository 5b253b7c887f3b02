package simulator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// rule is an EventBridge rule with a schedule. It never runs by itself; RunRule runs it.
type rule struct {
	Resolved
	targets []target
}

type target struct{ ID, Arn string }

type ruleProperties struct {
	ScheduleExpression string
	Targets            []target
	Description, Tags  any
}

func (s *Simulator) buildRule(r Resolved, p ruleProperties) error {
	if p.ScheduleExpression == "" {
		return fmt.Errorf("a rule without a schedule is not supported by the simulator")
	}
	for _, t := range p.Targets {
		if s.invokers[t.Arn] == nil {
			return fmt.Errorf("target %s: no function %s", t.ID, t.Arn)
		}
	}
	s.rules = append(s.rules, rule{r, p.Targets})
	return nil
}

// RunRule runs the rule whose logical id begins with id, as its schedule would at this time:
// it invokes each target, if its permission allows the rule. The error is the target's, or
// says why EventBridge could not invoke it; AWS only counts that, as FailedInvocations.
func (s *Simulator) RunRule(ctx context.Context, id string, at time.Time) error {
	i := slices.IndexFunc(s.rules, func(r rule) bool { return strings.HasPrefix(r.ID, id) })
	if i < 0 {
		return fmt.Errorf("running rule %s: no rule of this name is in the templates", id)
	}
	// EventBridge does not send the account: "A SourceAccount setting prevents EventBridge from
	// being able to invoke the function."
	// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
	r := s.rules[i]
	by := caller{service: eventBridge, source: r.Attribute("Arn")}
	for _, t := range r.targets {
		function := s.permitted(t.Arn, by)
		if _, err := function.Invoke(ctx, r.event(at)); err != nil {
			return fmt.Errorf("running rule %s: %w", id, err)
		}
	}
	return nil
}

// event is the event of a schedule.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
func (r rule) event(at time.Time) []byte {
	return marshal(map[string]any{
		"version": "0", "id": uuid.NewString(), "source": "aws.events", "detail-type": "Scheduled Event",
		"account": r.Account, "region": r.Region, "time": at.UTC().Format(time.RFC3339),
		"resources": []string{r.Attribute("Arn")}, "detail": map[string]any{},
	})
}
