package cost

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"global-ingest/lambdas/event"
)

// Load is what clients send.
type Load struct {
	Events  float64 // a month, at least 1
	Bytes   float64 // of an event, 2 to 1,000,000
	Batch   float64 // events of a request, 1 to 50,000
	Peak    float64 // times the average rate, 1 to 1,000
	Rejects float64 // share of events that are invalid, 0 to 1
	Scans   float64 // times a month that queries read every event of it, 0 to 100,000
}

// DefaultLoad is 100 million events of 800 bytes, ten in a request, three times the
// average at the peak, one in a hundred invalid, all of them read once by queries.
func DefaultLoad() Load {
	return Load{Events: 100e6, Bytes: 800, Batch: 10, Peak: 3, Rejects: 0.01, Scans: 1}
}

// Validate names the first number that is not allowed.
func (l Load) Validate() error {
	for _, n := range []struct {
		name               string
		value, least, most float64
	}{
		{"EVENTS", l.Events, 1, 1e15},
		{"BYTES", l.Bytes, 2, 1e6},
		{"BATCH", l.Batch, 1, event.MaxEvents},
		{"PEAK", l.Peak, 1, 1_000},
		{"REJECTS", l.Rejects, 0, 1},
		{"SCANS", l.Scans, 0, 100_000},
	} {
		if math.IsNaN(n.value) || n.value < n.least || n.value > n.most {
			return fmt.Errorf("%s is %v, must be %v to %v", n.name, n.value, n.least, n.most)
		}
	}
	return nil
}

// Number is the value of a flag, such as 800, 1.5K, 100M or 10B.
type Number float64

// String returns n as Set reads it.
func (n Number) String() string {
	for _, unit := range units {
		if value := float64(n) / unit.value; value >= 1 {
			return strconv.FormatFloat(value, 'g', 4, 64) + unit.name
		}
	}
	return strconv.FormatFloat(float64(n), 'g', 4, 64)
}

// Set reads n.
func (n *Number) Set(text string) error {
	factor := 1.0
	for _, unit := range units {
		if rest, found := strings.CutSuffix(strings.ToUpper(text), unit.name); found {
			text, factor = rest, unit.value
		}
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("%q is not a number such as 800, 1.5K, 100M or 10B", text)
	}
	*n = Number(value * factor)
	return nil
}

var units = []struct {
	name  string
	value float64
}{{"B", 1e9}, {"M", 1e6}, {"K", 1e3}}

// Units of what a month has.
const (
	secondsOfMonth = 30.4375 * 24 * 3600
	gb             = 1e9
	tb             = 1e12
	mib            = 1 << 20
)

// headerBytes is the size of what a record has before its events, and lineBytes of what a line
// of the lake has besides its event: ids, times, address and user agent.
const (
	headerBytes = 300
	lineBytes   = 260
)

// requests is how many there are a month.
func (l Load) requests() float64 { return l.Events / l.Batch }

// at is l with so many requests a second, all month.
func (l Load) at(requests float64) Load {
	l.Events = requests * secondsOfMonth * l.Batch
	return l
}

// record is the bytes of one: a request's events and their header.
func (l Load) record() float64 { return headerBytes + l.Batch*(l.Bytes+1) }

// PeakRequests is the requests a second at the peak.
func (l Load) PeakRequests() float64 { return l.requests() / secondsOfMonth * l.Peak }
