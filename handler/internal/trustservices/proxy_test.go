package trustservices_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

func startProxy(t *testing.T, names map[string]string, user string) *trusttest.Proxy {
	t.Helper()
	proxy, err := trusttest.NewProxy(names, user)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { proxy.Close() })
	return proxy
}

func newProxy(t *testing.T, address string, hosts ...string) *trustservices.Proxy {
	t.Helper()
	proxy, err := trustservices.NewProxy(address, hosts)
	if err != nil {
		t.Fatal(err)
	}
	return proxy
}

// behindProxy are services whose names only the proxy can resolve.
func behindProxy(t *testing.T, host string) (*trusttest.Services, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startTrust(t, trusttest.Config{Listener: listener, URL: "http://" + host}), listener.Addr().String()
}

// deaf is a resolver that never gets an answer: every lookup fails.
func deaf() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server here")
	}}
}

// Listed hosts are asked through the proxy, which resolves their names. The proxy gets no request
// for other hosts.
func TestProxy(t *testing.T) {
	t.Parallel()
	services, address := behindProxy(t, "pki.company.example")
	for name, test := range map[string]struct {
		hosts []string
		user  string
		ok    bool
	}{
		"the host":              {[]string{"pki.company.example"}, "", true},
		"in capitals":           {[]string{"other.example", "PKI.Company.Example"}, "", true},
		"all below":             {[]string{"*.company.example"}, "", true},
		"with a password":       {[]string{"pki.company.example"}, "influxion:secret", true},
		"another":               {[]string{"pki.other.example"}, "", false},
		"the domain alone":      {[]string{"company.example"}, "", false},
		"a name that ends so":   {[]string{"i.company.example"}, "", false},
		"all below another":     {[]string{"*.pki.company.example"}, "", false},
		"all below one like it": {[]string{"*.ompany.example"}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := startProxy(t, map[string]string{"pki.company.example": address}, test.user)
			by := proxy.URL
			if test.user != "" {
				by = strings.Replace(by, "://", "://"+test.user+"@", 1)
			}
			source := newRevocation(t,
				trustservices.RevocationConfig{Proxy: newProxy(t, by, test.hosts...), Resolver: deaf()})
			for kind, without := range map[revocation.Kind]trusttest.Service{revocation.KindOCSP: trusttest.CRL,
				revocation.KindCRL: trusttest.OCSP} {
				chain := issue(t, services, nil, without)
				e, err := source.Revocation(t.Context(), chain[0], chain[1])
				if test.ok && (err != nil || e.Kind != kind || e.Status != revocation.Good) {
					t.Errorf("got %v, want %s", err, kind)
				}
				if !test.ok {
					refused(t, err)
				}
				issuers, err := source.Issuers(t.Context(), chain[0])
				if test.ok != (err == nil && len(issuers) == 1) {
					t.Errorf("got %d issuers and %v", len(issuers), err)
				}
			}
			if asked := proxy.Asked(); test.ok == (len(asked) == 0) {
				t.Errorf("got %q asked of the proxy", asked)
			}
		})
	}
}

// A redirect from a listed host to one that is not listed goes neither through the proxy nor past
// the guard.
func TestProxyRedirect(t *testing.T) {
	t.Parallel()
	services, address := behindProxy(t, "pki.company.example")
	proxy := startProxy(t, map[string]string{"pki.company.example": address, "metadata.company.example": address}, "")
	for _, location := range []string{"http://metadata.company.example/issuing/ca.crl",
		"http://127.0.0.1/issuing/ca.crl", "http://169.254.169.254/"} {
		services.Fault(trusttest.CRL, trusttest.Fault{Kind: trusttest.Redirect, Location: location})
		source := newRevocation(t,
			trustservices.RevocationConfig{Proxy: newProxy(t, proxy.URL, "pki.company.example"), Resolver: deaf()})
		chain := issue(t, services, nil, trusttest.OCSP)
		_, err := source.Revocation(t.Context(), chain[0], chain[1])
		refused(t, err)
	}
	if slices.ContainsFunc(proxy.Asked(), func(host string) bool { return host != "pki.company.example" }) {
		t.Errorf("got %q asked of the proxy, want the listed host alone", proxy.Asked())
	}
}

