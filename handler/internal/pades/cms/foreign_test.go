package cms_test

import (
	"crypto"
	"crypto/x509"
	"math/big"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

var (
	oidSigningTime = oid(1, 2, 840, 113549, 1, 9, 5)
	oidV1          = oid(1, 2, 840, 113549, 1, 9, 16, 2, 12)
	oidProtection  = oid(1, 2, 840, 113549, 1, 9, 52)
	utcTime        = tlv(0x17, []byte("260102030405Z"))
)

// Signatures of other producers that this package must read: each row verifies.
func TestForeignSignatures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		algorithm pkitest.Algorithm
		change    func(f *forgery)
		check     func(s *cms.SignedData) bool // of the facts; nil = none
		baseline  cms.Kind
	}{
		{"as we make it, RSA", pkitest.RSA2048, func(*forgery) {}, nil, ""},
		{"as we make it, ECDSA", pkitest.P256, func(*forgery) {}, nil, ""},
		{"rsaEncryption as signature algorithm", pkitest.RSA2048,
			func(f *forgery) { f.algorithm = tlv(0x30, derRSA, null) },
			func(s *cms.SignedData) bool { return s.SignatureAlgorithm == "RSA-PKCS1-SHA256" }, ""},
		{"rsaEncryption without NULL", pkitest.RSA2048, func(f *forgery) { f.algorithm = tlv(0x30, derRSA) }, nil, ""},
		{"rsaEncryption with SHA-512", pkitest.RSA2048,
			func(f *forgery) { f.use(crypto.SHA512); f.algorithm = tlv(0x30, derRSA, null) },
			func(s *cms.SignedData) bool { return s.SignatureAlgorithm == "RSA-PKCS1-SHA512" }, ""},
		{"digest algorithm with NULL", pkitest.RSA2048, func(f *forgery) { f.use(crypto.SHA256) }, nil, ""},
		{"digestAlgorithms with NULL, the signer's without", pkitest.RSA2048,
			func(f *forgery) { f.digests = tlv(0x30, derSHA256, null) }, nil, ""},
		{"further digestAlgorithms", pkitest.RSA2048,
			func(f *forgery) {
				f.digests = slices.Concat(tlv(0x30, derSHA256), tlv(0x30, derSHA512), tlv(0x30, derSHA3256))
			}, nil, ""},
		{"no reference, signing-time", pkitest.RSA2048,
			func(f *forgery) { f.reference, f.more = nil, [][]byte{attr(oidSigningTime, utcTime)} },
			func(s *cms.SignedData) bool {
				return s.Binding == cms.BindingNone && s.SigningTime.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
			}, cms.BindingMissing},
		{"signing-time as GeneralizedTime", pkitest.RSA2048,
			func(f *forgery) { f.more = [][]byte{attr(oidSigningTime, tlv(0x18, []byte("20500102030405Z")))} },
			func(s *cms.SignedData) bool { return s.SigningTime.Year() == 2050 }, cms.NotBaseline},
		{"signing-time in the year 1", pkitest.RSA2048,
			func(f *forgery) { f.more = [][]byte{attr(oidSigningTime, tlv(0x18, []byte("00010101000000Z")))} }, nil,
			cms.NotBaseline},
		{"reference of version 1", pkitest.RSA2048, func(f *forgery) {
			f.reference = attr(oidV1, f.referenceTo(nil, digestOf(crypto.SHA1, f.party.leaf().Raw), f.issuerSerial(0)))
		}, func(s *cms.SignedData) bool { return s.Binding == cms.BindingV1 }, ""},
		{"references of both versions", pkitest.RSA2048, func(f *forgery) {
			f.more = [][]byte{attr(oidV1, f.referenceTo(nil, digestOf(crypto.SHA1, f.party.leaf().Raw), nil))}
		}, func(s *cms.SignedData) bool { return s.Binding == cms.BindingV2 }, ""},
		{"reference without issuerSerial", pkitest.RSA2048, func(f *forgery) {
			f.reference = attr(oid(oidSigningCertificateV2...),
				f.referenceTo(nil, digestOf(crypto.SHA256, f.party.leaf().Raw), nil))
		}, nil, ""},
		{"reference with its DEFAULT written out", pkitest.RSA2048, func(f *forgery) {
			f.reference = attr(oid(oidSigningCertificateV2...),
				f.referenceTo(tlv(0x30, derSHA256, null), digestOf(crypto.SHA256, f.party.leaf().Raw),
					f.issuerSerial(0)))
		}, nil, ""},
		{"reference by SHA-512", pkitest.RSA2048, func(f *forgery) {
			f.reference = attr(oid(oidSigningCertificateV2...),
				f.referenceTo(tlv(0x30, derSHA512), digestOf(crypto.SHA512, f.party.leaf().Raw), f.issuerSerial(0)))
		}, nil, ""},
		{"references to the whole chain, and policies", pkitest.RSA2048, func(f *forgery) {
			var ids []byte
			for i, certificate := range f.party.chain {
				ids = append(ids, tlv(0x30, tlv(4, digestOf(crypto.SHA256, certificate.Raw)), f.issuerSerial(i))...)
			}
			f.reference = attr(oid(oidSigningCertificateV2...),
				tlv(0x30, tlv(0x30, ids), tlv(0x30, tlv(0x30, oid(1, 2, 3)))))
		}, nil, ""},
		{"subject key identifier", pkitest.RSA2048, func(f *forgery) {
			f.version, f.signerVersion, f.signer = []byte{2, 1, 3}, []byte{2, 1, 3},
				tlv(0x80, f.party.leaf().SubjectKeyId)
		}, nil, ""},
		{"leaf last, in no order", pkitest.RSA2048, func(f *forgery) { slices.Reverse(f.certificates) }, nil, ""},
		{"leaf alone", pkitest.RSA2048, func(f *forgery) { f.certificates = f.certificates[:1] },
			func(s *cms.SignedData) bool { return len(s.Certificates) == 1 }, ""},
		{"leaf twice", pkitest.RSA2048, func(f *forgery) { f.certificates = append(f.certificates, f.certificates[0]) },
			nil, ""},
		{"leaf twice, no reference", pkitest.RSA2048,
			func(f *forgery) { f.reference, f.certificates = nil, append(f.certificates, f.certificates[0]) }, nil,
			cms.BindingMissing},
		{"attribute certificate and nonsense among the certificates", pkitest.RSA2048, func(f *forgery) {
			f.certificates = append(f.certificates, tlv(0xa2, []byte{2, 1, 1}), tlv(0x30, []byte{2, 1, 1}))
		}, func(s *cms.SignedData) bool { return len(s.Certificates) == 3 && s.Unparsed == 2 }, ""},
		{"crls", pkitest.RSA2048,
			func(f *forgery) { f.version, f.crls = []byte{2, 1, 5}, tlv(0xa1, tlv(0xa1, oid(1, 2, 3))) }, nil, ""},
		{"unknown signed attribute", pkitest.RSA2048,
			func(f *forgery) { f.more = [][]byte{attr(oid(1, 2, 3), tlv(0x30, tlv(4)))} },
			func(s *cms.SignedData) bool { return len(s.SignedAttributes) == 4 }, ""},
		{"unsigned attributes, one twice", pkitest.RSA2048, func(f *forgery) {
			f.unsigned = tlv(0xa1, attr(oid(1, 2, 4), tlv(4, []byte("token"))), attr(oid(1, 2, 4), null, null))
		}, func(s *cms.SignedData) bool {
			return len(s.UnsignedAttributes) == 2 && string(s.UnsignedAttributes[0].Values[0]) == "\x04\x05token" &&
				len(s.UnsignedAttributes[1].Values) == 2
		}, ""},
		{"a BER token among the unsigned attributes", pkitest.RSA2048, func(f *forgery) {
			f.unsigned = tlv(0xa1,
				tlv(0x30, oid(1, 2, 4), tlv(0x31, indefinite(0x30, indefinite(0x24, tlv(4, []byte("x")))))))
		}, func(s *cms.SignedData) bool { return !s.BER && len(s.UnsignedAttributes[0].Values[0]) == 11 }, ""},
		{"algorithm protection", pkitest.RSA2048, func(f *forgery) {
			f.more = [][]byte{attr(oidProtection,
				tlv(0x30, tlv(0x30, derSHA256, null), append([]byte{0xa1}, f.algorithm[1:]...)))}
		}, nil, ""},
		{"BER frame, indefinite", pkitest.RSA2048, func(f *forgery) { f.frame = indefinite },
			func(s *cms.SignedData) bool { return s.BER }, cms.NotBaseline},
		{"BER frame, long lengths", pkitest.P256, func(f *forgery) { f.frame = long },
			func(s *cms.SignedData) bool { return s.BER }, cms.NotBaseline},
		{"PSS", pkitest.RSA2048, func(f *forgery) {
			f.algorithm, f.options = pssParameters(derSHA256, derSHA256, []byte{2, 1, 32}, nil),
				pssOptions(crypto.SHA256, 32)
		}, func(s *cms.SignedData) bool { return s.SignatureAlgorithm == "RSA-PSS-SHA256" }, ""},
		{"PSS with a salt of 20", pkitest.RSA2048, func(f *forgery) {
			f.algorithm, f.options = pssParameters(derSHA256, derSHA256, nil, nil), pssOptions(crypto.SHA256, 20)
		}, nil, ""},
		{"PSS with the trailer written out", pkitest.RSA2048, func(f *forgery) {
			f.algorithm, f.options = pssParameters(derSHA256, derSHA256, []byte{2, 1, 32}, []byte{2, 1, 1}),
				pssOptions(crypto.SHA256, 32)
		}, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newForgery(t, c.algorithm)
			c.change(f)
			s, err := cms.Parse(f.build(t))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(digestOf(f.hash, content)); err != nil {
				t.Errorf("got %v, want a signature that verifies", err)
			}
			if c.check != nil && !c.check(s) {
				t.Errorf("got other facts than those of the row: %+v", s)
			}
			if got := kindOf(s.Baseline()); got != c.baseline {
				t.Errorf("got baseline fault %q, want %q", got, c.baseline)
			}
			signer, err := s.Signer()
			if err != nil || !signer.Equal(f.party.leaf()) {
				t.Errorf("got signer %v, %v, want the leaf", signer, err)
			}
		})
	}
}

