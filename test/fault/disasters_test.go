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

// Disasters: what happens to the pipeline beside its calls.

// errThrown is a function that has thrown, as its caller sees it.
var errThrown = &simulator.FunctionError{Type: "Runtime.ExitError", Message: "exit status 2"}

// breakerCloses is longer than a breaker stays open, 3 s, so that the next request
// is the probe.
const breakerCloses = 3200 * time.Millisecond

// mendAfterAMinute ends the outage and lets every breaker be ready for its probe.
func mendAfterAMinute(s *scene) error {
	if s.full {
		time.Sleep(time.Minute)
	}
	if err := s.sim.Function("Ingest").Rest(context.Background()); err != nil {
		return err
	}
	s.mended.Store(true)
	time.Sleep(breakerCloses)
	s.spilledBefore = s.spills.Load()
	if s.spilledBefore == 0 {
		return errors.New("nothing was spilled in the outage")
	}
	return nil
}

// breakersClosed after mendAfterAMinute: each has found Firehose well again. A busy
// machine may be too slow for some puts, not for most.
func breakersClosed(s *scene, _ Result) error {
	if since := s.spills.Load() - s.spilledBefore; since > s.spilledBefore/2 {
		return fmt.Errorf("%d records were spilled after Firehose was well again, %d before", since, s.spilledBefore)
	}
	return nil
}

// batchesGivenUp waits until a batch was denied, and twice the 0.7 s that its four
// rounds take.
func batchesGivenUp(s *scene) error {
	for range 1000 {
		if s.denied.Load() > 0 {
			time.Sleep(1400 * time.Millisecond)
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("no batch was put within 10 s")
}

// freeze leaves the environments frozen for a while, and cuts their connections.
func freeze(long time.Duration, cut simulator.Cut) func(*scene) error {
	return func(s *scene) error {
		time.Sleep(long)
		s.sim.Cut(cut)
		return nil
	}
}

// firehoseAt has Ingest look for Firehose at another address.
func firehoseAt(url string) func(*scene, *simulator.Options) error {
	return func(_ *scene, o *simulator.Options) error {
		o.Variables["Ingest"]["AWS_ENDPOINT_URL_FIREHOSE"] = url
		return nil
	}
}

// firehoseBehindAStranger has a server in Firehose's place whose certificate nobody signed.
func firehoseBehindAStranger(s *scene, o *simulator.Options) error {
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0) // each refused handshake is the point
	stranger.StartTLS()
	s.ends = append(s.ends, stranger.Close)
	return firehoseAt(stranger.URL)(s, o)
}

// allSpilled says that the fault was one: no record got through but by the spill.
func allSpilled(s *scene, _ Result) error {
	if s.spills.Load() == 0 {
		return errors.New("nothing was spilled: Ingest found a Firehose")
	}
	return nil
}

// clocksDiffer has Firehose's clock ahead of the functions', or behind.
func clocksDiffer(by time.Duration) func(*scene, *simulator.Options) error {
	return func(_ *scene, o *simulator.Options) error {
		o.FirehoseClock = by
		return nil
	}
}

// enoughKills is a thousand of Ingest's processes in a full run.
func enoughKills(s *scene) bool {
	if s.full {
		return s.kills.Load() >= 1000
	}
	return s.kills.Load() >= 20
}

// killIngest kills Ingest's processes at random points while clients send. A process
// takes about 30 ms to its first answer.
func killIngest(s *scene) {
	for s.sending() {
		s.random.pause(100 * time.Millisecond)
		s.kills.Add(int64(s.sim.Function("Ingest").Kill()))
	}
}

// killWorkers kills what nobody waits for, also while it works off what was spilled:
// until it has found some, for the queue's window is a second, or for 12 s at most.
func killWorkers(s *scene) {
	for n := 0; n < 8 || n < 120 && s.kills.Load() == 0; n++ {
		s.random.pause(200 * time.Millisecond)
		s.kills.Add(int64(s.sim.Function("Redrive").Kill() + s.sim.Function("Validator").Kill()))
	}
}

// someKilled says that killWorkers found somebody to kill.
func someKilled(s *scene, _ Result) error {
	if s.kills.Load() == 0 {
		return errors.New("nothing was killed")
	}
	return nil
}

// validatorTimeout is Lambda's, for a Validator that is frozen to run into.
func validatorTimeout(after time.Duration) func(*scene, *simulator.Options) error {
	return func(_ *scene, o *simulator.Options) error {
		simulator.Properties(o.Templates, "Validator", "AWS::Lambda::Function")["Timeout"] = int(after.Seconds())
		return nil
	}
}

// freezeValidator stops the Validator's processes wherever they are.
func freezeValidator(s *scene) {
	for range 10 {
		s.random.pause(200 * time.Millisecond)
		s.sim.Function("Validator").Freeze()
	}
}

// fewReceives makes a dead letter of a message after three receives, where a hundred
// would take the test a while.
func fewReceives(_ *scene, o *simulator.Options) error {
	simulator.Properties(o.Templates, "SpillQueue", "AWS::SQS::Queue")["RedrivePolicy"].(map[string]any)["maxReceiveCount"] = 3
	return nil
}

const poisonKey = record.SpillPrefix + "00/2026-11-23/poison"

// poison puts an object below spill/ that is no record.
func poison(s *scene) error {
	s.mended.Store(true) // or each of its neighbours would be a dead letter too
	s.excused[poisonKey] = true
	put, err := http.NewRequest(http.MethodPut, s.sim.S3URL+"/"+s.sim.Bucket+"/"+poisonKey, strings.NewReader("no record"))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(put)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// onlyPoisonIsDead says that the poison was tried as often as the queue allows.
func onlyPoisonIsDead(s *scene, _ Result) error {
	if len(s.dead) != 1 || !strings.Contains(s.dead[0], "poison") {
		return fmt.Errorf("dead letters are %v, want one that names %s", s.dead, poisonKey)
	}
	return nil
}

// replayFailed is the operator's part: what lies in failed/ goes through once more,
// now that the Validator is well.
func replayFailed(ctx context.Context, s *scene) error {
	s.replaying.Store(true)
	lake, err := traffic.ReadLake(s.sim.Lake, s.sim.Bucket)
	if err != nil {
		return err
	}
	if err := s.replay(lake); err != nil {
		return err
	}
	return s.sim.Flush(ctx)
}

// replay queues the objects of failed/ that were not before. They stay as the history
// they are.
func (s *scene) replay(lake traffic.Lake) error {
	for _, failed := range lake.Failed {
		if s.excused[failed.Object] {
			continue
		}
		s.excused[failed.Object] = true
		body, err := redrive.Replay{Key: failed.Object}.Body()
		if err != nil {
			return err
		}
		s.sim.Enqueue(body)
	}
	return nil
}

// newStream is what the events stream is called once it is replaced.
const newStream = "replaced"

// replaceStream has the stream replaced while clients send: what Ingest and Redrive
// know it by is gone.
func replaceStream(s *scene) {
	s.random.pause(100 * time.Millisecond)
	for _, stream := range s.sim.Streams() {
		if stream.Transform != nil {
			s.failed = s.sim.RenameStream(stream.Name, newStream)
		}
	}
}

// deployNewStream brings the functions the new name, as the deploy does.
func deployNewStream(s *scene) error {
	s.besides.Wait()
	for _, name := range []string{"Ingest", "Redrive"} {
		s.sim.Function(name).Update("EVENTS_STREAM", newStream)
	}
	return s.failed
}
