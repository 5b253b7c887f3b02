package simulator

import (
	"context"
	"fmt"
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
	s.rules[r.ID] = rule{r, p.Targets}
	return nil
}

// RunRule runs the rule whose logical id begins with id, as its schedule would at this time:
// it invokes each target, if its permission allows the rule. The error is the target's, or
// says why EventBridge could not invoke it; AWS only counts that, as FailedInvocations.
func (s *Simulator) RunRule(ctx context.Context, id string, at time.Time) error {
	r, found := s.rule(id)
	if !found {
		return fmt.Errorf("running rule %s: no rule of this name is in the templates", id)
	}
	for _, t := range r.targets {
		function := s.permitted(t.Arn, callerFrom(eventBridge, r.Attribute("Arn"), r.Account))
		if _, err := function.Invoke(ctx, r.event(at)); err != nil {
			return fmt.Errorf("running rule %s: %w", id, err)
		}
	}
	return nil
}

func (s *Simulator) rule(id string) (rule, bool) {
	for name, r := range s.rules {
		if strings.HasPrefix(name, id) {
			return r, true
		}
	}
	return rule{}, false
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
