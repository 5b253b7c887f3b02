package page

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// guard lets in pages and programs of this machine only. The port is open to this machine
// alone, but a browser on it runs pages of everybody:
//
//   - A hostile name that resolves to 127.0.0.1 (DNS rebinding) is not a name of this machine.
//   - A page of another host that posts here (CSRF) says so in Origin, or in Sec-Fetch-Site.
//     Such a request is refused before it does anything, whatever its method.
//
// A page on any port of this machine may ask, and read the answers: that is where the
// browser tests are.
type guard struct {
	next   http.Handler
	policy string
}

// contentSecurityPolicy allows the page its own files, and requests to itself and to the
// endpoint.
func contentSecurityPolicy(endpoint string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' " + endpoint +
		"; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
}

func (g guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", g.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-site")
	h.Set("Cache-Control", "no-store")
	origin := r.Header.Get("Origin")
	switch {
	case !isHere(r.Host):
		refuse(w, fail(http.StatusMisdirectedRequest, "%q is not this machine: ask 127.0.0.1 or localhost", r.Host))
	case origin != "" && !isPageHere(origin):
		refuse(w, fail(http.StatusForbidden, "pages of %q may not ask: only those of this machine may", origin))
	case origin == "" && fromElsewhere(r):
		refuse(w, fail(http.StatusForbidden, "pages of other hosts may not ask: only those of this machine may"))
	default:
		g.serve(w, r, origin)
	}
}

// serve answers a page of this machine as its browser wants it.
func (g guard) serve(w http.ResponseWriter, r *http.Request, origin string) {
	h := w.Header()
	if origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Vary", "Origin")
	}
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		w.WriteHeader(http.StatusNoContent)
		return
	}
	g.next.ServeHTTP(w, r)
}

// fromElsewhere returns whether a browser asks for a page of another host, but for a link
// to the page itself.
func fromElsewhere(r *http.Request) bool {
	link := r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Method == http.MethodGet && r.URL.Path == "/"
	return r.Header.Get("Sec-Fetch-Site") == "cross-site" && !link
}

// isPageHere returns whether an origin is one of this machine.
func isPageHere(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && isHere(u.Host)
}

// isHere returns whether a host, with or without a port, is this machine whatever a name
// server says.
func isHere(host string) bool {
	u, err := url.Parse("http://" + host)
	if err != nil || u.Host != host {
		return false
	}
	name := strings.ToLower(u.Hostname())
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(name)
	return err == nil && address.IsLoopback()
}
