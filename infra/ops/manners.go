package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// anyPage is the origin that is said without -origin.
const anyPage = "https://smoke.example"

// askedHeaders are those that a preflight must allow: the wildcard does not mean the first.
const askedHeaders = "authorization,content-type"

// manners checks what API Gateway answers by itself: a preflight, also with a slash at the
// end of the path, and a body that its Content-Encoding is false of, which stores nothing.
func manners(ctx context.Context, url, origin string, out io.Writer) error {
	if origin == "" {
		origin = anyPage
	}
	for _, c := range []struct {
		name, method, url string
		header            map[string]string
		status            int
		allowed           string // Access-Control-Allow-Headers; default not looked at
	}{
		{
			"preflight", http.MethodOptions, url,
			map[string]string{"Access-Control-Request-Method": http.MethodPost, "Access-Control-Request-Headers": askedHeaders},
			http.StatusNoContent, askedHeaders,
		},
		{"slash", http.MethodOptions, url + "/", nil, http.StatusNoContent, ""},
		{"not gzip", http.MethodPost, url, map[string]string{"Content-Encoding": "gzip"}, http.StatusUnsupportedMediaType, ""},
	} {
		request, err := http.NewRequestWithContext(ctx, c.method, c.url, strings.NewReader("{}"))
		if err != nil {
			return err
		}
		request.Header.Set("Origin", origin)
		for name, value := range c.header {
			request.Header.Set(name, value)
		}
		client := http.Client{Timeout: 35 * time.Second} // API Gateway gives up after 29
		response, err := client.Do(request)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		response.Body.Close()
		if response.StatusCode != c.status {
			return fmt.Errorf("%s: the answer is %s, want %d", c.name, response.Status, c.status)
		}
		if got := response.Header.Get("Access-Control-Allow-Origin"); got != origin && got != "*" {
			return fmt.Errorf("%s: the answer's Access-Control-Allow-Origin is %q, want %q", c.name, got, origin)
		}
		if got := response.Header.Get("Access-Control-Allow-Headers"); c.allowed != "" && got != c.allowed {
			return fmt.Errorf("%s: the answer's Access-Control-Allow-Headers is %q, want %q", c.name, got, c.allowed)
		}
		fmt.Fprintf(out, "  %-9s %d\n", c.name, c.status)
	}
	return nil
}
