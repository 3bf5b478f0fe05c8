package keyvault_test

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pades/certificate"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// unclear are the oddities after which a certificate does not say clearly what it may be used for,
// or when.
func unclear(odd pkitest.Oddity) bool {
	return odd.NoDates || odd.Name == "extension twice" || odd.Name == "extension nested deep" ||
		odd.Name == "basic constraints with 01 for TRUE"
}

// A leaf that crypto/x509 refuses signs if it says clearly what it is for and when, and its
// signatures verify. Otherwise the cause names the reason.
func TestLeavesThatAreRefused(t *testing.T) {
	t.Parallel()
	root, err := pkitest.NewRoot("Test Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t, pkitest.P256)
	for _, odd := range pkitest.Oddities() {
		t.Run(odd.Name, func(t *testing.T) {
			t.Parallel()
			der, err := root.IssueParts(pkitest.SigningTemplate("Odd Seal", time.Now()), key.Public(), odd.Alter)
			if err != nil {
				t.Fatal(err)
			}
			value := pemOf(t, "PRIVATE KEY", key, root.Chain) + certificatePEM(der)
			chain, signer, err := keyvault.Parse(typePEM, value, time.Now())
			if unclear(odd) {
				says := []string{"clearly", "key usage", "authority"}
				if err == nil || chain != nil ||
					!slices.ContainsFunc(says, func(word string) bool { return strings.Contains(err.Error(), word) }) {
					t.Errorf("got %v, want a cause that says what is not clear", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !certificate.Refused(chain[0]) {
				t.Error("got a leaf that is not told from a sound one")
			}
			if want := 2; !odd.NoIssuer && len(chain) != want {
				t.Errorf("got a chain of %d, want %d", len(chain), want)
			}
			verifies(t, chain, signer)
		})
	}
}

// verifies signs with a chain and reads what comes of it.
func verifies(t *testing.T, chain []*x509.Certificate, key crypto.Signer) {
	t.Helper()
	digest, err := cms.DefaultDigest(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	h := digest.New()
	h.Write([]byte("content"))
	der, err := cms.Sign(cms.Request{Chain: chain, Key: key, Digest: digest, MessageDigest: h.Sum(nil)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := cms.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(h.Sum(nil)); err != nil {
		t.Errorf("got %v, want a signature that verifies", err)
	}
	if err := s.Baseline(); err != nil {
		t.Errorf("got %v, want a signature of baseline level", err)
	}
	if signer, err := s.Signer(); err != nil || !signer.Equal(chain[0]) {
		t.Errorf("got %v, want the leaf as signer", err)
	}
}

func certificatePEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// An authority's certificate that crypto/x509 refuses does not make the leaf unusable, in PEM and
// in PKCS#12.
func TestAuthoritiesThatAreRefused(t *testing.T) {
	t.Parallel()
	now := time.Now()
	root, err := pkitest.NewRoot("Test Root", now)
	if err != nil {
		t.Fatal(err)
	}
	between, err := root.NewIntermediate("Test Issuer", now)
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t, pkitest.P256)
	chain, err := between.Issue(pkitest.SigningTemplate("Seal", now), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	template := *chain[1]
	template.Raw, template.SerialNumber = nil, nil
	for _, odd := range pkitest.Oddities() {
		if odd.Name == "extension twice" { // that of the key usage, which is then there twice
			continue
		}
		t.Run(odd.Name, func(t *testing.T) {
			t.Parallel()
			der, err := root.IssueParts(&template, between.Key.Public(), odd.Alter)
			if err != nil {
				t.Fatal(err)
			}
			odd := &x509.Certificate{Raw: der}
			offered := []*x509.Certificate{chain[0], odd, chain[2]}
			for _, format := range []keyvaulttest.Format{keyvaulttest.PEM, keyvaulttest.Modern,
				keyvaulttest.LegacyDES} {
				contentType, value, err := keyvaulttest.Encode(format, offered, key)
				if err != nil {
					t.Fatal(err)
				}
				got, signer, err := keyvault.Parse(contentType, value, now)
				if err != nil {
					t.Fatalf("%s: %v", format, err)
				}
				if !got[0].Equal(chain[0]) {
					t.Errorf("%s: got another leaf", format)
				}
				verifies(t, got, signer)
			}
		})
	}
}

// Each certificate that crypto/x509 refuses is logged with the reason, and without anything of the
// key.
func TestOdditiesOfCases(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		file, subject string
		leaf          bool // is the odd one
	}{
		{"03g-vault-san-umlaut.pem", "CN=", true},
		{"03h-vault-ca-san-umlaut.pem", "CN=", false},
	} {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			value, err := os.ReadFile(filepath.Join("testdata", test.file))
			if err != nil {
				t.Fatal(err)
			}
			c := newCloud(t)
			if _, err := c.vault.Put("seal",
				keyvaulttest.Secret{Value: string(value), ContentType: typePEM, Managed: true}); err != nil {
				t.Fatal(err)
			}
			got, err := c.source(t).Certificate(t.Context(), "seal", "")
			if err != nil {
				t.Fatal(err)
			}
			verifies(t, got.Chain, got.Key)
			if certificate.Refused(got.Leaf()) != test.leaf {
				t.Errorf("got a leaf that is refused for %q", certificate.Refusal(got.Leaf()))
			}
			logged := c.logs.String()
			if !strings.Contains(logged, "rfc822Name") || !strings.Contains(logged, test.subject) ||
				strings.Contains(logged, "PRIVATE") {
				t.Errorf("got the log %s, want the certificate and the reason in it", logged)
			}
		})
	}
}
