package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"global-ingest/infra/environment"
)

// certificates looks for the certificates of the environment's own domain, by their ARNs. Those
// that the deploy makes have none yet.
func (s *spot) certificates(ctx context.Context) error {
	domains := map[string]string{} // by ARN
	add := func(arn, domain any) {
		if text, given := arn.(string); given {
			domains[text] = fmt.Sprint(domain)
		}
	}
	for _, properties := range s.of("AWS::ApiGateway::DomainName") {
		add(properties["CertificateArn"], properties["DomainName"])
	}
	for _, properties := range s.of("AWS::CloudFront::Distribution") {
		config, _ := properties["DistributionConfig"].(map[string]any)
		viewer, _ := config["ViewerCertificate"].(map[string]any)
		if aliases, _ := config["Aliases"].([]any); len(aliases) > 0 {
			add(viewer["AcmCertificateArn"], aliases[0])
		}
	}
	for _, text := range slices.Sorted(maps.Keys(domains)) {
		if err := s.certificate(ctx, text, domains[text]); err != nil {
			return err
		}
	}
	return nil
}

// certificate looks for one. CloudFront, which stands before an edge-optimized API, reads it in
// us-east-1 only.
func (s *spot) certificate(ctx context.Context, text, domain string) error {
	request := fmt.Sprintf("`aws acm request-certificate --region us-east-1 --domain-name %s "+
		"--validation-method DNS`", domain)
	at, err := arn.Parse(text)
	if err != nil {
		return fmt.Errorf("reading certificate %q: %w", text, err)
	}
	if at.Region != environment.FrontRegion {
		s.lacks("certificate %s is in %s, must be in us-east-1: run %s", text, at.Region, request)
		return nil
	}
	out, err := acm.NewFromConfig(s.cfg, func(o *acm.Options) { o.Region = at.Region }).DescribeCertificate(ctx,
		&acm.DescribeCertificateInput{CertificateArn: &text})
	switch {
	case refusedAs(err, "ResourceNotFoundException"):
		s.lacks("certificate %s does not exist: run %s", text, request)
	case err != nil:
		return err
	case out.Certificate.Status != types.CertificateStatusIssued:
		s.lacks("certificate %s is %s, must be %s: `aws acm describe-certificate --region us-east-1 "+
			"--certificate-arn %[1]s` shows which DNS record is missing",
			text, out.Certificate.Status, types.CertificateStatusIssued)
	}
	return nil
}

// zones looks for the hosted zones in which the deploy writes records: CloudFormation waits for an
// hour for a certificate whose record nobody can see.
func (s *spot) zones(ctx context.Context) error {
	records := map[string]string{} // a name, by zone
	for _, properties := range s.of(recordType) {
		if id, given := properties["HostedZoneId"].(string); given {
			records[id] = strings.TrimSuffix(fmt.Sprint(properties["Name"]), ".")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(records)) {
		out, err := route53.NewFromConfig(s.cfg).GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: &id})
		if refusedAs(err, "NoSuchHostedZone") {
			s.lacks("there is no hosted zone %s in account %s: set Domain.Zone to an Id of "+
				"`aws route53 list-hosted-zones`", id, s.Account)
			continue
		}
		if err != nil {
			return err
		}
		domain := strings.TrimSuffix(aws.ToString(out.HostedZone.Name), ".")
		switch config := out.HostedZone.Config; {
		case config != nil && config.PrivateZone:
			s.lacks("hosted zone %s of %s is private, must be public", id, domain)
		case !strings.HasSuffix("."+records[id], "."+domain):
			s.lacks("hosted zone %s is of %s, must be of a domain that %s is in", id, domain, records[id])
		}
	}
	return nil
}
