package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// builders run the resources that a laptop does run, in the order in which they
// need each other. Those of the API are gatewayBuilders.
var builders = []builder[*Simulator]{
	{"AWS::S3::Bucket", bucketProperties{}, (*Simulator).buildBucket},
	typed("AWS::Lambda::Function", functionDefaults, (*Simulator).buildFunction),
	typed("AWS::Lambda::Alias", aliasProperties{}, (*Simulator).buildAlias),
	typed("AWS::Lambda::Permission", permissionProperties{}, (*Simulator).buildPermission),
	typed("AWS::Events::Rule", ruleProperties{}, (*Simulator).buildRule),
	typed("AWS::KinesisFirehose::DeliveryStream", streamProperties{}, (*Simulator).buildStream),
	typed("AWS::SQS::Queue", queueDefaults, (*Simulator).buildQueue),
	typed("AWS::SQS::Queue", queueDefaults, (*Simulator).linkDeadLetters),
	typed("AWS::SQS::QueuePolicy", queuePolicyProperties{}, (*Simulator).buildQueuePolicy),
	typed("AWS::Lambda::EventSourceMapping", mappingDefaults, (*Simulator).buildMapping),
}

type functionProperties struct {
	Handler, Runtime                                  string
	Architectures, Code, Role, Tags                   any
	TracingConfig                                     any `notSimulated:"nothing is traced here"`
	MemorySize, Timeout, ReservedConcurrentExecutions int
	Environment                                       struct{ Variables map[string]string }
	LoggingConfig                                     loggingProperties
}

type loggingProperties struct {
	LogFormat, ApplicationLogLevel, SystemLogLevel string
	LogGroup                                       string
}

// Lambda's defaults: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-function.html
var functionDefaults = functionProperties{MemorySize: 128, Timeout: 3}

func (s *Simulator) buildFunction(r Resolved, p functionProperties) error {
	if !strings.HasPrefix(p.Runtime, "provided") {
		return fmt.Errorf("runtime %s is not supported by the simulator: only a bootstrap is", p.Runtime)
	}
	name, bootstrap, err := s.bootstrap(r.ID)
	if err != nil {
		return err
	}
	log, closes, err := openLog(s.Logs, cmp.Or(Functions[name], name))
	if err != nil {
		return err
	}
	s.onClose(closes)
	concurrency := cmp.Or(p.ReservedConcurrentExecutions, accountConcurrency)
	function := NewFunction(FunctionConfig{
		Name: r.Attribute(""), ARN: r.Attribute("Arn"), Bootstrap: bootstrap, Handler: p.Handler,
		Timeout: time.Duration(p.Timeout) * time.Second, MemoryMB: p.MemorySize,
		Variables: p.Environment.Variables, Logging: p.LoggingConfig,
		Endpoints:    s.endpoints(name, r.Region),
		MaxSandboxes: min(s.options.MaxSandboxes, concurrency), Concurrency: concurrency,
		Crowded: s.crowded(name, concurrency), Faults: s.invocationFaults(name),
		Log: func(line string) {
			log.Print(line)
			s.counter.logLine(line)
		},
	})
	s.onClose(func() error { function.Close(); return nil })
	s.invokers[r.Attribute("Arn")], s.functions[name] = function, function
	return nil
}

// crowded returns what tells the console, once each, that a function's requests wait and
// that some are throttled.
func (s *Simulator) crowded(name string, concurrency int) func(bool) {
	most := min(s.options.MaxSandboxes, concurrency)
	return func(throttled bool) {
		if throttled {
			s.notices.tell(name+" throttled", true,
				fmt.Sprintf("%s is throttled, as on AWS: it has more than %d requests at once", name, concurrency))
			return
		}
		s.notices.tell(name+" crowded", true, fmt.Sprintf("all %d sandboxes of %s are busy: requests wait for one, "+
			"and are slower than on AWS; SANDBOXES=%d allows more", most, name, 2*most))
	}
}

type aliasProperties struct {
	FunctionName, FunctionVersion, Name string
	ProvisionedConcurrencyConfig        any `notSimulated:"a sandbox starts with its first request here"`
}

// buildAlias has the alias's ARN reach the function: all versions are the code that is
// here.
func (s *Simulator) buildAlias(r Resolved, p aliasProperties) error {
	function, err := s.functionARN(p.FunctionName)
	s.invokers[r.Attribute("")] = s.invokers[function]
	return err
}

// functionARN returns the ARN of a function or alias by its ARN or its name.
func (s *Simulator) functionARN(name string) (string, error) {
	for arn := range s.invokers {
		if arn == name || strings.HasSuffix(arn, ":function:"+name) {
			return arn, nil
		}
	}
	return "", fmt.Errorf("no function %s", name)
}

// endpoints are the variables by which a function's SDK finds the simulated
// services, and further ones from the options.
func (s *Simulator) endpoints(function, region string) map[string]string {
	variables := map[string]string{
		"AWS_REGION": region, "AWS_DEFAULT_REGION": region,
		"AWS_ENDPOINT_URL_FIREHOSE": s.FirehoseURL, "AWS_ENDPOINT_URL_S3": s.S3URL,
	}
	maps.Copy(variables, s.options.Variables[function])
	return variables
}

