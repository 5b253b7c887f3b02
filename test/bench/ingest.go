package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"global-ingest/test/simulator"
)

// clickBase64 is the body that every request brings.
func clickBase64() string {
	click := `{"type":"click","event_id":"0198c6a2-7b1e-7000-8000-000000000001","occurred_at":"2026-11-23T10:00:00.123Z","session":"s-0000162e",` +
		`"page":{"url":"https://shop.example/products/17?ref=mail","title":"Größe und Farbe wählen"},"element":{"id":"buy-now","tag":"button"},"note":"`
	return base64.StdEncoding.EncodeToString([]byte(click + strings.Repeat("x", 564-len(click)-2) + `"}`))
}

// built is a subject that is ready to start.
type built struct {
	subject
	executable string
}

// buildAll builds the subjects that this machine can, and notes those it cannot.
func (l *lab) buildAll(r *report, table string) (all []built, err error) {
	for _, s := range subjects() {
		path, missing, err := s.build(l.dir)
		switch {
		case err != nil:
			return nil, err
		case missing != "":
			r.note(table, "Left out: %s, for %s.", s.name, missing)
		default:
			all = append(all, built{s, path})
		}
	}
	return all, nil
}

// ask has one request answered.
func (l *lab) ask(f *simulator.Function) (time.Duration, error) {
	began := time.Now()
	answer, err := f.Invoke(context.Background(), l.event)
	took := time.Since(began)
	if err == nil && !bytes.Contains(answer, []byte(l.answers)) {
		err = fmt.Errorf("answer is %.200s", answer)
	}
	return took, err
}

// cold measures starts: from the process to its first question, and to its first answer.
func (l *lab) cold(r *report, table string, all []built, rounds int, extra map[string]string) error {
	asked, answered := map[string][]float64{}, map[string][]float64{}
	for range rounds {
		for _, s := range shuffled(all) {
			f := l.function(s.subject, s.executable, extra, func(after time.Duration) {
				asked[s.name] = append(asked[s.name], milliseconds(after))
			})
			took, err := l.ask(f)
			f.Close()
			if err != nil {
				return fmt.Errorf("starting %s: %w", s.name, err)
			}
			answered[s.name] = append(answered[s.name], milliseconds(took))
		}
	}
	for _, s := range all {
		r.add(table, s.name, "start to first question", "ms", asked[s.name]...)
		r.add(table, s.name, "start to first answer", "ms", answered[s.name]...)
		if info, err := os.Stat(s.executable); err == nil && s.source != python {
			r.add(table, s.name, "executable", "MB", float64(info.Size())/1e6)
		}
	}
	return nil
}

// warm measures answers of environments that live, in turns.
func (l *lab) warm(r *report, table string, all []built, rounds, each int) error {
	functions := map[string]*simulator.Function{}
	p50, p99, cpu, rate := map[string][]float64{}, map[string][]float64{}, map[string][]float64{}, map[string][]float64{}
	for _, s := range all {
		functions[s.name] = l.function(s.subject, s.executable, map[string]string{"SSL_CERT_DIR": "/var/empty"}, nil)
		defer functions[s.name].Close()
		if err := l.block(functions[s.name], 20, nil); err != nil {
			return fmt.Errorf("warming %s up: %w", s.name, err)
		}
	}
	for range rounds {
		for _, s := range shuffled(all) {
			f, n := functions[s.name], each
			if s.name == pythonCall {
				n = max(each/20, 5)
			}
			before, err := usageOf(f.Processes()[0])
			if err != nil {
				return err
			}
			var took []time.Duration
			began := time.Now()
			if err := l.block(f, n, &took); err != nil {
				return fmt.Errorf("asking %s: %w", s.name, err)
			}
			total := time.Since(began)
			after, err := usageOf(f.Processes()[0])
			if err != nil {
				return err
			}
			slices.Sort(took)
			p50[s.name] = append(p50[s.name], microseconds(took[n/2]))
			p99[s.name] = append(p99[s.name], microseconds(took[n*99/100]))
			cpu[s.name] = append(cpu[s.name], microseconds(after.cpu-before.cpu)/float64(n))
			rate[s.name] = append(rate[s.name], float64(n)/total.Seconds())
		}
	}
	for _, s := range all {
		r.add(table, s.name, "p50", "µs", p50[s.name]...)
		r.add(table, s.name, "p99", "µs", p99[s.name]...)
		r.add(table, s.name, "processor", "µs a request", cpu[s.name]...)
		r.add(table, s.name, "one environment", "requests/s", rate[s.name]...)
		if u, err := usageOf(functions[s.name].Processes()[0]); err == nil {
			r.add(table, s.name, "memory", "MB", u.peak)
		}
	}
	return nil
}

// block asks n times, each once the environment has nothing left to do.
// The next question comes no sooner than Firehose's service time after the one before,
// whoever is asked: a process that has slept wakes slower, and the one that stores
// behind its answer has slept that long.
func (l *lab) block(f *simulator.Function, n int, took *[]time.Duration) error {
	for range n {
		began := time.Now()
		d, err := l.ask(f)
		if err != nil {
			return err
		}
		if took != nil {
			*took = append(*took, d)
		}
		if err := f.Rest(context.Background()); err != nil {
			return err
		}
		time.Sleep(time.Duration(l.endpoint.delay.Load()) - time.Since(began))
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
