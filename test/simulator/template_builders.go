package simulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"global-ingest/infra/assembly"
)

// builders run the resources that a laptop does run, in the order in which they
// need each other. A new type of resource is a row here and one in kinds.
var builders = []struct {
	resourceType string
	build        func(*Simulator, Resolved) error
}{
	{"AWS::S3::Bucket", (*Simulator).buildBucket},
	{"AWS::Lambda::Function", (*Simulator).buildFunction},
	{"AWS::Lambda::Alias", (*Simulator).buildAlias},
	{"AWS::Lambda::Permission", (*Simulator).buildPermission},
	{"AWS::Events::Rule", (*Simulator).buildRule},
	{"AWS::KinesisFirehose::DeliveryStream", (*Simulator).buildStream},
	{"AWS::SQS::Queue", (*Simulator).buildQueue},
	{"AWS::SQS::Queue", (*Simulator).linkDeadLetters},
	{"AWS::SQS::QueuePolicy", (*Simulator).buildQueuePolicy},
	{"AWS::Lambda::EventSourceMapping", (*Simulator).buildMapping},
	{"AWS::ApiGateway::RestApi", (*Simulator).buildAPI},
	{"AWS::ApiGateway::Resource", (*Simulator).buildAPIResource},
	{"AWS::ApiGateway::Method", (*Simulator).buildMethod},
	{"AWS::ApiGateway::GatewayResponse", (*Simulator).buildGatewayResponse},
	{"AWS::ApiGateway::Stage", (*Simulator).buildStage},
}

// decode reads the properties into v, whose fields are the properties that are
// known; any other is an error. A field with a tag notSimulated is accepted, and said
// to be without effect.
func (r Resolved) decode(v any) error {
	data, err := json.Marshal(r.Properties)
	if err != nil {
		return err
	}
	if err := assembly.DecodeStrict(data, v); err != nil {
		return err
	}
	r.omitted.note(r.Type, v)
	return nil
}

// reference returns what the resource's Ref or attribute gives.
func (r Resolved) reference(attribute string) string {
	return kinds[r.Type].attributes[attribute](r.identity)
}

type functionProperties struct {
	Handler, Runtime                                  string
	Architectures, Code, Description, Role, Tags      any
	TracingConfig                                     any `notSimulated:"nothing is traced here"`
	RecursiveLoop                                     any
	MemorySize, Timeout, ReservedConcurrentExecutions int
	Environment                                       struct{ Variables map[string]string }
	LoggingConfig                                     loggingProperties
}

type loggingProperties struct {
	LogFormat, ApplicationLogLevel, SystemLogLevel string
	LogGroup                                       string
}

func (s *Simulator) buildFunction(r Resolved) error {
	// Lambda's defaults: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-function.html
	properties := functionProperties{MemorySize: 128, Timeout: 3}
	if err := r.decode(&properties); err != nil {
		return err
	}
	if !strings.HasPrefix(properties.Runtime, "provided") {
		return fmt.Errorf("runtime %s is not supported by the simulator: only a bootstrap is", properties.Runtime)
	}
	name, bootstrap, err := s.bootstrap(r.ID)
	if err != nil {
		return err
	}
	log, err := openLog(s.Logs, cmp.Or(Functions[name], name))
	if err != nil {
		return err
	}
	s.onClose(log.close)
	concurrency := cmp.Or(properties.ReservedConcurrentExecutions, accountConcurrency)
	function := NewFunction(FunctionConfig{
		Name: r.reference(""), ARN: r.reference("Arn"), Bootstrap: bootstrap, Handler: properties.Handler,
		Timeout: time.Duration(properties.Timeout) * time.Second, MemoryMB: properties.MemorySize,
		Variables: properties.Environment.Variables, Logging: properties.LoggingConfig,
		Endpoints:    s.endpoints(name, r.Region),
		MaxSandboxes: min(s.options.MaxSandboxes, concurrency), Concurrency: concurrency,
		Crowded: s.crowded(name, concurrency), Faults: s.invocationFaults(name),
		Log: func(line string) {
			log.write(line)
			s.counter.logLine(line)
		},
	})
	s.onClose(func() error { function.Close(); return nil })
	s.invokers[r.reference("Arn")], s.functions[name] = function, function
	return nil
}

// crowded returns what tells the console, once each, that a function's requests wait and
// that some are throttled.
func (s *Simulator) crowded(name string, concurrency int) func(bool) {
	most := min(s.options.MaxSandboxes, concurrency)
	return func(throttled bool) {
		if throttled {
			s.notices.begin(name+" throttled",
				fmt.Sprintf("%s is throttled, as on AWS: it has more than %d requests at once", name, concurrency))
			return
		}
		s.notices.begin(name+" crowded", fmt.Sprintf("all %d sandboxes of %s are busy: requests wait for one, "+
			"and are slower than on AWS; SANDBOXES=%d allows more", most, name, 2*most))
	}
}

