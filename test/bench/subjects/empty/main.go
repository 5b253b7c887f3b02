// Command empty is a function on aws-lambda-go that does nothing: raw bytes in, a
// constant out.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

type handler struct{}

func (handler) Invoke(context.Context, []byte) ([]byte, error) {
	return []byte(`{"statusCode":200,"headers":{"Content-Type":"application/json"},"body":"{}"}`), nil
}

func main() { lambda.Start(handler{}) }
