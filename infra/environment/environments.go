package environment

import (
	"fmt"
	"strings"
)

import "time"

// All returns every environment, in the order in which a change reaches them.
func All() []Environment {
	return []Environment{Dev(), Staging(), Prod()}
}

// Named returns one of All.
func Named(name string) (Environment, error) {
	var names []string
	for _, e := range All() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return Environment{}, fmt.Errorf("environment is %q, must be one of %s", name, strings.Join(names, ", "))
}

// Dev is for trying things out: small, cheap, and gone without a trace when destroyed.
func Dev() Environment {
	e := Default("Dev")
	e.Throttle = Throttle{RatePerSecond: 100, Burst: 200}
	e.LogRetention = 7
	e.Lifecycle = Lifecycle{
		EventsExpireAfter:     30,
		RejectsExpireAfter:    30,
		FailedExpireAfter:     30,
		SourceExpireAfter:     30,
		NoncurrentExpireAfter: 1,
	}
	e.OwnAPILogRole = true
	e.Alarms.Off = true
	e.DeletableStorage = true
	return e
}

// Staging is Prod at a tenth of its rate, with each request traced.
func Staging() Environment {
	e := Default("Staging")
	e.Throttle = Throttle{RatePerSecond: 1_000, Burst: 500}
	e.Tracing = true
	e.Lifecycle.EventsExpireAfter = 90
	e.Lifecycle.RejectsExpireAfter = 90
	e.Lifecycle.FailedExpireAfter = 90
	e.Lifecycle.SourceExpireAfter = 90
	e.Canary.Every = 15 * time.Minute
	return e
}

// Prod keeps every event until somebody decides otherwise.
func Prod() Environment {
	e := Default("Prod")
	e.LogRetention = 90
	e.Canary.Every = 5 * time.Minute
	return e
}