type aliasProperties struct {
	FunctionName, FunctionVersion, Name string
	Description, RoutingConfig          any
	ProvisionedConcurrencyConfig        any `notSimulated:"a sandbox starts with its first request here"`
}

// buildAlias has the alias's ARN reach the function: all versions are the code that is
// here.
func (s *Simulator) buildAlias(r Resolved) error {
	var properties aliasProperties
	if err := r.decode(&properties); err != nil {
		return err
	}
	function := s.functionByName(properties.FunctionName)
	if function == nil {
		return fmt.Errorf("no function %s", properties.FunctionName)
	}
	s.invokers[r.reference("")] = function
	return nil
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
	return "", "", fmt.Errorf("no executable for this function")
}

type bufferingProperties struct{ IntervalInSeconds, SizeInMBs int }

type streamProperties struct {
	DeliveryStreamType                               string
	DeliveryStreamEncryptionConfigurationInput, Tags any
	ExtendedS3DestinationConfiguration               struct {
		BucketARN, Prefix, ErrorOutputPrefix, FileExtension string
		CompressionFormat, CustomTimeZone                   string
		RoleARN, EncryptionConfiguration                    any
		CloudWatchLoggingOptions                            any
		BufferingHints                                      *bufferingProperties
		S3BackupMode                                        string
		S3BackupConfiguration                               *backupProperties
		ProcessingConfiguration                             struct {
			Enabled    bool
			Processors []processorProperties
		}
	}
}

type backupProperties struct {
	BucketARN, Prefix, ErrorOutputPrefix, CompressionFormat    string
	RoleARN, EncryptionConfiguration, CloudWatchLoggingOptions any
	BufferingHints                                             any
}

type processorProperties struct {
	Type       string
	Parameters []struct{ ParameterName, ParameterValue string }
}

func (s *Simulator) buildStream(r Resolved) error {
	var properties streamProperties
	if err := r.decode(&properties); err != nil {
		return err
	}
	d := properties.ExtendedS3DestinationConfiguration
	switch {
	case properties.DeliveryStreamType != "DirectPut":
		return fmt.Errorf("type %s is not supported by the simulator", properties.DeliveryStreamType)
	case d.CustomTimeZone != "" && d.CustomTimeZone != "UTC":
		return fmt.Errorf("time zone %s is not supported by the simulator", d.CustomTimeZone)
	case d.CompressionFormat != "" && d.CompressionFormat != "UNCOMPRESSED" && d.CompressionFormat != "GZIP":
		return fmt.Errorf("compression %s is not supported by the simulator", d.CompressionFormat)
	}
	buffer := d.BufferingHints
	if buffer == nil {
		buffer = &bufferingProperties{IntervalInSeconds: 300, SizeInMBs: 5} // Firehose's defaults
	}
	config := StreamConfig{
		Name: r.reference(""), ARN: r.reference("Arn"), Bucket: bucketOf(d.BucketARN),
		Prefix: d.Prefix, ErrorPrefix: d.ErrorOutputPrefix, FileExtension: d.FileExtension,
		GZIP:        d.CompressionFormat == "GZIP",
		BufferBytes: buffer.SizeInMBs << 20, BufferFor: s.patience(buffer.IntervalInSeconds),
	}
	if d.S3BackupMode == "Enabled" {
		if d.S3BackupConfiguration == nil || bucketOf(d.S3BackupConfiguration.BucketARN) != config.Bucket {
			return fmt.Errorf("a source backup outside of the stream's bucket is not supported by the simulator")
		}
		config.BackupPrefix = d.S3BackupConfiguration.Prefix
	}
	if d.ProcessingConfiguration.Enabled {
		var err error
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

func bucketOf(arn string) string { return strings.TrimPrefix(arn, "arn:aws:s3:::") }

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

func (s *Simulator) buildAPI(r Resolved) error {
	if s.api.api != nil {
		return fmt.Errorf("a second API is not supported by the simulator")
	}
	s.api = gatewayParts{
		Place: r.Place, apiID: r.reference(""), api: &restAPIProperties{},
		resources: map[string]apiResourceProperties{}, methods: map[string]methodProperties{},
		responses: map[string]gatewayResponse{},
	}
	return r.decode(s.api.api)
}

func (s *Simulator) buildAPIResource(r Resolved) error {
	var properties apiResourceProperties
	err := r.decode(&properties)
	s.api.resources[r.reference("")] = properties
	return err
}

func (s *Simulator) buildMethod(r Resolved) error {
	var properties methodProperties
	err := r.decode(&properties)
	s.api.methods[r.ID] = properties
	return err
}

func (s *Simulator) buildGatewayResponse(r Resolved) error {
	var properties gatewayResponseProperties
	if err := r.decode(&properties); err != nil {
		return err
	}
	var err error
	s.api.responses[properties.ResponseType], err = newGatewayResponse(properties)
	return err
}

func (s *Simulator) buildStage(r Resolved) error {
	s.api.stage = &stageProperties{}
	return r.decode(s.api.stage)
}
