package record

import "strings"

// Source is what a request said outside its events: by which client's protocol and path
// it came, its query, its public write key, and what stood beside its events. Lines and
// rejects have it before the event, and leave out a member that is empty.
type Source struct {
	Client     string `json:"client"`     // its name in the table of clients; "" for a plain request
	Path       string `json:"path"`       // of a client's request
	Query      string `json:"query"`      // parameters as a=1&b=2, without secrets
	Key        string `json:"key"`        // public write key
	Attributes JSON   `json:"attributes"` // of a CloudEvent in binary mode: an object of strings
	Envelope   JSON   `json:"envelope"`   // an object of what stood beside the events
	Rest       string `json:"rest"`       // id of the event whose source is complete, where this one is not
}

// JSON is one JSON value as text, in one line, so that a Source can be compared. "" is
// no value.
type JSON string

// OneLine returns value, which may stand in several lines, as JSON.
func OneLine(value []byte) JSON { return JSON(appendOneLine(nil, value)) }

// UnmarshalJSON keeps the bytes of the value.
func (j *JSON) UnmarshalJSON(value []byte) error {
	*j = OneLine(value)
	return nil
}

// appendSource appends s, or nothing when it is empty.
func appendSource(dst []byte, s Source) []byte {
	if s == (Source{}) {
		return dst
	}
	dst = append(dst, `,"source":`...)
	start := len(dst)
	dst = appendMember(dst, "client", s.Client)
	dst = appendMember(dst, "path", s.Path)
	dst = appendMember(dst, "query", s.Query)
	dst = appendMember(dst, "key", s.Key)
	dst = appendValue(dst, "attributes", s.Attributes)
	dst = appendValue(dst, "envelope", s.Envelope)
	dst = appendMember(dst, "rest", s.Rest)
	dst[start] = '{' // in place of the first comma
	return append(dst, '}')
}

// appendValue appends a member that is JSON. SQL finds the event of a line by the first
// eventMember in it, so one in value gets a space, which JSON does not count.
func appendValue(dst []byte, name string, value JSON) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	dst = append(dst, `":`...)
	return append(dst, strings.ReplaceAll(string(value), eventMember, ", "+eventMember[len(","):])...)
}

// AppendAttribute appends a member to an object of strings, which the caller closes.
func AppendAttribute(dst []byte, name, value string) []byte {
	if len(dst) == 0 {
		dst = append(dst, '{')
	} else {
		dst = append(dst, ',')
	}
	dst = appendString(dst, name)
	dst = append(dst, ':')
	return appendString(dst, value)
}

// maxSources is how many bytes the sources of one body's lines may take. It bounds what
// a small body can cost: without it, 100 KB of 50,000 events beside 16 KiB of other
// members would become 800 MB of lines.
const maxSources = 1 << 20

// SharedSource returns the source of all lines but the first of a body with some events:
// that of h, or what is short of it and the id of the first event, where all of it would
// take too much.
func (h Header) SharedSource(events int) Source {
	s := h.Source
	if s == (Source{}) || len(appendSource(nil, s))*events <= maxSources {
		return s
	}
	return Source{Client: s.Client, Key: s.Key, Rest: EventID(h.ID, h.First)}
}

// source returns the member "source", if there is one.
func (l *ownLine) source() (s Source) {
	rest, found := l.value("source", `":`)
	if !found {
		return Source{}
	}
	l.rest, l.mark = rest, '{'
	s.Client = l.text("client")
	s.Path = l.text("path")
	s.Query = l.text("query")
	s.Key = l.text("key")
	rest, closed := strings.CutPrefix(l.rest, "}")
	if !closed || l.mark == '{' { // it has other members, or none
		l.other = true
	}
	l.rest, l.mark = rest, ','
	return s
}
