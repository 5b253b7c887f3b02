package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// announcement is a bucket's notification to a queue.
type announcement struct {
	bucket, prefix, queue string
}

type bucketProperties struct {
	NotificationConfiguration struct {
		QueueConfigurations []struct {
			Event, Queue string
			Filter       struct {
				S3Key struct {
					Rules []struct{ Name, Value string }
				}
			}
		}
	}
}

// buildBucket makes the bucket and notes what it announces. Its other properties
// govern access, encryption and ageing, none of which happens here.
func (s *Simulator) buildBucket(r Resolved) error {
	var properties bucketProperties
	data, err := json.Marshal(r.Properties)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &properties); err != nil {
		return err
	}
	name := r.Attribute("")
	for _, c := range properties.NotificationConfiguration.QueueConfigurations {
		rules := c.Filter.S3Key.Rules
		if c.Event != "s3:ObjectCreated:*" || len(rules) != 1 || rules[0].Name != "prefix" {
			return errors.New("a notification of other than objects below a prefix is not supported by the simulator")
		}
		s.announcements = append(s.announcements, announcement{name, rules[0].Value, c.Queue})
	}
	if s.Bucket == "" {
		s.Bucket = name
	}
	return s.s3.CreateBucket(name)
}

// wrote counts an object that was written, and announces it where the bucket says so.
func (s *Simulator) wrote(bucket, key string, size int64, err error) {
	if s.disk(err); err != nil {
		return
	}
	s.counter.object(key)
	if s.options.ObjectWritten != nil {
		s.options.ObjectWritten(bucket, key)
	}
	for _, a := range s.announcements {
		if a.bucket == bucket && strings.HasPrefix(key, a.prefix) {
			s.queues[a.queue].Send(notification(bucket, key, size))
		}
	}
}

// roomAfter is how long no write may fail before a disk has room again: a small object may
// fit where those that Firehose tries each second do not.
const roomAfter = 3 * time.Second

// disk tells of the first write that fails, as on a disk that is full, and when objects
// are written again.
func (s *Simulator) disk(err error) {
	now := time.Now()
	if err == nil {
		if now.UnixNano()-s.diskFailed.Load() > int64(roomAfter) {
			s.notices.tell("disk", false, "objects are written again")
		}
		return
	}
	s.diskFailed.Store(now.UnixNano())
	s.notices.tell("disk", true, fmt.Sprintf("objects cannot be written to %s: %v; what is buffered waits in memory, "+
		"and a request that needs S3 is answered 503", s.Lake, err))
}

// announceLeftovers announces the objects that an earlier process left where a bucket
// announces them: its queue was memory, and is gone.
func (s *Simulator) announceLeftovers() error {
	for _, a := range s.announcements {
		bucket, folder := os.DirFS(filepath.Join(s.Lake, a.bucket)), strings.TrimSuffix(a.prefix, "/")
		err := fs.WalkDir(bucket, folder, func(key string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // nothing was ever put there
			}
			if err != nil || entry.IsDir() {
				return err
			}
			info, err := entry.Info()
			if err == nil {
				s.Leftovers++
				s.queues[a.queue].Send(notification(a.bucket, key, info.Size()))
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("looking for what an earlier run left in %s: %w", a.prefix, err)
		}
	}
	return nil
}

// notification is S3's message of one object; its key is URL-encoded.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
func notification(bucket, key string, size int64) string {
	return string(marshal(map[string]any{"Records": []any{map[string]any{
		"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
		"s3": map[string]any{
			"bucket": map[string]any{"name": bucket},
			"object": map[string]any{"key": url.QueryEscape(key), "size": size},
		},
	}}}))
}

type queueProperties struct {
	SqsManagedSseEnabled, Tags any
	MessageRetentionPeriod     int `notSimulated:"messages do not expire here"`
	VisibilityTimeout          int
	RedrivePolicy              struct {
		DeadLetterTargetArn string `json:"deadLetterTargetArn"`
		MaxReceiveCount     int    `json:"maxReceiveCount"`
	}
}

var queueDefaults = queueProperties{VisibilityTimeout: 30} // SQS's

func (s *Simulator) buildQueue(r Resolved, p queueProperties) error {
	s.queues[r.Attribute("Arn")] = &Queue{
		Name: r.Attribute("QueueName"), ARN: r.Attribute("Arn"), URL: r.Attribute(""),
		VisibilityFor: time.Duration(p.VisibilityTimeout) * time.Second, MaxReceives: p.RedrivePolicy.MaxReceiveCount,
		sent: make(chan struct{}, 1),
	}
	return nil
}

// linkDeadLetters comes when every queue is there.
func (s *Simulator) linkDeadLetters(r Resolved, p queueProperties) error {
	arn := p.RedrivePolicy.DeadLetterTargetArn
	if arn != "" && s.queues[arn] == nil {
		return fmt.Errorf("no queue %s", arn)
	}
	s.queues[r.Attribute("Arn")].DeadLetters = s.queues[arn]
	return nil
}

type mappingProperties struct {
	EventSourceArn, FunctionName              string
	Tags                                      any
	BatchSize, MaximumBatchingWindowInSeconds int
	FunctionResponseTypes                     []string
	ScalingConfig                             struct{ MaximumConcurrency int }
}

var mappingDefaults = mappingProperties{BatchSize: 10} // Lambda's for a queue

func (s *Simulator) buildMapping(r Resolved, p mappingProperties) error {
	queue := s.queues[p.EventSourceArn]
	if queue == nil {
		return fmt.Errorf("an event source other than a queue is not supported by the simulator: %s", p.EventSourceArn)
	}
	function, err := s.functionARN(p.FunctionName)
	if err != nil {
		return err
	}
	mapping := &Mapping{
		Queue: queue, Function: s.invokers[function], Region: r.Region, BatchSize: p.BatchSize,
		WindowFor:      time.Duration(p.MaximumBatchingWindowInSeconds) * time.Second,
		MaxConcurrency: p.ScalingConfig.MaximumConcurrency, RetryAfter: s.options.Patience,
		ReportFailures: slices.Contains(p.FunctionResponseTypes, "ReportBatchItemFailures"),
	}
	mapping.start()
	s.QueueURL = queue.URL
	s.mappings = append(s.mappings, mapping)
	s.onClose(func() error { mapping.Close(); return nil })
	return nil
}
