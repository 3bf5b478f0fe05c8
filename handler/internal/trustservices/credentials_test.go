package trustservices_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/logtest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

// company is a TSA behind TLS, with the authority of its certificate, which also issues the
// certificates of its clients.
type company struct {
	*trusttest.Services
	authority *pkitest.Authority
	client    tls.Certificate
	address   string // host:port
}

func startCompany(t *testing.T) *company {
	t.Helper()
	now := time.Now()
	authority, err := pkitest.NewRoot("Company Root", now)
	if err != nil {
		t.Fatal(err)
	}
	certify := func(template *x509.Certificate) tls.Certificate {
		key, err := pkitest.NewKey(pkitest.P256)
		if err != nil {
			t.Fatal(err)
		}
		chain, err := authority.Issue(template, key.Public())
		if err != nil {
			t.Fatal(err)
		}
		return tls.Certificate{Certificate: [][]byte{chain[0].Raw}, PrivateKey: key, Leaf: chain[0]}
	}
	server := pkitest.SigningTemplate("tsa.company.example", now)
	server.IPAddresses, server.DNSNames = []net.IP{net.IPv4(127, 0, 0, 1)}, []string{"tsa.company.example"}
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	client := pkitest.SigningTemplate("Client of the company", now)
	client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	secured := tls.NewListener(listener, &tls.Config{
		Certificates: []tls.Certificate{certify(server)}, ClientAuth: tls.VerifyClientCertIfGiven,
		ClientCAs: pool(authority.Root()),
	})
	services := startTrust(t, trusttest.Config{Listener: secured, URL: "https://" + listener.Addr().String()})
	return &company{services, authority, certify(client), listener.Addr().String()}
}

// A TSA that requires credentials gets them, of each kind. The error for wrong credentials differs
// from the error for a TSA that is down.
func TestCredentials(t *testing.T) {
	t.Parallel()
	c := startCompany(t)
	basic := trustservices.Credentials{User: "influxion", Password: "correct horse: ü"}
	key := trustservices.Credentials{Header: "X-API-Key", Key: "k-123"}
	bearer := trustservices.Credentials{Header: "authorization", Key: "Bearer k-123"}
	certificate := trustservices.Credentials{Certificate: &c.client}
	all := trustservices.Credentials{User: basic.User, Password: basic.Password, Header: key.Header, Key: key.Key,
		Certificate: &c.client}
	demands := map[string]trusttest.Demand{
		"basic":       {User: basic.User, Password: basic.Password},
		"key":         {Header: key.Header, Key: key.Key},
		"bearer":      {Header: "Authorization", Key: "Bearer k-123"},
		"certificate": {ClientCertificate: true},
		"all": {User: basic.User, Password: basic.Password, Header: key.Header, Key: key.Key,
			ClientCertificate: true},
	}
	for demanded, demand := range demands {
		c.Demand(demand)
		for shown, credentials := range map[string]trustservices.Credentials{
			"none": {}, "basic": basic, "key": key, "bearer": bearer, "certificate": certificate, "all": all,
			"wrong": {User: basic.User, Password: "wrong", Header: key.Header, Key: "wrong"},
		} {
			var log logtest.Log
			timestamper := newTimestamper(t, trustservices.TimestamperConfig{
				URLs: []string{c.TSAURL()}, Credentials: credentials, Anchors: pool(c.Root),
				Roots: pool(c.authority.Root()), Log: log.Logger(),
			})
			_, err := timestamp(t, timestamper)
			if demanded == shown || shown == "all" && demanded != "bearer" {
				if err != nil {
					t.Errorf("%s for %s: %v", shown, demanded, err)
				}
				continue
			}
			if got := refused(t,
				err); got.Detail != "TSA 1: answered with HTTP status 401: it does not accept the credentials" {
				t.Errorf("%s for %s: got %q, want that it refuses them", shown, demanded, got.Detail)
			}
			for _, secret := range []string{"k-123", "correct horse", "aW5mbHV4aW9u"} {
				if text := log.String() + fmt.Sprintf("%v %+v", err, err); strings.Contains(text, secret) {
					t.Errorf("%s for %s: got the secret %q in %s", shown, demanded, secret, text)
				}
			}
		}
	}
}

