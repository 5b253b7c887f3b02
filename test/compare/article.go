package main

// medians are milliseconds; 0 stands for one that is not known.
type medians [3]float64

// What medians are of.
const (
	ofFunction = iota // that the client waits for
	ofAPI             // the API's integration, or a location of the edge with its handshake
	ofClient
)

// names are those of the medians, in tables.
var names = [3]string{"function", "API or edge", "client"}

// published is the article's table by the number of the wiring. Its client is 20 ms
// from the nearest location of the edge.
var published = map[string]medians{
	"1": {54, 74, 94},
	"2": {1, 21}, // "less than 1 ms"
	"3": {80},
	"4": {30},
	"5": {11, 31},
}

// because explains figures that are far from the article's, by wiring and what.
var because = map[string]string{
	"1 client": "the article's 94 are its API's 74 and one round trip to the edge, with no time for the way to the region, " +
		"which its wiring 4 puts at 20",
	"4 function": "what is above the way and the put is the AWS SDK for Node on this machine's processor",
	"2 function": "the loop over the Runtime API is this repository's, on this machine; the article says only: below 1",
}
