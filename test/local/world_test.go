package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"global-ingest/test/browser"
	"global-ingest/test/world"
)

// launchWorld runs the golden environment of three regions, of which one is drained.
func launchWorld(t *testing.T, more ...string) (p *program, page string) {
	t.Helper()
	goldens := []string{"worldwide/front"}
	for _, region := range []string{"", "eu-central-1/", "ap-southeast-1/"} {
		goldens = append(goldens, "worldwide/"+region+"storage", "worldwide/"+region+"pipeline")
	}
	args := []string{"-assembly", writeAssemblyOf(t, "Worldwide", goldens...), "-environment", "Worldwide"}
	p = launch(t, t.TempDir(), command(t, executable(t), append(args, more...)...)...)
	return p, p.waitFor(t, `page +(http://127\.0\.0\.1:\d+/)`)[1]
}

// states are the regions that GET /regions or another path of the page tells.
func states(t *testing.T, method, url string) map[string]world.State {
	t.Helper()
	got := do(t, method, url, nil)
	var told struct{ Regions []world.State }
	if err := json.Unmarshal([]byte(got.body), &told); err != nil || got.status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, url, got.status, got.body)
	}
	byName := map[string]world.State{}
	for _, s := range told.Regions {
		byName[s.Region] = s
	}
	return byName
}

// answers posts an event, and returns the region that answered it, or "".
func (p *program) answers(t *testing.T) string {
	t.Helper()
	return do(t, http.MethodPost, p.url, strings.NewReader(validEvent)).header.Get("Ingest-Region")
}

// answeredBy waits until a region answers.
func (p *program) answeredBy(t *testing.T, region string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); p.answers(t) != region; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer", region)
		}
	}
}

// TestRegionsRunBehindOneEndpoint: the nearest answers, the next one while it is lost, and everything is
// in one lake's folder at the end.
func TestRegionsRunBehindOneEndpoint(t *testing.T) {
	p, page := launchWorld(t, "-city", "london", "-speed", "50", "-patience", "1h")
	p.answeredBy(t, "eu-central-1")
	got := states(t, http.MethodGet, page+"regions")
	if e, a := got["eu-central-1"], got["ap-southeast-1"]; len(got) != 3 || !e.Nearest || !e.Healthy ||
		e.Answers == 0 || e.RoundTrip < 1 || !a.Drained {
		t.Errorf("the regions are %+v", got)
	}
	if got := states(t, http.MethodPost, page+"regions/eu-central-1/down")["eu-central-1"]; got.Reachable {
		t.Errorf("it is down, and told to be %+v", got)
	}
	p.answeredBy(t, "us-east-1")
	got = states(t, http.MethodGet, page+"regions")
	if e := got["eu-central-1"]; e.Healthy || e.Because == "" || !got["us-east-1"].Nearest {
		t.Errorf("it is down, and the regions are %+v", got)
	}
	states(t, http.MethodPost, page+"regions/eu-central-1/up")
	p.answeredBy(t, "eu-central-1")
	p.signal(t, syscall.SIGTERM)
	p.wantEnd(t)
	for _, region := range []string{"", "eu-central-1-"} {
		bucket := strings.Replace(p.bucket, "worldwide-", "worldwide-"+region, 1)
		if len(p.lake(t, bucket).Lines) == 0 {
			t.Errorf("the lake of %q has no event", region)
		}
	}
}

// TestPacketsTakeTheirTimeWhereACityIsChosen: from Auckland a request needs longer than next to the
// front. The quickest of several counts, because the machine may be busy.
func TestPacketsTakeTheirTimeWhereACityIsChosen(t *testing.T) {
	took := map[string]time.Duration{}
	for _, city := range []string{"", "auckland"} {
		p, _ := launchWorld(t, "-city", city)
		p.answers(t) // a sandbox starts
		took[city] = time.Hour
		for range 5 {
			began := time.Now()
			p.answers(t)
			took[city] = min(took[city], time.Since(began))
		}
		p.signal(t, syscall.SIGTERM)
		p.wantEnd(t)
	}
	// 20 ms to the location and 190 ms to the nearest region that is not drained.
	if took["auckland"] < 150*time.Millisecond || took[""] > took["auckland"] {
		t.Errorf("answers took %v", took)
	}
}

func TestAMistakeAboutRegionsIsOneLine(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-city", "london"}, `CITY is "london", must be empty: the environment has one region`},
		{[]string{"-speed", "0"}, `invalid value "0" for flag -speed: want 1 to 100`},
	} {
		err := run(t.Context(), arguments(t, c.args...), &screen{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error is %v, want one with %q", c.args, err, c.want)
		}
	}
}

// TestThePageTakesARegionDownAndBack, and says which one answers.
func TestThePageTakesARegionDownAndBack(t *testing.T) {
	p, page := launchWorld(t, "-city", "london", "-speed", "50")
	p.answeredBy(t, "eu-central-1")
	tab := show(browser.Open(t), t, micro{page: strings.TrimSuffix(page, "/")})
	const row = `[...document.querySelectorAll("#regions li")].find(li => li.innerText.startsWith("eu-central-1"))`
	for _, button := range []string{"Take down", "Bring back"} {
		tab.until(t, row+`?.querySelector("button").textContent === "`+button+`"`)
		tab.wantText(t, nameless, "")
		tab.wantText(t, faint, "")
		tab.snap(t, "regions "+button)
		tab.eval(t, row+`.querySelector("button").click()`)
		tab.until(t, row+`.innerText.includes("eu-central-1 answers") === `+fmt.Sprint(button == "Bring back"))
	}
	tab.wantText(t, `document.querySelectorAll("#regions li").length`, "3")
}
