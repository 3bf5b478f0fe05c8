package keyvault_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

const (
	typePKCS12 = "application/x-pkcs12"
	typePEM    = "application/x-pem-file"
)

// encoded returns a secret's value and ends the test on an error, so that the table can call it in
// its rows.
func encoded(t *testing.T, format keyvaulttest.Format, chain []*x509.Certificate, key crypto.Signer) string {
	t.Helper()
	_, value, err := keyvaulttest.Encode(format, chain, key)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func pkcs12Of(t *testing.T, encoder *pkcs12.Encoder, key crypto.Signer, chain []*x509.Certificate,
	password string) string {
	t.Helper()
	der, err := encoder.Encode(key, chain[0], chain[1:], password)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

func onlyCertificates(t *testing.T, chain []*x509.Certificate) string {
	t.Helper()
	der, err := pkcs12.Modern.EncodeTrustStore(chain, "")
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

type bag struct {
	ID    asn1.ObjectIdentifier
	Value asn1.RawValue
}

func marshal(t *testing.T, value any) []byte {
	t.Helper()
	der, err := asn1.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func explicit(inner []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: inner}
}

// plainPKCS12 makes a file without encryption or MAC from private keys and certificates, as many as
// wanted.
func plainPKCS12(t *testing.T, keys []crypto.Signer, chain []*x509.Certificate) string {
	t.Helper()
	var bags []keyvaulttest.Bag
	for _, certificate := range chain {
		bags = append(bags, keyvaulttest.Bag{Certificate: certificate.Raw})
	}
	for _, key := range keys {
		bags = append(bags, keyvaulttest.Bag{Key: key})
	}
	der, err := keyvaulttest.PlainPKCS12(bags)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// wrapPKCS12 puts safe bags into a file without encryption or MAC.
func wrapPKCS12(t *testing.T, bags []bag) string {
	t.Helper()
	type content struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue
	}
	data := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	safe := marshal(t, []content{{data, explicit(marshal(t, marshal(t, bags)))}})
	return base64.StdEncoding.EncodeToString(marshal(t, struct {
		Version int
		Safe    content
	}{3, content{data, explicit(marshal(t, safe))}}))
}

// greedyPKCS12 makes a file whose key asks for that many iterations.
func greedyPKCS12(t *testing.T, iterations int) string {
	t.Helper()
	parameters := marshal(t, struct {
		Salt       []byte
		Iterations int
	}{[]byte("12345678"), iterations})
	key := marshal(t, struct {
		Algorithm pkix.AlgorithmIdentifier
		Encrypted []byte
	}{
		pkix.AlgorithmIdentifier{
			Algorithm:  asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 3},
			Parameters: asn1.RawValue{FullBytes: parameters},
		},
		make([]byte, 16),
	})
	return wrapPKCS12(t, []bag{{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 2}, explicit(key)}})
}

func pemOf(t *testing.T, blockType string, key crypto.Signer, chain []*x509.Certificate) string {
	t.Helper()
	var der []byte
	var err error
	switch blockType {
	case "PRIVATE KEY":
		der, err = x509.MarshalPKCS8PrivateKey(key)
	case "RSA PRIVATE KEY":
		der = x509.MarshalPKCS1PrivateKey(key.(*rsa.PrivateKey))
	case "EC PRIVATE KEY":
		der, err = x509.MarshalECPrivateKey(key.(*ecdsa.PrivateKey))
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(pkitest.PEM(chain...)) + string(pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der}))
}

type row struct {
	name, contentType, value string
	says                     string // a part of the cause; "" = accepted
	chain                    int    // certificates wanted
}

// Changes of the template that make a leaf unfit.
func expired(c *x509.Certificate)      { c.NotAfter = c.NotBefore.Add(time.Minute) }
func early(c *x509.Certificate)        { c.NotBefore = c.NotAfter.Add(-time.Minute) }
func encipherment(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }
func authority(c *x509.Certificate)    { c.IsCA, c.BasicConstraintsValid = true, true }

