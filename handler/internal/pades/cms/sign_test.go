package cms_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"slices"
	"testing"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

type signCase struct {
	name      string
	algorithm pkitest.Algorithm
	digest    crypto.Hash
	pss       bool
	want      string
	second    x509.SignatureAlgorithm // what crypto/x509 calls it
}

var signCases = []signCase{
	{"RSA-2048 PKCS1 SHA-256", pkitest.RSA2048, crypto.SHA256, false, "RSA-PKCS1-SHA256", x509.SHA256WithRSA},
	{"RSA-2048 PKCS1 SHA-384", pkitest.RSA2048, crypto.SHA384, false, "RSA-PKCS1-SHA384", x509.SHA384WithRSA},
	{"RSA-2048 PKCS1 SHA-512", pkitest.RSA2048, crypto.SHA512, false, "RSA-PKCS1-SHA512", x509.SHA512WithRSA},
	{"RSA-2048 PSS SHA-256", pkitest.RSA2048, crypto.SHA256, true, "RSA-PSS-SHA256", x509.SHA256WithRSAPSS},
	{"RSA-2048 PSS SHA-384", pkitest.RSA2048, crypto.SHA384, true, "RSA-PSS-SHA384", x509.SHA384WithRSAPSS},
	{"RSA-2048 PSS SHA-512", pkitest.RSA2048, crypto.SHA512, true, "RSA-PSS-SHA512", x509.SHA512WithRSAPSS},
	{"RSA-3072 PKCS1 SHA-256", pkitest.RSA3072, crypto.SHA256, false, "RSA-PKCS1-SHA256", x509.SHA256WithRSA},
	{"RSA-3072 PKCS1 SHA-384", pkitest.RSA3072, crypto.SHA384, false, "RSA-PKCS1-SHA384", x509.SHA384WithRSA},
	{"RSA-3072 PKCS1 SHA-512", pkitest.RSA3072, crypto.SHA512, false, "RSA-PKCS1-SHA512", x509.SHA512WithRSA},
	{"RSA-3072 PSS SHA-256", pkitest.RSA3072, crypto.SHA256, true, "RSA-PSS-SHA256", x509.SHA256WithRSAPSS},
	{"RSA-3072 PSS SHA-384", pkitest.RSA3072, crypto.SHA384, true, "RSA-PSS-SHA384", x509.SHA384WithRSAPSS},
	{"RSA-3072 PSS SHA-512", pkitest.RSA3072, crypto.SHA512, true, "RSA-PSS-SHA512", x509.SHA512WithRSAPSS},
	{"RSA-4096 PKCS1 SHA-256", pkitest.RSA4096, crypto.SHA256, false, "RSA-PKCS1-SHA256", x509.SHA256WithRSA},
	{"RSA-4096 PKCS1 SHA-512", pkitest.RSA4096, crypto.SHA512, false, "RSA-PKCS1-SHA512", x509.SHA512WithRSA},
	{"RSA-4096 PSS SHA-256", pkitest.RSA4096, crypto.SHA256, true, "RSA-PSS-SHA256", x509.SHA256WithRSAPSS},
	{"RSA-4096 PSS SHA-384", pkitest.RSA4096, crypto.SHA384, true, "RSA-PSS-SHA384", x509.SHA384WithRSAPSS},
	{"RSA-4096 PSS SHA-512", pkitest.RSA4096, crypto.SHA512, true, "RSA-PSS-SHA512", x509.SHA512WithRSAPSS},
	{"P-256 SHA-256", pkitest.P256, crypto.SHA256, false, "ECDSA-SHA256", x509.ECDSAWithSHA256},
	{"P-256 SHA-384", pkitest.P256, crypto.SHA384, false, "ECDSA-SHA384", x509.ECDSAWithSHA384},
	{"P-256 SHA-512", pkitest.P256, crypto.SHA512, false, "ECDSA-SHA512", x509.ECDSAWithSHA512},
	{"P-384 SHA-256", pkitest.P384, crypto.SHA256, false, "ECDSA-SHA256", x509.ECDSAWithSHA256},
	{"P-384 SHA-384", pkitest.P384, crypto.SHA384, false, "ECDSA-SHA384", x509.ECDSAWithSHA384},
	{"P-384 SHA-512", pkitest.P384, crypto.SHA512, false, "ECDSA-SHA512", x509.ECDSAWithSHA512},
	{"P-521 SHA-256", pkitest.P521, crypto.SHA256, false, "ECDSA-SHA256", x509.ECDSAWithSHA256},
	{"P-521 SHA-384", pkitest.P521, crypto.SHA384, false, "ECDSA-SHA384", x509.ECDSAWithSHA384},
	{"P-521 SHA-512", pkitest.P521, crypto.SHA512, false, "ECDSA-SHA512", x509.ECDSAWithSHA512},
}

