package world

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"slices"
	"strings"
	"sync/atomic"
)

// front is the distribution, as one edge location serves it.
type front struct {
	origin   originPlan
	viewer   *viewer // nil: there is no function
	policy   responsePolicy
	resolver *resolver
	regions  map[string]*reached
	proxy    *httputil.ReverseProxy
}

// reached is a region, and the location's connections to it.
type reached struct {
	http.Transport
	address string
	answers atomic.Int64
}

// newFront returns the distribution of a plan at the location of a resolver. distance says whether
// packets take their time.
func newFront(
	p plan, at *resolver, clock Clock, distance bool, reach func(region string) (address string, way *road),
) (f *front, err error) {
	f = &front{origin: p.front.origin, policy: p.front.policy, resolver: at, regions: map[string]*reached{}}
	if p.front.viewer != "" {
		if f.viewer, err = newViewer(p.front.viewer); err != nil {
			return nil, err
		}
	}
	for _, region := range p.regions {
		link := Link{RoundTrip: at.roundTrips(at.city, region), Opening: opening}
		if !distance {
			link = Link{}
		}
		address, way := reach(region)
		each, patience := seconds(f.origin.ConnectionTimeout), seconds(f.origin.CustomOriginConfig.OriginReadTimeout)
		f.regions[region] = &reached{address: address, Transport: http.Transport{
			DialContext:           way.dialer(link, f.origin.ConnectionAttempts, each, patience),
			ResponseHeaderTimeout: patience, DisableCompression: true, MaxIdleConnsPerHost: 1000,
			IdleConnTimeout: clock.Wait(seconds(f.origin.CustomOriginConfig.OriginKeepaliveTimeout)),
		}}
	}
	f.proxy = &httputil.ReverseProxy{
		Rewrite: f.rewrite, Transport: f, ErrorHandler: f.fail,
		ModifyResponse: func(r *http.Response) error {
			f.policy.apply(r.Header, r.Request.Header.Get("Origin"))
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
	to := f.regions[region]
	r.URL.Host = to.address
	tries := 1
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		tries = max(f.origin.ConnectionAttempts, 1)
	}
	var answer *http.Response
	for range tries {
		if answer, err = to.Transport.RoundTrip(r); err == nil {
			to.answers.Add(1)
			return answer, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", region, err)
}

func (f *front) close() {
	for _, region := range f.regions {
		region.CloseIdleConnections()
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
	f.policy.apply(w.Header(), r.Header.Get("Origin"))
	http.Error(w, err.Error(), status)
}

// apply adds the headers by which a page of origin may read an answer.
func (p responsePolicy) apply(h http.Header, origin string) {
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
