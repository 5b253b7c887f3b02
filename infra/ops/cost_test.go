package main

import "testing"

// TestCostOfSeveralRegionsIsThatOfEach, of what stands before them, and what a region must take
// when its neighbour fails.
func TestCostOfSeveralRegionsIsThatOfEach(t *testing.T) {
	e := world()
	e.Drained = []string{"ap-southeast-1"}
	environments(t, e)
	shown, err := ops(t, "", "cost", "-environment", "World", "-events", "100M")
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, shown, "World in us-east-1, eu-central-1, ap-southeast-1: 100M events a month",
		"\nus-east-1, 1/2 of the requests ", "Health check ", "\neu-central-1, 1/2 of the requests ",
		"\nap-southeast-1, drained ", "\nFront ", "CloudFront, requests ",
		"\na month ", "\nA region costs $", " a month before its first event.\n",
		"\nWhat us-east-1 meets first, in requests/s; at the peak it gets 5.704, and 11.41 when its neighbour fails:\n",
		"\nWhat eu-central-1 meets first,")
}