// Only the origin of the first address gets credentials: neither another TSA of the list, nor the
// target of a redirect.
func TestCredentialsStayWithTheirOrigin(t *testing.T) {
	t.Parallel()
	first, second := startCompany(t), startCompany(t)
	first.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Redirect, Location: second.TSAURL()})
	second.Demand(trusttest.Demand{Header: "X-API-Key"}) // to see what is shown; "" is what all show who show nothing
	roots := pool(first.authority.Root(), second.authority.Root())
	config := trustservices.TimestamperConfig{
		URLs: []string{first.TSAURL(), second.TSAURL()},
		Credentials: trustservices.Credentials{User: "influxion", Password: "secret", Header: "X-API-Key", Key: "k-123",
			Certificate: &first.client},
		Anchors: pool(second.Root), Roots: roots,
	}
	if _, err := timestamp(t, newTimestamper(t, config)); err != nil {
		t.Fatal(err)
	}
	if shown := second.Shown(); len(shown) != 0 {
		t.Errorf("got %q shown to another TSA, want nothing", shown)
	}
	if shown := first.Shown(); len(shown) < 2 || !slices.Contains(shown, first.client.Leaf.Subject.CommonName) {
		t.Errorf("got %q shown to the TSA, want all of the credentials", shown)
	}
	// Another path of the same origin gets the credentials too.
	first.ClearFault(trusttest.TSA)
	first.Demand(trusttest.Demand{User: "influxion", Password: "secret"})
	config.URLs = []string{first.URL(trusttest.Root, trusttest.CRL), first.TSAURL()}
	config.Anchors = pool(first.Root)
	if _, err := timestamp(t, newTimestamper(t, config)); err != nil {
		t.Errorf("got %v, want the credentials shown to the second address of the origin", err)
	}
}

// Texts that cannot be credentials, and credentials that would be sent unencrypted, are refused.
// The error contains nothing of them.
func TestBadCredentials(t *testing.T) {
	t.Parallel()
	const safe = "https://tsa.example.org"
	for name, test := range map[string]struct {
		credentials trustservices.Credentials
		address     string
	}{
		"in the clear": {trustservices.Credentials{User: "hunter1", Password: "hunter2"},
			"http://tsa.example.org"},
		"a key in the clear": {trustservices.Credentials{Header: "X-Hunter", Key: "hunter2"},
			"http://tsa.example.org"},
		"a certificate, http":   {trustservices.Credentials{Certificate: &tls.Certificate{}}, "http://tsa.example.org"},
		"no password":           {trustservices.Credentials{User: "hunter2"}, safe},
		"no user":               {trustservices.Credentials{Password: "hunter2", Header: "X", Key: "y"}, safe},
		"no key":                {trustservices.Credentials{Header: "hunter2"}, safe},
		"a colon":               {trustservices.Credentials{User: "hunter2:", Password: "x"}, safe},
		"a line end":            {trustservices.Credentials{Header: "X", Key: "hunter2\r\nX-Other: y"}, safe},
		"a line end in a name":  {trustservices.Credentials{Header: "hunter2\r\nX", Key: "y"}, safe},
		"a letter beyond ASCII": {trustservices.Credentials{Header: "X", Key: "hünter2"}, safe},
		"the host":              {trustservices.Credentials{Header: "host", Key: "hunter2"}, safe},
		"the length":            {trustservices.Credentials{Header: "content-length", Key: "2"}, safe},
		"the same header twice": {trustservices.Credentials{User: "hunter2", Password: "x", Header: "AUTHORIZATION",
			Key: "y"}, safe},
		"very long": {trustservices.Credentials{Header: "X", Key: strings.Repeat("hunter2", 2000)}, safe},
	} {
		_, err := trustservices.NewTimestamper(
			trustservices.TimestamperConfig{URLs: []string{test.address}, Credentials: test.credentials})
		if err == nil || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: got %v, want an error without them", name, err)
		}
		if text := fmt.Sprintf("%v %+v %#v", test.credentials, &test.credentials,
			test.credentials); strings.Contains(text, "hunter") {
			t.Errorf("%s: got %s printed", name, text)
		}
	}
}