func (s *Simulator) invocationFaults(function string) func() error {
	if s.options.InvocationFaults == nil {
		return nil
	}
	return func() error { return s.options.InvocationFaults(function) }
}

// bootstrap returns the name and the executable of the function with a logical id.
func (s *Simulator) bootstrap(id string) (name, path string, err error) {
	for prefix, path := range s.options.Bootstraps {
		if strings.HasPrefix(id, prefix) {
			path, err := filepath.Abs(path)
			return prefix, path, err
		}
	}
	return "", "", fmt.Errorf("no executable for this function: there are those of %s",
		strings.Join(slices.Sorted(maps.Keys(s.options.Bootstraps)), ", "))
}

type streamProperties struct {
	DeliveryStreamType                               string
	DeliveryStreamEncryptionConfigurationInput, Tags any
	ExtendedS3DestinationConfiguration               struct {
		destinationProperties
		FileExtension           string
		S3BackupMode            string
		S3BackupConfiguration   destinationProperties
		ProcessingConfiguration struct {
			Enabled    bool
			Processors []processorProperties
		}
	}
}

type destinationProperties struct {
	BucketARN, Prefix, ErrorOutputPrefix, CompressionFormat string
	RoleARN, CloudWatchLoggingOptions                       any
	BufferingHints                                          *struct{ IntervalInSeconds, SizeInMBs int }
}

type processorProperties struct {
	Type       string
	Parameters []struct{ ParameterName, ParameterValue string }
}

func (s *Simulator) buildStream(r Resolved, p streamProperties) (err error) {
	d := p.ExtendedS3DestinationConfiguration
	switch {
	case p.DeliveryStreamType != "DirectPut":
		return fmt.Errorf("type %s is not supported by the simulator", p.DeliveryStreamType)
	case d.CompressionFormat != "" && d.CompressionFormat != "UNCOMPRESSED" && d.CompressionFormat != "GZIP":
		return fmt.Errorf("compression %s is not supported by the simulator", d.CompressionFormat)
	case d.BufferingHints == nil:
		return errors.New("a stream without buffering hints is not supported by the simulator")
	case d.S3BackupMode == "Enabled" && d.S3BackupConfiguration.BucketARN != d.BucketARN:
		return errors.New("a source backup outside of the stream's bucket is not supported by the simulator")
	}
	config := StreamConfig{
		Name: r.Attribute(""), ARN: r.Attribute("Arn"), Bucket: strings.TrimPrefix(d.BucketARN, "arn:aws:s3:::"),
		Prefix: d.Prefix, ErrorPrefix: d.ErrorOutputPrefix, FileExtension: d.FileExtension,
		GZIP:        d.CompressionFormat == "GZIP",
		BufferBytes: d.BufferingHints.SizeInMBs << 20, BufferFor: s.patience(d.BufferingHints.IntervalInSeconds),
	}
	if d.S3BackupMode == "Enabled" {
		config.BackupPrefix = d.S3BackupConfiguration.Prefix
	}
	if d.ProcessingConfiguration.Enabled {
		if config.Transform, err = s.transform(d.ProcessingConfiguration.Processors); err != nil {
			return err
		}
	}
	s.streams = append(s.streams, config)
	s.onClose(func() error { s.firehose.Delete(config.Name); return nil })
	return s.firehose.Create(config)
}

// transform reads the one processor that is supported, a Lambda function. Its
// defaults: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
func (s *Simulator) transform(processors []processorProperties) (*TransformConfig, error) {
	if len(processors) != 1 || processors[0].Type != "Lambda" {
		return nil, fmt.Errorf("processors other than one Lambda function are not supported by the simulator")
	}
	t := &TransformConfig{BufferBytes: 1 << 20, BufferFor: s.judgedWithin(60), Retries: 3}
	for _, p := range processors[0].Parameters {
		number, err := strconv.ParseFloat(p.ParameterValue, 64)
		switch p.ParameterName {
		case "LambdaArn":
			t.FunctionARN, err = strings.TrimSuffix(p.ParameterValue, ":$LATEST"), nil
		case "RoleArn":
			err = nil
		case "NumberOfRetries":
			t.Retries = int(number)
		case "BufferSizeInMBs":
			t.BufferBytes = int(number * (1 << 20))
		case "BufferIntervalInSeconds":
			t.BufferFor = s.judgedWithin(int(number))
		default:
			return nil, fmt.Errorf("processor parameter %s is not supported by the simulator", p.ParameterName)
		}
		if err != nil {
			return nil, fmt.Errorf("processor parameter %s: %w", p.ParameterName, err)
		}
	}
	t.Function = s.invokers[t.FunctionARN]
	if t.Function == nil {
		return nil, fmt.Errorf("no function %s", t.FunctionARN)
	}
	return t, nil
}

// patience is the buffering time of the template, or Options.Patience if that is less.
func (s *Simulator) patience(interval int) time.Duration {
	buffer := time.Duration(interval) * time.Second
	if s.options.Patience > 0 {
		buffer = min(buffer, s.options.Patience)
	}
	return buffer
}

// judgedWithin is patience with a batch that is to be transformed.
func (s *Simulator) judgedWithin(interval int) time.Duration {
	buffer := s.patience(interval)
	if s.options.Patience > 0 && s.options.JudgedWithin > 0 {
		buffer = min(buffer, s.options.JudgedWithin)
	}
	return buffer
}
