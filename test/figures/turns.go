package figures

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Turns runs every subject once a round, so that what slows the machine down for a while slows all of
// them down. The first round keeps their order, which becomes that of a table's rows. Every other round
// has an order of its own.
func Turns[T any](rounds int, subjects []T, run func(T) error) error {
	order := slices.Clone(subjects)
	for range rounds {
		for _, subject := range order {
			if err := run(subject); err != nil {
				return err
			}
		}
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	return nil
}

// Quantile returns the time that a share of all does not exceed, and 0 without any.
func Quantile(all []time.Duration, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(int(share*float64(len(all))), len(all)-1)]
}

// Milliseconds returns a time in milliseconds.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Microseconds returns a time in microseconds.
func Microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
