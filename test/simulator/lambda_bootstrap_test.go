package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// A test's function is the test binary itself, started again as a bootstrap: with
// this variable it is a Lambda function with the real runtime client.
const actVariable = "SIMULATOR_TEST_ACT"

// order is what a test asks the function to do.
type order struct {
	Sleep time.Duration
	Exit  bool
	Panic bool
	Fail  string
	Bytes int
	Print string
	Env   string
}

// outcome is what the function answers.
type outcome struct {
	PID      int
	Deadline time.Time
	Env      string
	Filler   string
}

func init() {
	switch act := os.Getenv(actVariable); act {
	case "":
		return // the tests themselves
	case "function":
		lambda.Start(obey)
	case "proxy":
		lambda.Start(obeyBody)
	case "exit in init":
		fmt.Println("no configuration")
		os.Exit(3)
	case "report in init":
		url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/init/error"
		_, _ = http.Post(url, "application/json",
			strings.NewReader(`{"errorType":"Config.Missing","errorMessage":"no stream"}`))
		os.Exit(1)
	case "leave":
		answerAndLeave()
	case "ask twice":
		askTwice()
	case "linger":
		lambda.Start(linger)
	case "extend":
		extend()
	}
	os.Exit(0)
}

func obey(ctx context.Context, o order) (outcome, error) {
	if o.Print != "" {
		fmt.Println(o.Print)
	}
	time.Sleep(o.Sleep)
	switch {
	case o.Exit:
		os.Exit(7)
	case o.Panic:
		panic("told to")
	case o.Fail != "":
		return outcome{}, errors.New(o.Fail)
	}
	deadline, _ := ctx.Deadline()
	return outcome{
		PID: os.Getpid(), Deadline: deadline, Env: os.Getenv(o.Env), Filler: strings.Repeat("x", o.Bytes),
	}, nil
}

// obeyBody is a function behind the gateway: the body is what to do.
func obeyBody(_ context.Context, event struct{ Body []byte }) (map[string]any, error) {
	what, argument, _ := strings.Cut(string(event.Body), " ")
	switch what {
	case "exit":
		os.Exit(7)
	case "sleep":
		time.Sleep(time.Hour)
	case "panic":
		panic("told to")
	case "print":
		fmt.Println(argument)
	}
	return map[string]any{"statusCode": 200}, nil
}

// answerAndLeave answers its first event and exits a little later, without asking
// for another.
func answerAndLeave() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	next, err := http.Get(api + "next")
	if err != nil {
		os.Exit(1)
	}
	answer, _ := json.Marshal(outcome{PID: os.Getpid()})
	_, _ = http.Post(api+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "application/json",
		bytes.NewReader(answer))
	time.Sleep(300 * time.Millisecond)
}

// askTwice breaks its first question off and asks again, then leaves an event
// unanswered by asking for the next.
func askTwice() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, api+"next", nil)
	_, _ = http.DefaultClient.Do(request)
	for {
		if _, err := http.Get(api + "next"); err != nil {
			os.Exit(1)
		}
	}
}

// linger answers and goes on working: it prints a line every 10 ms from then on.
func linger(context.Context, json.RawMessage) (outcome, error) {
	go func() {
		for {
			time.Sleep(10 * time.Millisecond)
			fmt.Println("still working")
		}
	}()
	return outcome{PID: os.Getpid()}, nil
}

// extend is a function with an internal extension that works for a while after the
// answer of each invocation.
func extend() {
	url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2020-01-01/extension/"
	request, _ := http.NewRequest(http.MethodPost, url+"register", strings.NewReader(`{"events":["INVOKE"]}`))
	request.Header.Set("Lambda-Extension-Name", "test")
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode != http.StatusOK {
		fmt.Println("not registered", err)
		os.Exit(1)
	}
	answered := make(chan bool)
	go func() {
		for {
			next, _ := http.NewRequest(http.MethodGet, url+"event/next", nil)
			next.Header.Set("Lambda-Extension-Identifier", response.Header.Get("Lambda-Extension-Identifier"))
			if _, err := http.DefaultClient.Do(next); err != nil {
				os.Exit(1)
			}
			<-answered
			time.Sleep(100 * time.Millisecond)
			fmt.Println("finished after the answer")
		}
	}()
	lambda.StartWithOptions(func(context.Context, json.RawMessage) (outcome, error) {
		go func() { answered <- true }()
		return outcome{PID: os.Getpid()}, nil
	}, lambda.WithEnableSIGTERM())
}
