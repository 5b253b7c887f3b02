// Package fault sends events through the pipeline while something is broken, and then
// looks for each of them: what was acknowledged must be in the lake, under the id of its
// answer, with the bytes that were sent. The functions are the real executables on the
// simulator, configured by the golden templates.
package fault

import (
	"time"

	"global-ingest/test/simulator"
	"global-ingest/test/traffic"
)

// row is something that goes wrong while events are sent, and then ends. All fields but
// the name are optional.
type row struct {
	name string

	traffic func(r *run, events int) []traffic.Request // default: requests of every kind
	options func(*run, *simulator.Options) error       // changes the pipeline that is deployed

	// The answers to calls of Firehose, writes to S3 and invocations. The first two end
	// when the faults end.
	faults      func(*run) simulator.Faults
	objects     func(*run) func(key string) error
	invocations func(*run) func(function string) error

	beside  func(*run)       // runs while clients send
	halfway func(*run) error // runs between the two halves, when no request is under way
	until   func(*run) bool  // whether enough was sent; called once everything was

	verify  func(*run, Result) error // checks that what the row is named after happened
	refuses bool                     // clients may get 503 or 413: nothing was promised
	unknown bool                     // clients may get no answer
	broken  bool                     // the Validator fails until failed/ is replayed; no other row fills failed/
	full    bool                     // takes too long for every run of the tests
	mixed   bool                     // runs with as many events as -mixed says
}

