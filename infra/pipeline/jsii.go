package pipeline

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

func duration(d time.Duration) awscdk.Duration {
	return awscdk.Duration_Seconds(jsii.Number(d.Seconds()))
}

func days(n int) awscdk.Duration {
	return awscdk.Duration_Days(jsii.Number(n))
}

func mebibytes(n int) awscdk.Size {
	return awscdk.Size_Mebibytes(jsii.Number(n))
}

func texts(m map[string]string) *map[string]*string {
	out := make(map[string]*string, len(m))
	for key, value := range m {
		out[key] = jsii.String(value)
	}
	return &out
}

// orNil returns value for an optional property: nil for what is 0, empty or false.
func orNil[T comparable](value T) *T {
	if value == *new(T) {
		return nil
	}
	return &value
}
