// Package simulator runs one environment of the product in one process, as its
// synthesized templates describe it: API Gateway, Lambda, Firehose, SQS and S3. The
// functions are the real binaries, started as Lambda starts them and fed over the
// real Runtime API; Firehose and S3 are talked to by the real AWS SDK.
//
// It follows what AWS documents, and each contract test names the page. Knowingly
// different, or unknown of AWS:
//
//   - No role's rights are checked, no key's, and of a signature only its time. Resource-based
//     policies are: of functions and of queues that a bucket announces to. Nothing is
//     throttled by quotas but a function's concurrency. Latency is a laptop's.
//   - API Gateway: one stage; MOCK integrations answer static templates only; no
//     caching, no request validation, no WAF, no CloudFront in front.
//   - Lambda: a sandbox is a process, at most ten of a function, frozen while it is idle;
//     above that requests wait. Memory is not limited. An alias reaches the one code.
//   - Firehose: buffers end exactly at their size or time, which AWS only hints at.
//     A batch is at most four times in transformation at once. Error objects carry
//     numbers and lambdaArn, where AWS's documentation and its practice disagree.
//     The error type for an oversize record is InvalidArgumentException, which is
//     not documented. A delivery that S3 refuses is retried for as long as the
//     stream lives, not for 24 hours.
//   - SQS: messages do not expire; what failed is tried again sooner where a person
//     waits; two pollers of a mapping are its least, as on AWS, and its most. Queues are
//     memory: what lies in S3 where a bucket announces it is announced again at the start.
//   - EventBridge: no schedule runs by itself.
//   - S3: no versions, no encryption, no lifecycle; an overwritten object is gone.
//     A listing is one page, however long.
package simulator
