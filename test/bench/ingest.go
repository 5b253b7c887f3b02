package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"global-ingest/test/figures"
	"global-ingest/test/simulator"
)

// cold measures starts: from the start of the process to its first question, and to its
// first answer.
func (s *setup) cold(r *figures.Report, table string, all []built, rounds int, extra map[string]string) error {
	asked, answered := map[string][]float64{}, map[string][]float64{}
	for range rounds {
		for _, b := range shuffled(all) {
			f := s.function(b, extra, func(after time.Duration) {
				asked[b.name] = append(asked[b.name], milliseconds(after))
			})
			took, err := s.ask(f)
			f.Close()
			if err != nil {
				return fmt.Errorf("starting %s: %w", b.name, err)
			}
			answered[b.name] = append(answered[b.name], milliseconds(took))
		}
	}
	for _, b := range all {
		r.Add(table, b.name, "start to first question", "ms", asked[b.name]...)
		r.Add(table, b.name, "start to first answer", "ms", answered[b.name]...)
		if info, err := os.Stat(b.executable); err == nil && b.source != python {
			r.Add(table, b.name, "executable", "MB", float64(info.Size())/1e6)
		}
	}
	return nil
}

// warm measures answers of sandboxes that have started, in turns.
func (s *setup) warm(r *figures.Report, table string, all []built, rounds, each int) error {
	functions, measured := map[string]*simulator.Function{}, map[string][]round{}
	for _, b := range all {
		functions[b.name] = s.function(b, map[string]string{"SSL_CERT_DIR": "/var/empty"}, nil)
		defer functions[b.name].Close()
		if err := s.block(functions[b.name], 20, nil); err != nil {
			return fmt.Errorf("warming %s up: %w", b.name, err)
		}
	}
	for range rounds {
		for _, b := range shuffled(all) {
			n := each
			if b.name == pythonCall {
				n = max(each/20, 5)
			}
			one, err := s.measure(functions[b.name], n)
			if err != nil {
				return fmt.Errorf("asking %s: %w", b.name, err)
			}
			measured[b.name] = append(measured[b.name], one)
		}
	}
	for _, b := range all {
		addRounds(r, table, b.name, measured[b.name])
		if u, err := usageOf(functions[b.name].Processes()[0]); err == nil {
			r.Add(table, b.name, "memory", "MB", u.peak)
		}
	}
	return nil
}

// round is what was measured of a sandbox in one round.
type round struct {
	p50, p99, cpu float64 // µs; cpu is of a request
	rate          float64 // requests/s
}

func addRounds(r *figures.Report, table, subject string, rounds []round) {
	each := func(metric, unit string, of func(round) float64) {
		var runs []float64
		for _, one := range rounds {
			runs = append(runs, of(one))
		}
		r.Add(table, subject, metric, unit, runs...)
	}
	each("p50", "µs", func(one round) float64 { return one.p50 })
	each("p99", "µs", func(one round) float64 { return one.p99 })
	each("processor", "µs a request", func(one round) float64 { return one.cpu })
	each("one sandbox", "requests/s", func(one round) float64 { return one.rate })
}

// measure asks a sandbox n times.
func (s *setup) measure(f *simulator.Function, n int) (one round, err error) {
	before, err := usageOf(f.Processes()[0])
	if err != nil {
		return one, err
	}
	var took []time.Duration
	began := time.Now()
	if err := s.block(f, n, &took); err != nil {
		return one, err
	}
	total := time.Since(began)
	after, err := usageOf(f.Processes()[0])
	slices.Sort(took)
	return round{
		p50: microseconds(took[n/2]), p99: microseconds(took[n*99/100]),
		cpu: microseconds(after.cpu-before.cpu) / float64(n), rate: float64(n) / total.Seconds(),
	}, err
}

// block asks n times, each time once the sandbox has nothing left to do. For every subject,
// a question comes no sooner than Firehose's service time after the one before: a process
// that has slept wakes slower, and one that stores behind its answer has slept that long.
func (s *setup) block(f *simulator.Function, n int, took *[]time.Duration) error {
	for range n {
		began := time.Now()
		d, err := s.ask(f)
		if err != nil {
			return err
		}
		if took != nil {
			*took = append(*took, d)
		}
		if err := f.Rest(context.Background()); err != nil {
			return err
		}
		time.Sleep(time.Duration(s.endpoint.delay.Load()) - time.Since(began))
	}
	return nil
}

func shuffled(all []built) []built {
	all = slices.Clone(all)
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