func (c signCase) request(t testing.TB) cms.Request {
	p := newParty(t, c.algorithm)
	return cms.Request{Chain: p.chain, Key: p.key, Digest: c.digest, MessageDigest: digestOf(c.digest, content),
		PSS: c.pss}
}

func TestSignVerifies(t *testing.T) {
	t.Parallel()
	for _, c := range signCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			request := c.request(t)
			der, err := cms.Sign(request)
			if err != nil {
				t.Fatal(err)
			}
			s, err := cms.Parse(der)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(request.MessageDigest); err != nil {
				t.Errorf("got %v, want a signature that verifies", err)
			}
			if err := s.Baseline(); err != nil {
				t.Errorf("got %v, want the form of a baseline signature", err)
			}
			if s.DigestAlgorithm.Hash() != c.digest || s.SignatureAlgorithm != c.want || s.Binding != cms.BindingV2 {
				t.Errorf("got %v, %s, %s, want %v, %s, %s", s.DigestAlgorithm, s.SignatureAlgorithm, s.Binding,
					c.digest, c.want, cms.BindingV2)
			}
			if len(s.Certificates) != 3 || s.Unparsed != 0 || s.BER || len(s.UnsignedAttributes) != 0 {
				t.Errorf("got %d certificates, %d unparsed, BER %t, want 3, 0, false", len(s.Certificates), s.Unparsed,
					s.BER)
			}
			signer, err := s.Signer()
			if err != nil || !signer.Equal(request.Chain[0]) {
				t.Errorf("got signer %v, %v, want the leaf", signer, err)
			}
			secondOpinion(t, der, request, c.second)
		})
	}
}

func TestSignedAttributesAreExactlyThree(t *testing.T) {
	t.Parallel()
	for _, c := range signCases {
		der, err := cms.Sign(c.request(t))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range plain(t, der).attributes(t) {
			got = append(got, a.Type.String())
		}
		slices.Sort(got)
		want := []string{oidSigningCertificateV2.String(), oidContentType.String(), oidMessageDigest.String()}
		if !slices.Equal(got, want) { // in particular no signing-time
			t.Errorf("%s: got attributes %v, want %v", c.name, got, want)
		}
		var contentType asn1.ObjectIdentifier
		value := plain(t, der).attribute(t, oidContentType)
		if _, err := asn1.Unmarshal(value.FullBytes, &contentType); err != nil || !contentType.Equal(oidData) {
			t.Errorf("%s: got content-type %v, %v, want id-data", c.name, contentType, err)
		}
	}
}

// The order must be right for any lengths of the attributes. The digests and names of all cases
// give several lengths.
func TestSetsAreSorted(t *testing.T) {
	t.Parallel()
	for _, c := range signCases {
		der, err := cms.Sign(c.request(t))
		if err != nil {
			t.Fatal(err)
		}
		s := plain(t, der)
		sets := map[string][]byte{"signed attributes": s.SignerInfos[0].Attributes.Bytes,
			"certificates": s.Certificates.Bytes}
		for name, rest := range sets {
			var last []byte
			for count := 0; len(rest) > 0; count++ {
				var element asn1.RawValue
				if rest, err = asn1.Unmarshal(rest, &element); err != nil {
					t.Fatal(err)
				}
				if bytes.Compare(last, element.FullBytes) >= 0 {
					t.Errorf("%s: got element %d of %s out of order, want DER", c.name, count, name)
				}
				last = element.FullBytes
			}
		}
	}
}

func TestVersionsAndAlgorithmIdentifiers(t *testing.T) {
	t.Parallel()
	for _, c := range signCases {
		der, err := cms.Sign(c.request(t))
		if err != nil {
			t.Fatal(err)
		}
		s := plain(t, der)
		signer := s.SignerInfos[0]
		if s.Version != 1 || signer.Version != 1 {
			t.Errorf("%s: got versions %d and %d, want 1 and 1", c.name, s.Version, signer.Version)
		}
		if len(s.Digests) != 1 || !s.Digests[0].Algorithm.Equal(signer.Digest.Algorithm) {
			t.Errorf("%s: got digestAlgorithms %v, want just %v", c.name, s.Digests, signer.Digest.Algorithm)
		}
		if len(signer.Digest.Parameters.FullBytes) != 0 { // RFC 5754, section 2
			t.Errorf("%s: got digest parameters %x, want none", c.name, signer.Digest.Parameters.FullBytes)
		}
		leaf := newParty(t, c.algorithm).leaf()
		if !bytes.Equal(signer.Signer.Issuer.FullBytes, leaf.RawIssuer) ||
			signer.Signer.Serial.Cmp(leaf.SerialNumber) != 0 {
			t.Errorf("%s: got another signer identifier than issuer and serial number of the leaf", c.name)
		}
	}
}

