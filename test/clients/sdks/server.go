// Command sdks CLIENT HOST has one Go SDK send its events, as server.mjs has one of Node.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/posthog/posthog-go"
	"github.com/segmentio/analytics-go/v3"
)

var clients = map[string]func(host string) error{
	"segment-go": func(host string) error {
		var r results
		sdk, err := analytics.NewWithConfig("key", analytics.Config{
			Endpoint: host, Callback: callback[analytics.Message]{&r}, Logger: quiet{},
		})
		return errors.Join(err,
			sdk.Enqueue(analytics.Identify{UserId: "u1", Traits: analytics.NewTraits().SetUsername("u1")}),
			sdk.Enqueue(analytics.Track{UserId: "u1", Event: "Order Completed"}),
			sdk.Enqueue(analytics.Page{UserId: "u1", Name: "Home"}),
			sdk.Close(), r.err())
	},
	"posthog-go": func(host string) error {
		var r results
		sdk, err := posthog.NewWithConfig("key", posthog.Config{
			Endpoint: host, Callback: callback[posthog.APIMessage]{&r}, Logger: quiet{},
		})
		for _, event := range []string{"order", "refund", "visit"} {
			err = errors.Join(err, sdk.Enqueue(posthog.Capture{DistinctId: "u1", Event: event}))
		}
		return errors.Join(err, sdk.Close(), r.err())
	},
	"cloudevents-go": func(host string) error {
		sdk, err := cloudevents.NewClientHTTP(cloudevents.WithTarget(host))
		if err != nil {
			return err
		}
		event := cloudevents.NewEvent()
		event.SetID("e1")
		event.SetType("order")
		event.SetSource("/shop")
		if err := event.SetData(cloudevents.ApplicationJSON, map[string]any{"total": 1.50}); err != nil {
			return err
		}
		if result := sdk.Send(context.Background(), event); !cloudevents.IsACK(result) {
			return result
		}
		return nil
	},
}

// results are what a callback was told.
type results struct {
	mu   sync.Mutex
	errs []error
}

func (r *results) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.errs...)
}

// callback is told of each message M.
type callback[M any] struct{ *results }

func (c callback[M]) Success(M) {}

func (c callback[M]) Failure(_ M, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, err)
}

// quiet leaves an SDK's log out.
type quiet struct{}

func (quiet) Debugf(string, ...any) {}
func (quiet) Logf(string, ...any)   {}
func (quiet) Warnf(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}

func main() {
	said := "stored"
	if err := clients[os.Args[1]](os.Args[2]); err != nil {
		said = "error: " + err.Error()
	}
	text, err := json.Marshal(map[string]string{"tells": said})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}
