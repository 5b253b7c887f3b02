package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// pull is a pull request at GitHub, as a workflow's environment describes it.
type pull struct {
	api        string // GITHUB_API_URL
	repository string // GITHUB_REPOSITORY, owner/name
	number     string // PULL_REQUEST
	token      string // GITHUB_TOKEN
}

// perPage is how many comments GitHub returns at most at once.
const perPage = 100

// post posts a file as the comment of the pull request, or updates the one that is there.
func post(ctx context.Context, t terminal, f *flags) error {
	file := f.String("comment", ".local/review.md", "`file` to post")
	if err := f.parse(); err != nil {
		return err
	}
	body, err := os.ReadFile(*file)
	if err != nil {
		return fmt.Errorf("reading the comment: %w", err)
	}
	p := pull{
		api: os.Getenv("GITHUB_API_URL"), repository: os.Getenv("GITHUB_REPOSITORY"),
		number: os.Getenv("PULL_REQUEST"), token: os.Getenv("GITHUB_TOKEN"),
	}
	if p.api == "" || p.repository == "" || p.number == "" || p.token == "" {
		return errors.New("posting needs GITHUB_API_URL, GITHUB_REPOSITORY, PULL_REQUEST and GITHUB_TOKEN")
	}
	existing, err := p.find(ctx)
	if err != nil {
		return err
	}
	method, path, done := http.MethodPost, "/issues/"+p.number+"/comments", "posted"
	if existing != 0 {
		method, path, done = http.MethodPatch, fmt.Sprintf("/issues/comments/%d", existing), "updated"
	}
	if err := p.call(ctx, method, path, map[string]string{"body": string(body)}, nil); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s the comment of pull request %s\n", done, p.number)
	return nil
}

// find returns the id of the comment that an earlier run posted, or 0.
// A person who quotes the comment does not begin with its marker.
func (p pull) find(ctx context.Context) (int64, error) {
	for page := 1; ; page++ {
		var comments []struct {
			ID   int64
			Body string
			User struct{ Type string }
		}
		path := fmt.Sprintf("/issues/%s/comments?per_page=%d&page=%d", p.number, perPage, page)
		if err := p.call(ctx, http.MethodGet, path, nil, &comments); err != nil {
			return 0, err
		}
		for _, c := range comments {
			if c.User.Type == "Bot" && strings.HasPrefix(c.Body, marker) {
				return c.ID, nil
			}
		}
		if len(comments) < perPage {
			return 0, nil
		}
	}
}

// call sends one request to GitHub's REST API and reads the answer into what, unless what is nil.
func (p pull) call(ctx context.Context, method, path string, body, what any) error {
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, p.api+"/repos/"+p.repository+path, &sent)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	request.Header.Set("Authorization", "Bearer "+p.token)
	request.Header.Set("Accept", "application/vnd.github+json")
	client := http.Client{Timeout: 30 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusMultipleChoices {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
	}
	if what == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(what); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}