func kindOf(err error) cms.Kind {
	if fault, ok := err.(*cms.Error); ok {
		return fault.Kind
	}
	return ""
}

// reissue makes another certificate for the leaf's key.
func reissue(t testing.TB, p party, change func(template *x509.Certificate)) []byte {
	t.Helper()
	authority, err := pkitest.NewRoot("Test Issuer", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	template := pkitest.SigningTemplate("Another Name", time.Now())
	template.SubjectKeyId = p.leaf().SubjectKeyId
	change(template)
	chain, err := authority.Issue(template, p.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return chain[0].Raw
}

// If two certificates have the same issuer and serial number, the signed reference selects one.
func TestSignerAmong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(t *testing.T, f *forgery)
		want   cms.Kind
	}{
		{"a twin first, bound", func(t *testing.T, f *forgery) {
			f.certificates = append([][]byte{twin(t, f.party)}, f.certificates...)
		}, ""},
		{"a twin, not bound", func(t *testing.T, f *forgery) {
			f.certificates, f.reference = append(f.certificates, twin(t, f.party)), nil
		}, cms.SignerNotFound},
		{"a twin alone", func(t *testing.T, f *forgery) { f.certificates = [][]byte{twin(t, f.party)} },
			cms.BindingMismatch},
		{"a twin alone, not bound", func(t *testing.T, f *forgery) {
			f.certificates, f.reference = [][]byte{twin(t, f.party)}, nil
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newForgery(t, pkitest.P256)
			c.change(t, f)
			der := f.build(t)
			if got, detail := outcome(t, der, digestOf(f.hash, content)); got != c.want {
				t.Fatalf("got %q (%s), want %q", got, detail, c.want)
			}
		})
	}
}

// twin returns a certificate with issuer, serial number and key of the leaf but another subject.
func twin(t testing.TB, p party) []byte {
	return reissue(t, p, func(template *x509.Certificate) {
		template.SerialNumber = new(big.Int).Set(p.leaf().SerialNumber)
	})
}
