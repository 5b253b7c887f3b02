package environment

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"global-ingest/lambdas/runtime/setting"
)

// Failover is how the world notices that a region is lost, and what happens meanwhile.
type Failover struct {
	// Time between two questions of one health checker: 10s or 30s. Route 53 asks from many
	// places at once.
	Every time.Duration `range:"10s to 30s" unit:"whole seconds"`

	// Failed answers in a row until clients go to another region, and good ones until they
	// come back.
	After int `range:"1 to 10"`

	// Whether a region that cannot store keeps its events in the bucket of the next region in
	// the list, instead of answering 503. The default keeps every event in the region that
	// answered it.
	NextDoor bool
}

// Place is what differs in one of Regions. A field that is 0, empty or false is as in Region.
type Place struct {
	Streams     int      // Firehose streams of events
	Throttle    Throttle // requests that the API accepts
	Provisioned int      // provisioned concurrency of Ingest

	// SNS topic of that region that wakes somebody. Empty: nobody is woken there, because an
	// alarm cannot tell a topic of another region.
	Pager string

	OwnAPILogRole bool // whether this environment sets API Gateway's role in that region
}

// Site is an environment in one of its regions. Its Region and what Place may hold are those
// of that region.
type Site struct {
	Environment
	Home bool     // whether it is in the environment's Region
	ring []string // the regions of all sites
}

// Worldwide says whether e has more than one region.
func (e Environment) Worldwide() bool { return len(e.Regions) > 0 }

// Origin returns the name that resolves to the nearest healthy region's API.
func (e Environment) Origin() string { return "origin." + e.Domain.Name }

// PublicURL returns where clients of an environment with several regions POST events.
func (e Environment) PublicURL() string { return "https://" + e.Domain.Name + "/events" }

// Sites returns e in each of its regions, in the order in which a change reaches them.
func (e Environment) Sites() []Site {
	ring := e.ring()
	var sites []Site
	for i, region := range ring {
		site := Site{Environment: e, Home: i == 0, ring: ring}
		if !site.Home {
			site.moveTo(region)
		}
		sites = append(sites, site)
	}
	return sites
}

func (e Environment) ring() []string { return append([]string{e.Region}, e.Regions...) }

// moveTo gives s the settings of one of Regions.
func (s *Site) moveTo(region string) {
	in := s.In[region]
	s.Region = region
	s.Streams = cmp.Or(in.Streams, s.Streams)
	s.Throttle.RatePerSecond = cmp.Or(in.Throttle.RatePerSecond, s.Throttle.RatePerSecond)
	s.Throttle.Burst = cmp.Or(in.Throttle.Burst, s.Throttle.Burst)
	s.Provisioned = cmp.Or(in.Provisioned, s.Provisioned)
	s.OwnAPILogRole = in.OwnAPILogRole || s.OwnAPILogRole
	s.Alarms.Pager = in.Pager
}

// Path returns where the CDK has the site's stacks: Prod, or Prod/eu-central-1.
func (s Site) Path() string {
	if s.Home {
		return s.Name
	}
	return s.Name + "/" + s.Region
}

// StackName returns the name that a stack of the site is deployed under: Prod-Storage, or
// Prod-eu-central-1-Storage.
func (s Site) StackName(stack string) string {
	return StackName(strings.ReplaceAll(s.Path(), "/", "-"), stack)
}

// Joined says whether clients are sent to the site.
func (s Site) Joined() bool { return !slices.Contains(s.Drained, s.Region) }

// NextDoor returns the region after the site's: the first one's after the last.
func (s Site) NextDoor() string { return s.ring[(slices.Index(s.ring, s.Region)+1)%len(s.ring)] }

// Everywhere are the regions that every account has without asking for them.
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
var Everywhere = []string{
	"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1",
	"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
}

// maxRegions is more than any client can tell: the median round trip of the world falls by 77 ms
// from one region to three, by 25 ms to six and by 6 ms to nine.
const maxRegions = 10

// longestCertificate is the longest first name of a certificate, in bytes.
// https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html
const longestCertificate = 64

// checkRegions holds the settings of several regions to each other.
func (e Environment) checkRegions() error {
	return cmp.Or(e.checkRing(), e.checkFront(), e.checkDrained(), e.checkPlaces())
}

func (e Environment) checkRing() error {
	if len(e.Regions) >= maxRegions {
		return wrong("Regions", "has %d regions beside Region, must have at most %d", len(e.Regions), maxRegions-1)
	}
	ring := e.ring()
	for i, region := range ring {
		if e.Worldwide() && !slices.Contains(Everywhere, region) {
			name := "Regions"
			if i == 0 {
				name = "Region"
			}
			return wrong(name, "has %q, must have regions that need no opt-in: %s", region,
				strings.Join(Everywhere, ", "))
		}
		if slices.Contains(ring[:i], region) {
			return wrong("Regions", "has %q twice, or as Region: must have each region once", region)
		}
	}
	return nil
}

// checkFront holds what clients connect to.
func (e Environment) checkFront() error {
	switch {
	case !e.Worldwide() && e.Domain.Zone != "":
		return wrong("Domain.Zone", "is %q, must be empty without Regions", e.Domain.Zone)
	case !e.Worldwide() && e.Failover.NextDoor:
		return wrong("Failover.NextDoor", "is true, must be false without Regions")
	case !e.Worldwide():
		return nil
	case e.Domain.Name == "" || e.Domain.Zone == "":
		return fmt.Errorf("Domain.Name is %q and Domain.Zone is %q, must be both set with Regions",
			e.Domain.Name, e.Domain.Zone)
	case e.Domain.Only:
		return wrong("Domain.Only", "is true, must be false with Regions: "+
			"health checks ask each API by its execute-api address")
	case len(e.Origin()) > longestCertificate:
		return wrong("Domain.Name", "is %q, must have at most %d bytes: %q needs a certificate",
			e.Domain.Name, longestCertificate-len("origin."), e.Origin())
	case e.Failover.Every != 10*time.Second && e.Failover.Every != 30*time.Second:
		return wrong("Failover.Every", "is %v, must be 10s or 30s", e.Failover.Every)
	}
	return nil
}

func (e Environment) checkDrained() error {
	for i, region := range e.Drained {
		if !e.Worldwide() || !slices.Contains(e.ring(), region) {
			return wrong("Drained", "has %q, must have regions of Regions, or Region with them", region)
		}
		if slices.Contains(e.Drained[:i], region) {
			return wrong("Drained", "has %q twice, must have each region once", region)
		}
	}
	if e.Worldwide() && len(e.Drained) == len(e.ring()) {
		return wrong("Drained", "has all %d regions, must leave one for the clients", len(e.Drained))
	}
	return nil
}

// checkPlaces holds each region to the rules of an environment.
func (e Environment) checkPlaces() error {
	for _, region := range slices.Sorted(maps.Keys(e.In)) {
		if !slices.Contains(e.Regions, region) {
			return wrong("In", "has %q, must have regions of Regions: %q", region, e.Regions)
		}
		if pager := e.In[region].Pager; pager != "" && !strings.HasPrefix(pager, "arn:aws:sns:"+region+":") {
			return wrong("In."+region+".Pager", "is %q, must be a topic of %s", pager, region)
		}
		there := Site{Environment: e}
		there.moveTo(region)
		there.Regions, there.In, there.Drained = nil, nil, nil
		there.Domain, there.Failover = Domain{}, Default("").Failover
		if err := there.checkAlone(); err != nil {
			return setting.Named("In."+region+":", err)
		}
	}
	return nil
}