// rows are the faults. The first is the healthy pipeline, with which the latency of the
// others is compared.
var rows = []row{
	{name: "none"},
	{name: "503 on 1 %", faults: share(0.01, "PutRecord", *simulator.Unavailable())},
	{name: "503 on 30 %", faults: share(0.3, "PutRecord", *simulator.Unavailable())},
	{name: "503 on 100 %, a minute, then fine", faults: share(1, "", *simulator.Unavailable()), halfway: mendAfterAMinute, verify: breakersClosed},
	{name: "stored, then reset, 5 %", faults: share(0.05, "PutRecord", simulator.Fault{ResetAfter: true})},
	{name: "reset before, 5 %", faults: share(0.05, "PutRecord", simulator.Fault{ResetBefore: true})},
	{name: "hang, 2 %", faults: share(0.02, "PutRecord", simulator.Fault{Hang: true})},
	{name: "slow, 300 ms", faults: share(1, "PutRecord", simulator.Fault{Delay: 300 * time.Millisecond})},

	{name: "400 KMS", faults: share(1, "PutRecord", badRequest("InvalidKMSResourceException"))},
	{name: "400 not found", faults: share(1, "PutRecord", badRequest("ResourceNotFoundException"))},
	{name: "400 access denied", faults: share(1, "PutRecord", badRequest("AccessDeniedException"))},
	{name: "400 invalid argument", faults: share(1, "PutRecord", badRequest("InvalidArgumentException"))},
	{name: "400 of an unknown type", faults: share(1, "PutRecord", badRequest("NobodyKnowsException"))},

	{name: "frozen 1 s, connections closed", halfway: freeze(time.Second, simulator.FIN)},
	{name: "frozen 1 s, connections reset", halfway: freeze(time.Second, simulator.RST)},
	{name: "frozen 1 s, connections silent", halfway: freeze(time.Second, simulator.Silence)},
	{name: "frozen 30 s, connections closed", halfway: freeze(30*time.Second, simulator.FIN), full: true},
	{name: "frozen 30 s, connections reset", halfway: freeze(30*time.Second, simulator.RST), full: true},
	{name: "frozen 30 s, connections silent", halfway: freeze(30*time.Second, simulator.Silence), full: true},

	{name: "DNS knows no Firehose", options: firehoseAt("http://firehose.invalid"), verify: allSpilled},
	{name: "Firehose's certificate is wrong", options: firehoseBehindAStranger, verify: allSpilled},
	{name: "clock 10 minutes fast", options: clocksDiffer(-10 * time.Minute)},
	{name: "clock 10 minutes slow", options: clocksDiffer(10 * time.Minute)},

	{name: "Firehose and S3 down", faults: share(1, "", *simulator.Unavailable()), objects: refuse(1, ""), refuses: true},
	{name: "S3 refuses deliveries, 50 %", objects: refuse(0.5, "events/")},
	{name: "S3 refuses every delivery", objects: refuse(1, "events/")},
	{name: "S3 refuses spills, 20 %", faults: share(0.5, "PutRecord", *simulator.Unavailable()), objects: refuse(0.2, "spill/"), refuses: true},
	{name: "Redrive gives up, then tries again", faults: batchesDenied(*simulator.Unavailable()), halfway: batchesGivenUp},
	{name: "rejects stream denies access", faults: batchesDenied(simulator.Fault{}), halfway: batchesGivenUp},
	{name: "batches refused in part", faults: refuseInPart, halfway: batchesGivenUp},

	{name: "Ingest killed at random points", beside: killIngest, until: enoughKills, unknown: true},
	{name: "Redrive and Validator killed midway", faults: share(1, "PutRecord", *simulator.Unavailable()), beside: killWorkers, verify: someKilled},
	{name: "panic on a crafted body", options: panicking, traffic: withCrafted, verify: onlyCraftedRefused, refuses: true},
	{name: "body sizes at their limits", traffic: bodiesAtLimits, verify: refusedAbove45MB, refuses: true},
	{name: "body sizes at their limits, Firehose down", traffic: bodiesAtLimits, faults: share(1, "", *simulator.Unavailable()), verify: refusedAbove45MB, refuses: true},
	{name: "bodies that fit no record", traffic: oversizeBodies},
	{name: "poison message", faults: share(1, "PutRecord", *simulator.Unavailable()), options: fewReceives, halfway: poison, verify: onlyPoisonIsDead},

	{name: "Validator throws once", invocations: failFirst("Validator", 1, errThrown)},
	{name: "Validator throws three times", invocations: failFirst("Validator", 3, errThrown)},
	{name: "Validator throws for ever, then replay", invocations: failFirst("Validator", always, errThrown), broken: true},
	{name: "Validator times out", options: validatorTimeout(time.Second), beside: freezeValidator},
	{name: "Validator times out for ever, then replay", invocations: failFirst("Validator", always, simulator.ErrTimedOut), broken: true},
	{name: "Validator throttled once", invocations: failFirst("Validator", 1, simulator.ErrThrottled)},
	{name: "Validator throttled three times", invocations: failFirst("Validator", 3, simulator.ErrThrottled)},
	{name: "Validator throttled for ever, then replay", invocations: failFirst("Validator", always, simulator.ErrThrottled), broken: true},

	{name: "bodies that inflate 5 times", traffic: overflowing(60, ratio5), options: collected, verify: someOverflowed},
	{name: "bodies that inflate 16 times", traffic: overflowing(150, ratio16), options: collected, verify: someOverflowed},
	{name: "bodies that inflate 1,000 times", traffic: overflowing(16, ratio1000), options: collected, verify: someOverflowed},
	{name: "10,000 empty objects, three times", traffic: overflowing(3, emptyObjects), options: collected, verify: someOverflowed},
	{name: "two bodies of 2.3 MB, compressed", traffic: overflowing(2, twoMillion), options: collected, verify: someOverflowed},
	{name: "three bodies of 1.7 MB", traffic: overflowing(3, plainLarge), options: collected},
	{name: "events of 10 bytes, 9,000 a body", traffic: overflowing(8, tinyEvents), options: collected, verify: someOverflowed},
	{name: "S3 refuses lines that fit no answer", traffic: overflowing(16, ratio1000), options: validatorTimeout(shortTimeout), objects: refuse(1, "events/"), halfway: overflowRefused},
	{name: "Validator has time for one record a batch", options: lateFromTheStart, verify: someDeferred},
	{name: "Validator killed between put and answer", traffic: overflowing(8, tinyEvents), options: killedAfterPut, verify: overwroteThemselves},

	{name: "stream replaced under load", beside: replaceStream, halfway: deployNewStream},
	{name: "all of it, mixed", faults: anything, objects: refuse(0.05, ""), refuses: true, mixed: true},
}