// secrets is the table of secret values.
func secrets(t *testing.T, c *cloud) []row {
	key, other := newKey(t, pkitest.P256), newKey(t, pkitest.P256)
	rsa2048, rsa1024, p224 := newKey(t, pkitest.RSA2048), newKey(t, pkitest.RSA1024), newKey(t, pkitest.P224)
	chain := c.issue(t, key)
	reversed := slices.Clone(chain)
	slices.Reverse(reversed)
	stranger, err := pkitest.NewRoot("Test Stranger", c.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	modern := func(key crypto.Signer, chain []*x509.Certificate) string {
		return encoded(t, keyvaulttest.Modern, chain, key)
	}
	changed := func(change func(*x509.Certificate)) string { return modern(key, c.issue(t, key, change)) }
	many := slices.Repeat(chain[2:], 30)

	rows := []row{
		{"modern AES", typePKCS12, modern(key, chain), "", 3},
		{"modern AES with PBMAC1", typePKCS12, encoded(t, keyvaulttest.Modern2026, chain, key), "", 3},
		{"3DES", typePKCS12, encoded(t, keyvaulttest.LegacyDES, chain, key), "", 3},
		{"RC2", typePKCS12, encoded(t, keyvaulttest.LegacyRC2, chain, key), "", 3},
		{"no encryption and no MAC", typePKCS12, plainPKCS12(t, []crypto.Signer{key}, chain), "", 3},
		{"content type in capitals", "Application/X-PKCS12", modern(key, chain), "", 3},
		{"RSA-2048", typePKCS12, modern(rsa2048, c.issue(t, rsa2048)), "", 3},
		{"no chain", typePKCS12, modern(key, chain[:1]), "", 1},
		{"chain reversed", typePKCS12, modern(key, reversed), "", 3},
		{"chain with a gap", typePKCS12, modern(key, []*x509.Certificate{chain[0], chain[2]}), "", 1},
		{"a stranger in the chain", typePKCS12, modern(key, append(slices.Clone(chain), stranger.Root())), "", 3},
		{"the chain twice", typePKCS12, modern(key, append(slices.Clone(chain), chain...)), "", 3},
		{"no key usage", typePKCS12, changed(func(c *x509.Certificate) { c.KeyUsage = 0 }), "", 3},
		{"nonRepudiation alone", typePKCS12,
			changed(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment }), "", 3},
		{"keys for TLS", typePKCS12, changed(func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}), "", 3},

		{"two keys, one without a certificate", typePKCS12, plainPKCS12(t, []crypto.Signer{other, key}, chain), "", 3},
		{"no key", typePKCS12, onlyCertificates(t, chain), "not exportable", 0},
		{"no certificate", typePKCS12, plainPKCS12(t, []crypto.Signer{key}, nil), "no certificate of its private key",
			0},
		{"key of another certificate", typePKCS12, modern(other, chain), "no certificate of its private key", 0},
		{"two certificates of the key", typePKCS12, modern(key, append(slices.Clone(chain), c.issue(t, key)[0])), "",
			3},
		{"expired", typePKCS12, changed(expired), "expired", 0},
		{"not yet valid", typePKCS12, changed(early), "not valid yet", 0},
		{"keyEncipherment alone", typePKCS12, changed(encipherment), "key usage", 0},
		{"empty key usage", typePKCS12, changed(func(c *x509.Certificate) {
			c.KeyUsage = 0
			c.ExtraExtensions = []pkix.Extension{
				{Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Critical: true, Value: []byte{3, 1, 0}}}
		}), "key usage", 0},
		{"authority", typePKCS12, changed(authority), "authority", 0},
		{"RSA-1024", typePKCS12, modern(rsa1024, c.issue(t, rsa1024)), "1024 bits", 0},
		{"P-224", typePKCS12, modern(p224, c.issue(t, p224)), "P-224", 0},
		{"password", typePKCS12, pkcs12Of(t, pkcs12.Modern, key, chain, "secret"), "password", 0},
		{"password, 3DES", typePKCS12, pkcs12Of(t, pkcs12.LegacyDES, key, chain, "secret"), "password", 0},
		{"too many certificates", typePKCS12, modern(key, append(slices.Clone(chain), many...)), "over 32 certificates",
			0},
		{"million iterations", typePKCS12, greedyPKCS12(t, keyvault.MaxIterations+1), "iterations", 0},
		{"endless iterations", typePKCS12, greedyPKCS12(t, 1<<62), "iterations", 0},
		{"garbage", typePKCS12, base64.StdEncoding.EncodeToString([]byte("garbage")), "cannot be read as a PKCS#12", 0},
		{"truncated", typePKCS12, truncated(modern(key, chain)), "cannot be read as a PKCS#12", 0},
		{"empty", typePKCS12, "", "cannot be read as a PKCS#12", 0},
		{"not base64", typePKCS12, "%%%%", "not base64", 0},
		{"base64 with line breaks", typePKCS12, breakLines(modern(key, chain)), "", 3},
		{"base64 with stray bits", typePKCS12, "QR==", "not base64", 0},
		{"base64 of the URL kind", typePKCS12, "-_-_", "not base64", 0},
		{"huge", typePKCS12, strings.Repeat("A", 25<<10+4), "over 25600 bytes", 0},
		{"PEM under the type of PKCS#12", typePKCS12, encoded(t, keyvaulttest.PEM, chain, key), "not base64", 0},
		{"text", "text/plain", "a password", "neither PKCS#12 nor PEM", 0},
		{"type of the first with the value of the second", typePEM, modern(key, chain), "not exportable", 0},
	}
	return append(rows, pemSecrets(t, c, key, rsa2048, chain, reversed)...)
}

