package material_test

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/keyvault/material"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
)

// both writes bags as PKCS#12 and as PEM, which has no local key IDs.
func both(t *testing.T, bags []keyvaulttest.Bag) map[string]string {
	t.Helper()
	der, err := keyvaulttest.PlainPKCS12(bags)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, b := range bags {
		if b.Key != nil {
			text.WriteString(keyPEM(t, b.Key))
			continue
		}
		text.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b.Certificate}))
	}
	return map[string]string{typePKCS12: base64.StdEncoding.EncodeToString(der), typePEM: text.String()}
}

// TestPairs offers several keys, and several certificates of one key. The pair that may sign is
// chosen. If nothing says which is meant, none is.
func TestPairs(t *testing.T) {
	t.Parallel()
	now := time.Now()
	root, err := pkitest.NewRoot("Test Root", now)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(name string, key crypto.Signer, age time.Duration,
		changes ...func(*x509.Certificate)) keyvaulttest.Bag {
		template := pkitest.SigningTemplate(name, now)
		template.NotBefore = now.Add(-age)
		for _, change := range changes {
			change(template)
		}
		chain, err := root.Issue(template, key.Public())
		if err != nil {
			t.Fatal(err)
		}
		return keyvaulttest.Bag{Certificate: chain[0].Raw}
	}
	mark := func(b keyvaulttest.Bag, id string) keyvaulttest.Bag {
		b.LocalKeyID = id
		return b
	}
	digital := func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }
	commits := func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment }
	one, two := keyvaulttest.Bag{Key: newKey(t, pkitest.P256)}, keyvaulttest.Bag{Key: newKey(t, pkitest.P256)}
	weak := keyvaulttest.Bag{Key: newKey(t, pkitest.RSA1024)}
	old, renewed := issue("Seal", one.Key, 3*time.Hour), issue("Seal", one.Key, 2*time.Hour)
	next := issue("Seal", two.Key, time.Hour)
	for _, test := range []struct {
		name string
		bags []keyvaulttest.Bag
		want *keyvaulttest.Bag // in both formats; nil = refused
		says string
		pem  *keyvaulttest.Bag // wanted in PEM, if it differs there
	}{
		{"an encryption pair first", []keyvaulttest.Bag{one, issue("Seal", one.Key, 0, encipherment), two, next}, &next,
			"", nil},
		{"an encryption pair last", []keyvaulttest.Bag{two, next, one, issue("Seal", one.Key, 0, encipherment)}, &next,
			"", nil},
		{"an expired pair", []keyvaulttest.Bag{one, issue("Other", one.Key, time.Hour, expired), two, next}, &next, "",
			nil},
		{"a pair with a key that is too short", []keyvaulttest.Bag{weak, issue("Other", weak.Key, 0), two, next}, &next,
			"", nil},
		{"the key twice", []keyvaulttest.Bag{two, two, next}, &next, "", nil},
		{"last year's pair and this year's", []keyvaulttest.Bag{one, old, two, next}, &next, "", nil},
		{"the same in another order", []keyvaulttest.Bag{two, one, next, old}, &next, "", nil},
		{"authentication and commitment", []keyvaulttest.Bag{one, issue("Login", one.Key, 0, digital), two, next},
			&next, "", nil},
		{"two of different subjects", []keyvaulttest.Bag{one, old, two, issue("Other", two.Key, 0)}, nil,
			"different subjects", nil},
		{"none that may sign", []keyvaulttest.Bag{one, issue("Seal", one.Key, 0, encipherment), two,
			issue("Seal", two.Key, time.Hour, expired)},
			nil, "key usage", nil},
		{"renewed with the same key", []keyvaulttest.Bag{one, old, renewed}, &renewed, "", nil},
		{"the same in another order", []keyvaulttest.Bag{renewed, old, one}, &renewed, "", nil},
		{"the older one tied to the key", []keyvaulttest.Bag{mark(one, "1"), mark(old, "1"), renewed}, &old, "",
			&renewed},
		{"another tied to another key", []keyvaulttest.Bag{mark(one, "1"), mark(old, "2"), renewed}, &renewed, "", nil},
		{"all tied to the key", []keyvaulttest.Bag{mark(one, "1"), mark(old, "1"), mark(renewed, "1")}, &renewed, "",
			nil},
		{"one that has expired tied to the key",
			[]keyvaulttest.Bag{mark(one, "1"), mark(issue("Seal", one.Key, time.Hour, expired), "1"), old}, &old, "",
			nil},
		{"one that commits beside a newer one",
			[]keyvaulttest.Bag{one, issue("Seal", one.Key, 2*time.Hour, commits), two,
				issue("Seal", two.Key, 0, digital)},
			nil, "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.want == nil && test.says == "" {
				test.want = &test.bags[1]
			}
			for contentType, value := range both(t, test.bags) {
				chain, key, err := parse(contentType, value, now)
				if test.want == nil {
					if err == nil || !strings.Contains(err.Error(), test.says) {
						t.Errorf("%s: got %v, want an error that says %q", contentType, err, test.says)
					}
					continue
				}
				if err != nil {
					t.Fatalf("%s: %v", contentType, err)
				}
				want := test.want
				if contentType == typePEM && test.pem != nil {
					want = test.pem
				}
				if string(chain[0].Raw) != string(want.Certificate) {
					t.Errorf("%s: got the certificate %v from %v", contentType, chain[0].Subject, chain[0].NotBefore)
				}
				keyvaulttest.Verifies(t, chain, key)
			}
		})
	}
}

