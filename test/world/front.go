package world

import (
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// front is the distribution, as one edge location serves it.
type front struct {
	origin   originPlan
	viewer   *viewer // nil: there is no function
	policies responsePolicies
	resolver *resolver
	clock    Clock
	reach    func(region string) (address string, way *road)
	distance bool // whether packets take their time

	proxy *httputil.ReverseProxy

	mu      sync.Mutex
	pools   map[string]*http.Transport // connections to each region
	answers map[string]int             // by region
}

// newFront returns the distribution of a plan at the location of a resolver.
func newFront(p plan, at *resolver, clock Clock, reach func(string) (string, *road)) (*front, error) {
	origin, err := p.front.origin()
	if err != nil {
		return nil, err
	}
	f := &front{
		origin: origin, policies: p.policies[p.front.DefaultCacheBehavior.ResponseHeadersPolicyID],
		resolver: at, clock: clock, reach: reach, pools: map[string]*http.Transport{}, answers: map[string]int{},
	}
	if code := p.code[p.front.function()]; code != "" {
		if f.viewer, err = newViewer(code); err != nil {
			return nil, err
		}
	}
	f.proxy = &httputil.ReverseProxy{
		Rewrite: f.rewrite, Transport: f, ErrorHandler: f.fail,
		ModifyResponse: func(r *http.Response) error {
			f.policies.apply(r.Header, r.Request.Header.Get("Origin"))
			return nil
		},
		ErrorLog: log.New(io.Discard, "", 0), // of clients that leave
	}
	return f, nil
}

// ServeHTTP answers as the location would.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.viewer != nil {
		result, err := f.viewer.call(r, addressOf(r))
		switch {
		case err != nil: // CloudFront calls it FunctionExecutionError
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		case result.StatusCode != 0:
			_ = result.write(w) // the client may have left
			return
		}
		result.apply(r)
	}
	f.proxy.ServeHTTP(w, r)
}

// rewrite makes of a client's request the one to the origin: "CloudFront appends the IP address of the
// viewer" to X-Forwarded-For, and the origin's name is the host.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
func (f *front) rewrite(r *httputil.ProxyRequest) {
	for name, values := range r.In.Header {
		if strings.HasPrefix(name, "X-Forwarded-") || name == "Forwarded" {
			r.Out.Header[name] = values
		}
	}
	forwarded := append(slices.Clone(r.In.Header["X-Forwarded-For"]), addressOf(r.In))
	r.Out.Header.Set("X-Forwarded-For", strings.Join(forwarded, ", "))
	r.Out.URL.Scheme, r.Out.Host = "http", f.origin.DomainName
}

// RoundTrip sends a request to the region that the origin's name stands for now. CloudFront repeats a
// GET that fails, and never a POST.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html
func (f *front) RoundTrip(r *http.Request) (*http.Response, error) {
	region, err := f.resolver.Region(f.origin.DomainName)
	if err != nil {
		return nil, err
	}
	address, way := f.reach(region)
	r.URL.Host = address
	tries := 1
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		tries = max(f.origin.ConnectionAttempts, 1)
	}
	var answer *http.Response
	for range tries {
		if answer, err = f.pool(region, way).RoundTrip(r); err == nil {
			f.count(region)
			return answer, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", region, err)
}

// pool returns the connections to a region.
func (f *front) pool(region string, way *road) *http.Transport {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pools[region] != nil {
		return f.pools[region]
	}
	patience := time.Duration(f.origin.CustomOriginConfig.OriginReadTimeout) * time.Second
	each := time.Duration(f.origin.ConnectionTimeout) * time.Second
	var link Link
	if f.distance {
		link = Link{RoundTrip: f.resolver.roundTrips(f.resolver.city, region), Opening: opening}
	}
	f.pools[region] = &http.Transport{
		DialContext:           way.dialer(link, f.origin.ConnectionAttempts, each, patience),
		ResponseHeaderTimeout: patience, DisableCompression: true, MaxIdleConnsPerHost: 1000,
		IdleConnTimeout: f.clock.Wait(time.Duration(f.origin.CustomOriginConfig.OriginKeepaliveTimeout) * time.Second),
	}
	return f.pools[region]
}

func (f *front) count(region string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[region]++
}

// counted returns how many answers came from each region.
func (f *front) counted() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.answers)
}

func (f *front) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, pool := range f.pools {
		pool.CloseIdleConnections()
	}
}

// fail answers for an origin that does not: 504 when it took too long, else 502.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/troubleshooting-response-errors.html
func (f *front) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusBadGateway
	var slow net.Error
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &slow) && slow.Timeout() {
		status = http.StatusGatewayTimeout
	}
	w.Header().Set("X-Cache", "Error from cloudfront")
	f.policies.apply(w.Header(), r.Header.Get("Origin"))
	http.Error(w, err.Error(), status)
}

// apply adds the headers by which a page of origin may read an answer.
func (p responsePolicies) apply(h http.Header, origin string) {
	cors := p.CorsConfig
	if cors == nil || origin == "" || h.Get("Access-Control-Allow-Origin") != "" && !cors.OriginOverride {
		return
	}
	allowed := cors.AccessControlAllowOrigins.Items
	switch {
	case slices.Contains(allowed, "*"):
		h.Set("Access-Control-Allow-Origin", "*")
	case slices.Contains(allowed, origin):
		h.Set("Access-Control-Allow-Origin", origin)
	default:
		return
	}
	if exposed := cors.AccessControlExposeHeaders.Items; len(exposed) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(exposed, ","))
	}
}

// addressOf is the address of the client.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
