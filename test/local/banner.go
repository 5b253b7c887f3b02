package main

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"text/template"
	"time"
	"unicode"

	"global-ingest/test/simulator"
)

// banner is the first screen: what runs, what to type next, what it does not
// prove.
var banner = template.Must(template.New("banner").Parse(`
global-ingest {{.Environment}} runs on this machine, from its synthesized templates

  endpoint  {{.URL}}/events
  page      {{.Page}}  each event as it is judged; GET /events, /counts and more for tests
{{- range $i, $line := .Regions}}
  {{if $i}}        {{else}}regions {{end}}  {{$line}}
{{- end}}
{{- if .Regions}}
            curl -X POST {{.Page}}regions/{{.Nearest}}/down makes it unreachable, …/up brings it back,
            {{.Page}}regions tells which one answers;
            health checks and DNS are {{.Speed}} times faster than on AWS (SPEED=1 is as slow)
  clients   {{.Clients}}
{{- end}}
  S3        {{.S3URL}}  bucket {{.Bucket}}{{if .Regions}} and one of each other region{{end}}
  objects   {{.Lake}}/
  logs      {{.Logs}}/
  buffers   {{.Buffers}}
            buffers are memory: Ctrl-C writes them, kill -9 loses {{.Window}}
  sandboxes {{.Sandboxes}} of a function; above that requests wait (SANDBOXES={{.More}} allows more)
  throttle  {{.Throttle}}
{{- if .Leftovers}}
  spill     {{.Leftovers}} objects of an earlier run go through again
{{- end}}

In another terminal: send an event, then one that its schema does not allow. Both
are answered 200 at once; what became of them is in the lake {{.Wait}}.

  curl -i {{.URL}}/events -d '{{.ValidEvent}}'
  curl -i {{.URL}}/events -d '{{.InvalidEvent}}'

  find {{.Lake}} -type f
  find {{.Lake}}/{{.Folders}}/events -type f -exec gzip -dc {} +
  find {{.Lake}}/{{.Folders}}/rejected -type f -exec gzip -dc {} +
  AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x AWS_REGION=us-east-1 \
    aws s3 ls --recursive --endpoint-url {{.S3URL}} s3://{{.Bucket}}/

Accepted, not simulated:
{{- range .NotSimulated}}
  {{.}}
{{- end}}

Not proven here: that IAM allows it, that it deploys, how long AWS takes.
Ctrl-C stops, and writes what is buffered first.

`))

// The two events of the first screen.
const (
	validEvent = `{"type":"click","event_id":"1","occurred_at":"2026-11-23T10:00:00Z","session":"s",` +
		`"page":{"url":"https://example.com/shoes"},"element":{"id":"buy"}}`
	invalidEvent = `{"type":"click","event_id":"2"}`
)

func writeBanner(out io.Writer, p pipeline, s settings, port net.Listener) {
	sim := p.home
	wait, window := "when the buffers are full or due", "what is in them"
	if s.patience > 0 {
		// The transform's buffer, then the object's; the functions take some 50 ms for the first event.
		buffered := max(min(s.patience, judgedWithin)+s.patience, 50*time.Millisecond)
		wait, window = fmt.Sprintf("about %s later", buffered), fmt.Sprintf("the last %s", buffered)
	}
	err := banner.Execute(out, map[string]any{
		"Environment": s.environment, "URL": p.URL, "S3URL": sim.S3URL, "Bucket": sim.Bucket,
		"Lake": word(filepath.ToSlash(sim.Lake)), "Logs": p.logs(s),
		"Page": "http://" + port.Addr().String() + "/", "Window": window, "Buffers": buffers(sim, s),
		"Throttle": throttle(sim, s), "Wait": wait,
		"ValidEvent": validEvent, "InvalidEvent": invalidEvent,
		"Sandboxes": s.sandboxes, "More": 2 * s.sandboxes, "Leftovers": p.leftovers(), "NotSimulated": p.NotSimulated(),
		"Regions": p.regionLines(), "Nearest": p.nearest(), "Speed": s.speed, "Clients": s.clients(p), "Folders": p.folders(),
	})
	if err != nil {
		fmt.Fprintln(out, "writing the first screen:", err)
	}
}

// word makes one word of a path, for a shell that what is printed is pasted into.
func word(path string) string {
	special := func(r rune) bool { return !strings.ContainsRune("/._-:@", r) && !unicode.In(r, unicode.L, unicode.N) }
	if strings.ContainsFunc(path, special) {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

func buffers(sim *simulator.Simulator, s settings) string {
	if s.patience > 0 {
		return fmt.Sprintf("at most %s, so that you need not wait; deployed they are what the template says", s.patience)
	}
	var all []string
	for _, stream := range sim.Streams() {
		all = append(all, fmt.Sprintf("%s %s", stream.Name, stream.BufferFor))
	}
	return "as in the template: " + strings.Join(all, ", ")
}

func throttle(sim *simulator.Simulator, s settings) string {
	limit := fmt.Sprintf("%.0f requests/s, %.0f at once", sim.Throttle.RatePerSecond, sim.Throttle.Burst)
	if s.throttle {
		return limit + ", as deployed"
	}
	return limit + " when deployed, none here (THROTTLE=1 applies it)"
}
