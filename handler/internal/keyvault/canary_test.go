package keyvault_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

// TestNothingPrivateIsTold causes every fault, with and without a cached certificate. It searches
// all logs and errors for the key, the secret's value, tokens, and the names of the vault, the
// tenant and the identity.
func TestNothingPrivateIsTold(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	key := newKey(t, pkitest.P256)
	value := encoded(t, keyvaulttest.PEM, c.issue(t, key), key)
	if _, err := c.vault.Put("seal",
		keyvaulttest.Secret{Value: value, ContentType: typePEM, Managed: true}); err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	source := c.source(t, func(config *keyvault.Config) { config.TryTimeout = 200 * time.Millisecond })
	ask := func() {
		certificate, err := source.Certificate(t.Context(), "seal", "")
		if err != nil {
			fmt.Fprintf(&told, "%v\n%+v\n", err, err)
		}
		if certificate != nil {
			fmt.Fprintln(&told, certificate.Name, certificate.Version, certificate.Fingerprint())
		}
		if _, err := source.Names(t.Context()); err != nil {
			fmt.Fprintln(&told, err)
		}
		if err := source.Ready(t.Context()); err != nil {
			fmt.Fprintln(&told, err)
		}
	}
	for _, row := range faults {
		c.vault.ClearFault()
		c.clock.Advance(2 * time.Hour)
		ask()
		c.vault.SetFault(row.fault)
		c.clock.Advance(20 * time.Minute)
		ask()
		c.clock.Advance(2 * time.Hour)
		ask()
	}
	c.vault.ClearFault()
	for _, row := range secrets(t, c) {
		if _, err := c.vault.Put("bad",
			keyvaulttest.Secret{Value: row.value, ContentType: row.contentType, Managed: true}); err != nil {
			t.Fatal(err)
		}
		c.clock.Advance(10 * time.Minute)
		if _, err := source.Certificate(t.Context(), "bad", ""); err != nil {
			fmt.Fprintln(&told, err)
		}
	}
	source.Close()

	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := told.String() + c.logs.String()
	if !strings.Contains(text, "certificate not refreshed") || !strings.Contains(text, "vault_forbidden") {
		t.Fatal("the test told too little to prove anything")
	}
	for what, private := range map[string]string{
		"the key in base64": base64.StdEncoding.EncodeToString(der)[:40],
		"the key in hex":    hex.EncodeToString(der)[:40],
		"the key's bytes":   string(der[:16]),
		"the secret":        strings.Split(value, "\n")[1],
		"the access token":  token,
		"the client secret": secret,
		"the vault":         "example-seals",
		"the vault's cloud": "vault.azure.net",
		"the tenant":        tenantID,
		"the client":        clientID,
		"the caller":        "appid",
		"the authority":     loginHost,
		"an address":        "127.0.0.1",
	} {
		if at := strings.Index(text, private); at >= 0 {
			t.Errorf("got %s in %q", what, text[max(0, at-80):min(len(text), at+80)])
		}
	}
}

// TestBrokenConnectionsAreNotTold breaks the connection to the vault below HTTP, where errors
// contain host names and addresses.
func TestBrokenConnectionsAreNotTold(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says string
		dial error
	}{
		{"connection failed: connection refused",
			&net.OpError{Op: "dial", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, Err: syscall.ECONNREFUSED}},
		{"no such host: true",
			&net.DNSError{Err: "no such host", Name: vaultHost, Server: "127.0.0.1:53", IsNotFound: true}},
		{"no such host: false", &net.DNSError{Err: "read udp 127.0.0.1:53: broken", Name: vaultHost}},
		{"connection broken", errors.New("proxy of " + vaultHost + " says no")},
		{"no answer in time", os.ErrDeadlineExceeded},
	} {
		c := newCloud(t)
		c.transport.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, row.dial }
		_, err := c.source(t).Certificate(t.Context(), "seal", "")
		check(t, err, signing.Unavailable, "vault_unavailable")
		if !strings.Contains(err.Error(), row.says) {
			t.Errorf("got %v, want a cause that says %q", err, row.says)
		}
	}
}

func TestPrivateHostIsNotToldWhenItsCertificateIsBad(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	credential := c.credential(t)
	source := c.source(t, func(config *keyvault.Config) { config.Credential = credential })
	_, err := source.Certificate(t.Context(), "seal", "")
	if err == nil || !strings.Contains(err.Error(), "TLS certificate does not verify") {
		t.Fatalf("got %v, want a refused TLS certificate", err)
	}
	for _, private := range []string{vaultHost, "127.0.0.1"} {
		if strings.Contains(err.Error(), private) {
			t.Errorf("got %v, which tells %s", err, private)
		}
	}
}
