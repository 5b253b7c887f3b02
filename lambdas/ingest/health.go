package ingest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"global-ingest/lambdas/record"
)

// HealthPath is the resource whose GET asks whether this region can store a record. An API
// has it only where the environment has several regions.
const HealthPath = "/health"

// healthWithin is how long a health check waits at most. Route 53 gives up 2 s after it has
// connected, and 0.5 s are for the way there, API Gateway and Lambda.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
const healthWithin = 1500 * time.Millisecond

// freshFor is how long a stored record answers for the region. Route 53 asks every two
// seconds or more often, so under load a check costs no put.
const freshFor = 5 * time.Second

// The metrics of health checks, in requests.
const (
	MetricHealthSpilled  = "HealthSpilled"  // the stream did not take the probe, the bucket did
	MetricHealthUnstored = "HealthUnstored" // neither took it
)

// isHealth says whether r is a health check. Nobody but the API sets its resource: a GET of
// the same path by another resource is not.
func (r *request) isHealth() bool { return string(r.resource) == HealthPath && r.isGet() }

// health answers 200 when this region stores records, and 503 when both its stream and its
// bucket refuse one. Unless this sandbox stored a record just now, it stores a probe as it
// would an event. A probe is no event: the Validator drops it, and it counts in no metric of
// events. It does not try another region's bucket: clients go there themselves.
func (h *Handler) health(ctx context.Context, s *scratch, headers string) (answer []byte) {
	defer h.scratch.Put(s)
	defer func() {
		if cause := recover(); cause != nil {
			answer = h.unhealthy(ctx, headers, fmt.Errorf("panic: %v", cause))
		}
	}()
	if age := s.received.Sub(time.Unix(0, h.stored.Load())); age >= 0 && age < freshFor {
		return h.healthy(headers, "recent")
	}
	s.isProbe = true
	s.record = record.Append(s.record[:0], record.Header{
		ID: s.id, ReceivedAt: s.received, Region: h.config.Region, Probe: true,
	}, nil)
	refused, err := h.storeHere(ctx, s, time.Now().Add(healthWithin))
	if err != nil {
		return h.unhealthy(ctx, headers, errors.Join(refused, err))
	}
	if refused == nil {
		return h.healthy(headers, "stream")
	}
	h.log.WarnContext(ctx, "probe is spilled", "cause", refused.Error())
	h.meter.Count(ctx, map[string]int{MetricHealthSpilled: 1})
	return h.healthy(headers, "spill")
}

func (h *Handler) healthy(headers, stored string) []byte {
	body := `{"region":` + strconv.Quote(h.config.Region) + `,"stored":"` + stored + `"}`
	return reply{headers, &bodies{beforeID: quoted(body)}}.acknowledge("")
}

func (h *Handler) unhealthy(ctx context.Context, headers string, cause error) []byte {
	h.log.ErrorContext(ctx, "probe is not stored", "cause", cause.Error())
	h.meter.Count(ctx, map[string]int{MetricHealthUnstored: 1})
	body := `{"region":` + strconv.Quote(h.config.Region) +
		`,"error":"unstored","message":"neither the stream nor the bucket took a probe"}`
	return reply{headers, &bodies{refused: quoted(body)}}.refuse()
}
