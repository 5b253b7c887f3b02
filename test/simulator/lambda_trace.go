package simulator

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

type traceKey struct{}

// withTrace carries the X-Ray trace id of a request to the function's runtime.
func withTrace(ctx context.Context, trace string) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// traceFrom returns the request's trace id, or a new one.
func traceFrom(ctx context.Context) string {
	if trace, ok := ctx.Value(traceKey{}).(string); ok {
		return trace
	}
	return newTrace()
}

// newTrace returns a trace id in X-Ray's form: the time, and 96 random bits.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
func newTrace() string {
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails
	return fmt.Sprintf("Root=1-%08x-%s;Sampled=0", time.Now().Unix(), hex.EncodeToString(random[:]))
}
