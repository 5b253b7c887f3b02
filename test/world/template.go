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
	regions  []string                  // that have an API
	hosts    map[string]host           // where the requests for a host name go
	checks   map[string]checkPlan      // health checks, by id
	records  []recordPlan              // latency records
	code     map[string]string         // JavaScript of functions, by ARN
	policies map[string]responsePolicy // of response headers, by id
	front    *frontPlan                // nil: one region, without a front
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

// frontPlan is a distribution, and what it refers to.
type frontPlan struct {
	DefaultCacheBehavior struct {
		FunctionAssociations    []struct{ EventType, FunctionARN string }
		ResponseHeadersPolicyID string
		TargetOriginID          string
	}
	Origins []originPlan

	origin originPlan // where the default behavior's requests go
	viewer string     // JavaScript of the viewer-request function, or ""
	policy responsePolicy
}

// originPlan has CloudFront's defaults where the template says nothing.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html
type originPlan struct {
	ID, DomainName                        string
	ConnectionAttempts, ConnectionTimeout int
	CustomOriginConfig                    struct{ OriginReadTimeout, OriginKeepaliveTimeout int }
}

// responsePolicy is what a response headers policy adds to answers.
type responsePolicy struct {
	CorsConfig *struct {
		AccessControlAllowOrigins, AccessControlExposeHeaders struct{ Items []string }
		OriginOverride                                        bool
	}
}

// planOf reads the templates of an environment.
func planOf(templates []*simulator.Template) (plan, error) {
	p := plan{
		hosts: map[string]host{}, checks: map[string]checkPlan{}, code: map[string]string{},
		policies: map[string]responsePolicy{},
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
			return fmt.Errorf("record %s of %s leads to %s, which is not there", r.Name, r.Region,
				r.AliasTarget.DNSName)
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
	return p.completeFront(p.front)
}

// completeFront finds what the front refers to.
func (p *plan) completeFront(f *frontPlan) error {
	does := f.DefaultCacheBehavior
	f.policy = p.policies[does.ResponseHeadersPolicyID]
	for _, a := range does.FunctionAssociations {
		if a.EventType == "viewer-request" {
			if f.viewer = p.code[a.FunctionARN]; f.viewer == "" {
				return fmt.Errorf("no function %s", a.FunctionARN)
			}
		}
	}
	at := slices.IndexFunc(f.Origins, func(o originPlan) bool { return o.ID == does.TargetOriginID })
	if at < 0 {
		return fmt.Errorf("no origin %s", does.TargetOriginID)
	}
	f.origin = f.Origins[at]
	if !slices.ContainsFunc(p.records, func(r recordPlan) bool { return r.Name == f.origin.DomainName }) {
		return fmt.Errorf("no latency record is called %s, as the front's origin is", f.origin.DomainName)
	}
	return nil
}

// seconds is a time of a template.
func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

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
