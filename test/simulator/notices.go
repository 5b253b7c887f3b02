package simulator

import "sync"

// notices are sentences for the person at the console. Each is shown once, until the
// condition that it reports has ended.
type notices struct {
	say func(sentence string) // may be nil

	mu   sync.Mutex
	said map[string]bool
}

// begin shows sentence when a condition begins.
func (n *notices) begin(what, sentence string) {
	if n.turn(what, true) {
		n.say(sentence)
	}
}

// end shows sentence when a condition that was reported ends.
func (n *notices) end(what, sentence string) {
	if n.turn(what, false) {
		n.say(sentence)
	}
}

// turn notes whether a condition holds, and returns whether that is news.
func (n *notices) turn(what string, on bool) bool {
	if n.say == nil {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.said == nil {
		n.said = map[string]bool{}
	}
	news := n.said[what] != on
	n.said[what] = on
	return news
}
