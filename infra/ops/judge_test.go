package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/record"
)

// judged is a lake as the pipeline writes it, by key, and the schemas of the working tree.
type judged struct {
	t       *testing.T
	at      time.Time
	lines   map[string][]byte // of each object, still to be compressed
	objects map[string][]byte
	next    int
}

// newJudged makes a folder with one schema the working tree.
func newJudged(t *testing.T, click string) *judged {
	t.Helper()
	t.Chdir(t.TempDir())
	j := &judged{t: t, at: time.Now().UTC(), lines: map[string][]byte{}, objects: map[string][]byte{}}
	j.schema("click", click)
	return j
}

func (j *judged) schema(eventType, text string) {
	j.t.Helper()
	put(j.t, filepath.Join(schemaFolder, eventType+".json"), text)
}

func (j *judged) header() record.Header {
	j.next++
	return record.Header{ID: fmt.Sprintf("id-%02d", j.next), ReceivedAt: j.at, RequestID: "r", UserAgent: `a "b"`}
}

func (j *judged) key(prefix string) string {
	return prefix + record.Partition(j.at) + "o" + record.LinesExtension
}

// accepted adds events of a type to events/.
func (j *judged) accepted(eventType string, from record.Source, events ...string) {
	for _, event := range events {
		h := j.header()
		h.Source = from
		key := j.key(record.EventsPrefix)
		j.lines[key] = record.AppendLine(j.lines[key], h, 0, eventType, []byte(event))
	}
}

// rejected adds a reject of an event, and its payload where the row has no room for it.
func (j *judged) rejected(eventType string, reason record.Reason, payload string) {
	r := j.header().RejectEvent(0)
	r.Type, r.Reason, r.Payload = eventType, reason, []byte(payload)
	r.Errors = []record.Finding{{Instance: "/n", Schema: "click.json#/properties/n", Message: "is bad", Offset: -1}}
	row, key := record.FitReject(r)
	if key != "" {
		j.objects[key] = []byte(payload)
	}
	j.lines[j.key(record.RejectedPrefix)] = append(j.lines[j.key(record.RejectedPrefix)], row...)
}

// stored compresses what was added.
func (j *judged) stored() map[string][]byte {
	j.t.Helper()
	for key, lines := range j.lines {
		var object bytes.Buffer
		zip := gzip.NewWriter(&object)
		_, _ = zip.Write(lines) // a bytes.Buffer takes everything
		_ = zip.Close()
		j.objects[key] = object.Bytes()
	}
	clear(j.lines)
	return j.objects
}

// onDisk writes the lake as `make local` does.
func (j *judged) onDisk() {
	j.t.Helper()
	for key, object := range j.stored() {
		path := filepath.Join(".local", "lake", "buckets", "lake", filepath.FromSlash(key))
		put(j.t, path, string(object))
	}
}

// inBucket has a fake S3 hold the lake.
func (j *judged) inBucket(f *fakeAWS, bucket string) {
	j.t.Helper()
	stored := maps.Clone(j.stored())
	list := func(r request) any {
		var contents strings.Builder
		for _, key := range slices.Sorted(maps.Keys(stored)) {
			if strings.HasPrefix(key, r.query.Get("prefix")) {
				fmt.Fprintf(&contents, "<Contents><Key>%s</Key><Size>%d</Size></Contents>", key, len(stored[key]))
			}
		}
		return xml("<ListBucketResult>" + contents.String() + "</ListBucketResult>")
	}
	f.answers["s3 GET /"+bucket] = list
	f.answers["s3 GET /"+bucket+"/"] = list
	for key, object := range stored {
		f.answers["s3 GET /"+bucket+"/"+key] = always(xml(object))
	}
}

// everyCase adds each way in which an event can lie in a lake.
func (j *judged) everyCase() {
	plain := record.Source{}
	j.accepted("click", plain, `{"type":"click","n":"a"}`, `{"type":"click"}`, `{"type":"click","n":"four"}`,
		`{"type":"click","n":"fives"}`, `{"type":"click","n":"x","m":true}`)
	j.accepted("other", plain, `{"type":"other","n":"not asked for"}`)
	posthog := record.Source{Client: "posthog", Path: "/batch/"}
	j.accepted("click", posthog, `{"event":"click","n":"a","batch":[{"event":"x"},{"event":"y"}]}`,
		`{"event":"click","n":"four"}`)
	binary := record.Source{Client: "posthog", Attributes: `{"specversion":"1.0","type":"click"}`}
	j.accepted("click", binary, `{"n":"b"}`)

	j.rejected("click", record.SchemaViolation, `{"type":"click","n":"abc"}`)
	j.rejected("click", record.SchemaViolation, `{"type":"click","n":"abcd"}`)
	j.rejected("click", record.NotJSON, "{\"type\":\"click\",\"n\":\"\xff\"}")
	j.rejected("click", record.TooComplex, `{"type":"click","n":"b","text":"`+strings.Repeat("a", record.MaxBytes)+`"}`)
	j.rejected("click", record.TooComplex, `{"type":"click","gone":"`+strings.Repeat("a", record.MaxBytes)+`"}`)
	j.rejected("other", record.SchemaViolation, `{"type":"other"}`)
	j.rejected("", record.NotAnObject, `[1]`)
	for key, payload := range j.objects {
		if bytes.Contains(payload, []byte(`"gone"`)) {
			delete(j.objects, key)
		}
	}
	j.lines[j.key(record.EventsPrefix)] = append(j.lines[j.key(record.EventsPrefix)], "{\"id\":\"id-99/0\"}\n"...)
	object := j.stored()[j.key(record.EventsPrefix)]
	j.objects[strings.Replace(j.key(record.EventsPrefix), "/o.", "/cut.", 1)] = object[:len(object)-12]
}