// The operator chooses the proxy, so it may have a private address. The error says how the proxy
// failed.
func TestProxyRefuses(t *testing.T) {
	t.Parallel()
	services, address := behindProxy(t, "pki.company.example")
	closed := startProxy(t, nil, "")
	closed.Close()
	for says, proxy := range map[string]string{
		"HTTP status 407":   startProxy(t, map[string]string{"pki.company.example": address}, "influxion:secret").URL,
		"HTTP status 502":   startProxy(t, nil, "").URL,
		"cannot be reached": closed.URL,
	} {
		source := newRevocation(t, trustservices.RevocationConfig{Proxy: newProxy(t, proxy, "pki.company.example")})
		chain := issue(t, services, nil, trusttest.CRL)
		_, err := source.Revocation(t.Context(), chain[0], chain[1])
		if got := refused(t, err); !strings.Contains(got.Detail, says) {
			t.Errorf("got %q, want %q", got.Detail, says)
		}
	}
}

// A TSA that requires a client certificate is reached through a tunnel of the proxy. The proxy sees
// neither its certificate nor that of the client.
func TestProxyForTSA(t *testing.T) {
	t.Parallel()
	c := startCompany(t)
	c.Demand(trusttest.Demand{ClientCertificate: true})
	proxy := startProxy(t, map[string]string{"tsa.company.example": c.address}, "")
	timestamper := newTimestamper(t, trustservices.TimestamperConfig{
		URLs:        []string{"https://tsa.company.example/tsa"},
		Credentials: trustservices.Credentials{Certificate: &c.client},
		Proxy:       newProxy(t, proxy.URL, "*.company.example"), Anchors: pool(c.Root),
		Roots: pool(c.authority.Root()),
	})
	if _, err := timestamp(t, timestamper); err != nil {
		t.Fatal(err)
	}
	if asked := proxy.Asked(); !slices.Equal(asked, []string{"tsa.company.example"}) {
		t.Errorf("got %q asked of the proxy, want the TSA", asked)
	}
}

// Invalid lists and addresses are refused. The errors do not contain the password.
func TestBadProxies(t *testing.T) {
	t.Parallel()
	good := []string{"pki.company.example"}
	for name, test := range map[string]struct {
		address string
		hosts   []string
	}{
		"no hosts":            {"http://proxy.example:3128", nil},
		"every host":          {"http://proxy.example:3128", []string{"*"}},
		"every host below":    {"http://proxy.example:3128", []string{"*."}},
		"a top level":         {"http://proxy.example:3128", []string{"*.com"}},
		"a star inside":       {"http://proxy.example:3128", []string{"pki.*.example"}},
		"an address":          {"http://proxy.example:3128", []string{"169.254.169.254"}},
		"an address of IPv6":  {"http://proxy.example:3128", []string{"fd00::1"}},
		"an address in short": {"http://proxy.example:3128", []string{"169.254.43518"}},
		"a URL":               {"http://proxy.example:3128", []string{"http://pki.company.example"}},
		"a port":              {"http://proxy.example:3128", []string{"pki.company.example:80"}},
		"a word":              {"http://proxy.example:3128", []string{"localhost"}},
		"nothing":             {"", good},
		"no scheme":           {"hunter2.example:3128", good},
		"another scheme":      {"socks5://u:hunter2@proxy.example", good},
		"a path":              {"http://u:hunter2@proxy.example/path", good},
		"no host":             {"http://u:hunter2@", good},
		"no port":             {"http://u:hunter2@proxy.example:x", good},
	} {
		if p, err := trustservices.NewProxy(test.address, test.hosts); err == nil || p != nil ||
			strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want an error without the address", name, err)
		}
	}
}
