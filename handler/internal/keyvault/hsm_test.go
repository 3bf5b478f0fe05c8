package keyvault_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

const hsmHost = "example-keys.managedhsm.azure.net"

// withHSM adds a Managed HSM to the cloud. It returns the HSM and a change of the Config that makes
// a source use it.
func withHSM(t *testing.T, c *cloud) (*keyvaulttest.Vault, func(*keyvault.Config)) {
	t.Helper()
	hsm := keyvaulttest.New(keyvaulttest.Config{
		BaseURL: "https://" + hsmHost, TenantID: tenantID, AuthorityHost: "https://" + loginHost,
		Resource: "https://managedhsm.azure.net", KeysAlone: true, Now: c.clock.Now,
		Authorize: func(string) error { return nil },
	})
	certificate, err := c.issuer.IssueServer(time.Now(), hsmHost)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(hsm)
	server.TLS = c.transport.TLSClientConfig.Clone()
	server.TLS.Certificates = append(server.TLS.Certificates, certificate)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(func() {
		hsm.ClearFault()
		server.Close()
	})
	way := c.transport.Clone()
	dial := way.DialContext
	way.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if strings.HasPrefix(address, hsmHost) {
			address = server.Listener.Addr().String()
		}
		return dial(ctx, network, address)
	}
	t.Cleanup(way.CloseIdleConnections)
	return hsm, func(config *keyvault.Config) {
		config.Transport = http.RoundTripper(way)
		config.Keys.URL = "https://" + hsmHost
	}
}

// inHSM puts a key into a Managed HSM and gives the chain of its certificate.
func inHSM(t *testing.T, c *cloud, hsm *keyvaulttest.Vault, name string,
	algorithm pkitest.Algorithm) []*x509.Certificate {
	t.Helper()
	key := newKey(t, algorithm)
	chain := c.issue(t, key)
	if _, err := hsm.AddCertificate(name, keyvaulttest.Certificate{Chain: chain, Key: key, HSM: true}); err != nil {
		t.Fatal(err)
	}
	return chain
}

// The certificate is a file and the key in the HSM, in the version that belongs to the certificate.
func TestManagedHSM(t *testing.T) {
	t.Parallel()
	for _, kind := range keyKinds {
		if kind.algorithm == pkitest.RSA3072 || kind.algorithm == pkitest.RSA4096 {
			continue // as RSA-2048
		}
		t.Run(string(kind.algorithm), func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			hsm, at := withHSM(t, c)
			chain := inHSM(t, c, hsm, "seal", kind.algorithm)
			source := c.source(t, at, func(config *keyvault.Config) {
				config.Keys.Files = map[string][]*x509.Certificate{"Seal": chain,
					"keyless": c.issue(t, newKey(t, pkitest.P256))}
			})
			first := get(t, source, "seal", "")
			signs(t, first, kind.hashes[0], kind.hashes[0])
			keyvaulttest.Verifies(t, first.Chain, first.Signer(t.Context()))
			// The key is rotated, and the file is still that of the old version.
			inHSM(t, c, hsm, "seal", kind.algorithm)
			c.clock.Advance(time.Hour)
			again := get(t, source, "seal", "")
			if again.Version != first.Version || len(again.Chain) != len(chain) {
				t.Errorf("got version %s, want that of the certificate's key, %s", again.Version, first.Version)
			}
			signs(t, get(t, source, "SEAL", first.Version), kind.hashes[0], kind.hashes[0])
			for _, asked := range [][2]string{{"seal", strings.Repeat("0", 32)}, {"keyless", ""}, {"other", ""}} {
				_, err := source.Certificate(t.Context(), asked[0], asked[1])
				check(t, err, signing.NotFound, "certificate_not_found")
			}
			if names, err := source.Names(t.Context()); err != nil || strings.Join(names, " ") != "keyless seal" {
				t.Errorf("got names %v and %v, want those of the files", names, err)
			}
			check(t, source.Ready(t.Context()), 0, "")
			if got := c.vault.Asked(keyvaulttest.GetSecret); got != 0 {
				t.Errorf("got %d requests for secrets, want none", got)
			}
		})
	}
}

