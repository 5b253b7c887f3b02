// Package clients is the table of the clients that people already have: the paths that
// their SDKs send to, how they wrap events, and which answers they expect. No
// other place knows a client.
package clients

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Client is one protocol, which the SDKs of several vendors may speak.
type Client struct {
	Name    string   // in the setting Clients and in the source of a line
	Posts   []string // paths of its POST requests; {} stands for any one segment
	Gets    []string // paths of its GET requests, whose query is the event
	Members []string // of the object that wraps events: the array with this name holds them
	Types   []string // places that name an event's type; default the setting TypeFrom
	Keys    []string // places, in the envelope or in an event, that hold its public write key
	Queries bool     // whether an element that is a string is a query, which is an event
	Answers Answers
}

// Answers are the bodies that a client reads.
type Answers struct {
	Body
	Verbose Body // to a request with the parameter verbose=1; default Body
	Pixel   bool // whether a GET is answered with an image
}

// Body is what answers say. $id stands for the ingest id. An empty one is what every
// other client gets.
type Body struct {
	Stored  string // with 200
	Refused string // with 503
}

// CloudEvents is the client that no path names, but its headers.
const CloudEvents = "cloudevents"

// None in the setting Clients enables no client.
const None = "none"

// NoSuchPath is the body of a 404: the path is that of no enabled client.
const NoSuchPath = `{"error":"no_such_path","message":"no such path: POST events to /events"}`

// KeyParameters are the names of query parameters that hold a public write key.
var KeyParameters = []string{"writeKey", "api_key"}

// secrets are names of parameters, and of members beside the events of an envelope,
// that are never kept: GA4 sends api_secret, Matomo token_auth.
var secrets = []string{
	"access_token", "api_secret", "authorization", "client_secret", "id_token", "passwd", "password",
	"refresh_token", "secret", "sentry_secret", "token_auth",
}

// IsSecret says whether a parameter or member of this name must not be kept.
func IsSecret(name string) bool {
	return slices.ContainsFunc(secrets, func(secret string) bool { return strings.EqualFold(secret, name) })
}

// IsPixel says whether a request without a query is an event, too.
func (c *Client) IsPixel() bool { return len(c.Posts) == 0 && c.Answers.Pixel }

// Names returns the names of all clients.
func Names() (names []string) {
	for _, c := range Table {
		names = append(names, c.Name)
	}
	return names
}

// Named returns the client of this name, or nil.
func Named(name string) *Client {
	for i := range Table {
		if Table[i].Name == name {
			return &Table[i]
		}
	}
	return nil
}

// Check names the first name that no client has. None must stand alone.
func Check(names []string) error {
	for _, name := range names {
		if name == None && len(names) == 1 {
			return nil
		}
		if Named(name) == nil {
			return fmt.Errorf("has %q, must have names of %s, or %q alone", name, strings.Join(Names(), ", "), None)
		}
	}
	return nil
}

// Set is the clients that are enabled.
type Set struct {
	posts, gets paths
}

// Enabled returns the clients with these names, by default all.
func Enabled(names []string) *Set {
	s := &Set{posts: paths{exact: map[string]*Client{}}, gets: paths{exact: map[string]*Client{}}}
	for i := range Table {
		if c := &Table[i]; len(names) == 0 || slices.Contains(names, c.Name) {
			s.posts.add(c, c.Posts)
			s.gets.add(c, c.Gets)
		}
	}
	return s
}

// Posts says whether any client has a path for POST.
func (s *Set) Posts() bool { return len(s.posts.exact)+len(s.posts.patterns) > 0 }

// Gets says whether any client has a path for GET.
func (s *Set) Gets() bool { return len(s.gets.exact)+len(s.gets.patterns) > 0 }

// Post returns the client that posts to path, or nil. Slashes around the path do not
// count, as API Gateway does not count them.
func (s *Set) Post(path []byte) *Client { return s.posts.find(path) }

// Get returns the client that sends GET requests to path, or nil.
func (s *Set) Get(path []byte) *Client { return s.gets.find(path) }

// paths finds clients by path.
type paths struct {
	exact    map[string]*Client
	patterns []pattern
}

// pattern is a path with one segment that may be anything.
type pattern struct {
	before, after []byte
	client        *Client
}

func (p *paths) add(c *Client, all []string) {
	for _, path := range all {
		path = strings.Trim(path, "/")
		if before, after, found := strings.Cut(path, "{}"); found {
			p.patterns = append(p.patterns, pattern{[]byte(before), []byte(after), c})
		} else {
			p.exact[path] = c
		}
	}
}

// find allocates nothing: it is on the path of every request.
func (p *paths) find(path []byte) *Client {
	path = bytes.Trim(path, "/")
	if c := p.exact[string(path)]; c != nil {
		return c
	}
	for i := range p.patterns {
		if p.patterns[i].matches(path) {
			return p.patterns[i].client
		}
	}
	return nil
}

func (p *pattern) matches(path []byte) bool {
	rest, begins := bytes.CutPrefix(path, p.before)
	segment, ends := bytes.CutSuffix(rest, p.after)
	return begins && ends && len(segment) > 0 && !slices.Contains(segment, '/')
}
