package ingest

import (
	"fmt"
	"slices"
)

// AnyOrigin in Config.Origins lets the pages of every origin read answers.
const AnyOrigin = "*"

// origins are the headers of CORS, made once, by the origin that may have them. Any
// other origin's events are stored all the same: CORS is about who may read an answer.
// https://fetch.spec.whatwg.org/#http-cors-protocol
type origins map[string]string

// perOrigin keeps a cache from giving one origin another's answer.
const perOrigin = `"Vary":"Origin",`

func newOrigins(allowed []string) origins {
	all := origins{}
	for _, origin := range allowed {
		if origin == AnyOrigin {
			return origins{AnyOrigin: `"Access-Control-Allow-Origin":"*",`}
		}
		all[origin] = `"Access-Control-Allow-Origin":"` + origin + `","Access-Control-Allow-Credentials":"true",` + perOrigin
	}
	return all
}

// headers returns what an answer to a page of this origin says of CORS.
func (o origins) headers(origin []byte) string {
	if any, found := o[AnyOrigin]; found {
		return any
	}
	if own, found := o[string(origin)]; found {
		return own
	}
	return perOrigin
}

// checkOrigins refuses what would break out of the header.
func checkOrigins(allowed []string) error {
	if len(allowed) == 0 {
		return fmt.Errorf("CORS_ORIGINS is empty, must be %s or a list of origins", AnyOrigin)
	}
	for _, origin := range allowed {
		unfit := func(c rune) bool { return c <= ' ' || c == '"' || c == '\\' || c > '~' }
		if slices.ContainsFunc([]rune(origin), unfit) {
			return fmt.Errorf("CORS_ORIGINS has %q, which is no origin", origin)
		}
	}
	return nil
}
