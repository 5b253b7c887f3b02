package ingest

import (
	"cmp"
	"strconv"
	"strings"

	"global-ingest/lambdas/clients"
)

// retryAfter is how many seconds a refused client is asked to wait. A brown-out of
// Firehose lasts seconds, and clients must not all come back at once.
const retryAfter = "5"

// pixel is a transparent image of one pixel, 43 bytes of GIF in base64.
const pixel = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="

// reply is what an answer depends on beside its status.
type reply struct {
	headers string // those of origins
	*bodies
}

// bodies are what a client's answers say, as JSON strings.
type bodies struct {
	beforeID, afterID string // with 200
	refused           string // with 503
	isPixel           bool   // whether 200 has an image
}

// plain are the bodies for a request that came by no path of a client.
var plain = newBodies(clients.Body{})

func newBodies(own clients.Body) *bodies {
	stored := quoted(cmp.Or(own.Stored, `{"id":"$id"}`))
	before, after, _ := strings.Cut(stored, "$id")
	unstored := `{"error":"unstored","message":"the event could not be stored, try again"}`
	return &bodies{beforeID: before, afterID: after, refused: quoted(cmp.Or(own.Refused, unstored))}
}

func quoted(text string) string { return strconv.Quote(text) } // bodies are ASCII

// answers are the bodies of one client.
type answers struct{ usual, verbose, get *bodies }

// newAnswers returns the bodies of every client by its name.
func newAnswers() map[string]answers {
	all := map[string]answers{}
	for _, c := range clients.Table {
		a := answers{usual: newBodies(c.Answers.Body)}
		if a.verbose = a.usual; c.Answers.Verbose != (clients.Body{}) {
			a.verbose = newBodies(c.Answers.Verbose)
		}
		if a.get = a.usual; c.Answers.Pixel {
			a.get = newBodies(c.Answers.Body)
			a.get.isPixel = true
		}
		all[c.Name] = a
	}
	return all
}

// bodies returns the bodies of the answer to r, which came by a path of c, or by none.
func (h *Handler) bodies(c *clients.Client, r request) *bodies {
	switch {
	case c == nil:
		return plain
	case r.isVerbose:
		return h.answers[c.Name].verbose
	case r.isGet():
		return h.answers[c.Name].get
	}
	return h.answers[c.Name].usual
}

// acknowledge answers 200 with the ingest id.
func (r reply) acknowledge(id string) []byte {
	const begin = `{"statusCode":200,"headers":{`
	if r.isPixel {
		headers := strings.Replace(r.headers, contentType, member("Content-Type", "image/gif"), 1)
		return []byte(begin + headers + `},"isBase64Encoded":true,"body":"` + pixel + `"}`)
	}
	if r.afterID == "" {
		id = "" // the body does not say it
	}
	return []byte(begin + r.headers + `},"body":` + r.beforeID + id + r.afterID + `}`)
}

// refuse answers 503: the record is not stored, and the client may try again.
func (r reply) refuse() []byte {
	return []byte(`{"statusCode":503,"headers":{` + r.headers + `,"Retry-After":"` + retryAfter +
		`"},"body":` + r.refused + `}`)
}

// noSuchPath answers 404: nothing is stored.
func noSuchPath(headers string) []byte {
	return []byte(`{"statusCode":404,"headers":{` + headers + `},"body":` + quoted(clients.NoSuchPath) + `}`)
}
