package synth

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"global-ingest/infra/environment"
)

// worldwide is an environment in three regions. One of them is drained, and differs from home in
// everything that may differ and has no part of a rule.
func worldwide() environment.Environment {
	e := environment.Default("Worldwide")
	e.Region = region
	e.Regions = []string{"eu-central-1", "ap-southeast-1"}
	e.Drained = []string{"ap-southeast-1"}
	e.In = map[string]environment.Place{"ap-southeast-1": {
		Throttle: environment.Throttle{RatePerSecond: 200, Burst: 100}, Provisioned: 2,
		Pager: "arn:aws:sns:ap-southeast-1:" + account + ":pager", OwnAPILogRole: true,
	}}
	e.Domain = environment.Domain{Name: "events.example.com", Zone: "Z0123456789ABCDEFGHIJ"}
	e.Failover = environment.Failover{Every: 10 * time.Second, After: 3, NextDoor: true}
	e.Throttle = environment.Throttle{RatePerSecond: 300, Burst: 150}
	e.WAF.On = true
	e.Canary.Every = 5 * time.Minute
	return e
}

// inWorld returns the stacks of the world that have this name, home first.
func inWorld(name string) (found []*stack) {
	for _, s := range stacks {
		if s.Stage == worldwide().Name && s.Name == name {
			found = append(found, s)
		}
	}
	return found
}

// elsewhere are the only places in which a region's template differs from home's, beside the
// names of regions and stacks and the hashes of deployment and version, each with its reason.
var elsewhere = map[string]string{
	`^EdgeApi\.Properties\.(EndpointConfiguration|SecurityPolicy)`: "home keeps its edge-optimized address",
	`^OriginRecord\.`: "a drained region has none",
	`^CanaryFunction\.Properties\.Environment\.Variables\.ENDPOINT_URL`:                 "home's looks at the environment as clients do",
	`^EdgeApiDeploymentStagev1\.Properties\.MethodSettings\.0\.Throttling(Rate|Burst)L`: "In",
	`^IngestLive\.Properties\.ProvisionedConcurrencyConfig\.`:                           "In",
	`^WatchPage\.`:                              "In: home pages nobody",
	`^EdgeApi(CloudWatchRole|Account)\.`:        "In",
	`^EdgeApiDeploymentStagev1\.DependsOn\.\[E`: "In",
}

// TestARegionIsTheHomeElsewhere: a reader of home's templates has read all.
func TestARegionIsTheHomeElsewhere(t *testing.T) {
	used := map[string]bool{}
	for _, title := range []string{"Storage", "Pipeline", environment.QueryStack} {
		all := inWorld(title)
		home := placeless(all[0])
		for _, s := range all[1:] {
			for _, path := range differing(home, placeless(s)) {
				listed := ""
				for pattern := range elsewhere {
					if regexp.MustCompile(pattern).MatchString(path) {
						listed = pattern
					}
				}
				if listed == "" {
					t.Errorf("%s and home differ in %s: %q, %q", s.title(), path, home[path], placeless(s)[path])
				}
				used[listed] = true
			}
		}
	}
	for pattern := range elsewhere {
		if !used[pattern] {
			t.Errorf("nothing differs in %s any more: take it off the list", pattern)
		}
	}
}

// placeless is flatten without what says where s is: its region, the next one, and the names of
// stacks.
func placeless(s *stack) map[string]string {
	home := s.Region
	if home == "" {
		home = region
	}
	ring := append([]string{region}, worldwide().Regions...)
	next := ring[(slices.Index(ring, home)+1)%len(ring)]
	names := strings.NewReplacer(
		"*-"+home+"-", "*-", "*-"+next+"-", "*-", home, "<here>", next, "<next door>",
	)
	out := map[string]string{}
	for path, value := range flatten(s) {
		out[names.Replace(path)] = names.Replace(value)
	}
	return out
}

// TestNoReferenceCrossesARegion but for the name of the lake next door, which
// TestReferencesBetweenStacksAreStrong counts. An import reaches stacks of its own region only.
func TestNoReferenceCrossesARegion(t *testing.T) {
	imports := regexp.MustCompile(`"Fn::ImportValue": "([A-Za-z0-9-]+):`)
	each(t, "", func(t *testing.T, s *stack) {
		for _, found := range imports.FindAllStringSubmatch(string(encode(t, s.Template)), -1) {
			other := s.stageStack[found[1]]
			if other == nil || other.Region != s.Region || s.Name == environment.FrontStack {
				t.Errorf("it imports from %s", found[1])
			}
		}
		for _, id := range s.After {
			if s.Name == environment.FrontStack && !strings.HasSuffix(id, ".assets") {
				t.Errorf("it is deployed after %s: it must need no region", id)
			}
		}
	})
}

