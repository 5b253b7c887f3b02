package fault

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// hash identifies the bytes of an event.
type hash [sha256.Size]byte

// account is what clients and lake say of one run.
type account struct {
	mu        sync.Mutex
	sent      map[int]hash    // by the number that the client gave the event
	acked     map[int]string  // its ingest id
	refused   int             // answered 503
	unknown   int             // answered otherwise, or not at all
	latencies []time.Duration // of all answers
}

// Result is the account of one row, as it is written to results.json.
type Result struct {
	Row        string  `json:"row"`
	Mode       string  `json:"mode"`
	Sent       int     `json:"sent"`
	Acked      int     `json:"acked"`
	Refused    int     `json:"refused"`
	Unknown    int     `json:"unknown"`
	Lost       int     `json:"lost"`       // acknowledged, and not in the lake
	Phantom    int     `json:"phantom"`    // in the lake, and never sent
	Mangled    int     `json:"mangled"`    // in the lake with other bytes
	Duplicates int     `json:"duplicates"` // copies beyond the first
	Clashes    int     `json:"clashes"`    // copies of one event under different ids
	Stuck      int     `json:"stuck"`      // objects left in spill/, and dead letters
	AddedP99   float64 `json:"added_p99_ms"`
}

// line is a line of events/, as far as the account needs it.
type line struct {
	ID    string          `json:"id"`
	Event json.RawMessage `json:"event"`
}

// settle compares what was acknowledged with the lines of the lake.
func (a *account) settle(lines []line) Result {
	r := Result{Sent: len(a.sent), Acked: len(a.acked), Refused: a.refused, Unknown: a.unknown}
	ids := map[int]map[string]int{} // copies by id, by the client's number
	for _, l := range lines {
		var event struct{ N *int }
		if json.Unmarshal(l.Event, &event) != nil || event.N == nil {
			r.Phantom++
			continue
		}
		want, known := a.sent[*event.N]
		switch {
		case !known:
			r.Phantom++
		case want != sha256.Sum256(l.Event):
			r.Mangled++
		case ids[*event.N] == nil:
			ids[*event.N] = map[string]int{l.ID: 1}
		default:
			r.Duplicates++
			ids[*event.N][l.ID]++
		}
	}
	for n, id := range a.acked {
		if ids[n][id+"/0"] == 0 {
			r.Lost++
		}
		if len(ids[n]) > 1 {
			r.Clashes++
		}
	}
	return r
}

// p99 returns the latency that one answer in a hundred is over.
func (a *account) p99() time.Duration {
	if len(a.latencies) == 0 {
		return 0
	}
	slices.Sort(a.latencies)
	return a.latencies[len(a.latencies)*99/100]
}

// readLines returns every line below events/ and how many objects lie in spill/.
func readLines(bucket string) (lines []line, spilled int, err error) {
	err = filepath.WalkDir(bucket, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		key, err := filepath.Rel(bucket, path)
		if err != nil {
			return err
		}
		folder, _, _ := strings.Cut(filepath.ToSlash(key), "/")
		switch folder {
		case "spill":
			spilled++
		case "events":
			found, err := readObject(path)
			if err != nil {
				return fmt.Errorf("reading %s: %w", key, err)
			}
			lines = append(lines, found...)
		default:
			return fmt.Errorf("%s: every event of a run is valid, and nothing belongs there", key)
		}
		return nil
	})
	return lines, spilled, err
}

func readObject(path string) (lines []line, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(r)
	for decoder.More() {
		var l line
		if err := decoder.Decode(&l); err != nil {
			return nil, err
		}
		lines = append(lines, l)
	}
	return lines, nil
}
