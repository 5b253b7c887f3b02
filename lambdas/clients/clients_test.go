package clients_test

import (
	"strings"
	"testing"

	"global-ingest/lambdas/clients"
)

func TestEveryPathLeadsToItsClient(t *testing.T) {
	all := clients.Enabled(nil)
	for i := range clients.Table {
		c := &clients.Table[i]
		for _, path := range c.Posts {
			sent := strings.ReplaceAll(path, "{}", "42")
			for _, sent := range []string{sent, sent + "/", "/" + sent} {
				if got := all.Post([]byte(sent)); got != c {
					t.Errorf("POST %s leads to %v; want %s", sent, got, c.Name)
				}
			}
		}
		for _, path := range c.Gets {
			if got := all.Get([]byte(path)); got != c {
				t.Errorf("GET %s leads to %v; want %s", path, got, c.Name)
			}
		}
	}
}

func TestAPathThatNoEnabledClientHasLeadsNowhere(t *testing.T) {
	all, some := clients.Enabled(nil), clients.Enabled([]string{"segment"})
	none := clients.Enabled([]string{clients.None})
	for _, c := range []struct {
		set  *clients.Set
		path string
	}{
		{all, "/flags/"},
		{all, "/sourceConfig"},
		{all, "/wp-login.php"},
		{all, "/v1"},
		{all, "/v1/batch/x"},
		{all, "/api/42/x/envelope"},
		{all, "/api//envelope"},
		{all, "/api/s/"},
		{all, "/events"},
		{all, "/"},
		{all, ""},
		{some, "/batch/"},
		{some, "/api/42/envelope/"},
		{none, "/v1/batch"},
	} {
		if got := c.set.Post([]byte(c.path)); got != nil {
			t.Errorf("POST %q leads to %s; want nowhere", c.path, got.Name)
		}
	}
	if !some.Posts() || some.Gets() || none.Posts() || !all.Gets() {
		t.Error("segment alone has only POST, none has nothing, all have GET")
	}
}

func TestFindingAClientAllocatesNothing(t *testing.T) {
	all := clients.Enabled(nil)
	for _, path := range []string{"/v1/batch", "/api/42/envelope/", "/wp-login.php"} {
		text := []byte(path)
		if n := testing.AllocsPerRun(100, func() { all.Post(text) }); n != 0 {
			t.Errorf("POST %s allocates %v times; want 0", path, n)
		}
	}
}

func TestOnlyNamesOfTheTableAreClients(t *testing.T) {
	for _, good := range [][]string{nil, {"none"}, {"segment", "ga4"}, clients.Names()} {
		if err := clients.Check(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range [][]string{{"Segment"}, {""}, {"none", "ga4"}} {
		if err := clients.Check(bad); err == nil || !strings.Contains(err.Error(), "segment, jitsu") {
			t.Errorf("%q: %v; want the names that there are", bad, err)
		}
	}
}

func TestSecretsHaveNoCase(t *testing.T) {
	if !clients.IsSecret("Token_Auth") || clients.IsSecret("writeKey") || clients.IsSecret("measurement_id") {
		t.Error("token_auth is a secret, writeKey and measurement_id are not")
	}
}
