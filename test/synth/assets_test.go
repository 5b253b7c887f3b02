package synth

import (
	"strings"
	"testing"
)

// TestAssetsGoOnlyToTheirOwnAccount: a shared synthesizer would have every stage
// publish to every other's account.
func TestAssetsGoOnlyToTheirOwnAccount(t *testing.T) {
	elsewhere, err := synthesizeElsewhere()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range elsewhere {
		checkAssets(t, s, accountOf(s.Stage))
	}
}

func checkAssets(t *testing.T, s *stack, account string) {
	t.Helper()
	var manifest struct {
		Files map[string]struct {
			Destinations map[string]struct {
				BucketName, Region, AssumeRoleArn string
			}
		}
	}
	if err := read(s.Assets, &manifest); err != nil {
		t.Fatal(err)
	}
	if len(manifest.Files) == 0 {
		t.Errorf("%s has no assets: not even its template", s.title())
	}
	for hash, file := range manifest.Files {
		for _, to := range file.Destinations {
			if !strings.Contains(to.BucketName, account) || !strings.Contains(to.AssumeRoleArn, account) ||
				to.Region != region {
				t.Errorf("%s publishes %s to %+v, must be account %s in %s", s.title(), hash, to, account, region)
			}
		}
	}
}
