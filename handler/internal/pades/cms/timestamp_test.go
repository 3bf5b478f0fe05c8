package cms_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// inPieces returns an OCTET STRING in pieces, as BER allows and Bouncy Castle writes.
func inPieces(info []byte) []byte { return indefinite(0x24, tlv(4, info[:20]), long(4, info[20:])) }

// Tokens as real TSAs make them: each row verifies.
func TestTimestampsVerify(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		algorithm pkitest.Algorithm
		change    func(t *testing.T, k *token)
		check     func(s *cms.Timestamp) bool // nil = none
	}{
		{"plain, RSA", pkitest.RSA2048, func(*testing.T, *token) {}, func(s *cms.Timestamp) bool {
			return s.Hash == algorithm.SHA256 && bytes.Equal(s.Imprint, imprint) && s.Time.Equal(genTime) &&
				s.Time.Location() == time.UTC &&
				s.Accuracy == 0 && s.Policy.String() == "1.2.3.4.1" && s.SerialNumber.Int64() == 0x1234 &&
				s.Nonce.Cmp(nonce) == 0 &&
				s.Binding == cms.BindingV2 && !s.BER && len(s.Certificates) == 2
		}},
		{"plain, ECDSA", pkitest.P256, func(*testing.T, *token) {}, nil},
		{"PSS", pkitest.RSA2048, func(_ *testing.T, k *token) {
			k.algorithm, k.options = pssParameters(derSHA256, derSHA256, []byte{2, 1, 32}, nil),
				pssOptions(crypto.SHA256, 32)
		}, nil},
		{"rsaEncryption and SHA-512", pkitest.RSA2048, func(_ *testing.T, k *token) {
			k.use(crypto.SHA512)
			k.algorithm = tlv(0x30, derRSA, null)
		}, nil},
		{"reference of version 1", pkitest.P256, func(_ *testing.T, k *token) {
			k.reference = attr(oidV1, k.referenceTo(nil, digestOf(crypto.SHA1, k.party.leaf().Raw), nil))
		}, func(s *cms.Timestamp) bool { return s.Binding == cms.BindingV1 }},
		{"subject key identifier", pkitest.P256, func(_ *testing.T, k *token) {
			k.signerVersion, k.signer = []byte{2, 1, 3}, tlv(0x80, k.party.leaf().SubjectKeyId)
		}, nil},
		{"content in pieces, BER frame", pkitest.P256,
			func(_ *testing.T, k *token) { k.frame, k.octets = indefinite, inPieces },
			func(s *cms.Timestamp) bool { return s.BER }},
		{"content in definite pieces, DER frame", pkitest.P256, func(_ *testing.T, k *token) {
			k.octets = func(info []byte) []byte { return tlv(0x24, tlv(4), tlv(4, info)) }
		}, func(s *cms.Timestamp) bool { return s.BER }},
		{"content with a long length", pkitest.P256,
			func(_ *testing.T, k *token) { k.octets = func(info []byte) []byte { return long(4, info) } },
			func(s *cms.Timestamp) bool { return s.BER }},
		{"SignedData of version 1", pkitest.P256, func(_ *testing.T, k *token) { k.version = []byte{2, 1, 1} }, nil},
		{"certificates in another order", pkitest.P256, func(_ *testing.T, k *token) { slices.Reverse(k.certificates) },
			nil},
		{"signing-time with a fraction", pkitest.P256,
			func(_ *testing.T, k *token) {
				k.more = [][]byte{attr(oidSigningTime, tlv(0x18, []byte("20140627113732.393Z")))}
			},
			func(s *cms.Timestamp) bool { return s.SigningTime.Nanosecond() == 393e6 }},
		{"signing-time with an offset", pkitest.P256,
			func(_ *testing.T, k *token) {
				k.more = [][]byte{attr(oidSigningTime, tlv(0x18, []byte("20140627113732+0200")))}
			},
			func(s *cms.Timestamp) bool { return s.SigningTime.UTC().Hour() == 9 }},
		{"signed attributes in no order", pkitest.P256, func(_ *testing.T, k *token) {
			k.order = func(a [][]byte) { slices.SortFunc(a, bytes.Compare); slices.Reverse(a) }
		}, func(s *cms.Timestamp) bool { return len(s.Remarks) == 1 }},
		{"crls", pkitest.P256, func(_ *testing.T, k *token) { k.crls = tlv(0xa1, tlv(0x30, null)) },
			func(s *cms.Timestamp) bool { return len(s.CRLs) == 1 }},
		{"unsigned attribute", pkitest.P256,
			func(_ *testing.T, k *token) { k.unsigned = tlv(0xa1, attr(oid(1, 2, 3), null)) }, nil},
		{"no nonce", pkitest.P256, func(_ *testing.T, k *token) { k.nonce = nil },
			func(s *cms.Timestamp) bool { return s.Nonce == nil }},
		{"negative nonce", pkitest.P256, func(_ *testing.T, k *token) { k.nonce = []byte{2, 1, 0xff} },
			func(s *cms.Timestamp) bool { return s.Nonce.Int64() == -1 }},
		{"long serial number", pkitest.P256,
			func(_ *testing.T, k *token) { k.serial = tlv(2, []byte{1}, make([]byte, 63)) },
			func(s *cms.Timestamp) bool { return s.SerialNumber.BitLen() == 505 }},
		{"time with a fraction", pkitest.P256,
			func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("20260304050607.25Z")) },
			func(s *cms.Timestamp) bool { return s.Time.Equal(genTime.Add(250 * time.Millisecond)) }},
		{"time with nanoseconds", pkitest.P256,
			func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("20260304050607.000000001Z")) },
			func(s *cms.Timestamp) bool { return s.Time.Equal(genTime.Add(1)) }},
		{"time with zeros behind", pkitest.P256,
			func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("20260304050607.500Z")) },
			func(s *cms.Timestamp) bool { return s.Time.Equal(genTime.Add(500 * time.Millisecond)) }},
		{"accuracy of seconds", pkitest.P256, func(_ *testing.T, k *token) { k.accuracy = tlv(0x30, []byte{2, 1, 1}) },
			func(s *cms.Timestamp) bool { return s.Accuracy == time.Second }},
		{"accuracy of all parts", pkitest.P256,
			func(_ *testing.T, k *token) { k.accuracy = tlv(0x30, []byte{2, 1, 2, 0x80, 2, 3, 0xe7, 0x81, 1, 5}) },
			func(s *cms.Timestamp) bool {
				return s.Accuracy == 2*time.Second+999*time.Millisecond+5*time.Microsecond
			}},
		{"accuracy of microseconds", pkitest.P256,
			func(_ *testing.T, k *token) { k.accuracy = tlv(0x30, []byte{0x81, 2, 1, 0xf4}) },
			func(s *cms.Timestamp) bool { return s.Accuracy == 500*time.Microsecond }},
		{"empty accuracy", pkitest.P256, func(_ *testing.T, k *token) { k.accuracy = tlv(0x30) }, nil},
		{"ordering", pkitest.P256, func(_ *testing.T, k *token) { k.ordering = []byte{1, 1, 0xff} }, nil},
		{"ordering FALSE written out", pkitest.P256, func(_ *testing.T, k *token) { k.ordering = []byte{1, 1, 0} },
			nil},
		{"tsa", pkitest.P256, func(_ *testing.T, k *token) { k.tsa = tlv(0xa0, tlv(0xa4, k.party.leaf().RawSubject)) },
			nil},
		{"extensions that are not critical", pkitest.P256, func(_ *testing.T, k *token) {
			k.extensions = tlv(0xa1, tlv(0x30, oid(1, 2, 3), tlv(4)),
				tlv(0x30, oid(1, 2, 4), []byte{1, 1, 0}, tlv(4, null)))
		}, nil},
		{"imprint without NULL", pkitest.P256,
			func(_ *testing.T, k *token) { k.imprint = tlv(0x30, tlv(0x30, derSHA256), tlv(4, imprint)) }, nil},
		{"certificate without key usage", pkitest.P256,
			func(t *testing.T, k *token) { k.certify(t, func(c *x509.Certificate) { c.KeyUsage = 0 }) }, nil},
		{"certificate with contentCommitment alone", pkitest.P256,
			func(t *testing.T, k *token) {
				k.certify(t, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment })
			}, nil},
		{"certificate with more key usages", pkitest.P256, func(t *testing.T, k *token) {
			k.certify(t, func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageKeyEncipherment })
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newToken(t, c.algorithm)
			c.change(t, k)
			der := k.build(t)
			s, err := cms.ParseTimestamp(der)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(s.Raw, der) {
				t.Errorf("got other raw bytes than those that were read")
			}
			clear(der)
			if err := s.Verify(imprint); err != nil {
				t.Errorf("got %v, want a token that verifies", err)
			}
			if c.check != nil && !c.check(s) {
				t.Errorf("got other facts than those of the row: %+v %+v", s, s.SignedData)
			}
		})
	}
}