func TestSigningCertificateReference(t *testing.T) {
	t.Parallel()
	for _, c := range signCases {
		der, err := cms.Sign(c.request(t))
		if err != nil {
			t.Fatal(err)
		}
		var outer plainSigningCertificateV2
		value := plain(t, der).attribute(t, oidSigningCertificateV2)
		if _, err := asn1.Unmarshal(value.FullBytes, &outer); err != nil || len(outer.Certificates) != 1 {
			t.Fatalf("%s: got %d references, %v, want 1", c.name, len(outer.Certificates), err)
		}
		var id plainCertIDV2
		if c.digest == crypto.SHA256 { // the DEFAULT, which DER omits
			if _, err := asn1.Unmarshal(outer.Certificates[0].FullBytes, &id); err != nil {
				t.Fatalf("%s: got %v, want an ESSCertIDv2 without hashAlgorithm", c.name, err)
			}
		} else {
			var full plainCertIDV2WithHash
			if _, err := asn1.Unmarshal(outer.Certificates[0].FullBytes, &full); err != nil {
				t.Fatalf("%s: got %v, want an ESSCertIDv2 with hashAlgorithm", c.name, err)
			}
			if want := plain(t, der).Digests[0].Algorithm; !full.Algorithm.Algorithm.Equal(want) {
				t.Errorf("%s: got hashAlgorithm %v, want %v", c.name, full.Algorithm.Algorithm, want)
			}
			id = plainCertIDV2{full.Hash, full.IssuerSerial}
		}
		leaf := newParty(t, c.algorithm).leaf()
		if !bytes.Equal(id.Hash, digestOf(c.digest, leaf.Raw)) {
			t.Errorf("%s: got another certHash than the leaf's", c.name)
		}
		names := id.IssuerSerial.Names
		if len(names) != 1 || names[0].Tag != 4 || !bytes.Equal(names[0].Bytes, leaf.RawIssuer) ||
			id.IssuerSerial.Serial.Cmp(leaf.SerialNumber) != 0 {
			t.Errorf("%s: got another issuerSerial than the leaf's", c.name)
		}
	}
}

func TestSizeIsTightUpperBound(t *testing.T) {
	t.Parallel()
	const tight = 16
	for _, c := range signCases {
		request := c.request(t)
		key := request.Key
		request.Key, request.MessageDigest = publicOnly{key}, nil
		plan, err := cms.NewPlan(request)
		if err != nil {
			t.Fatal(err)
		}
		size := plan.Size()
		request = c.request(t)
		for range 8 { // the length of an ECDSA signature varies
			der, err := cms.Sign(request)
			if err != nil {
				t.Fatal(err)
			}
			if len(der) > size || size-len(der) > tight {
				t.Errorf("%s: got a bound of %d, want %d to %d", c.name, size, len(der), len(der)+tight)
			}
		}
	}
}

// publicOnly is a key that must not be used.
type publicOnly struct{ crypto.Signer }

func (publicOnly) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	panic("internal error: the key was used")
}

// answering is a key whose holder returns arbitrary answers.
type answering struct {
	crypto.Signer
	answer []byte
	err    error
}

