package main

import (
	"strings"
	"testing"

	"global-ingest/infra/environment"
)

// TestTheHomeOfSeveralRegionsIsNotTheProfiles: the environment must name it.
func TestTheHomeOfSeveralRegionsIsNotTheProfiles(t *testing.T) {
	one, several := environment.Default("One"), environment.Default("Several")
	several.Regions = []string{"eu-west-1"}
	several.Domain = environment.Domain{Name: "events.example.com", Zone: "Z0123456789"}
	envs := placed([]environment.Environment{one, several}, "111111111111", "us-west-2")
	if err := envs[0].Validate(); err != nil || envs[0].Region != "us-west-2" {
		t.Errorf("one region is %q: %v", envs[0].Region, err)
	}
	if err := envs[1].Validate(); err == nil || !strings.Contains(err.Error(), `Region is ""`) {
		t.Errorf("several regions, none of them home: %v", err)
	}
}