// Each row is a token with one error.
func TestTimestampsRefused(t *testing.T) {
	t.Parallel()
	extKeyUsage := func(critical bool, purposes ...[]byte) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{
				{Id: oidExtKeyUsage, Critical: critical, Value: tlv(0x30, purposes...)}}
		}
	}
	for _, c := range []struct {
		name   string
		change func(t *testing.T, k *token)
		want   cms.Kind
	}{
		{"a purpose that is not critical before an extension that is", func(t *testing.T, k *token) {
			k.certify(t, func(c *x509.Certificate) {
				extKeyUsage(false, derTimestamping)(c)
				c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: []int{2, 5, 29, 15}, Critical: true,
					Value: tlv(3, []byte{7, 0x80})})
			})
		}, cms.PurposeForbidden},
		{"infoVersion 0", func(_ *testing.T, k *token) { k.infoVersion = []byte{2, 1, 0} }, cms.Malformed},
		{"infoVersion 2", func(_ *testing.T, k *token) { k.infoVersion = []byte{2, 1, 2} }, cms.Malformed},
		{"no infoVersion", func(_ *testing.T, k *token) { k.infoVersion = nil }, cms.Malformed},
		{"no policy", func(_ *testing.T, k *token) { k.policy = nil }, cms.Malformed},
		{"policy of 65 bytes", func(_ *testing.T, k *token) { k.policy = tlv(6, bytes.Repeat([]byte{1}, 65)) },
			cms.Malformed},
		{"no imprint", func(_ *testing.T, k *token) { k.imprint = nil }, cms.Malformed},
		{"imprint without digest", func(_ *testing.T, k *token) { k.imprint = tlv(0x30, tlv(0x30, derSHA256)) },
			cms.Malformed},
		{"imprint with more",
			func(_ *testing.T, k *token) { k.imprint = tlv(0x30, tlv(0x30, derSHA256), tlv(4, imprint), null) },
			cms.Malformed},
		{"imprint of something else", func(_ *testing.T, k *token) {
			k.imprint = tlv(0x30, tlv(0x30, derSHA256), tlv(4, digestOf(crypto.SHA256, []byte("x"))))
		}, cms.DigestMismatch},
		{"imprint by another digest",
			func(_ *testing.T, k *token) { k.imprint = tlv(0x30, tlv(0x30, derSHA512), tlv(4, imprint)) },
			cms.DigestMismatch},
		{"imprint by a digest that is not known",
			func(_ *testing.T, k *token) { k.imprint = tlv(0x30, tlv(0x30, derRIPEMD160), tlv(4, imprint)) },
			cms.AlgorithmUnknown},
		{"imprint cut short",
			func(_ *testing.T, k *token) { k.imprint = tlv(0x30, tlv(0x30, derSHA256), tlv(4, imprint[:31])) },
			cms.DigestMismatch},
		{"no serial number", func(_ *testing.T, k *token) { k.serial = nil }, cms.Malformed},
		{"serial number of 65 bytes", func(_ *testing.T, k *token) { k.serial = tlv(2, []byte{1}, make([]byte, 64)) },
			cms.Malformed},
		{"serial number with a zero before it", func(_ *testing.T, k *token) { k.serial = []byte{2, 2, 0, 1} },
			cms.Malformed},
		{"no time", func(_ *testing.T, k *token) { k.time = nil }, cms.Malformed},
		{"time as UTCTime", func(_ *testing.T, k *token) { k.time = tlv(0x17, []byte("260304050607Z")) },
			cms.Malformed},
		{"empty time", func(_ *testing.T, k *token) { k.time = tlv(0x18) }, cms.Malformed},
		{"time without Z", func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("20260304050607")) },
			cms.Malformed},
		{"time with an offset", func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("20260304050607+0100")) },
			cms.Malformed},
		{"time with more behind its Z",
			func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("20260304050607.5ZZ")) }, cms.Malformed},
		{"time with a fraction and no Z",
			func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("20260304050607.5")) }, cms.Malformed},
		{"time with an hour of one digit",
			func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("2026030450607Z")) }, cms.Malformed},
		{"time with offset and Z", func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("20260304050607+01Z")) },
			cms.Malformed},
		{"time without seconds", func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("202603040506Z")) },
			cms.Malformed},
		{"time with a comma", func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("20260304050607,5Z")) },
			cms.Malformed},
		{"time with an empty fraction", func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("20260304050607.Z")) },
			cms.Malformed},
		{"time with a sign in its fraction",
			func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("20260304050607.-5Z")) }, cms.Malformed},
		{"time with ten digits of fraction",
			func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("20260304050607.0000000001Z")) },
			cms.Malformed},
		{"time of no month", func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("20261304050607Z")) },
			cms.Malformed},
		{"time of no day", func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("20260230050607Z")) },
			cms.Malformed},
		{"time with a space", func(_ *testing.T, k *token) { k.time = tlv(0x18, []byte("2026030405060 Z")) },
			cms.Malformed},
		{"accuracy of 1000 milliseconds",
			func(_ *testing.T, k *token) { k.accuracy = tlv(0x30, []byte{0x80, 2, 3, 0xe8}) }, cms.Malformed},
		{"accuracy of 1000 microseconds",
			func(_ *testing.T, k *token) { k.accuracy = tlv(0x30, []byte{0x81, 2, 3, 0xe8}) }, cms.Malformed},
		{"accuracy of negative seconds", func(_ *testing.T, k *token) { k.accuracy = tlv(0x30, []byte{2, 1, 0xff}) },
			cms.Malformed},
		{"accuracy of centuries",
			func(_ *testing.T, k *token) { k.accuracy = tlv(0x30, []byte{2, 5, 0, 0x80, 0, 0, 1}) }, cms.Malformed},
		{"accuracy of ages",
			func(_ *testing.T, k *token) { k.accuracy = tlv(0x30, tlv(2, []byte{1}, make([]byte, 8))) }, cms.Malformed},
		{"accuracy out of order",
			func(_ *testing.T, k *token) { k.accuracy = tlv(0x30, []byte{0x81, 1, 1, 0x80, 1, 1}) }, cms.Malformed},
		{"accuracy with more", func(_ *testing.T, k *token) { k.accuracy = tlv(0x30, null) }, cms.Malformed},
		{"ordering that is neither", func(_ *testing.T, k *token) { k.ordering = []byte{1, 1, 1} }, cms.Malformed},
		{"nonce of 65 bytes", func(_ *testing.T, k *token) { k.nonce = tlv(2, []byte{1}, make([]byte, 64)) },
			cms.Malformed},
		{"two nonces", func(_ *testing.T, k *token) { k.nonce = slices.Concat(k.nonce, k.nonce) }, cms.Malformed},
		{"critical extension", func(_ *testing.T, k *token) {
			k.extensions = tlv(0xa1, tlv(0x30, oid(1, 2, 3), tlv(4)),
				tlv(0x30, oid(1, 2, 4), []byte{1, 1, 0xff}, tlv(4)))
		}, cms.Malformed},
		{"extension without value", func(_ *testing.T, k *token) { k.extensions = tlv(0xa1, tlv(0x30, oid(1, 2, 3))) },
			cms.Malformed},
		{"extension with more",
			func(_ *testing.T, k *token) { k.extensions = tlv(0xa1, tlv(0x30, oid(1, 2, 3), tlv(4), null)) },
			cms.Malformed},
		{"extension that is none", func(_ *testing.T, k *token) { k.extensions = tlv(0xa1, null) }, cms.Malformed},
		{"extension, half critical", func(_ *testing.T, k *token) {
			k.extensions = tlv(0xa1, tlv(0x30, oid(1, 2, 3), []byte{1, 1, 1}, tlv(4)))
		}, cms.Malformed},
		{"more behind the TSTInfo's fields", func(_ *testing.T, k *token) { k.infoTail = null }, cms.Malformed},
		{"more behind the TSTInfo", func(_ *testing.T, k *token) {
			k.info = func(parts []byte) []byte { return slices.Concat(tlv(0x30, parts), null) }
		}, cms.Malformed},
		{"TSTInfo in BER",
			func(_ *testing.T, k *token) { k.info = func(parts []byte) []byte { return indefinite(0x30, parts) } },
			cms.Malformed},
		{"TSTInfo with a long length",
			func(_ *testing.T, k *token) { k.info = func(parts []byte) []byte { return long(0x30, parts) } },
			cms.Malformed},
		{"empty content", func(_ *testing.T, k *token) { k.octets = func([]byte) []byte { return tlv(4) } },
			cms.Malformed},
		{"no content", func(_ *testing.T, k *token) { k.octets = func([]byte) []byte { return nil } }, cms.Malformed},
		{"content not in octets", func(_ *testing.T, k *token) { k.octets = func(info []byte) []byte { return info } },
			cms.Malformed},
		{"two contents", func(_ *testing.T, k *token) {
			k.octets = func(info []byte) []byte { return slices.Concat(tlv(4, info), tlv(4, info)) }
		},
			cms.Malformed},
		{"content in pieces of pieces", func(_ *testing.T, k *token) {
			k.octets = func(info []byte) []byte { return tlv(0x24, tlv(0x24, tlv(4, info))) }
		}, cms.Malformed},
		{"content in pieces of something else", func(_ *testing.T, k *token) {
			k.octets = func(info []byte) []byte { return tlv(0x24, tlv(4, info), null) }
		}, cms.Malformed},
		{"content that is not what was signed", func(_ *testing.T, k *token) {
			k.content = func(info []byte) []byte { return append(info[:len(info):len(info)], 0) }
		}, cms.DigestMismatch},
		{"message digest of the whole OCTET STRING", func(_ *testing.T, k *token) {
			k.content = func(info []byte) []byte { return tlv(4, info) }
		}, cms.DigestMismatch},
		{"content-type id-data", func(_ *testing.T, k *token) { k.contentType = attr(oid(oidContentType...), derData) },
			cms.TypeMismatch},
		{"no content-type", func(_ *testing.T, k *token) { k.contentType = nil }, cms.TypeMismatch},
		{"no message digest", func(_ *testing.T, k *token) { k.messageDigest = nil }, cms.Malformed},
		{"no reference", func(_ *testing.T, k *token) { k.reference = nil }, cms.BindingMissing},
		{"reference to another certificate", func(_ *testing.T, k *token) {
			k.reference = attr(oid(oidSigningCertificateV2...),
				k.referenceTo(nil, digestOf(crypto.SHA256, k.party.chain[1].Raw), nil))
		}, cms.BindingMismatch},
		{"reference of version 1 to another certificate", func(_ *testing.T, k *token) {
			k.reference = attr(oidV1, k.referenceTo(nil, digestOf(crypto.SHA1, k.party.chain[1].Raw), nil))
		}, cms.BindingMismatch},
		{"no signed attributes", func(_ *testing.T, k *token) { k.noAttributes = true }, cms.FormForbidden},
		{"no certificates", func(_ *testing.T, k *token) { k.noCertificates = true }, cms.SignerNotFound},
		{"another signature", func(_ *testing.T, k *token) { k.signedAs = func([]byte) []byte { return tlv(0x31) } },
			cms.SignatureInvalid},
		{"two signers", func(_ *testing.T, k *token) { k.moreSigners = tlv(0x30) }, cms.FormForbidden},
		{"certificate without extended key usage",
			func(t *testing.T, k *token) { k.certify(t, func(c *x509.Certificate) { c.ExtraExtensions = nil }) },
			cms.PurposeForbidden},
		{"certificate whose extended key usage is not critical",
			func(t *testing.T, k *token) { k.certify(t, extKeyUsage(false, derTimestamping)) }, cms.PurposeForbidden},
		{"certificate for TLS as well",
			func(t *testing.T, k *token) {
				k.certify(t, extKeyUsage(true, derTimestamping, oid(1, 3, 6, 1, 5, 5, 7, 3, 1)))
			}, cms.PurposeForbidden},
		{"certificate for an unknown purpose as well",
			func(t *testing.T, k *token) { k.certify(t, extKeyUsage(true, derTimestamping, oid(1, 2, 3))) },
			cms.PurposeForbidden},
		{"certificate for any purpose",
			func(t *testing.T, k *token) { k.certify(t, extKeyUsage(true, oid(2, 5, 29, 37, 0))) },
			cms.PurposeForbidden},
		{"certificate for TLS",
			func(t *testing.T, k *token) { k.certify(t, extKeyUsage(true, oid(1, 3, 6, 1, 5, 5, 7, 3, 1))) },
			cms.PurposeForbidden},
		{"certificate with a key usage that does not sign", func(t *testing.T, k *token) {
			k.certify(t, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign })
		}, cms.PurposeForbidden},
		{"certificate with an empty key usage", func(t *testing.T, k *token) {
			k.certify(t, func(c *x509.Certificate) {
				c.KeyUsage = 0
				c.ExtraExtensions = append(c.ExtraExtensions,
					pkix.Extension{Id: oidKeyUsage, Value: []byte{3, 2, 7, 0}})
			})
		}, cms.PurposeForbidden},
		{"signed with SHA-1",
			func(_ *testing.T, k *token) { k.use(crypto.SHA1); k.algorithm = tlv(0x30, derRSA, null) },
			cms.AlgorithmForbidden},
		{"signed with SHA-1 and no purpose", func(t *testing.T, k *token) {
			k.certify(t, func(c *x509.Certificate) { c.ExtraExtensions = nil })
			k.use(crypto.SHA1)
			k.algorithm = tlv(0x30, derRSA, null)
		}, cms.PurposeForbidden},
		{"signed with a digest that is not known",
			func(_ *testing.T, k *token) { k.digest, k.digests = tlv(0x30, derRIPEMD160), tlv(0x30, derRIPEMD160) },
			cms.AlgorithmUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newToken(t, pkitest.RSA2048)
			c.change(t, k)
			if got, detail := tokenOutcome(t, k.build(t)); got != c.want {
				t.Errorf("got %q (%s), want %q", got, detail, c.want)
			}
		})
	}
}

