package world

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"global-ingest/test/simulator"
)

// plan is what the templates say about what stands in front of the regions.
type plan struct {
	regions  []string                    // that have an API
	hosts    map[string]host             // where the requests for a host name go
	checks   map[string]checkPlan        // health checks, by id
	records  []recordPlan                // latency records
	front    *frontPlan                  // nil: one region, without a front
	code     map[string]string           // JavaScript of functions, by ARN
	policies map[string]responsePolicies // of response headers, by id
}

// host is an API behind a host name.
type host struct {
	region string
	stage  string // the first part of every path; "" for a domain name
}

type checkPlan struct {
	FullyQualifiedDomainName, ResourcePath string
	RequestInterval, FailureThreshold      int
}

type recordPlan struct {
	Name, Type                           string
	SetIdentifier, Region, HealthCheckID string // of a latency record
	AliasTarget                          struct{ DNSName string }
}

type frontPlan struct {
	DefaultCacheBehavior struct {
		FunctionAssociations    []struct{ EventType, FunctionARN string }
		ResponseHeadersPolicyID string
		TargetOriginID          string
	}
	Origins []originPlan
}

// originPlan has CloudFront's defaults where the template says nothing.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html
type originPlan struct {
	ID, DomainName                        string
	ConnectionAttempts, ConnectionTimeout int
	CustomOriginConfig                    struct{ OriginReadTimeout, OriginKeepaliveTimeout int }
}

// function is the ARN of the viewer-request function, or "".
func (f frontPlan) function() string {
	for _, a := range f.DefaultCacheBehavior.FunctionAssociations {
		if a.EventType == "viewer-request" {
			return a.FunctionARN
		}
	}
	return ""
}

// origin is where the default behavior's requests go.
func (f frontPlan) origin() (originPlan, error) {
	for _, o := range f.Origins {
		if o.ID == f.DefaultCacheBehavior.TargetOriginID {
			return o, nil
		}
	}
	return originPlan{}, fmt.Errorf("no origin %s", f.DefaultCacheBehavior.TargetOriginID)
}

// responsePolicies is what a response headers policy adds to answers.
type responsePolicies struct {
	CorsConfig *struct {
		AccessControlAllowOrigins, AccessControlExposeHeaders struct{ Items []string }
		OriginOverride                                        bool
	}
}

// planOf reads the templates of an environment.
func planOf(templates []*simulator.Template) (plan, error) {
	p := plan{
		hosts: map[string]host{}, checks: map[string]checkPlan{}, code: map[string]string{},
		policies: map[string]responsePolicies{},
	}
	resources, err := simulator.Resolve(templates)
	if err != nil {
		return p, err
	}
	stages := map[string]string{} // by region
	for _, r := range resources {
		if r.Type == "AWS::ApiGateway::Stage" {
			stages[r.Region] = r.Attribute("")
		}
	}
	for _, r := range resources {
		if err := p.read(r, stages[r.Region]); err != nil {
			return p, fmt.Errorf("%s: %s (%s): %w", r.Stack, r.ID, r.Type, err)
		}
	}
	return p, p.complete()
}

func (p *plan) read(r simulator.Resolved, stage string) error {
	switch r.Type {
	case "AWS::ApiGateway::RestApi":
		p.regions = append(p.regions, r.Region)
		p.hosts[r.Attribute("")+".execute-api."+r.Region+".amazonaws.com"] = host{r.Region, stage}
	case "AWS::ApiGateway::DomainName":
		p.hosts[r.Attribute("RegionalDomainName")] = host{region: r.Region}
	case "AWS::Route53::HealthCheck":
		return readInto(p.checks, r.Attribute("HealthCheckId"), r.Properties["HealthCheckConfig"])
	case "AWS::Route53::RecordSet":
		var record recordPlan
		err := convert(r.Properties, &record)
		if record.Name = strings.TrimSuffix(record.Name, "."); record.SetIdentifier != "" {
			p.records = append(p.records, record)
		}
		return err
	case "AWS::CloudFront::Distribution":
		p.front = &frontPlan{}
		return convert(r.Properties["DistributionConfig"], p.front)
	case "AWS::CloudFront::Function":
		p.code[r.Attribute("FunctionARN")], _ = r.Properties["FunctionCode"].(string)
	case "AWS::CloudFront::ResponseHeadersPolicy":
		return readInto(p.policies, r.Attribute(""), r.Properties["ResponseHeadersPolicyConfig"])
	}
	return nil
}

// complete checks that what is referred to is there, and that each record leads to its own region.
func (p *plan) complete() error {
	for _, r := range p.records {
		if _, found := p.checks[r.HealthCheckID]; r.HealthCheckID != "" && !found {
			return fmt.Errorf("record %s of %s: no health check %s", r.Name, r.Region, r.HealthCheckID)
		}
		if at, found := p.hosts[r.AliasTarget.DNSName]; !found || at.region != r.Region {
			return fmt.Errorf("record %s of %s leads to %s, which is not there", r.Name, r.Region, r.AliasTarget.DNSName)
		}
	}
	for id, c := range p.checks {
		if _, found := p.hosts[c.FullyQualifiedDomainName]; !found {
			return fmt.Errorf("health check %s asks %s, which is no API's name", id, c.FullyQualifiedDomainName)
		}
	}
	if p.front == nil {
		return nil
	}
	if _, found := p.code[p.front.function()]; p.front.function() != "" && !found {
		return fmt.Errorf("no function %s", p.front.function())
	}
	origin, err := p.front.origin()
	if err == nil && !slices.ContainsFunc(p.records, func(r recordPlan) bool { return r.Name == origin.DomainName }) {
		err = fmt.Errorf("no latency record is called %s, as the front's origin is", origin.DomainName)
	}
	return err
}

func (c checkPlan) every() time.Duration { return time.Duration(c.RequestInterval) * time.Second }

// readInto converts value to a new entry of all.
func readInto[T any](all map[string]T, id string, value any) error {
	var entry T
	err := convert(value, &entry)
	all[id] = entry
	return err
}

// convert reads properties into a struct: names match whatever their case.
func convert(properties, into any) error {
	data, err := json.Marshal(properties)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