// A key that was rotated often is found by the certificate of a recent version; one of a version
// that is long gone is not looked for without end.
func TestManagedHSMRotatedOften(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	hsm, at := withHSM(t, c)
	var chains [][]*x509.Certificate
	for range 40 {
		chains = append(chains, inHSM(t, c, hsm, "seal", pkitest.P256))
		c.clock.Advance(time.Minute)
	}
	for age := range chains {
		want := ""
		if age > 15 {
			want = "certificate_not_found"
		}
		source := c.source(t, at, func(config *keyvault.Config) {
			config.Keys.Files = map[string][]*x509.Certificate{"seal": chains[len(chains)-1-age]}
		})
		before := hsm.Asked(keyvaulttest.GetKey)
		certificate, err := source.Certificate(t.Context(), "seal", "")
		check(t, err, map[bool]signing.Kind{true: signing.NotFound}[want != ""], want)
		if err == nil {
			signs(t, certificate, crypto.SHA256, crypto.SHA256)
		}
		if asked := hsm.Asked(keyvaulttest.GetKey) - before; asked > 17 {
			t.Errorf("got %d requests for keys, want those of 16 versions and the current one", asked)
		}
	}
}

// Without a file the certificate comes from the vault, but the key is still in the HSM.
func TestManagedHSMWithTheVaultsCertificate(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	hsm, at := withHSM(t, c)
	key := newKey(t, pkitest.P256)
	chain := c.issue(t, key)
	for _, store := range []*keyvaulttest.Vault{c.vault, hsm} {
		if _, err := store.AddCertificate("seal", keyvaulttest.Certificate{Chain: chain, Key: key}); err != nil {
			t.Fatal(err)
		}
	}
	certificate := get(t, c.source(t, at), "seal", "")
	signs(t, certificate, crypto.SHA256, crypto.SHA256)
	// Files of other names change nothing of that, but the list names them alone.
	source := c.source(t, at, func(config *keyvault.Config) {
		config.Keys.Files = map[string][]*x509.Certificate{"other": chain}
	})
	signs(t, get(t, source, "seal", ""), crypto.SHA256, crypto.SHA256)
	if names, err := source.Names(t.Context()); err != nil || strings.Join(names, " ") != "other" {
		t.Errorf("got %v (%v), want the files alone", names, err)
	}
	if c.vault.Signatures() != 0 || hsm.Signatures() == 0 {
		t.Errorf("got %d signatures of the vault and %d of the HSM, want the HSM's alone", c.vault.Signatures(),
			hsm.Signatures())
	}
}

// Faults of the HSM give the same errors as those of the vault.
func TestManagedHSMFaults(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		fault  keyvaulttest.Fault
		change func(*keyvaulttest.Certificate)
		code   string
	}{
		{"no right", keyvaulttest.Fault{Kind: keyvaulttest.ForbiddenByRBAC}, nil, "vault_forbidden"},
		{"down", keyvaulttest.Fault{Kind: keyvaulttest.Down}, nil, "vault_unavailable"},
		{"empty", keyvaulttest.Fault{Kind: keyvaulttest.Empty}, nil, "vault_unavailable"},
		{"garbage", keyvaulttest.Fault{Kind: keyvaulttest.Garbage}, nil, "vault_unavailable"},
		{"wrong signature", keyvaulttest.Fault{Kind: keyvaulttest.WrongSignature}, nil, "certificate_not_found"},
		{"disabled", keyvaulttest.Fault{}, disableKey, "key_unusable"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			hsm, at := withHSM(t, c)
			chain := inHSM(t, c, hsm, "seal", pkitest.P256)
			if row.change != nil {
				if err := hsm.ChangeKey("seal", "", row.change); err != nil {
					t.Fatal(err)
				}
			}
			if row.fault.Kind != "" {
				hsm.SetFault(row.fault)
			}
			source := c.source(t, at, func(config *keyvault.Config) {
				config.Keys.Files = map[string][]*x509.Certificate{"seal": chain}
			})
			_, err := source.Certificate(t.Context(), "seal", "")
			kind := signing.Unavailable
			if row.code == "certificate_not_found" {
				kind = signing.NotFound
			}
			check(t, err, kind, row.code)
		})
	}
}
