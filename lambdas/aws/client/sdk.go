// Package client is what every AWS client of the functions shares: credentials and
// endpoint from the environment variables that Lambda sets, and an HTTP client
// that gives up early and retries on a new connection. It stands in for
// config.LoadDefaultConfig, whose chain of providers a Lambda never needs and
// pays for at each cold start.
package client

import (
	"context"
	"errors"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Region returns the region the function runs in.
func Region() string { return os.Getenv("AWS_REGION") }

// Endpoint returns the base endpoint set for a service, such as "FIREHOSE", by
// the SDKs' common variable AWS_ENDPOINT_URL_<SERVICE>, or nil for the service's own.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func Endpoint(service string) *string {
	if url := os.Getenv("AWS_ENDPOINT_URL_" + service); url != "" {
		return &url
	}
	return nil
}

// URL returns the address of a service in the function's region, such as
// "firehose", or "<bucket>.s3" for one bucket.
// https://docs.aws.amazon.com/general/latest/gr/rande.html
func URL(service string) string {
	return "https://" + service + "." + Region() + ".amazonaws.com"
}

// Credentials returns the execution role's credentials. Lambda puts them into the
// environment once, and they outlive the sandbox.
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
