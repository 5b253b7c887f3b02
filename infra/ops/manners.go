package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
)

// anyPage is the origin that requests have without -origin.
const anyPage = "https://smoke.example"

// askedHeaders must be allowed by a preflight. A wildcard would not allow the first.
const askedHeaders = "authorization,content-type"

// manners checks what API Gateway answers by itself: a preflight, also with a slash at the end of
// the path, and a body that is not encoded as its Content-Encoding says, which is not stored.
func manners(ctx context.Context, url, origin string, out io.Writer) error {
	origin = cmp.Or(origin, anyPage)
	for _, c := range []struct {
		name, method, url string
		header            map[string]string
		status            int
		allowed           string // Access-Control-Allow-Headers; default not looked at
	}{
		{
			"preflight", http.MethodOptions, url,
			map[string]string{"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": askedHeaders},
			http.StatusNoContent, askedHeaders,
		},
		{"slash", http.MethodOptions, url + "/", map[string]string{}, http.StatusNoContent, ""},
		{
			"not gzip", http.MethodPost, url,
			map[string]string{"Content-Encoding": "gzip"},
			http.StatusUnsupportedMediaType, "",
		},
	} {
		c.header["Origin"] = origin
		response, err := fetch(ctx, c.method, c.url, c.header, []byte("{}"))
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if response.code != c.status {
			return fmt.Errorf("%s: the answer is %s, want %d", c.name, response.status, c.status)
		}
		if err := readable(response.header, origin); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if got := response.header.Get("Access-Control-Allow-Headers"); c.allowed != "" && got != c.allowed {
			return fmt.Errorf("%s: the answer's Access-Control-Allow-Headers is %q, want %q", c.name, got, c.allowed)
		}
		fmt.Fprintf(out, "  %-9s %d\n", c.name, c.status)
	}
	return nil
}
