// Package simulator runs one environment of the product in one process, as its
// synthesized templates describe it: API Gateway, Lambda, Firehose, SQS and S3. The
// functions are the real executables, started as Lambda starts them and fed over the real
// Runtime API. The real AWS SDK calls Firehose and S3.
//
// A file's name begins with its service:
//
//	simulator   starts everything from templates, and stops it
//	template_   reads templates: intrinsics, the types of resources, and what builds each
//	gateway     API Gateway: from a request to the function's event, and back
//	lambda_     functions, their sandboxes, the Runtime API, and the mapping from a queue
//	firehose    streams: the API, buffers, transformation, delivery, and faults of all that
//	queue       SQS, and its API
//	s3          buckets as folders of files
//	eventbridge rules with a schedule
//	permission  resource-based policies
//	console     what a person is shown: counters, notices and logs
//
// It follows AWS's documentation; each contract test names the page. Known differences,
// and what the documentation leaves open:
//
//   - No rights of roles or keys are checked, and of a signature only its time. Resource-based
//     policies are: of functions, and of queues that a bucket notifies. Only a function's
//     concurrency is throttled, no other quota. Latency is a laptop's.
//   - One region: what stands in front of several is in test/world.
//   - API Gateway: one stage; every body is bytes (binary media type */*); a MOCK integration
//     has one answer, in a part of the Velocity Template Language; no caching, no request
//     validation, no WAF, and no CloudFront in front.
//   - Lambda: a sandbox is a process, by default at most ten of a function; further requests
//     wait. It is frozen while it is idle. Memory is not limited. An alias and every version
//     are the same code.
//   - Firehose: buffers end exactly at their size or time, where AWS may deliver earlier or
//     later. At most four batches are in transformation at once. Error objects hold numbers,
//     as AWS writes them, and lambdaArn, as AWS documents it. The error type for an oversize
//     record, InvalidArgumentException, is not documented. A delivery that S3 refuses is
//     retried while the stream exists, not for 24 hours.
//   - SQS: messages do not expire; a failed message is tried again sooner when a person
//     waits; a mapping always has two pollers, which is AWS's minimum. Queues are in memory:
//     at the start, a bucket notifies its queue of all objects again.
//   - EventBridge: no schedule runs by itself.
//   - S3: no versions, encryption or lifecycle; an overwritten object is gone. A listing is
//     one page of any length.
package simulator
