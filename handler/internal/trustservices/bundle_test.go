package trustservices_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	pemtext "encoding/pem"
	"math/big"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trustservices"
)

// bundles are the three forms of a CA's certificates: one in DER, one in PEM, and two in a bundle.
func bundles(t testing.TB) [3][]byte {
	t.Helper()
	root, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	authority, err := root.NewIntermediate("Authority", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	own, above := authority.Chain[0], authority.Chain[1]
	return [3][]byte{own.Raw, pkitest.PEM(own), bundleOf(t, [][]byte{own.Raw, above.Raw})}
}

func TestBundles(t *testing.T) {
	t.Parallel()
	forms := bundles(t)
	der, pem, bundle := forms[0], forms[1], forms[2]
	block := pemtext.EncodeToMemory(&pemtext.Block{Type: "PKCS7", Bytes: bundle})
	for name, c := range map[string]struct {
		data []byte
		want int
	}{
		"DER": {der, 1}, "PEM": {pem, 1}, "bundle": {bundle, 2}, "two in PEM": {bytes.Repeat(pem, 2), 2},
		"bundle in PEM":    {block, 2},
		"too many bundles": {bytes.Repeat(block, trustservices.MaxBundle), trustservices.MaxBundle},
		"too many in a bundle": {bundleOf(t, slices.Repeat([][]byte{der}, trustservices.MaxBundle+1)),
			trustservices.MaxBundle},
		"text around": {append([]byte("Subject: CA\n"), pem...), 1},
		"too many":    {bytes.Repeat(pem, trustservices.MaxBundle+1), trustservices.MaxBundle},
		"empty":       {nil, 0}, "trailing": {append(bytes.Clone(der), 0), 0},
		"bundle, trailing": {append(bytes.Clone(bundle), 0), 0},
		"two in DER":       {bytes.Repeat(der, 2), 0}, "cut": {bundle[:len(bundle)-1], 0},
		"begin alone":  {[]byte("-----BEGIN "), 0},
		"another type": {bytes.Replace(bundle, []byte("\x01\x07\x02"), []byte("\x01\x07\x03"), 1), 0},
	} {
		if got := len(trustservices.ParseBundle(c.data)); got != c.want {
			t.Errorf("%s: got %d certificates, want %d", name, got, c.want)
		}
	}
}

// bundleOf makes a certs-only SignedData of certificates in their order.
func bundleOf(t testing.TB, certificates [][]byte) []byte {
	t.Helper()
	explicit := asn1.Tag(0).ContextSpecific().Constructed()
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier([]int{1, 2, 840, 113549, 1, 7, 2})
		b.AddASN1(explicit, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				b.AddASN1(asn1.SET, func(*cryptobyte.Builder) {})
				b.AddASN1(asn1.SEQUENCE, func(*cryptobyte.Builder) {})
				b.AddASN1(explicit, func(b *cryptobyte.Builder) { b.AddBytes(slices.Concat(certificates...)) })
			})
		})
	})
	der, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestIssuersOf(t *testing.T) {
	t.Parallel()
	now := time.Now()
	root, err := pkitest.NewRoot("Root", now)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := root.NewIntermediate("Authority", now)
	if err != nil {
		t.Fatal(err)
	}
	certify := func(issuer *pkitest.Authority, name string) *x509.Certificate {
		t.Helper()
		template := *authority.Chain[0]
		template.Subject.CommonName, template.RawSubject, template.SerialNumber = name, nil, nil
		chain, err := issuer.Issue(&template, authority.Key.Public())
		if err != nil {
			t.Fatal(err)
		}
		return chain[0]
	}
	leaf := certify(authority, "Leaf")
	again, renamed := certify(root, "Authority"), certify(root, "Renamed Authority")
	namesake, err := root.NewIntermediate("Authority", now)
	if err != nil {
		t.Fatal(err)
	}
	candidates := []*x509.Certificate{root.Root(), namesake.Chain[0], authority.Chain[0], renamed, again, leaf}
	got := trustservices.IssuersOf(leaf, candidates)
	if len(got) != 2 || !got[0].Equal(authority.Chain[0]) || !got[1].Equal(again) {
		t.Errorf("got %d issuers, want both certificates of the issuer", len(got))
	}
	if got := trustservices.IssuersOf(root.Root(), candidates); len(got) != 0 {
		t.Errorf("got %d issuers of a root, want none above it", len(got))
	}
}

func TestAffordable(t *testing.T) {
	t.Parallel()
	key, err := pkitest.NewKey(pkitest.P521)
	if err != nil {
		t.Fatal(err)
	}
	modulus := func(bits uint) *rsa.PublicKey {
		return &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), bits-1), E: 65537}
	}
	for name, c := range map[string]struct {
		public any
		want   bool
	}{"RSA-8192": {modulus(8192), true}, "more": {modulus(8193), false}, "ECDSA": {key.Public(), true}} {
		if got := trustservices.Affordable(&x509.Certificate{PublicKey: c.public}); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
