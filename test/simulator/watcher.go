package simulator

import "time"

// Watcher hears what streams do with their records, from several goroutines. The streams
// wait for it, so it must be quick. It must not change what it gets.
type Watcher interface {
	// Put is told of a record that a stream takes, before its function can see it.
	Put(stream *StreamConfig, r Record)
	// Transformed is told of what the stream's function answered for a record: the data
	// that is delivered, or nil when the function dropped the record.
	Transformed(stream *StreamConfig, r Record, data []byte)
	// Failed is told of a record that goes to the error prefix, and of AWS's error code.
	Failed(stream *StreamConfig, r Record, code string)
	// Delivered is told which records an object holds, once it is written.
	Delivered(stream *StreamConfig, key string, records []string)
}

// Record is a record as a stream took it.
type Record struct {
	ID      string
	Data    []byte
	Arrived time.Time
}

// unwatched is the Watcher of streams that nobody watches.
type unwatched struct{}

func (unwatched) Put(*StreamConfig, Record)                 {}
func (unwatched) Transformed(*StreamConfig, Record, []byte) {}
func (unwatched) Failed(*StreamConfig, Record, string)      {}
func (unwatched) Delivered(*StreamConfig, string, []string) {}

// record returns e as a Watcher sees it.
func (e entry) record() Record { return Record{ID: e.id, Data: e.data, Arrived: e.arrived} }
