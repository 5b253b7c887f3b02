package simulator

import (
	"cmp"
	"net/http"
	"time"
)

// Call is one call of Firehose's API, for Faults to decide about.
type Call struct {
	Operation string // "PutRecord", "PutRecordBatch"
	Stream    string
	N         int // of this operation on this stream, from 1
	Records   int // of a PutRecordBatch
}

// Faults decides what goes wrong with a call: nothing, if it returns nil. It is called from
// several goroutines.
type Faults func(Call) *Fault

// Fault is what goes wrong with one call. Its zero value changes nothing.
type Fault struct {
	Delay       time.Duration // before anything else
	Hang        bool          // no answer, until the client leaves; nothing is stored
	ResetBefore bool          // the connection is reset; nothing is stored
	ResetAfter  bool          // the connection is reset once the records are stored
	Status      int           // this HTTP status is answered; nothing is stored
	Type        string        // the error's type, with Status
	Refuse      []int         // these records of a PutRecordBatch are not stored
}

// Unavailable is the answer of a Firehose above its quota.
func Unavailable() *Fault {
	return &Fault{Status: http.StatusServiceUnavailable, Type: "ServiceUnavailableException"}
}

func (f *Firehose) fault(operation string, in input) *Fault {
	key := operation + " " + in.DeliveryStreamName
	f.mu.Lock()
	f.calls[key]++
	call := Call{Operation: operation, Stream: in.DeliveryStreamName, N: f.calls[key], Records: len(in.Records)}
	f.mu.Unlock()
	var fault *Fault
	if f.options.Faults != nil {
		fault = f.options.Faults(call)
	}
	return cmp.Or(fault, &Fault{})
}

// before does what the fault does before records are stored. It returns whether the call
// goes on.
func (x *Fault) before(w http.ResponseWriter, r *http.Request) bool {
	select {
	case <-r.Context().Done():
		return false
	case <-time.After(x.Delay):
	}
	switch {
	case x.Hang:
		<-r.Context().Done()
	case x.ResetBefore:
		reset(w)
	case x.Status != 0:
		writeError(w, &apiError{x.Status, x.Type, "injected"})
	default:
		return true
	}
	return false
}

// after does what the fault does once records are stored. It returns whether the client
// gets an answer.
func (x *Fault) after(w http.ResponseWriter) bool {
	if x.ResetAfter {
		reset(w)
	}
	return !x.ResetAfter
}

// reset closes the connection with a TCP reset.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2, which none of our clients uses here
	}
	abort(conn)
}