// A SHA-1 imprint gives another error than a false imprint, and only if everything else holds.
func TestWeakImprint(t *testing.T) {
	t.Parallel()
	sha1 := digestOf(crypto.SHA1, []byte("a signature value"))
	for _, c := range []struct {
		name   string
		change func(t *testing.T, k *token)
		given  []byte
		want   cms.Kind
	}{
		{"sound", func(*testing.T, *token) {}, sha1, cms.AlgorithmForbidden},
		{"of something else", func(*testing.T, *token) {}, digestOf(crypto.SHA1, []byte("x")), cms.DigestMismatch},
		{"without binding", func(_ *testing.T, k *token) { k.reference = nil }, sha1, cms.BindingMissing},
		{"by no TSA",
			func(t *testing.T, k *token) { k.certify(t, func(c *x509.Certificate) { c.ExtraExtensions = nil }) }, sha1,
			cms.PurposeForbidden},
	} {
		k := newToken(t, pkitest.P256)
		k.imprint = tlv(0x30, tlv(0x30, derSHA1, null), tlv(4, sha1))
		c.change(t, k)
		s, err := cms.ParseTimestamp(k.build(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := kindOf(s.Verify(c.given)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// A token with a critical extension, or without a certificate, can still be reported.
func TestUnacceptableTokensAreReadable(t *testing.T) {
	t.Parallel()
	k := newToken(t, pkitest.P256)
	k.extensions = tlv(0xa1, tlv(0x30, oid(1, 2, 4), []byte{1, 1, 0xff}, tlv(4)))
	s, err := cms.ParseTimestamp(k.build(t))
	if err != nil || !s.Time.Equal(genTime) {
		t.Errorf("critical extension: got %v, want a token with its time", err)
	}
	k = newToken(t, pkitest.P256)
	k.noCertificates = true
	if s, err = cms.ParseTimestamp(k.build(t)); err != nil {
		t.Fatal(err)
	}
	// Certificates from elsewhere replace the missing ones.
	s.Certificates = append(s.Certificates, k.party.chain[1], k.party.leaf())
	if err := s.Verify(imprint); err != nil {
		t.Errorf("got %v, want a token that verifies with a certificate from elsewhere", err)
	}
}

// A token is not accepted as a signature, nor a signature as a token.
func TestParseKeepsContentTypesApart(t *testing.T) {
	t.Parallel()
	attached := newForgery(t, pkitest.P256)
	attached.encapsulated = slices.Concat(derData, tlv(0xa0, tlv(4, content)))
	detached := newToken(t, pkitest.P256)
	detached.build(t)
	detached.encapsulated = derTSTInfo
	mixed := newToken(t, pkitest.P256)
	mixed.build(t)
	mixed.encapsulated = bytes.Replace(mixed.encapsulated, derTSTInfo, derData, 1)
	for name, der := range map[string][]byte{
		"token": newToken(t, pkitest.P256).build(t), "attached": attached.build(t),
		"token without content":     detached.forgery.build(t),
		"token that claims id-data": mixed.forgery.build(t),
	} {
		if _, err := cms.Parse(der); kindOf(err) != cms.FormForbidden {
			t.Errorf("%s: got %v from Parse, want %q", name, err, cms.FormForbidden)
		}
		if _, err := cms.ParseTimestamp(der); (kindOf(err) != cms.FormForbidden) != (name == "token") {
			t.Errorf("%s: got %v from ParseTimestamp", name, err)
		}
	}
	if _, err := cms.ParseTimestamp(newForgery(t, pkitest.P256).build(t)); kindOf(err) != cms.FormForbidden {
		t.Errorf("got %v for a signature, want %q", err, cms.FormForbidden)
	}
	for _, der := range [][]byte{nil, {}, {0x30, 0}} {
		if _, err := cms.ParseTimestamp(der); kindOf(err) != cms.Malformed {
			t.Errorf("got %v for %d bytes, want %q", err, len(der), cms.Malformed)
		}
	}
	if _, err := cms.ParseTimestamp(make([]byte, cms.MaxSize+1)); kindOf(err) != cms.LimitExceeded {
		t.Errorf("got %v for a token that is too long, want %q", err, cms.LimitExceeded)
	}
}

func TestVerifyWantsTheImprintItNamed(t *testing.T) {
	t.Parallel()
	s, err := cms.ParseTimestamp(newToken(t, pkitest.P256).build(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, digest := range map[string][]byte{"nil": nil, "empty": {}, "with more": append(slices.Clone(imprint), 0),
		"cut":     imprint[:31],
		"SHA-512": digestOf(crypto.SHA512, []byte("a signature value"))} {
		if got := kindOf(s.Verify(digest)); got != cms.DigestMismatch {
			t.Errorf("%s: got %q, want %q", name, got, cms.DigestMismatch)
		}
	}
}
