package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"global-ingest/infra/environment"
	"global-ingest/infra/ops/deployed"
)

// errNobody is the error of a machine without AWS credentials.
var errNobody = errors.New("no AWS credentials: set AWS_PROFILE, or log in with `aws sso login`")

// elsewhere is the error when the credentials belong to another account.
type elsewhere struct{ environment, account, credentials string }

func (e elsewhere) Error() string {
	return fmt.Sprintf("%s is in account %s, but these credentials are of %s: set AWS_PROFILE to one of %[2]s",
		e.environment, e.account, e.credentials)
}

// named finds an environment. Tests replace it.
var named = environment.Named

// place is an environment in one of its regions, where it is deployed.
type place struct {
	environment.Site // with account and region
	cfg              aws.Config
}

func (p place) String() string {
	return fmt.Sprintf("%s in account %s, %s", p.Name, p.Account, p.Region)
}

// outputs returns the outputs of one of the environment's stacks.
func (p place) outputs(ctx context.Context, stack string) (map[string]string, error) {
	name := p.StackName(stack)
	found, err := deployed.Outputs(ctx, p.cfg, name)
	if refusedAs(err, noSuchStack) {
		return nil, fmt.Errorf("there is no stack %s (%s): run `make deploy ENV=%s`", name, p, p.Name)
	}
	return found, err
}

// noSuchStack is CloudFormation's code for a stack that does not exist.
const noSuchStack = "ValidationError"

// settings returns credentials, found as every AWS tool does, and a region: the one given, the
// profile's, or us-east-1, in the CDK CLI's order.
func settings(ctx context.Context, region string) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.Nop{}))
	if err != nil {
		return cfg, fmt.Errorf("reading AWS settings: %w", err)
	}
	cfg.Region = cmp.Or(region, cfg.Region, "us-east-1")
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, errNobody
	}
	return cfg, nil
}

// accountOf returns the account that the credentials belong to.
func accountOf(ctx context.Context, cfg aws.Config) (string, error) {
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("asking whose credentials these are: %w", err)
	}
	return aws.ToString(who.Account), nil
}

// refusedAs says whether err is an answer of AWS with one of these codes.
func refusedAs(err error, codes ...string) bool {
	var refused smithy.APIError
	return errors.As(err, &refused) && slices.Contains(codes, refused.ErrorCode())
}

// denied says whether the credentials lack a right, in the words of any service.
func denied(err error) bool {
	return refusedAs(err, "AccessDenied", "AccessDeniedException", "UnauthorizedException", "NotAuthorized")
}
