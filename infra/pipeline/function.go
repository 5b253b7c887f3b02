package pipeline

import (
	"fmt"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
)

// FunctionProps configures what all functions have in common.
type FunctionProps struct {
	Environment string               // name of the environment, the dimension of the function's metrics
	Dist        string               // folder of the built functions, one folder with a bootstrap each
	Size        environment.Function // memory, timeout and reserved concurrency
	Logs        LogsProps            // how long lines are kept
	Tracing     bool                 `optional:"true"` // whether X-Ray follows requests; default false
}

// NewFunction adds "Function", "Role" and "Logs" under this. The role may write to the log
// group; the caller grants the rest.
func NewFunction(
	this constructs.Construct, name string, props FunctionProps, variables map[string]string,
) awslambda.Function {
	need(name, props)
	role := awsiam.NewRole(this, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	logs := newLogs(this, "Logs", props.Logs)
	grantLines(role, logs, "logs:CreateLogStream", "logs:PutLogEvents")
	variables["GOMEMLIMIT"] = memoryLimit(props.Size.MemoryMiB)
	variables["SSL_CERT_DIR"] = noCertificates
	return awslambda.NewFunction(this, jsii.String("Function"), &awslambda.FunctionProps{
		ReservedConcurrentExecutions: orNil(float64(props.Size.Reserved)),
		Runtime:                      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:                 awslambda.Architecture_ARM_64(),
		Handler:                      jsii.String("bootstrap"),
		Code:                         awslambda.Code_FromAsset(jsii.String(filepath.Join(props.Dist, name)), nil),
		MemorySize:                   jsii.Number(props.Size.MemoryMiB),
		Timeout:                      duration(props.Size.Timeout),
		Environment:                  texts(variables),
		Role:                         role,
		LogGroup:                     logs,
		LoggingFormat:                awslambda.LoggingFormat_JSON,
		SystemLogLevelV2:             awslambda.SystemLogLevel_WARN,
		ApplicationLogLevelV2:        awslambda.ApplicationLogLevel_INFO,
		Tracing:                      tracing(props.Tracing),
	})
}

// memoryLimit makes Go collect more garbage before Lambda kills the process. It leaves a tenth
// of the memory for what Go does not count.
func memoryLimit(mib int) string { return fmt.Sprintf("%dMiB", mib*9/10) }

// noCertificates is a directory that is empty or absent. Go reads the system's bundle of
// certificates, and then its directories of certificates. On Amazon Linux these hold the same
// bundle again, and reading it twice takes half of a cold start.
const noCertificates = "/var/empty"

func tracing(on bool) awslambda.Tracing {
	if on {
		return awslambda.Tracing_ACTIVE
	}
	return awslambda.Tracing_DISABLED
}