// TestTheLakeNextDoorIsThereFirst: CloudFormation reads its name while it deploys Pipeline.
func TestTheLakeNextDoorIsThereFirst(t *testing.T) {
	for _, s := range inWorld("Pipeline") {
		next := strings.ReplaceAll(siteOf(t, s).NextDoor(), "-", "")
		if next == strings.ReplaceAll(region, "-", "") {
			next = ""
		}
		want := s.Stage + next + "Storage"
		if !slices.ContainsFunc(s.After, func(id string) bool { return strings.HasPrefix(id, want) }) {
			t.Errorf("%s is deployed after %v, not after %s", s.title(), s.After, want)
		}
	}
}

// records are the records of the world, by the stack that has each.
func records(t *testing.T) map[*stack]resource {
	t.Helper()
	found := map[*stack]resource{}
	for _, s := range inWorld("Pipeline") {
		for _, r := range s.resources("AWS::Route53::RecordSet") {
			found[s] = r
		}
	}
	if len(found) == 0 {
		t.Fatal("no region has a record")
	}
	return found
}

// TestClientsAreSentToHealthyRegions: each record is one of several of the name that is Front's
// only origin, the region's, and holds while its check and its target are healthy. Route 53's
// answers are unpredictable if a check asks the name that it decides about.
func TestClientsAreSentToHealthyRegions(t *testing.T) {
	front := inWorld(environment.FrontStack)[0]
	origins := at(front.the(t, "Distribution").Properties, "DistributionConfig", "Origins").([]any)
	origin := front.text(at(origins[0], "DomainName"))
	if len(origins) != 1 {
		t.Errorf("Front has %d origins, want the one name", len(origins))
	}
	for s, r := range records(t) {
		site := siteOf(t, s)
		got := fmt.Sprint(r.Properties["Name"], r.Properties["Type"], r.Properties["Region"], r.Properties["SetIdentifier"],
			at(r.Properties, "AliasTarget", "EvaluateTargetHealth"), s.text(r.Properties["HealthCheckId"]))
		if want := fmt.Sprint(origin, "A", site.Region, site.Region, true, "OriginHealth.HealthCheckId"); got != want {
			t.Errorf("%s: the record is %s, want %s", s.title(), got, want)
		}
	}
	for _, s := range inWorld("Pipeline") {
		site := siteOf(t, s)
		want := map[string]any{
			"Type": "HTTPS", "Port": 443.0, "EnableSNI": true, "ResourcePath": "/v1/health",
			"RequestInterval": site.Failover.Every.Seconds(), "FailureThreshold": float64(site.Failover.After),
			"FullyQualifiedDomainName": "EdgeApi.execute-api." + site.Region + ".AWS::URLSuffix",
		}
		check := maps.Clone(s.the(t, "OriginHealth").Properties["HealthCheckConfig"].(map[string]any))
		check["FullyQualifiedDomainName"] = s.text(check["FullyQualifiedDomainName"])
		if diff := cmp.Diff(want, check); diff != "" {
			t.Errorf("%s: the check (-want +is)\n%s", s.title(), diff)
		}
		if got := s.text(s.the(t, "OriginDomain").Properties["DomainName"]); got != origin {
			t.Errorf("%s answers to %s, Front asks %s", s.title(), got, origin)
		}
	}
}

// TestADrainedRegionGetsNoClients, and keeps everything else.
func TestADrainedRegionGetsNoClients(t *testing.T) {
	found := records(t)
	for _, s := range inWorld("Pipeline") {
		if _, joined := found[s]; joined != siteOf(t, s).Joined() {
			t.Errorf("%s has a record: %v, want %v", s.title(), joined, !joined)
		}
		s.the(t, "OriginDomain")
	}
}

