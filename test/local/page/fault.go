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

// ways are what can go wrong with each service. The name well ends it.
var ways = map[string][]string{
	"firehose":  {"503", "hang", "reset", well},
	"validator": {"error", "timeout", well},
	"s3":        {"503", well},
}

const well = "ok"

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
	if f.all == nil {
		f.all = map[string]fault{}
	}
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

// of returns what goes wrong with a service now, "" for nothing.
func (f *faults) of(service string) string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	one := f.all[service]
	if one.how == "" || time.Now().After(one.until) {
		return ""
	}
	return one.how
}

// now says what goes wrong, by service.
func (f *faults) now() map[string]string {
	inForce := map[string]string{}
	for service := range ways {
		if how := f.of(service); how != "" {
			inForce[service] = how
		}
	}
	return inForce
}

func (f *faults) firehose(simulator.Call) *simulator.Fault {
	switch f.of("firehose") {
	case "503":
		return simulator.Unavailable()
	case "hang":
		return &simulator.Fault{Hang: true}
	case "reset":
		return &simulator.Fault{ResetBefore: true}
	}
	return nil
}

func (f *faults) s3(_, _ string) error {
	if f.of("s3") != "" {
		return errors.New("S3 is told to fail")
	}
	return nil
}

func (f *faults) validator(function string) error {
	if function != "Validator" {
		return nil
	}
	switch f.of("validator") {
	case "error":
		return &simulator.FunctionError{Type: "Runtime.ExitError", Message: "the Validator is told to fail"}
	case "timeout":
		return simulator.ErrTimedOut
	}
	return nil
}

// faultOf reads the parameters of POST /fault: how each service that is named fails.
func faultOf(p *parameters) (how map[string]string, lasts time.Duration, err error) {
	how = map[string]string{}
	ends := true
	for _, service := range services() {
		if way := p.oneOf(service, ways[service]); p.values.Has(service) {
			how[service] = way
			ends = ends && way == well
		}
	}
	lasts = p.duration("for", 0, maxFault)
	switch {
	case len(how) == 0:
		p.fail("name what fails, in the query: one or more of %s", strings.Join(services(), ", "))
	case !ends && lasts == 0:
		p.fail(`parameter "for" is missing: how long, such as for=10s, at most %s`, maxFault)
	}
	return how, lasts, p.problem
}

func services() []string { return slices.Sorted(maps.Keys(ways)) }