// Bags without a readable certificate, of any kind, leave the pair usable.
func TestBagsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	now := time.Now()
	key := newKey(t, pkitest.P256)
	chain, err := issuer(t).Issue(pkitest.SigningTemplate("Seal", now), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, garbage := range map[string][]byte{
		"nothing": {}, "text": []byte("-----BEGIN"), "an empty SEQUENCE": {0x30, 0}, "cut short": chain[1].Raw[:100],
		"an endless one": {0x30, 0x80},
	} {
		bags := []keyvaulttest.Bag{{Certificate: garbage}, {Key: key}, {Certificate: chain[0].Raw},
			{Certificate: garbage}, {Certificate: chain[1].Raw}}
		got, signer, err := parse(typePKCS12, both(t, bags)[typePKCS12], now)
		if err != nil || len(got) != 2 {
			t.Errorf("%s: got %v and a chain of %d, want one of 2", name, err, len(got))
			continue
		}
		keyvaulttest.Verifies(t, got, signer)
	}
}

// Files of other programs give the pair that these programs mean.
func TestPairsOfCases(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for file, serial := range map[string]string{
		"13a-ber-frame.p12":        "72174412ab4e544214a396f77e64402f48f9be37",
		"13c-two-keys.p12":         "72174412ab4e544214a396f77e64402f48f9be37",
		"13d-renewed-same-key.p12": "72174412ab4e544214a396f77e64402f48f9be37",
	} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		chain, key, err := parse(typePKCS12, base64.StdEncoding.EncodeToString(data), at)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if got := chain[0].SerialNumber.Text(16); got != serial || len(chain) != 3 {
			t.Errorf("%s: got the certificate %s and a chain of %d, want %s and 3", file, got, len(chain), serial)
		}
		keyvaulttest.Verifies(t, chain, key)
	}
}

// A certificate without its key is chosen by the same rule: names that differ in the type of their
// strings alone are one subject (RFC 5280, 7.1), and the newest signs.
func TestLeafOfOneSubject(t *testing.T) {
	t.Parallel()
	now := time.Now()
	authority, key := issuer(t), newKey(t, pkitest.P256)
	leaf := func(name pkix.AttributeTypeAndValue, age time.Duration) *x509.Certificate {
		template := pkitest.SigningTemplate("", now)
		template.NotBefore = now.Add(-age)
		subject, err := asn1.Marshal(pkix.RDNSequence{{name}})
		if err != nil {
			t.Fatal(err)
		}
		template.RawSubject = subject
		chain, err := authority.Issue(template, key.Public())
		if err != nil {
			t.Fatal(err)
		}
		return chain[0]
	}
	commonName := asn1.ObjectIdentifier{2, 5, 4, 3}
	utf8 := asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte("Seal")}
	older := leaf(pkix.AttributeTypeAndValue{Type: commonName, Value: "Seal"}, 2*time.Hour) // a PrintableString
	newer := leaf(pkix.AttributeTypeAndValue{Type: commonName, Value: utf8}, time.Hour)
	other := leaf(pkix.AttributeTypeAndValue{Type: commonName, Value: "Other"}, time.Hour)
	held := material.Material{Certificates: []*x509.Certificate{older, newer}}
	if got, err := held.Leaf(now); err != nil || !got.Equal(newer) {
		t.Errorf("got %v, want the newer of two certificates of one subject", err)
	}
	held.Certificates = append(held.Certificates, other)
	if _, err := held.Leaf(now); err == nil || !strings.Contains(err.Error(), "different subjects") {
		t.Errorf("got %v for two subjects, want an error that says so", err)
	}
}
