package page

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"global-ingest/test/simulator"
)

// What can go wrong with each service, by the name of the way. The name well ends it.
var (
	firehoseWays = map[string]*simulator.Fault{
		"503": simulator.Unavailable(), "hang": {Hang: true}, "reset": {ResetBefore: true},
	}
	s3Ways        = map[string]error{"503": errors.New("S3 is told to fail")}
	validatorWays = map[string]error{
		"error":   &simulator.FunctionError{Type: "Runtime.ExitError", Message: "the Validator is told to fail"},
		"timeout": simulator.ErrTimedOut,
	}
	ways = map[string][]string{
		"firehose": namesOf(firehoseWays), "s3": namesOf(s3Ways), "validator": namesOf(validatorWays),
	}
	services = slices.Sorted(maps.Keys(ways))
)

const well = "ok"

func namesOf[V any](ways map[string]V) []string { return append(slices.Sorted(maps.Keys(ways)), well) }

// maxFault is how long a fault lasts at most.
const maxFault = 10 * time.Minute

// fault is what goes wrong with a service, and until when.
type fault struct {
	how   string
	until time.Time
}

// faults are those in force. Services ask before each call.
type faults struct {
	mu  sync.RWMutex
	all map[string]fault
}

// set begins a fault, or ends it.
func (f *faults) set(service, how string, lasts time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all[service] = fault{how: how, until: time.Now().Add(lasts)}
	if how == well {
		delete(f.all, service)
	}
}

func (f *faults) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.all)
}

// now says what goes wrong, by service.
func (f *faults) now() map[string]string {
	inForce := map[string]string{}
	for _, service := range services {
		if how := f.of(service); how != "" {
			inForce[service] = how
		}
	}
	return inForce
}

// of returns what goes wrong with a service now, or "".
func (f *faults) of(service string) string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if one := f.all[service]; time.Now().Before(one.until) {
		return one.how
	}
	return ""
}

func (f *faults) firehose(simulator.Call) *simulator.Fault { return firehoseWays[f.of("firehose")] }

func (f *faults) s3(_, _ string) error { return s3Ways[f.of("s3")] }

func (f *faults) validator(function string) error {
	if function != "Validator" {
		return nil
	}
	return validatorWays[f.of("validator")]
}

// faultOf reads the parameters of POST /fault: how each service that is named fails.
func faultOf(p *parameters) (how map[string]string, lasts time.Duration, err error) {
	how = map[string]string{}
	ends := true
	for _, service := range services {
		if way := oneOf(p, service, ways[service]); p.values.Has(service) {
			how[service] = way
			ends = ends && way == well
		}
	}
	lasts = p.duration("for", 0, maxFault)
	switch {
	case len(how) == 0:
		p.fail("name what fails, in the query: one or more of %s", strings.Join(services, ", "))
	case !ends && lasts == 0:
		p.fail(`parameter "for" is missing: how long, such as for=10s, at most %s`, maxFault)
	}
	return how, lasts, p.problem
}
