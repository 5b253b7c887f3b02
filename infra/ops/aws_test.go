package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/smithy-go/encoding/cbor"

	"global-ingest/infra/environment"
)

// account is whose credentials a test has.
const account = "111111111111"

// ops runs the command as a person does, with an answer to what it asks, and returns what
// it prints.
func ops(t *testing.T, answer string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, terminal{strings.NewReader(answer), &out, &out})
	return out.String(), err
}

// environments adds some to those that a verb finds.
func environments(t *testing.T, more ...environment.Environment) {
	t.Helper()
	known := named
	t.Cleanup(func() { named = known })
	named = func(name string) (environment.Environment, error) {
		for _, env := range more {
			if env.Name == name {
				return env, nil
			}
		}
		return known(name)
	}
}

// request is one call of AWS.
type request struct {
	service, region, operation string
	query                      url.Values // of the address, and of a form
	body                       []byte
}

// fakeAWS answers as AWS does, by "<service> <operation>", and notes every call.
type fakeAWS struct {
	sync.Mutex
	answers map[string]func(request) any
	calls   []request
}

// refused is an answer of AWS that is an error.
type refused struct {
	code, message string
}

// xml is an answer that is written as it stands.
type xml string

// fake starts one, with credentials for it. It knows whose they are.
func fake(t *testing.T, answers map[string]func(request) any) *fakeAWS {
	t.Helper()
	f := &fakeAWS{answers: map[string]func(request) any{"sts GetCallerIdentity": func(request) any {
		return xml("<GetCallerIdentityResponse><GetCallerIdentityResult><Account>" + account +
			"</Account></GetCallerIdentityResult></GetCallerIdentityResponse>")
	}}}
	for operation, answer := range answers {
		f.answers[operation] = answer
	}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	credentials(t, server.URL)
	return f
}

// credentials gives the command some, and AWS at an address; without one it takes them away.
func credentials(t *testing.T, address string) {
	t.Helper()
	key := ""
	if address != "" {
		key = "x"
	}
	for name, value := range map[string]string{
		"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "", "AWS_MAX_ATTEMPTS": "1",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_WEB_IDENTITY_TOKEN_FILE": "",
		"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": key,
	} {
		t.Setenv(name, value)
	}
}

// scope is where a signature says which service is called, and in which region.
var scope = regexp.MustCompile(`Credential=[^/]+/\d+/([\w-]+)/([\w-]+)/aws4_request`)

func (f *fakeAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asked := request{query: r.URL.Query()}
	if signed := scope.FindStringSubmatch(r.Header.Get("Authorization")); signed != nil {
		asked.region, asked.service = signed[1], signed[2]
	}
	asked.body, _ = io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(asked.body))
	switch _, target, json := strings.Cut(r.Header.Get("X-Amz-Target"), "."); {
	case json:
		asked.operation = target
	case form.Get("Action") != "":
		asked.operation, asked.query = form.Get("Action"), form
	case strings.Contains(r.URL.Path, "/operation/"):
		asked.operation = filepath.Base(r.URL.Path)
	default:
		asked.operation = r.Method + " " + r.URL.Path
	}
	f.Lock()
	defer f.Unlock()
	f.calls = append(f.calls, asked)
	answer, known := f.answers[asked.service+" "+asked.operation]
	if !known {
		answer = always(refused{"NotImplemented", "the test gives no answer to " + asked.service + " " + asked.operation})
	}
	asked.write(w, answer(asked))
}

// write writes an answer in the service's own language.
func (r request) write(w http.ResponseWriter, answer any) {
	failed, isRefusal := answer.(refused)
	text, isXML := answer.(xml)
	switch {
	case isRefusal && slices.Contains([]string{"sts", "cloudformation", "s3", "route53"}, r.service):
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusBadRequest)
		inner := fmt.Sprintf("<Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>", failed.code,
			failed.message)
		if r.service != "s3" {
			inner = "<ErrorResponse>" + inner + "</ErrorResponse>"
		}
		fmt.Fprint(w, inner)
	case isRefusal && r.service == "monitoring":
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		w.Header().Set("Content-Type", "application/cbor")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write(cbor.Encode(cbor.Map{"__type": cbor.String(failed.code), "message": cbor.String(failed.message)}))
	case isRefusal:
		w.Header().Set("X-Amzn-Errortype", failed.code)
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": failed.code, "message": failed.message})
	case isXML:
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprint(w, string(text))
	case r.service == "monitoring":
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		w.Header().Set("Content-Type", "application/cbor")
		_, _ = w.Write(cbor.Encode(answer.(cbor.Value)))
	default:
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_ = json.NewEncoder(w).Encode(answer)
	}
}

// regions are where AWS was called, each once.
func (f *fakeAWS) regions() (found []string) {
	f.Lock()
	defer f.Unlock()
	for _, call := range f.calls {
		if !slices.Contains(found, call.region) {
			found = append(found, call.region)
		}
	}
	return found
}

// of returns the calls of one operation.
func (f *fakeAWS) of(operation string) (found []request) {
	f.Lock()
	defer f.Unlock()
	for _, call := range f.calls {
		if call.service+" "+call.operation == operation {
			found = append(found, call)
		}
	}
	return found
}

// always is an answer that does not depend on the question.
func always(answer any) func(request) any { return func(request) any { return answer } }

// tools puts programs of these names on the PATH, before all others. Each is a script of
// the shell.
func tools(t *testing.T, scripts map[string]string) {
	t.Helper()
	folder := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// put writes a file.
func put(t *testing.T, name, text string) {
	t.Helper()
	if err := write(filepath.FromSlash(name), []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// repository makes a git repository of these files the working folder.
func repository(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		put(t, name, text)
	}
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main"},
		{"add", "."},
		{"-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message", "before"},
	} {
		if _, err := output(t.Context(), nil, nil, "git", args...); err != nil {
			t.Fatal(err)
		}
	}
}
