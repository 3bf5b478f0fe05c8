package trustservices

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Proxy is an HTTP proxy for requests to trust services, and the hosts that are asked through it.
// The proxy resolves names and connects in our place, without the guard, so that a certificate
// could ask for whatever the proxy reaches. It is therefore used only for the hosts that the
// operator lists.
type Proxy struct {
	address *url.URL
	hosts   []string // in lower case; with a leading dot: all names below it
}

// maxHosts bounds the list.
const maxHosts = 256

// NewProxy checks the address of a proxy and the list of its hosts. Its errors do not repeat the
// address, which may have a password.
func NewProxy(address string, hosts []string) (*Proxy, error) {
	if err := CheckProxyURL(address); err != nil {
		return nil, err
	}
	if err := checkProxyHosts(hosts); err != nil {
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

// CheckProxyURL says what is wrong with the address of a proxy: http or https, a host, perhaps a
// port, a user and a password.
func CheckProxyURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxURL {
		return errors.New("it is not a URL")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("it has more than a scheme, a host and a port")
	}
	bare := *u
	bare.User = nil
	return checkWeb(&bare)
}

// checkProxyHosts says what is wrong with a list of hosts: names of at least two labels, and *. in
// front of one for all names below it.
func checkProxyHosts(hosts []string) error {
	if len(hosts) > maxHosts {
		return errors.New("there are too many hosts")
	}
	for _, host := range hosts {
		if !hostName(strings.TrimPrefix(host, "*.")) {
			return errors.New("an entry is not a host name")
		}
	}
	return nil
}

// hostName reports whether a text is a host name with a dot (RFC 1123, section 2.1), and not an IP
// address.
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
	// Some resolvers read a name that ends in a number as an address, in one of the forms of
	// inet_aton.
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// carries reports whether a host is asked through the proxy.
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

// otherwise makes the Proxy function of a Transport: this proxy for its hosts, and next for all
// others.
func (p *Proxy) otherwise(next func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(request *http.Request) (*url.URL, error) {
		if p.carries(request.URL.Hostname()) {
			return p.address, nil
		}
		return next(request)
	}
}

// ways is the transport for addresses in certificates. Each request, redirected ones too, goes
// through the proxy or directly.
type ways struct {
	proxy           *Proxy
	direct, proxied *http.Transport
}

// waysOf makes a ways of the guarded transport.
func waysOf(direct *http.Transport, proxy *Proxy) *ways {
	w := &ways{proxy: proxy, direct: direct}
	if proxy != nil {
		w.proxied = newTransport(net.Dialer{}, direct.TLSClientConfig.RootCAs)
		w.proxied.Proxy = http.ProxyURL(proxy.address)
	}
	return w
}

// RoundTrip implements http.RoundTripper.
func (w *ways) RoundTrip(request *http.Request) (*http.Response, error) {
	if w.proxy.carries(request.URL.Hostname()) {
		return w.proxied.RoundTrip(request)
	}
	return w.direct.RoundTrip(request)
}

// CloseIdleConnections is called by http.Client.
func (w *ways) CloseIdleConnections() {
	w.direct.CloseIdleConnections()
	if w.proxied != nil {
		w.proxied.CloseIdleConnections()
	}
}
