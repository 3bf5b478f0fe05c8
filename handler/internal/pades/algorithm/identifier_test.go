package algorithm_test

import (
	"crypto"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
)

// An AlgorithmIdentifier gives its scheme and its name. An identifier that is not evaluated has a
// name too.
func TestSchemes(t *testing.T) {
	t.Parallel()
	oidSHAKE256 := oid(2, 16, 840, 1, 101, 3, 4, 2, 12)
	for _, c := range []struct {
		name       string
		kind       []byte
		parameters []byte
		digest     algorithm.Digest // beside it
		want       string
		known      bool
	}{
		{"rsaEncryption", oidRSA, null, algorithm.SHA512, "RSA-PKCS1-SHA512", true},
		{"rsaEncryption without a digest", oidRSA, null, "", "RSA", false},
		{"rsaEncryption with parameters", oidRSA, tlv(4), algorithm.SHA256, "RSA", false},
		{"sha256WithRSA", oid(1, 2, 840, 113549, 1, 1, 11), null, algorithm.SHA1, "RSA-PKCS1-SHA256", true},
		{"sha512-256WithRSA", oid(1, 2, 840, 113549, 1, 1, 16), nil, "", "RSA-PKCS1-SHA512/256", true},
		{"sha3-512WithRSA", oid(2, 16, 840, 1, 101, 3, 4, 3, 16), nil, "", "RSA-PKCS1-SHA3512", true},
		{"sha1WithRSA of OIW", oid(1, 3, 14, 3, 2, 29), null, "", "RSA-PKCS1-SHA1", true},
		{"md2WithRSA", oid(1, 2, 840, 113549, 1, 1, 2), null, "", "RSA-PKCS1-MD2", false},
		{"PSS", oidPSS, pssParameters(oidSHA256, oidSHA256, 32), "", "RSA-PSS-SHA256", true},
		{"PSS with another mask", oidPSS, pssParameters(oidSHA256, oidSHA1, 0), "", "RSA-PSS-SHA256-MGF1-SHA1", true},
		{"PSS by default", oidPSS, tlv(0x30), "", "RSA-PSS-SHA1", true},
		{"PSS without parameters", oidPSS, nil, "", "RSA-PSS", false},
		{"PSS with a SHAKE for mask", oidPSS,
			tlv(0x30, tlv(0xa0, tlv(0x30, oidSHAKE256)), tlv(0xa1, tlv(0x30, oidSHAKE256)),
				tlv(0xa2, []byte{2, 1, 64})), "",
			"RSA-PSS-SHAKE256", true},
		{"PSS with MGF1 of SHAKE", oidPSS, pssParameters(oidSHA256, oidSHAKE256, 32), "", "RSA-PSS", false},
		{"PSS with another trailer", oidPSS, tlv(0x30, tlv(0xa3, []byte{2, 1, 2})), "", "RSA-PSS", false},
		{"PSS with a salt beyond all keys", oidPSS, pssParameters(oidSHA256, oidSHA256, 1025), "", "RSA-PSS", false},
		{"PSS with SHAKE128", oid(1, 3, 6, 1, 5, 5, 7, 6, 30), nil, "", "RSA-PSS-SHAKE128", true},
		{"ECDSA with SHAKE256", oid(1, 3, 6, 1, 5, 5, 7, 6, 33), nil, "", "ECDSA-SHAKE256", true},
		{"ecPublicKey", oidEC, nil, algorithm.SHA384, "ECDSA-SHA384", true},
		{"ecdsa-with-SHA1", oid(1, 2, 840, 10045, 4, 1), nil, "", "ECDSA-SHA1", true},
		{"ecdsa-with-Specified", oid(1, 2, 840, 10045, 4, 3), tlv(0x30, oidSHA256), "", "ECDSA-SHA256", true},
		{"ecdsa-with-Specified by nothing", oid(1, 2, 840, 10045, 4, 3), nil, "", "1.2.840.10045.4.3", false},
		{"ecdsa-plain-SHA256", oid(0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 3), nil, "", "ECDSA-plain-SHA256", true},
		{"id-dsa", oidDSA, nil, algorithm.SHA256, "DSA-SHA256", true},
		{"dsa-with-SHA1", oid(1, 2, 840, 10040, 4, 3), nil, "", "DSA-SHA1", true},
		{"dsa-with-SHA3-256", oid(2, 16, 840, 1, 101, 3, 4, 3, 6), nil, "", "DSA-SHA3256", true},
		{"Ed25519", oid(1, 3, 101, 112), nil, algorithm.SHA512, "Ed25519", true},
		{"Ed25519 with NULL", oid(1, 3, 101, 112), null, algorithm.SHA512, "Ed25519", true},
		{"Ed448", oid(1, 3, 101, 113), nil, algorithm.SHAKE256, "Ed448", true},
		{"ML-DSA", oid(2, 16, 840, 1, 101, 3, 4, 3, 18), nil, "", "ML-DSA-65", false},
		{"an unknown one", oid(1, 2, 3), nil, "", "1.2.3", false},
	} {
		a := identifier(t, c.kind, c.parameters)
		if got := a.Scheme(c.digest); got.Known() != c.known || c.known && got.String() != c.want {
			t.Errorf("%s: got %q, known: %v, want %q, %v", c.name, got, got.Known(), c.want, c.known)
		}
		if got := a.Name(c.digest); got != c.want {
			t.Errorf("%s: got the name %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDigestIdentifiers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		kind       []byte
		parameters []byte
		want       algorithm.Digest
	}{
		{"SHA-256", oidSHA256, nil, algorithm.SHA256},
		{"SHA-256 with NULL", oidSHA256, null, algorithm.SHA256},
		{"SHA-256 with parameters", oidSHA256, tlv(4), ""},
		{"SHAKE256", oid(2, 16, 840, 1, 101, 3, 4, 2, 12), nil, algorithm.SHAKE256},
		{"SHAKE256 of 512 bits", oid(2, 16, 840, 1, 101, 3, 4, 2, 18), []byte{2, 2, 2, 0}, algorithm.SHAKE256},
		{"SHAKE256 of 256 bits", oid(2, 16, 840, 1, 101, 3, 4, 2, 18), []byte{2, 2, 1, 0}, ""},
		{"SHAKE128 of 256 bits", oid(2, 16, 840, 1, 101, 3, 4, 2, 17), []byte{2, 2, 1, 0}, algorithm.SHAKE128},
		{"RIPEMD-160", oid(1, 3, 36, 3, 2, 1), nil, ""},
	} {
		if got := identifier(t, c.kind, c.parameters).Digest(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// An identifier that the product writes reads as the same scheme.
func TestAdd(t *testing.T) {
	t.Parallel()
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		d := algorithm.DigestOf(h)
		for _, s := range []algorithm.Scheme{
			{Family: algorithm.PKCS1, Digest: d}, {Family: algorithm.ECDSA, Digest: d},
			{Family: algorithm.PSS, Digest: d, Mask: d, Salt: d.Size()},
		} {
			b := cryptobyte.NewBuilder(nil)
			s.Add(b)
			d.Add(b)
			written := cryptobyte.String(b.BytesOrPanic())
			var scheme, digest algorithm.Identifier
			if !scheme.Read(&written, asn1.SEQUENCE) || !digest.Read(&written, asn1.SEQUENCE) ||
				scheme.Scheme("") != s || digest.Digest() != d {
				t.Errorf("%v: got %v and %v", s, scheme.Scheme(""), digest.Digest())
			}
			if !scheme.Same(scheme) || scheme.Same(digest) ||
				!digest.Same(algorithm.Identifier{OID: digest.OID, Parameters: null}) {
				t.Errorf("%v: got identifiers that are told apart wrongly", s)
			}
		}
	}
}

// FuzzIdentifier: every identifier that is read has a name, and every known scheme can be evaluated
// without harm.
func FuzzIdentifier(f *testing.F) {
	f.Add(tlv(0x30, oidPSS, pssParameters(oidSHA256, oidSHA1, 20)), marshal(f, &rsaKey().PublicKey), make([]byte, 256))
	f.Add(tlv(0x30, oid(1, 2, 840, 10045, 4, 3, 2)), marshal(f, &curveKey(f, curveNames["P-256"].curve).PublicKey),
		tlv(0x30, []byte{2, 1, 1, 2, 1, 1}))
	f.Add(tlv(0x30, oid(1, 2, 840, 10040, 4, 3)), dsaSPKI(&dsaKey().PublicKey), tlv(0x30, []byte{2, 1, 1, 2, 1, 1}))
	f.Fuzz(func(t *testing.T, der, spki, signature []byte) {
		s := cryptobyte.String(der)
		var a algorithm.Identifier
		if !a.Read(&s, asn1.SEQUENCE) {
			return
		}
		key, err := algorithm.ParseKey(spki)
		if err != nil && kindOf(err) != algorithm.NotEvaluated {
			t.Errorf("got %v for a key, want %q", err, algorithm.NotEvaluated)
		}
		if a.Name("") == "" {
			t.Error("got no name")
		}
		if err != nil || algorithm.Cost(key) > 1000 {
			return
		}
		scheme := a.Scheme("")
		if kind := kindOf(scheme.Verify(key, data, signature)); kind != algorithm.Invalid &&
			kind != algorithm.NotEvaluated {
			t.Errorf("got %q for a signature that nobody made", kind)
		}
		if kind := kindOf(scheme.Strong(key)); kind != "" && kind != algorithm.Weak {
			t.Errorf("got %q for the strength of %v", kind, scheme)
		}
	})
}