func (a answering) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return a.answer, a.err }

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	rsa2048, p256 := newParty(t, pkitest.RSA2048), newParty(t, pkitest.P256)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	failure := errors.New("vault away")
	for _, c := range []struct {
		name   string
		change func(r *cms.Request)
		want   error
	}{
		{"no chain", func(r *cms.Request) { r.Chain = nil }, cms.ErrRequestInvalid},
		{"a nil certificate", func(r *cms.Request) { r.Chain = append(slices.Clone(r.Chain), nil) },
			cms.ErrRequestInvalid},
		{"101 certificates", func(r *cms.Request) { r.Chain = slices.Repeat(r.Chain[:1], 101) }, cms.ErrRequestInvalid},
		{"no key", func(r *cms.Request) { r.Key = nil }, cms.ErrRequestInvalid},
		{"another key of the kind", func(r *cms.Request) { r.Chain = newParty(t, pkitest.RSA3072).chain },
			cms.ErrKeyMismatch},
		{"a key of another kind", func(r *cms.Request) { r.Key = p256.key }, cms.ErrKeyMismatch},
		{"the issuer first", func(r *cms.Request) { r.Chain = r.Chain[1:] }, cms.ErrKeyMismatch},
		{"RSA-1024", func(r *cms.Request) { p := newParty(t, pkitest.RSA1024); r.Chain, r.Key = p.chain, p.key },
			cms.ErrKeyUnsupported},
		{"P-224", func(r *cms.Request) { p := newParty(t, pkitest.P224); r.Chain, r.Key = p.chain, p.key },
			cms.ErrKeyUnsupported},
		{"Ed25519", func(r *cms.Request) { r.Key = edKey }, cms.ErrKeyUnsupported},
		{"PSS with ECDSA", func(r *cms.Request) { r.Chain, r.Key, r.PSS = p256.chain, p256.key, true },
			cms.ErrKeyUnsupported},
		{"SHA-1", func(r *cms.Request) { r.Digest = crypto.SHA1; r.MessageDigest = make([]byte, 20) },
			cms.ErrRequestInvalid},
		{"SHA-224", func(r *cms.Request) { r.Digest = crypto.SHA224; r.MessageDigest = make([]byte, 28) },
			cms.ErrRequestInvalid},
		{"no digest", func(r *cms.Request) { r.Digest = 0 }, cms.ErrRequestInvalid},
		{"a message digest of another length", func(r *cms.Request) { r.Digest = crypto.SHA384 },
			cms.ErrRequestInvalid},
		{"a key that fails", func(r *cms.Request) { r.Key = answering{r.Key, nil, failure} }, failure},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			request := cms.Request{Chain: rsa2048.chain, Key: rsa2048.key, Digest: crypto.SHA256,
				MessageDigest: digestOf(crypto.SHA256, content)}
			c.change(&request)
			if der, err := cms.Sign(request); !errors.Is(err, c.want) || der != nil {
				t.Errorf("got %d bytes, %v, want %v", len(der), err, c.want)
			}
		})
	}
}

func TestSignRefusesAnswersThatBreakTheBound(t *testing.T) {
	t.Parallel()
	p := newParty(t, pkitest.RSA2048)
	for _, length := range []int{0, 257, 1 << 20} {
		request := cms.Request{Chain: p.chain, Key: answering{p.key, make([]byte, length), nil}, Digest: crypto.SHA256,
			MessageDigest: digestOf(crypto.SHA256, content)}
		if _, err := cms.Sign(request); err == nil {
			t.Errorf("got no error for a signature of %d bytes, want one", length)
		}
	}
}

func TestDefaultDigest(t *testing.T) {
	t.Parallel()
	for algorithm, want := range map[pkitest.Algorithm]crypto.Hash{
		pkitest.RSA2048: crypto.SHA256, pkitest.RSA3072: crypto.SHA256, pkitest.P256: crypto.SHA256,
		pkitest.P384: crypto.SHA384, pkitest.P521: crypto.SHA512, pkitest.RSA1024: 0, pkitest.P224: 0,
	} {
		got, err := cms.DefaultDigest(newParty(t, algorithm).key.Public())
		if got != want || (err != nil) != (want == 0) || (err != nil && !errors.Is(err, cms.ErrKeyUnsupported)) {
			t.Errorf("%s: got %v, %v, want %v", algorithm, got, err, want)
		}
	}
	if _, err := cms.DefaultDigest(ed25519.PublicKey(make([]byte, 32))); !errors.Is(err, cms.ErrKeyUnsupported) {
		t.Errorf("Ed25519: got %v, want %v", err, cms.ErrKeyUnsupported)
	}
}

func TestSignDoesNotChangeTheChain(t *testing.T) {
	t.Parallel()
	request := signCases[0].request(t)
	request.Chain = append(slices.Clone(request.Chain), request.Chain[2], request.Chain[1])
	before := slices.Clone(request.Chain)
	der, err := cms.Sign(request)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(before, request.Chain) {
		t.Error("got another order of the caller's chain, want it untouched")
	}
	if s, err := cms.Parse(der); err != nil || len(s.Certificates) != 3 {
		t.Errorf("got %v, %v, want each certificate once", s, err)
	}
}
