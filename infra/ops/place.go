package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
)

// errNobody is the error of a machine without AWS credentials.
var errNobody = errors.New("no AWS credentials: set AWS_PROFILE, or log in with `aws sso login`")

// settings takes credentials and region as every AWS tool does. The error is
// errNobody when there are no credentials.
func settings(ctx context.Context, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, append(options, config.WithLogger(logging.Nop{}))...)
	if err != nil {
		return cfg, fmt.Errorf("reading AWS settings: %w", err)
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, errNobody
	}
	return cfg, nil
}

// refusedAs says whether AWS refused with this code.
func refusedAs(err error, code string) bool {
	var refused smithy.APIError
	return errors.As(err, &refused) && refused.ErrorCode() == code
}
