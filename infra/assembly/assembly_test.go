package assembly_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"global-ingest/infra/assembly"
)

func TestAssemblyIsReadByItsManifests(t *testing.T) {
	dir := t.TempDir()
	for path, text := range map[string]string{
		"manifest.json": `{"version": "1", "artifacts": {
			"assembly-Dev": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Dev"}},
			"assembly-Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}},
			"Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}}}`,
		"assembly-Dev/manifest.json": `{"artifacts": {
			"DevPipeline1": {"type": "aws:cloudformation:stack", "environment": "aws://222222222222/eu-west-1",
				"properties": {"templateFile": "p.json", "stackName": "Dev-Pipeline",
					"requiresBootstrapStackVersion": 6, "bootstrapStackVersionSsmParameter": "/cdk-bootstrap/ours/version"}},
			"DevStorage2": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
				"properties": {"templateFile": "s.json", "stackName": "Dev-Storage"}},
			"DevStorage2.assets": {"type": "cdk:asset-manifest", "properties": {"file": "x"}}}}`,
		"assembly-Dev/p.json": `{"Resources": {}}`,
		"assembly-Dev/s.json": `{"Resources": {"Lake": {"Type": "AWS::S3::Bucket"}, "Key": {"Type": "AWS::KMS::Key"}}}`,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	templates, err := assembly.Read(dir, "Dev")
	if err != nil {
		t.Fatal(err)
	}
	var got []any
	for _, template := range templates {
		got = append(got, template.Stack, template.Place, template.Bootstrap, len(template.Resources))
	}
	want := []any{
		"Dev-Pipeline",
		assembly.Place{"222222222222", "eu-west-1"},
		assembly.Bootstrap{"/cdk-bootstrap/ours/version", 6},
		0,
		"Dev-Storage",
		assembly.Place{"000000000000", "us-east-1"},
		assembly.Bootstrap{},
		2,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("assembly is %v, want %v", got, want)
	}
	if _, err := assembly.Read(dir, "Test"); err == nil || !strings.Contains(err.Error(), "it holds Dev, Prod") {
		t.Errorf("error is %v, want the environments that exist", err)
	}
}
