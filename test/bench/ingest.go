package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"global-ingest/test/figures"
	"global-ingest/test/simulator"
)

// The metrics of a cold start.
const (
	firstQuestion = "start to first question"
	firstAnswer   = "start to first answer"
)

// asDeployed has Go read its certificates from the trust store alone.
var asDeployed = map[string]string{"SSL_CERT_DIR": "/var/empty"}

// ingest measures every subject, cold and warm.
func (b *bench) ingest() error {
	s, all, err := newSetup(&b.report, b.dir)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := b.cold(s, tableCold, all, nil); err != nil {
		return err
	}
	if err := b.cold(s, tableBundle, all, asDeployed); err != nil {
		return err
	}
	for _, service := range serviceTimes {
		s.takes = time.Duration(service) * time.Millisecond
		s.do(stores(s.takes))
		if err := b.warm(s, warmTable(service), all, max(b.each/(1+service), 10)); err != nil {
			return err
		}
	}
	return nil
}

// cold measures starts: from the start of the process to its first question, and to its
// first answer.
func (b *bench) cold(s *setup, table string, all []built, extra map[string]string) error {
	err := figures.Turns(b.starts, all, func(one built) error {
		f := s.function(one, extra, func(after time.Duration) {
			b.report.Add(table, one.name, firstQuestion, "ms", figures.Milliseconds(after))
		})
		defer f.Close()
		took, err := s.ask(f)
		if err != nil {
			return fmt.Errorf("starting %s: %w", one.name, err)
		}
		b.report.Add(table, one.name, firstAnswer, "ms", figures.Milliseconds(took))
		return nil
	})
	for _, one := range all {
		if info, err := os.Stat(one.Executable); err == nil && one.InGo() {
			b.report.Add(table, one.name, "executable", "MB", float64(info.Size())/1e6)
		}
	}
	return err
}

// warm measures answers of sandboxes that have started.
func (b *bench) warm(s *setup, table string, all []built, each int) error {
	functions := map[string]*simulator.Function{}
	for _, one := range all {
		f := s.function(one, asDeployed, nil)
		functions[one.name] = f
		defer f.Close()
		if _, err := s.block(f, 20); err != nil {
			return fmt.Errorf("warming %s up: %w", one.name, err)
		}
	}
	err := figures.Turns(b.rounds, all, func(one built) error {
		n := each
		if one.name == pythonCall {
			n = max(each/20, 5)
		}
		if err := b.round(s, table, one.name, functions[one.name], n); err != nil {
			return fmt.Errorf("asking %s: %w", one.name, err)
		}
		return nil
	})
	for _, one := range all {
		if u, err := usageOf(functions[one.name].Processes()[0]); err == nil {
			b.report.Add(table, one.name, "memory", "MB", u.peak)
		}
	}
	return err
}

// round measures n answers of a sandbox.
func (b *bench) round(s *setup, table, subject string, f *simulator.Function, n int) error {
	before, err := usageOf(f.Processes()[0])
	if err != nil {
		return err
	}
	began := time.Now()
	took, err := s.block(f, n)
	total := time.Since(began)
	if err != nil {
		return err
	}
	after, err := usageOf(f.Processes()[0])
	if err != nil {
		return err
	}
	b.addQuantiles(table, subject, took)
	b.report.Add(table, subject, "processor", "µs a request", figures.Microseconds(after.cpu-before.cpu)/float64(n))
	b.report.Add(table, subject, "one sandbox", "requests/s", float64(n)/total.Seconds())
	return nil
}

func (b *bench) addQuantiles(table, subject string, took []time.Duration) {
	b.report.Add(table, subject, "p50", "µs", figures.Microseconds(figures.Quantile(took, 0.5)))
	b.report.Add(table, subject, "p99", "µs", figures.Microseconds(figures.Quantile(took, 0.99)))
}

// block asks n times, each time once the sandbox has nothing left to do. For every subject,
// a question comes no sooner than Firehose's service time after the one before: a process
// that has slept wakes slower, and one that stores behind its answer has slept that long.
func (s *setup) block(f *simulator.Function, n int) (took []time.Duration, err error) {
	for range n {
		began := time.Now()
		d, err := s.ask(f)
		if err == nil {
			err = f.Rest(context.Background())
		}
		if err != nil {
			return nil, err
		}
		took = append(took, d)
		time.Sleep(s.takes - time.Since(began))
	}
	return took, nil
}
