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
	text, err := json.Marshal(map[string]string{"body": string(body)})
	if err != nil {
		return err
	}
	if _, err := p.call(ctx, method, path, text); err != nil {
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
		text, err := p.call(ctx, http.MethodGet, path, nil)
		if err != nil {
			return 0, err
		}
		if err := json.Unmarshal(text, &comments); err != nil {
			return 0, fmt.Errorf("GET %s: %w", path, err)
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

// call sends one request to GitHub's REST API and returns the answer's body.
func (p pull) call(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, p.api+"/repos/"+p.repository+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+p.token)
	request.Header.Set("Accept", "application/vnd.github+json")
	client := http.Client{Timeout: 30 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s: %.1000s", response.Status, text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return text, nil
}