func pemSecrets(t *testing.T, c *cloud, key, rsa2048 crypto.Signer, chain, reversed []*x509.Certificate) []row {
	other, rsa1024, p224 := newKey(t, pkitest.P256), newKey(t, pkitest.RSA1024), newKey(t, pkitest.P224)
	changed := func(change func(*x509.Certificate)) string {
		return encoded(t, keyvaulttest.PEM, c.issue(t, key, change), key)
	}
	good := encoded(t, keyvaulttest.PEM, chain, key)
	p384, p521 := newKey(t, pkitest.P384), newKey(t, pkitest.P521)
	secondKey := pemOf(t, "PRIVATE KEY", other, nil)
	encrypted := string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}))
	withHeaders := string(pem.EncodeToMemory(&pem.Block{
		Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED"}, Bytes: []byte("x"),
	}))
	parameters := string(pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 0}}))
	request := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: []byte("x")}))
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")}))
	return []row{
		{"PEM", typePEM, good, "", 3},
		{"PEM, SEC 1", typePEM, pemOf(t, "EC PRIVATE KEY", key, chain), "", 3},
		{"PEM, SEC 1 with parameters", typePEM, parameters + pemOf(t, "EC PRIVATE KEY", key, chain), "", 3},
		{"PEM, PKCS#1", typePEM, pemOf(t, "RSA PRIVATE KEY", rsa2048, c.issue(t, rsa2048)), "", 3},
		{"PEM, P-384", typePEM, encoded(t, keyvaulttest.PEM, c.issue(t, p384), p384), "", 3},
		{"PEM, P-521", typePEM, encoded(t, keyvaulttest.PEM, c.issue(t, p521), p521), "", 3},
		{"PEM, no chain", typePEM, pemOf(t, "PRIVATE KEY", key, chain[:1]), "", 1},
		{"PEM, chain reversed, key last", typePEM, pemOf(t, "PRIVATE KEY", key, reversed), "", 3},
		{"PEM, text between", typePEM, "Bag Attributes\n" + good, "", 3},
		{"PEM, CR LF", typePEM, strings.ReplaceAll(good, "\n", "\r\n"), "", 3},
		{"PEM, no key usage", typePEM, changed(func(c *x509.Certificate) { c.KeyUsage = 0 }), "", 3},

		{"PEM, no key", typePEM, string(pkitest.PEM(chain...)), "not exportable", 0},
		{"PEM, two keys, one without a certificate", typePEM, secondKey + good, "", 3},
		{"PEM, too many keys", typePEM, good + strings.Repeat(secondKey, 8), "over 8 private keys", 0},
		{"PEM, key of another certificate", typePEM, pemOf(t, "PRIVATE KEY", other, chain),
			"no certificate of its private key", 0},
		{"PEM, no certificate", typePEM, pemOf(t, "PRIVATE KEY", key, nil), "no certificate of its private key", 0},
		{"PEM, expired", typePEM, changed(expired), "expired", 0},
		{"PEM, not yet valid", typePEM, changed(early), "not valid yet", 0},
		{"PEM, keyEncipherment alone", typePEM, changed(encipherment), "key usage", 0},
		{"PEM, authority", typePEM, changed(authority), "authority", 0},
		{"PEM, RSA-1024", typePEM, encoded(t, keyvaulttest.PEM, c.issue(t, rsa1024), rsa1024), "1024 bits", 0},
		{"PEM, P-224", typePEM, encoded(t, keyvaulttest.PEM, c.issue(t, p224), p224), "P-224", 0},
		{"PEM, byte order mark", typePEM, "\ufeff" + good, "", 3},
		{"PEM, labels of X.509", typePEM, strings.ReplaceAll(good, " CERTIFICATE", " X509 CERTIFICATE"), "", 3},
		{"PEM, what is neither a certificate nor a key", typePEM, request + good + public, "", 3},
		{"PEM, that alone", typePEM, request + public, "not exportable", 0},
		{"PEM, another key encrypted", typePEM, encrypted + good + withHeaders, "", 3},
		{"PEM, encrypted", typePEM, string(pkitest.PEM(chain...)) + encrypted, "encrypted", 0},
		{"PEM, encrypted in the old way", typePEM, string(pkitest.PEM(chain...)) + withHeaders, "encrypted", 0},
		{"PEM, certificate cut", typePEM, good + "-----BEGIN CERTIFICATE-----\nMIIB\n", "can be read", 0},
		{"PEM, certificate garbage", typePEM, good + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
			"", 3},
		{"PEM, leaf garbage", typePEM, pemOf(t, "PRIVATE KEY", key, nil) +
			"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
			"cannot be read", 0},
		{"PEM, key garbage", typePEM, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
			"cannot be read", 0},
		{"PEM, too many certificates", typePEM, good + strings.Repeat(string(pkitest.PEM(chain[2])), 30),
			"over 32 certificates", 0},
		{"PEM, garbage", typePEM, "garbage", "not exportable", 0},
		{"PEM, empty", typePEM, "", "not exportable", 0},
		{"PEM, huge", typePEM, strings.Repeat("A", 25<<10+1), "over 25600 bytes", 0},
	}
}