const maxThree = `{"properties": {"n": {"type": "string", "maxLength": 3}, "m": {"type": "string"}}}`

// TestASchemaIsJudgedByTheEventsOfALake, with exact numbers and the first event of each
// kind: over files, and over S3 with what the requests cost.
func TestASchemaIsJudgedByTheEventsOfALake(t *testing.T) {
	j := newJudged(t, maxThree)
	j.everyCase()
	folder, _, _ := strings.Cut(record.Partition(j.at), "/")
	today := strings.TrimPrefix(folder, "day=")
	span := j.at.AddDate(0, 0, -6).Format(time.DateOnly) + " to " + today
	gone := record.RejectedLargePrefix + today + "/id-14/0"
	cut := strings.Replace(j.key(record.EventsPrefix), "/o.", "/cut.", 1)
	report := `WHERE: judging click of ` + span + ` by lambdas/validate/schemas
click, ` + span + `: 3 objects, 1.0 MB readPRICE
8  accepted before, accepted now
2  rejected before, refused now
8  accepted before, refused now
2  rejected before, accepted now
4  not judged
rejects without a type, on which no schema decides: 1

accepted before, refused now:
- 6 × click.json#/properties/n/maxLength
  id-03/0: /n has 4 characters, must have at most 3
- 2 × click.json#/properties/m/type
  id-05/0: /m is boolean, must be string

rejected before, accepted now:
- 2 × click.json#/properties/n
  id-10/0: /n is bad

not judged:
- 2 × a line that is no event
  ` + cut + `: decoding line: it has the id "id-99/0" and an event of 0 bytes
- 1 × a reject whose payload cannot be read
  id-14/0: GONE
- 1 × an object that cannot be read to its end
  ` + cut + `: unexpected EOF
`
	j.onDisk()
	for name, row := range map[string]struct {
		args               []string
		where, price, gone string
	}{
		"on this machine": {
			nil, ".local/lake/buckets/lake", "",
			"open .local/lake/buckets/lake/" + gone + ": no such file or directory",
		},
		"in an environment": {
			[]string{"-environment", "Prod"},
			"Prod in account 111111111111, us-east-1", ", 19 requests of S3, $0.00007",
			"getting s3://lake/" + gone + ": file does not exist",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if row.args != nil {
				f := fake(t, map[string]func(request) any{"cloudformation DescribeStacks": always(storage("lake"))})
				j.inBucket(f, "lake")
				f.answers["s3 GET /lake/"+gone] = always(refused{"NoSuchKey", "gone"})
			}
			out, err := ops(t, "", append([]string{"judge", "-type", "click"}, row.args...)...)
			const stop = "judge: stop: of the events that were accepted 8 would be refused: a new type leaves old apps alone"
			if err == nil || !strings.HasPrefix(err.Error(), stop) {
				t.Errorf("error is %v", err)
			}
			want := strings.NewReplacer("WHERE", row.where, "PRICE", row.price, "GONE", row.gone).Replace(report)
			if diff := cmp.Diff(want, out); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			again, err := ops(t, "", append([]string{"judge", "-type", "click", "-allow"}, row.args...)...)
			if err != nil || again != out {
				t.Errorf("allowed: %v\n%s", err, again)
			}
		})
	}
}

// storage is a stack Storage with this bucket.
func storage(bucket string) xml {
	return outputsOf(map[string]string{environment.LakeBucketOutput: bucket})
}

