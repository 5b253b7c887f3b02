// Package client is what the functions' AWS clients share: credentials and endpoint
// from the variables that Lambda sets, and an HTTP client that gives up early and
// retries on a new connection. It replaces config.LoadDefaultConfig, whose chain of
// providers costs time at each cold start and finds nothing more in Lambda.
package client

import (
	"context"
	"errors"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Region returns the region the function runs in.
func Region() string { return os.Getenv("AWS_REGION") }

// Endpoint returns the endpoint that AWS_ENDPOINT_URL_<SERVICE> sets, or nil for the
// service's own. service is a name such as "FIREHOSE".
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func Endpoint(service string) *string {
	if url := os.Getenv("AWS_ENDPOINT_URL_" + service); url != "" {
		return &url
	}
	return nil
}

// URL returns the address of a service in a region. service is a name such as "firehose",
// or "<bucket>.s3" for one bucket.
// https://docs.aws.amazon.com/general/latest/gr/rande.html
func URL(region, service string) string {
	return "https://" + service + "." + region + ".amazonaws.com"
}

// Credentials returns the execution role's credentials. Lambda sets them once, and they
// outlive the sandbox.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func Credentials() aws.CredentialsProvider {
	return aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		c := aws.Credentials{
			AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
			SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
			SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
			Source:          "Lambda environment",
		}
		if !c.HasKeys() {
			return aws.Credentials{}, errors.New("reading credentials: AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set")
		}
		return c, nil
	}))
}