func truncated(value string) string { return value[:len(value)/8*4] }

func breakLines(value string) string { return value[:64] + "\n" + value[64:] }

// TestSecrets fetches every value of the table through the vault.
func TestSecrets(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	source := c.source(t)
	for i, row := range secrets(t, c) {
		t.Run(row.name, func(t *testing.T) {
			name := "seal-" + strings.Repeat("i", i)
			version, err := c.vault.Put(name,
				keyvaulttest.Secret{Value: row.value, ContentType: row.contentType, Managed: true})
			if err != nil {
				t.Fatal(err)
			}
			got, err := source.Certificate(t.Context(), name, "")
			if row.chain == 0 {
				check(t, err, signing.NotFound, "certificate_not_found")
				if !strings.Contains(err.Error(), row.says) {
					t.Errorf("got %v, want a cause that says %q", err, row.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Name != name || got.Version != version || len(got.Chain) != row.chain {
				t.Errorf("got %s %s with %d certificates, want %s %s with %d",
					got.Name, got.Version, len(got.Chain), name, version, row.chain)
			}
			if public, ok := got.Leaf().PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok ||
				!public.Equal(got.Key.Public()) {
				t.Error("got a key that does not match the leaf")
			}
			for i, certificate := range got.Chain[:len(got.Chain)-1] {
				if err := certificate.CheckSignatureFrom(got.Chain[i+1]); err != nil {
					t.Errorf("got certificate %d that its successor did not sign: %v", i, err)
				}
			}
		})
	}
}

// TestOtherSecretsAreNotParsed puts the value of a good certificate into a secret that backs no
// certificate. It must not be found.
func TestOtherSecretsAreNotParsed(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	source := c.source(t)
	key := newKey(t, pkitest.P256)
	value := encoded(t, keyvaulttest.PEM, c.issue(t, key), key)
	for _, row := range []struct {
		name, says string
		secret     keyvaulttest.Secret
	}{
		{"unmanaged", "backs no certificate", keyvaulttest.Secret{Value: value, ContentType: typePEM}},
		{"storage-key", "neither",
			keyvaulttest.Secret{Value: value, ContentType: "application/vnd.ms-StorageAccountAccessKey",
				Managed: true}},
		{"no-type", "no content type", keyvaulttest.Secret{Value: value, Managed: true}},
		{"expired", "expired, by its attributes",
			keyvaulttest.Secret{Value: value, ContentType: typePEM, Managed: true, Expires: c.clock.Now()}},
		{"early", "not valid yet, by its attributes",
			keyvaulttest.Secret{Value: value, ContentType: typePEM, Managed: true,
				NotBefore: c.clock.Now().Add(time.Minute)}},
	} {
		if _, err := c.vault.Put(row.name, row.secret); err != nil {
			t.Fatal(err)
		}
		_, err := source.Certificate(t.Context(), row.name, "")
		check(t, err, signing.NotFound, "certificate_not_found")
		if !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: got %v, want a cause that says %q", row.name, err, row.says)
		}
	}
}
