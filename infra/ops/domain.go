package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
)

// certificate looks for the certificate of the environment's own domain, unless the deploy makes
// it. CloudFront, which stands before an edge-optimized API, reads it in us-east-1 only.
func certificate(ctx context.Context, s spot, _ terminal) (missing []string, err error) {
	look := func(arn, domain any) {
		text, given := arn.(string)
		if !given {
			return
		}
		line, failed := s.certificateOf(ctx, text, fmt.Sprint(domain))
		err = cmp.Or(err, failed)
		if line != "" {
			missing = append(missing, line)
		}
	}
	s.each("AWS::ApiGateway::DomainName", func(_ string, properties map[string]any) {
		look(properties["CertificateArn"], properties["DomainName"])
	})
	s.each("AWS::CloudFront::Distribution", func(_ string, properties map[string]any) {
		config, _ := properties["DistributionConfig"].(map[string]any)
		viewer, _ := config["ViewerCertificate"].(map[string]any)
		aliases, _ := config["Aliases"].([]any)
		if len(aliases) > 0 {
			look(viewer["AcmCertificateArn"], aliases[0])
		}
	})
	return missing, err
}

func (s spot) certificateOf(ctx context.Context, text, domain string) (string, error) {
	request := fmt.Sprintf("`aws acm request-certificate --region us-east-1 --domain-name %s "+
		"--validation-method DNS`", domain)
	at, err := arn.Parse(text)
	if err != nil {
		return "", fmt.Errorf("reading certificate %q: %w", text, err)
	}
	if at.Region != "us-east-1" {
		return fmt.Sprintf("certificate %s is in %s, must be in us-east-1: run %s", text, at.Region, request), nil
	}
	out, err := acm.NewFromConfig(s.cfg, func(o *acm.Options) { o.Region = at.Region }).DescribeCertificate(ctx,
		&acm.DescribeCertificateInput{CertificateArn: &text})
	switch {
	case refusedAs(err, "ResourceNotFoundException"):
		return fmt.Sprintf("certificate %s does not exist: run %s", text, request), nil
	case err != nil:
		return "", err
	case out.Certificate.Status != acmtypes.CertificateStatusIssued:
		return fmt.Sprintf("certificate %s is %s, must be %s: `aws acm describe-certificate --region us-east-1 "+
			"--certificate-arn %[1]s` shows which DNS record is missing",
			text, out.Certificate.Status, acmtypes.CertificateStatusIssued), nil
	}
	return "", nil
}

// zone looks for the hosted zones in which the deploy writes records: CloudFormation waits for an
// hour for a certificate whose record nobody can see.
func zone(ctx context.Context, s spot, _ terminal) (missing []string, err error) {
	records := map[string]string{} // a name, by zone
	s.each(recordType, func(_ string, properties map[string]any) {
		if id, given := properties["HostedZoneId"].(string); given {
			records[id] = strings.TrimSuffix(fmt.Sprint(properties["Name"]), ".")
		}
	})
	for _, id := range slices.Sorted(maps.Keys(records)) {
		out, err := route53.NewFromConfig(s.cfg).GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: &id})
		if refusedAs(err, "NoSuchHostedZone") {
			missing = append(missing, fmt.Sprintf("there is no hosted zone %s in account %s: set Domain.Zone to an Id of "+
				"`aws route53 list-hosted-zones`", id, s.Account))
			continue
		}
		if err != nil {
			return nil, err
		}
		domain := strings.TrimSuffix(aws.ToString(out.HostedZone.Name), ".")
		switch config := out.HostedZone.Config; {
		case config != nil && config.PrivateZone:
			missing = append(missing, fmt.Sprintf("hosted zone %s of %s is private, must be public", id, domain))
		case !strings.HasSuffix("."+records[id], "."+domain):
			missing = append(missing, fmt.Sprintf("hosted zone %s is of %s, must be of a domain that %s is in",
				id, domain, records[id]))
		}
	}
	return missing, nil
}
