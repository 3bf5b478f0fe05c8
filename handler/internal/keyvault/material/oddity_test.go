package material_test

import (
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pades/certificate"
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
			value := string(pkitest.PEM(root.Chain...)) + keyPEM(t, key) + certificatePEM(der)
			chain, signer, err := parse(typePEM, value, time.Now())
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
			keyvaulttest.Verifies(t, chain, signer)
		})
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
				got, signer, err := parse(contentType, value, now)
				if err != nil {
					t.Fatalf("%s: %v", format, err)
				}
				if !got[0].Equal(chain[0]) {
					t.Errorf("%s: got another leaf", format)
				}
				keyvaulttest.Verifies(t, got, signer)
			}
		})
	}
}
