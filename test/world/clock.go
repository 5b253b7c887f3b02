package world

import "time"

// Clock makes a world faster than the one outside. Its zero value is as fast.
type Clock struct {
	Speed int // modelled seconds in a real one. Default: 1
}

// Wait is how long to wait in place of d.
func (c Clock) Wait(d time.Duration) time.Duration { return d / time.Duration(max(c.Speed, 1)) }

// Modelled is the time in the world that has passed meanwhile outside. Work, such as a
// function's answer, counts Speed times, so that it is an upper bound.
func (c Clock) Modelled(d time.Duration) time.Duration { return d * time.Duration(max(c.Speed, 1)) }
