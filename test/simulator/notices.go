package simulator

import "sync"

// notices are the sentences that a person at the console should read: each is said once,
// until what it tells of is over.
type notices struct {
	say func(sentence string) // nil: nobody listens

	mu   sync.Mutex
	said map[string]bool
}

// begin says sentence, unless what it tells of has begun already.
func (n *notices) begin(what, sentence string) {
	if n.turn(what, true) {
		n.say(sentence)
	}
}

// end says that what was told of is over, if it was told of.
func (n *notices) end(what, sentence string) {
	if n.turn(what, false) {
		n.say(sentence)
	}
}

// turn notes whether something is going on, and says whether that is news.
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
