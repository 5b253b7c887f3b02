package stateful_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"global-ingest/infra/stateful"
)

const lake = `{"Type":"AWS::S3::Bucket","DeletionPolicy":"Retain","UpdateReplacePolicy":"Retain","Properties":{"VersioningConfiguration":{"Status":"Enabled"}}}`

func TestCompareAll(t *testing.T) {
	for name, c := range map[string]struct{ base, head, want string }{
		"unchanged": {lake, lake, ""},
		"changed in place": {
			lake, `{"Type":"AWS::S3::Bucket","DeletionPolicy":"Retain","UpdateReplacePolicy":"Retain","Properties":{"Tags":[]}}`, "",
		},
		"gone": {lake, "", "is deleted: its logical id is gone, the old one stays, outside the stack"},
		"gone and not kept": {
			`{"Type":"AWS::SQS::Queue"}`, "", "is deleted: its logical id is gone, with everything in it",
		},
		"another type": {
			lake, `{"Type":"AWS::SQS::Queue"}`, "is replaced: it becomes an AWS::SQS::Queue, the old one stays, outside the stack",
		},
		"renamed": {
			lake, `{"Type":"AWS::S3::Bucket","DeletionPolicy":"Retain","UpdateReplacePolicy":"Retain","Properties":{"BucketName":"lake"}}`,
			"is replaced: BucketName changes, the old one stays, outside the stack",
		},
		"kept, except when its creation is rolled back": {
			lake, `{"Type":"AWS::S3::Bucket","DeletionPolicy":"RetainExceptOnCreate","UpdateReplacePolicy":"Retain"}`, "",
		},
		"kept except on creation, then gone": {
			`{"Type":"AWS::S3::Bucket","DeletionPolicy":"RetainExceptOnCreate"}`, "", "is deleted: its logical id is gone, the old one stays, outside the stack",
		},
		"no longer kept": {
			lake, `{"Type":"AWS::S3::Bucket","DeletionPolicy":"Delete","UpdateReplacePolicy":"Retain"}`,
			`is no longer retained: DeletionPolicy becomes "Delete"`,
		},
		"the address that clients know": {
			`{"Type":"AWS::Route53::RecordSet","Properties":{"Name":"a"}}`,
			`{"Type":"AWS::Route53::RecordSet","Properties":{"Name":"b"}}`,
			"is replaced: Name changes, with everything in it",
		},
		"a region that is drained":  {`{"Type":"AWS::Route53::RecordSet","Properties":{"SetIdentifier":"eu-west-1"}}`, "", ""},
		"a type that holds nothing": {`{"Type":"AWS::IAM::Role"}`, "", ""},
		"an older version of code":  {`{"Type":"AWS::Lambda::Version","UpdateReplacePolicy":"Retain"}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			lost, err := stateful.CompareAll(folder(c.base), folder(c.head))
			if err != nil {
				t.Fatal(err)
			}
			var got string
			for _, l := range lost["prod/storage.json"] {
				got += l.Says
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func folder(resource string) fstest.MapFS {
	if resource == "" {
		return fstest.MapFS{"prod/storage.json": {Data: []byte(`{"Resources":{}}`)}}
	}
	return fstest.MapFS{"prod/storage.json": {Data: []byte(`{"Resources":{"Lake":` + resource + `}}`)}}
}

func TestAStackThatIsGoneLosesEverything(t *testing.T) {
	lost, err := stateful.CompareAll(folder(lake), fstest.MapFS{})
	want := map[string][]stateful.Loss{"prod/storage.json": {{
		ID: "Lake", Type: "AWS::S3::Bucket", Says: "is deleted: its logical id is gone, the old one stays, outside the stack",
	}}}
	if diff := cmp.Diff(want, lost); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

// TestEachRegionIsCompared, not only the home of an environment.
func TestEachRegionIsCompared(t *testing.T) {
	base := fstest.MapFS{"prod/eu-central-1/storage.json": {Data: []byte(`{"Resources":{"Lake":` + lake + `}}`)}}
	if lost, err := stateful.CompareAll(base, fstest.MapFS{}); err != nil || len(lost) != 1 {
		t.Errorf("%v, found %v", err, lost)
	}
}

// TestNothingToCompareWithIsNoApproval: a wrong folder must not look like no loss.
func TestNothingToCompareWithIsNoApproval(t *testing.T) {
	if _, err := stateful.CompareAll(fstest.MapFS{}, folder(lake)); err == nil {
		t.Error("an empty base was compared")
	}
	if _, err := stateful.CompareAll(folder(lake), fstest.MapFS{"prod/storage.json": {Data: []byte("{")}}); err == nil {
		t.Error("a broken template was compared")
	}
}