// TestClientsReachFront by both versions of IP, under the environment's name.
func TestClientsReachFront(t *testing.T) {
	front := inWorld(environment.FrontStack)[0]
	for path, kind := range map[string]string{"IPv4": "A", "IPv6": "AAAA"} {
		got := front.text(front.the(t, path).Properties)
		want := "AliasTarget=DNSName=Distribution.DomainName HostedZoneId=Z2FDTNDATAQYW2 " +
			"HostedZoneId=Z0123456789ABCDEFGHIJ Name=events.example.com Type=" + kind
		if got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	config := front.the(t, "Distribution").Properties["DistributionConfig"]
	got := []string{front.text(at(config, "Aliases")), front.text(at(config, "ViewerCertificate", "AcmCertificateArn"))}
	if want := []string{"events.example.com", "Certificate"}; !slices.Equal(got, want) {
		t.Errorf("the distribution answers to %q, want %q", got, want)
	}
}

// TestNoFirewallCountsLocations: behind CloudFront the API sees the addresses of its locations.
func TestNoFirewallCountsLocations(t *testing.T) {
	for _, s := range inWorld("Pipeline") {
		if found := s.resources(webACL); len(found) > 0 {
			t.Errorf("%s has %v", s.title(), found)
		}
	}
	if got := inWorld(environment.FrontStack)[0].the(t, "Firewall").Properties["Scope"]; got != "CLOUDFRONT" {
		t.Errorf("Front's is for %v", got)
	}
}

// TestProbesExpire within a day, where there are some.
func TestProbesExpire(t *testing.T) {
	each(t, "Storage", func(t *testing.T, s *stack) {
		rules := s.text(at(s.the(t, "LakeBucket").Properties, "LifecycleConfiguration", "Rules"))
		const rule = "ExpirationInDays=1 Id=Probes NoncurrentVersionExpiration=NoncurrentDays=1 Prefix=health/ " +
			"Status=Enabled"
		if got := strings.Contains(rules, rule); got != environmentOf(t, s).Worldwide() {
			t.Errorf("probes expire: %v, by %s", got, rules)
		}
	})
}

// TestTheWorldHasOneBoard, on which every region has a line in each graph about regions, and what
// is drawn has a name that needs no reference to a region's stack.
func TestTheWorldHasOneBoard(t *testing.T) {
	front := inWorld(environment.FrontStack)[0]
	boards := front.resources("AWS::CloudWatch::Dashboard")
	if len(boards) != 1 {
		t.Fatalf("Front has the boards %v", boards)
	}
	var body struct {
		Widgets []struct {
			Type       string
			Properties struct {
				Title   string
				Metrics [][]any
			}
		}
	}
	if err := json.Unmarshal([]byte(front.text(boards[0].Properties["DashboardBody"])), &body); err != nil {
		t.Fatal(err)
	}
	perRegion := 0
	for _, w := range body.Widgets {
		drawn := map[any]bool{}
		for _, line := range w.Properties.Metrics {
			drawn[at(line[len(line)-1], "region")] = true
		}
		if drawn[nil] && len(drawn) == 1 || w.Type == "text" {
			continue
		}
		perRegion++
		if want := map[any]bool{region: true, "eu-central-1": true, "ap-southeast-1": true}; !maps.Equal(drawn, want) {
			t.Errorf("%s draws %v", w.Properties.Title, drawn)
		}
	}
	if perRegion < 8 {
		t.Errorf("%d graphs are about regions", perRegion)
	}
}

// TestAWorldOfOtherSettings: home is elsewhere than Front, the certificate is the owner's, there
// is no firewall, TLS 1.3 is asked of clients, and nothing is left next door.
func TestAWorldOfOtherSettings(t *testing.T) {
	e := worldwide()
	e.Account, e.Region, e.Regions, e.Drained, e.In = account, "eu-west-1", []string{"us-west-2"}, nil, nil
	e.Domain.Certificate = "arn:aws:acm:us-east-1:" + account + ":certificate/00000000-0000-0000-0000-000000000000"
	e.WAF.On, e.TLS, e.Failover.NextDoor = false, environment.TLS13, false
	found, err := synthesize(filepath.Join(workspace, "other"), []environment.Environment{e}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"eu-west-1", "eu-west-1", "eu-west-1", "us-west-2", "us-west-2", "us-west-2", "us-east-1",
	} {
		if found[i].Place != "aws://"+account+"/"+want {
			t.Errorf("%s is in %s, want %s", found[i].title(), found[i].Place, want)
		}
	}
	front := found[6]
	const viewers = "AcmCertificateArn=%s MinimumProtocolVersion=TLSv1.3_2025 SslSupportMethod=sni-only"
	config := front.the(t, "Distribution").Properties["DistributionConfig"]
	if got, want := front.text(at(config, "ViewerCertificate")), fmt.Sprintf(viewers, e.Domain.Certificate); got != want {
		t.Errorf("viewers get %s, want %s", got, want)
	}
	if made := front.resources("AWS::CertificateManager::Certificate", webACL); len(made) > 0 {
		t.Errorf("Front has %v", made)
	}
	home, away := found[1], found[4]
	for s, want := range map[*stack]string{
		home: "SecurityPolicy_TLS12_PFS_2025_EDGE", away: "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
	} {
		if got := s.the(t, "EdgeApi").Properties["SecurityPolicy"]; got != want {
			t.Errorf("%s has the policy %v, want %s: no health checker speaks TLS 1.3", s.title(), got, want)
		}
		if text := string(encode(t, s.Template)); strings.Contains(text, "GetStackOutput") ||
			strings.Contains(text, "NEXT_DOOR") {
			t.Errorf("%s knows a lake next door", s.title())
		}
		want := "allow s3:PutObject on LakeBucket.Arn/health/* LakeBucket.Arn/spill/*"
		if got := s.roles()["IngestRole"]; !slices.Contains(got, want) {
			t.Errorf("%s: Ingest may %q, want %s", s.title(), got, want)
		}
	}
}