// TestAJudgementKnowsTheRulesOfItsEnvironment: where events name their type, what formats
// mean, and each of its regions.
func TestAJudgementKnowsTheRulesOfItsEnvironment(t *testing.T) {
	j := newJudged(t, `{"properties": {"at": {"format": "date"}}, "required": ["n"]}`)
	far := environment.Default("Far")
	far.TypeFrom, far.Formats, far.Region, far.Regions = []string{"kind"}, false, "us-east-1", []string{"eu-central-1"}
	far.Domain.Name, far.Domain.Zone = "events.example.com", "Z1"
	environments(t, far)
	j.accepted("click", record.Source{}, `{"kind":"click","n":1,"at":"never"}`, `{"kind":"click"}`, `{"type":"click"}`)
	f := fake(t, map[string]func(request) any{"cloudformation DescribeStacks": func(r request) any {
		return storage(strings.ToLower(r.query.Get("StackName")))
	}})
	j.inBucket(f, "far-storage")
	j.accepted("click", record.Source{}, `{"kind":"click"}`)
	j.inBucket(f, "far-eu-central-1-storage")
	out, err := ops(t, "", "judge", "-type", "click", "-environment", "Far", "-days", "2")
	if err == nil || !strings.Contains(err.Error(), "accepted 2 would") {
		t.Errorf("error is %v", err)
	}
	for _, want := range []string{
		"Far in account 111111111111, us-east-1: judging", "Far in account 111111111111, eu-central-1: judging",
		"2  accepted before, accepted now", "- 2 × click.json#/required\n  id-02/0: lacks \"n\"",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if got := f.regions(); !slices.Equal(got, []string{"us-east-1", "eu-central-1"}) {
		t.Errorf("AWS is called in %v", got)
	}
}

// TestAJudgementReadsTheDaysThatItIsAskedFor, and says so when they hold nothing.
func TestAJudgementReadsTheDaysThatItIsAskedFor(t *testing.T) {
	j := newJudged(t, maxThree)
	j.at = j.at.AddDate(0, 0, -4)
	j.accepted("click", record.Source{}, `{"type":"click","n":"four"}`)
	j.onDisk()
	_, err := ops(t, "", "judge", "-type", "click", "-days", "3")
	span := j.at.AddDate(0, 0, 2).Format(time.DateOnly) + " to " + j.at.AddDate(0, 0, 4).Format(time.DateOnly)
	want := "judge: the lake has no object of " + span + ": raise DAYS=3, or send events"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
	_, err = ops(t, "", "judge", "-type", "click", "-days", "6")
	if err == nil || !strings.Contains(err.Error(), "accepted 1 would") {
		t.Errorf("error is %v", err)
	}
}

// TestAJudgementThatCannotBeSaysWhatToDo in one line.
func TestAJudgementThatCannotBeSaysWhatToDo(t *testing.T) {
	click := []string{"-type", "click"}
	for name, row := range map[string]struct {
		prepare func(*testing.T, *judged)
		args    []string
		want    string
	}{
		"no type":      {nil, nil, `type is "", must be one of click, view: add TYPE=view`},
		"unknown type": {nil, []string{"-type", "clik"}, `type is "clik", must be one of click, view: add TYPE=view`},
		"no days":      {nil, append(click, "-days", "0"), "days is 0, must be 1 to 366"},
		"environment":  {nil, append(click, "-environment", "Live"), `environment is "Live", must be one of Dev`},
		"no lake":      {nil, click, "there is no lake in .local/lake/buckets: run `make local` and send it events"},
		"no tree": {
			func(t *testing.T, _ *judged) { t.Chdir(t.TempDir()) }, click,
			"there are no schemas in lambdas/validate/schemas: run it in the folder of the repository",
		},
		"no schema": {
			func(t *testing.T, _ *judged) {
				t.Chdir(t.TempDir())
				if err := os.MkdirAll(schemaFolder, 0o700); err != nil {
					t.Fatal(err)
				}
			}, click,
			"there are no schemas in lambdas/validate/schemas: run it in the folder of the repository",
		},
		"schema": {
			func(_ *testing.T, j *judged) { j.schema("click", `{"typ": "object"}`) }, click,
			`click.json#/typ: is not a keyword, did you mean "type"?`,
		},
		"nobody": {
			func(t *testing.T, _ *judged) { credentials(t, "") }, append(click, "-environment", "Prod"),
			"no AWS credentials: set AWS_PROFILE, or log in with `aws sso login`",
		},
		"no stack": {
			func(t *testing.T, _ *judged) {
				fake(t, map[string]func(request) any{"cloudformation DescribeStacks": always(refused{"ValidationError", "no"})})
			},
			append(click, "-environment", "Prod"),
			"there is no stack Prod-Storage (Prod in account 111111111111, us-east-1): run `make deploy ENV=Prod`",
		},
		"no right": {
			func(t *testing.T, j *judged) {
				f := fake(t, map[string]func(request) any{
					"cloudformation DescribeStacks": always(storage("lake")),
				})
				f.answers["s3 GET /lake"] = always(refused{"AccessDenied", "no"})
			},
			append(click, "-environment", "Prod"),
			"these credentials may not read the lake of Prod in account 111111111111, us-east-1: " +
				"attach the policy that its stack Query prints as ReaderPolicy",
		},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJudged(t, `{}`)
			j.schema("view", `{}`)
			if row.prepare != nil {
				row.prepare(t, j)
			}
			_, err := ops(t, "", append([]string{"judge"}, row.args...)...)
			if err == nil || !strings.HasPrefix(err.Error(), "judge: "+row.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %v, want %s", err, row.want)
			}
		})
	}
}
