package simulator

import (
	"slices"
	"testing"
)

func TestDeadLettersAreSeenMoreThanOnce(t *testing.T) {
	dead := &Queue{}
	queue := &Queue{MaxReceives: 1, DeadLetters: dead}
	sim := &Simulator{queues: map[string]*Queue{"a": queue, "b": dead}}
	queue.Send("poison")
	for range 2 {
		queue.Receive(10)
	}
	for range 2 {
		if got := sim.DeadLetters(); !slices.Equal(got, []string{"poison"}) {
			t.Errorf("the dead letters are %q", got)
		}
	}
}
