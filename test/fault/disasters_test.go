package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/redrive"
	"global-ingest/test/simulator"
	"global-ingest/test/traffic"
)

// Disasters: faults that are not answers to calls.

// errThrown is what the caller of a function that crashed gets.
var errThrown = &simulator.FunctionError{Type: "Runtime.ExitError", Message: "exit status 2"}

// breakerCloses is longer than a breaker stays open, 3 s, so that the next request
// is the probe.
const breakerCloses = 3200 * time.Millisecond

// mendAfterAMinute ends the outage, and waits until every breaker is ready for its probe.
func mendAfterAMinute(r *run) error {
	if r.full {
		time.Sleep(time.Minute)
	}
	if err := r.sim.Function("Ingest").Rest(context.Background()); err != nil {
		return err
	}
	r.mended.Store(true)
	time.Sleep(breakerCloses)
	r.spilledBefore = r.spills.Load()
	if r.spilledBefore == 0 {
		return errors.New("nothing was spilled in the outage")
	}
	return nil
}

// breakersClosed checks, after mendAfterAMinute, that the breakers found Firehose healthy
// again. A busy machine may be too slow for some puts, but not for most.
func breakersClosed(r *run, _ Result) error {
	if since := r.spills.Load() - r.spilledBefore; since > r.spilledBefore/2 {
		return fmt.Errorf("%d records were spilled after Firehose was healthy again, %d before", since, r.spilledBefore)
	}
	return nil
}

// batchesGivenUp waits until a batch was denied, and then for twice the 0.7 s that its four
// attempts take.
func batchesGivenUp(r *run) error {
	for range 1000 {
		if r.denied.Load() > 0 {
			time.Sleep(1400 * time.Millisecond)
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("no batch was put within 10 s")
}

// freeze leaves the sandboxes frozen for a while, and cuts their connections.
func freeze(long time.Duration, cut simulator.Cut) func(*run) error {
	return func(r *run) error {
		time.Sleep(long)
		r.sim.Cut(cut)
		return nil
	}
}

// firehoseAt makes Ingest call Firehose at another address.
func firehoseAt(url string) func(*run, *simulator.Options) error {
	return func(_ *run, o *simulator.Options) error {
		o.Variables["Ingest"]["AWS_ENDPOINT_URL_FIREHOSE"] = url
		return nil
	}
}

// firehoseBehindAStranger puts a server in Firehose's place with a certificate that no authority signed.
func firehoseBehindAStranger(r *run, o *simulator.Options) error {
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0) // the handshakes are to fail
	stranger.StartTLS()
	r.ends = append(r.ends, stranger.Close)
	return firehoseAt(stranger.URL)(r, o)
}

// allSpilled checks that the fault worked: records got through only by way of the spill.
func allSpilled(r *run, _ Result) error {
	if r.spills.Load() == 0 {
		return errors.New("nothing was spilled: Ingest reached Firehose")
	}
	return nil
}

// clocksDiffer sets Firehose's clock ahead of the functions', or behind it.
func clocksDiffer(by time.Duration) func(*run, *simulator.Options) error {
	return func(_ *run, o *simulator.Options) error {
		o.FirehoseClock = by
		return nil
	}
}

// enoughKills says whether enough processes were killed: a thousand in a full run.
func enoughKills(r *run) bool {
	if r.full {
		return r.kills.Load() >= 1000
	}
	return r.kills.Load() >= 20
}

// killIngest kills Ingest's processes at random points while clients send. A process
// needs about 30 ms until its first answer.
func killIngest(r *run) {
	for r.sending() {
		r.random.pause(100 * time.Millisecond)
		r.kills.Add(int64(r.sim.Function("Ingest").Kill()))
	}
}

// killWorkers kills Redrive and the Validator, also while they work through what was
// spilled. It goes on until it has killed a process, because the queue's window is a
// second, or for 12 s.
func killWorkers(r *run) {
	for n := 0; n < 8 || n < 120 && r.kills.Load() == 0; n++ {
		r.random.pause(200 * time.Millisecond)
		r.kills.Add(int64(r.sim.Function("Redrive").Kill() + r.sim.Function("Validator").Kill()))
	}
}

// someKilled checks that killWorkers killed a process.
func someKilled(r *run, _ Result) error {
	if r.kills.Load() == 0 {
		return errors.New("nothing was killed")
	}
	return nil
}

// validatorTimeout sets the Validator's timeout.
func validatorTimeout(after time.Duration) func(*run, *simulator.Options) error {
	return func(_ *run, o *simulator.Options) error {
		simulator.Properties(o.Templates, "Validator", "AWS::Lambda::Function")["Timeout"] = int(after.Seconds())
		return nil
	}
}

// freezeValidator stops the Validator's processes at random points.
func freezeValidator(r *run) {
	for range 10 {
		r.random.pause(200 * time.Millisecond)
		r.sim.Function("Validator").Freeze()
	}
}

// fewReceives makes a message a dead letter after three receives; a hundred, as deployed,
// would take too long.
func fewReceives(_ *run, o *simulator.Options) error {
	queue := simulator.Properties(o.Templates, "SpillQueue", "AWS::SQS::Queue")
	queue["RedrivePolicy"].(map[string]any)["maxReceiveCount"] = 3
	return nil
}

const poisonKey = record.SpillPrefix + "00/2026-11-23/poison"

// poison puts an object that is not a record below spill/.
func poison(r *run) error {
	r.mended.Store(true) // otherwise every other object would become a dead letter too
	r.excused[poisonKey] = true
	put, err := http.NewRequest(http.MethodPut, r.sim.S3URL+"/"+r.sim.Bucket+"/"+poisonKey,
		strings.NewReader("not a record"))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(put)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// onlyPoisonIsDead checks that only the poison was tried as often as the queue allows.
func onlyPoisonIsDead(r *run, _ Result) error {
	if len(r.dead) != 1 || !strings.Contains(r.dead[0], "poison") {
		return fmt.Errorf("dead letters are %v, want one that names %s", r.dead, poisonKey)
	}
	return nil
}

// replayFailed replays failed/ once the Validator works again, as an operator would.
func replayFailed(ctx context.Context, r *run) error {
	r.replaying.Store(true)
	lake, err := traffic.ReadLake(r.sim.Lake, r.sim.Bucket)
	if err != nil {
		return err
	}
	if err := r.replay(lake); err != nil {
		return err
	}
	return r.sim.Flush(ctx)
}

// replay queues the objects of failed/ that it has not queued before. They stay in failed/.
func (r *run) replay(lake traffic.Lake) error {
	for _, failed := range lake.Failed {
		if r.excused[failed.Object] {
			continue
		}
		r.excused[failed.Object] = true
		body, err := redrive.Replay{Key: failed.Object}.Body()
		if err != nil {
			return err
		}
		r.sim.Enqueue(body)
	}
	return nil
}

// newStream is the name of the events stream once it is replaced.
const newStream = "replaced"

// replaceStream replaces the stream while clients send, so that the name that Ingest and
// Redrive have no longer exists.
func replaceStream(r *run) {
	r.random.pause(100 * time.Millisecond)
	for _, stream := range r.sim.Streams() {
		if stream.Transform != nil {
			r.failed = r.sim.RenameStream(stream.Name, newStream)
		}
	}
}

// deployNewStream gives the functions the new name, as a deploy does.
func deployNewStream(r *run) error {
	r.besides.Wait()
	for _, name := range []string{"Ingest", "Redrive"} {
		r.sim.Function(name).Update("EVENTS_STREAM", newStream)
	}
	return r.failed
}
