package trustservices

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Proxy is an HTTP proxy by which trust services are asked, and the hosts that may be asked so. The proxy resolves names and connects in our
// place, beyond the guard: what it can reach, a certificate could ask for. So it is given the hosts that its operator lists, and no other.
type Proxy struct {
	address *url.URL
	hosts   []string // in lower case; with a dot in front: all names below
}

// maxHosts bounds the list.
const maxHosts = 256

// NewProxy checks the address of a proxy and the hosts that it is for. Its texts do not repeat the address, which may hold a password.
func NewProxy(address string, hosts []string) (*Proxy, error) {
	if err := CheckProxyURL(address); err != nil {
		return nil, err
	}
	if err := CheckProxyHosts(hosts); err != nil {
		return nil, err
	}
	if len(hosts) == 0 {
		return nil, errors.New("no host that may be asked through the proxy")
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("it is not a URL")
	}
	p := &Proxy{address: parsed}
	for _, host := range hosts {
		p.hosts = append(p.hosts, strings.ToLower(strings.TrimPrefix(host, "*")))
	}
	return p, nil
}

// CheckProxyURL says what is wrong with the address of a proxy: http or https, a host, perhaps a port, a user and a password.
func CheckProxyURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxURL {
		return errors.New("it is not a URL")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("it has more than scheme, host and port")
	}
	bare := *u
	bare.User = nil
	return checkWeb(&bare)
}

// CheckProxyHosts says what is wrong with a list of hosts: names of at least two labels, and *. in front of one for all names below it.
func CheckProxyHosts(hosts []string) error {
	if len(hosts) > maxHosts {
		return errors.New("there are too many hosts")
	}
	for _, host := range hosts {
		if !hostName(strings.TrimPrefix(host, "*.")) {
			return errors.New("there is what is no host name")
		}
	}
	return nil
}

// hostName says whether a text is a host name with a dot in it (RFC 1123, section 2.1), and no IP address.
func hostName(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil || len(text) > 253 || !strings.Contains(text, ".") {
		return false
	}
	labels := strings.Split(text, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		if strings.ContainsFunc(label, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
		}) {
			return false
		}
	}
	// What ends in a number is an address to some resolvers, in one of the forms that inet_aton takes.
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// carries says whether a host is asked through the proxy.
func (p *Proxy) carries(host string) bool {
	if p == nil || !hostName(host) {
		return false
	}
	host = strings.ToLower(host)
	for _, listed := range p.hosts {
		if host == listed || strings.HasPrefix(listed, ".") && strings.HasSuffix(host, listed) {
			return true
		}
	}
	return false
}

// otherwise is a Transport's Proxy: this one for the hosts that it carries, and another for the rest.
func (p *Proxy) otherwise(next func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(request *http.Request) (*url.URL, error) {
		if p.carries(request.URL.Hostname()) {
			return p.address, nil
		}
		return next(request)
	}
}

// ways is the transport of requests to addresses that certificates name: each goes by the proxy or directly, redirected ones too.
type ways struct {
	proxy           *Proxy
	direct, proxied *http.Transport
}

// waysOf makes it of the one that is guarded.
func waysOf(direct *http.Transport, proxy *Proxy) *ways {
	w := &ways{proxy: proxy, direct: direct}
	if proxy != nil {
		w.proxied = newTransport(net.Dialer{}, direct.TLSClientConfig.RootCAs)
		w.proxied.Proxy = http.ProxyURL(proxy.address)
	}
	return w
}

// RoundTrip is http.RoundTripper.
func (w *ways) RoundTrip(request *http.Request) (*http.Response, error) {
	if w.proxy.carries(request.URL.Hostname()) {
		return w.proxied.RoundTrip(request)
	}
	return w.direct.RoundTrip(request)
}

// CloseIdleConnections is for http.Client.
func (w *ways) CloseIdleConnections() {
	w.direct.CloseIdleConnections()
	if w.proxied != nil {
		w.proxied.CloseIdleConnections()
	}
}
