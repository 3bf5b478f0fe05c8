package cms_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

type hostileCase struct {
	name      string
	algorithm pkitest.Algorithm
	change    func(t *testing.T, f *forgery)
	want      cms.Kind
}

func TestHostileFrame(t *testing.T) {
	t.Parallel()
	rows := []hostileCase{
		{"SignedData version 0", pkitest.P256, func(_ *testing.T, f *forgery) { f.version = []byte{2, 1, 0} },
			""},
		{"SignedData version 2", pkitest.P256, func(_ *testing.T, f *forgery) { f.version = []byte{2, 1, 2} },
			""},
		{"SignedData version 6", pkitest.P256, func(_ *testing.T, f *forgery) { f.version = []byte{2, 1, 6} },
			""},
		{"version not minimal", pkitest.P256, func(_ *testing.T, f *forgery) { f.version = []byte{2, 2, 0, 1} },
			cms.Malformed},
		{"version no INTEGER", pkitest.P256, func(_ *testing.T, f *forgery) { f.version = null }, cms.Malformed},
		{"no digestAlgorithms", pkitest.P256, func(_ *testing.T, f *forgery) { f.digests = nil },
			""},
		{"digestAlgorithms without the signer's", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.digests = tlv(0x30, derSHA512) }, ""},
		{"too many digestAlgorithms", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.digests = bytes.Repeat(tlv(0x30, derSHA256), 9) }, cms.LimitExceeded},
		{"digestAlgorithms of nonsense", pkitest.P256, func(_ *testing.T, f *forgery) { f.digests = null },
			cms.Malformed},
		{"parameters twice", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.digests = tlv(0x30, derSHA256, null, null) }, cms.Malformed},
		{"content inside", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.encapsulated = slices.Concat(derData, tlv(0xa0, tlv(4, content))) },
			cms.FormForbidden},
		{"empty content inside", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.encapsulated = slices.Concat(derData, tlv(0xa0, tlv(4))) },
			cms.FormForbidden},
		{"content of another type", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.encapsulated = oid(1, 2, 840, 113549, 1, 9, 16, 1, 4) },
			cms.FormForbidden},
		{"content without type", pkitest.P256, func(_ *testing.T, f *forgery) { f.encapsulated = nil }, cms.Malformed},
		{"certificates of no elements", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.certificates = [][]byte{{0x30, 5, 1}} }, cms.Malformed},
		{"101 certificates", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.certificates = append(f.certificates, slices.Repeat([][]byte{f.party.chain[1].Raw}, 98)...)
		}, cms.LimitExceeded},
		{"101 certificates that cannot be parsed", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.certificates = append(f.certificates, slices.Repeat([][]byte{{0x30, 0}}, 98)...)
		}, cms.LimitExceeded},
		{"over the size", pkitest.P256,
			func(_ *testing.T, f *forgery) {
				f.unsigned = tlv(0xa1, attr(oid(1, 2, 3), tlv(4, make([]byte, cms.MaxSize))))
			}, cms.LimitExceeded},
		{"crls cut short", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.crls = []byte{0xa1, 0x84, 0xff, 0xff, 0xff, 0xff} }, cms.Malformed},
		{"two SignerInfos", pkitest.P256, func(_ *testing.T, f *forgery) { f.moreSigners = tlv(0x30, []byte{2, 1, 1}) },
			cms.FormForbidden},
		{"more after the signerInfos", pkitest.P256, func(_ *testing.T, f *forgery) { f.afterAll = null },
			cms.Malformed},
		{"BER nested too deep", pkitest.P256, func(_ *testing.T, f *forgery) {
			deep := null
			for range 40 {
				deep = indefinite(0x30, deep)
			}
			f.crls = indefinite(0xa1, deep)
		}, cms.LimitExceeded},
	}
	runHostile(t, rows)
}

// The version of a SignedData decides nothing but whether the form is one of a baseline level.
func TestVersionsOfTheFrame(t *testing.T) {
	t.Parallel()
	for version, want := range map[byte]cms.Kind{0: cms.FormForbidden, 1: "", 2: cms.FormForbidden, 3: "", 4: "", 5: "",
		6: cms.FormForbidden} {
		f := newForgery(t, pkitest.P256)
		f.version = []byte{2, 1, version}
		s, err := cms.Parse(f.build(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := kindOf(s.Baseline()); got != want {
			t.Errorf("version %d: got %q, want %q", version, got, want)
		}
	}
}

// A signing time counts only if there is exactly one.
func TestSigningTimes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	value := tlv(0x17, []byte("260304050607Z"))
	signed := func(values ...[]byte) []byte { return attr(oid(1, 2, 840, 113549, 1, 9, 5), values...) }
	for name, test := range map[string]struct {
		attributes [][]byte
		want       time.Time
	}{
		"none": {nil, time.Time{}}, "one": {[][]byte{signed(value)}, at},
		"one twice":       {[][]byte{signed(value), signed(value)}, time.Time{}},
		"of two values":   {[][]byte{signed(value, value)}, time.Time{}},
		"of no value":     {[][]byte{signed()}, time.Time{}},
		"of another type": {[][]byte{signed(null)}, time.Time{}},
		"one and more":    {[][]byte{signed(value), signed(null)}, time.Time{}},
	} {
		f := newForgery(t, pkitest.P256)
		f.more = test.attributes
		s, err := cms.Parse(f.build(t))
		if err != nil {
			t.Fatal(name, err)
		}
		if !s.SigningTime.Equal(test.want) || s.Verify(digestOf(f.hash, content)) != nil {
			t.Errorf("%s: got the time %v, and %v", name, s.SigningTime, s.Verify(digestOf(f.hash, content)))
		}
	}
}

func TestHostileSignerInfo(t *testing.T) {
	t.Parallel()
	runHostile(t, []hostileCase{
		{"version 3 with issuer and serial number", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.signerVersion = []byte{2, 1, 3} }, ""},
		{"version 1 with a key identifier", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.signer = tlv(0x80, f.party.leaf().SubjectKeyId) }, ""},
		{"empty key identifier", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.signerVersion, f.signer = []byte{2, 1, 3}, tlv(0x80) },
			cms.SignerNotFound},
		{"unknown key identifier", pkitest.P256,
			func(_ *testing.T, f *forgery) {
				f.signerVersion, f.signer = []byte{2, 1, 3}, tlv(0x80, []byte("other"))
			}, cms.SignerNotFound},
		{"empty key identifier, and a leaf without one", pkitest.P256, func(t *testing.T, f *forgery) {
			f.certificates = [][]byte{reissue(t, f.party, func(c *x509.Certificate) { c.SubjectKeyId = nil })}
			f.signerVersion, f.signer, f.reference = []byte{2, 1, 3}, tlv(0x80), nil
		}, cms.SignerNotFound},
		{"a serial number of 256 bytes", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.signer = tlv(0x30, f.party.leaf().RawIssuer, tlv(2, make([]byte, 256)))
		}, cms.SignerNotFound},
		{"a serial number of 257 bytes", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.signer = tlv(0x30, f.party.leaf().RawIssuer, tlv(2, make([]byte, 257)))
		}, cms.Malformed},
		{"neither algorithm nor signature", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.algorithm, f.signature = nil, func([]byte) []byte { return nil }
		}, cms.Malformed},
		{"unknown serial number", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.signer = tlv(0x30, f.party.leaf().RawIssuer, []byte{2, 1, 7}) },
			cms.SignerNotFound},
		{"unknown issuer", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.signer = tlv(0x30, tlv(0x30), f.integer(0)) }, cms.SignerNotFound},
		{"signer identifier of nonsense", pkitest.P256, func(_ *testing.T, f *forgery) { f.signer = null },
			cms.Malformed},
		{"signer identifier with more", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.signer = tlv(0x30, f.party.leaf().RawIssuer, f.integer(0), null) },
			cms.Malformed},
		{"the issuer's certificate as signer", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.signer = f.issuerAndSerial(1) }, cms.SignerNotFound},
		{"no certificates", pkitest.P256, func(_ *testing.T, f *forgery) { f.noCertificates = true },
			cms.SignerNotFound},
		{"without the leaf", pkitest.P256, func(_ *testing.T, f *forgery) { f.certificates = f.certificates[1:] },
			cms.SignerNotFound},
		{"a leaf that crypto/x509 refuses, changed", pkitest.P256, func(_ *testing.T, f *forgery) {
			broken := bytes.Replace(f.party.leaf().Raw, []byte{0x55, 0x1d, 0x0f, 1, 1, 0xff},
				[]byte{0x55, 0x1d, 0x0f, 1, 1, 0x17}, 1)
			f.certificates = [][]byte{broken}
		}, cms.BindingMismatch},
		{"a stranger of the same issuer that cannot be parsed", pkitest.P256, func(_ *testing.T, f *forgery) {
			broken := bytes.Replace(f.party.leaf().Raw, []byte{0x55, 0x1d, 0x0f, 1, 1, 0xff},
				[]byte{0x55, 0x1d, 0x0f, 1, 1, 0x17}, 1)
			f.certificates, f.signer = [][]byte{broken}, tlv(0x30, f.party.leaf().RawIssuer, []byte{2, 1, 7})
		}, cms.SignerNotFound},
		{"a leaf with an unknown curve", pkitest.P256, func(_ *testing.T, f *forgery) {
			prime256v1, prime239v3 := oid(1, 2, 840, 10045, 3, 1, 7), oid(1, 2, 840, 10045, 3, 1, 6)
			f.certificates = [][]byte{bytes.Replace(f.party.leaf().Raw, prime256v1, prime239v3, 1)}
		}, cms.AlgorithmUnknown},
		{"a leaf in BER", pkitest.P256, func(_ *testing.T, f *forgery) {
			contents := f.party.leaf().Raw[4:]
			f.certificates = [][]byte{indefinite(0x30, contents)}
		}, cms.BindingMismatch},
		{"another certificate of the key", pkitest.P256, func(t *testing.T, f *forgery) {
			raw := reissue(t, f.party, func(*x509.Certificate) {})
			certificate, err := x509.ParseCertificate(raw)
			if err != nil {
				t.Fatal(err)
			}
			f.certificates = [][]byte{raw}
			f.signer = tlv(0x30, certificate.RawIssuer, derInteger(t, certificate.SerialNumber))
		}, cms.BindingMismatch},
		{"another certificate of the key, by key identifier", pkitest.P256, func(t *testing.T, f *forgery) {
			f.certificates = [][]byte{reissue(t, f.party, func(*x509.Certificate) {})}
			f.signerVersion, f.signer = []byte{2, 1, 3}, tlv(0x80, f.party.leaf().SubjectKeyId)
		}, cms.BindingMismatch},
		{"an Ed25519 certificate", pkitest.P256, func(t *testing.T, f *forgery) { useEd25519(t, f) },
			cms.SignatureInvalid},
		{"an RSA key with an exponent of 32 bits", pkitest.RSA2048, func(t *testing.T, f *forgery) {
			impersonate(t, f, &rsa.PublicKey{N: f.party.key.Public().(*rsa.PublicKey).N, E: 0xd9677863})
		}, cms.SignatureInvalid},
		{"something after the signature", pkitest.P256, func(_ *testing.T, f *forgery) { f.afterSigner = null },
			cms.Malformed},
		{"signature in pieces", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.signature = func(v []byte) []byte { return tlv(0x24, tlv(4, v)) } }, ""},
		{"signature with a long length", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.signature = func(v []byte) []byte { return long(4, v) } }, ""},
		{"empty signature", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.signature = func([]byte) []byte { return tlv(4) } },
			cms.SignatureInvalid},
		{"no signature", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.signature = func([]byte) []byte { return nil } }, cms.Malformed},
		{"signature with a zero before it", pkitest.RSA2048,
			func(_ *testing.T, f *forgery) { f.signature = func(v []byte) []byte { return tlv(4, []byte{0}, v) } },
			cms.SignatureInvalid},
		{"ECDSA signature with a byte after it", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.signature = func(v []byte) []byte { return tlv(4, v, []byte{0}) } },
			cms.SignatureInvalid},
		{"ECDSA signature of zeros", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.signature = func([]byte) []byte { return tlv(4, tlv(0x30, []byte{2, 1, 0, 2, 1, 0})) }
		}, cms.SignatureInvalid},
		{"unsigned attribute without values", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.unsigned = tlv(0xa1, attr(oid(1, 2, 3))) }, ""},
		{"unsigned attribute of nonsense", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.unsigned = tlv(0xa1, null) }, cms.Malformed},
		{"unsigned attribute with a high tag number", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.unsigned = tlv(0xa1, attr(oid(1, 2, 3), []byte{0x1f, 1, 0})) },
			cms.Malformed},
		{"unsigned attribute of indefinite length as primitive", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.unsigned = tlv(0xa1, attr(oid(1, 2, 3), []byte{4, 0x80, 0, 0})) },
			cms.Malformed},
		{"unsigned attribute with 33 values", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.unsigned = tlv(0xa1, attr(oid(1, 2, 3), slices.Repeat([][]byte{null}, 33)...))
		}, cms.LimitExceeded},
		{"65 unsigned attributes", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.unsigned = tlv(0xa1, bytes.Repeat(attr(oid(1, 2, 3), null), 65))
		}, cms.LimitExceeded},
	})
}

func TestHostileAttributes(t *testing.T) {
	t.Parallel()
	ess := oid(oidSigningCertificateV2...)
	runHostile(t, []hostileCase{
		{"none", pkitest.P256, func(_ *testing.T, f *forgery) { f.noAttributes = true }, cms.SignatureInvalid},
		{"none, signed over the content", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.noAttributes, f.signedAs = true, func([]byte) []byte { return content }
		}, ""},
		{"empty", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.contentType, f.messageDigest, f.reference = nil, nil, nil },
			cms.Malformed},
		{"signed under the tag they are carried with", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.signedAs = func(a []byte) []byte { return tlv(0xa0, a) } },
			cms.SignatureInvalid},
		{"not sorted", pkitest.P256, func(_ *testing.T, f *forgery) { f.order = slices.Reverse[[][]byte] }, ""},
		{"not sorted, signed as sorted", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.order = slices.Reverse[[][]byte]
			f.signedAs = func([]byte) []byte {
				all := [][]byte{f.contentType, f.messageDigest, f.reference}
				slices.SortFunc(all, bytes.Compare)
				return tlv(0x31, all...)
			}
		}, ""},
		{"indefinite length", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.carriedAs = func(a []byte) []byte { return indefinite(0xa0, a) } }, ""},
		{"long length", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.carriedAs = func(a []byte) []byte { return long(0xa0, a) } }, ""},
		{"BER inside", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.more = [][]byte{attr(oid(1, 2, 3), indefinite(0x30, null))} }, ""},
		{"BER deep inside", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.more = [][]byte{attr(oid(1, 2, 3), tlv(0x30, long(0x30, null)))} }, ""},
		{"BER deep inside, around much", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.more = [][]byte{attr(oid(1, 2, 3), tlv(0x30, long(0x30, tlv(4, make([]byte, 200)))))}
		}, ""},
		{"too deep", pkitest.P256, func(_ *testing.T, f *forgery) {
			deep := null
			for range 20 {
				deep = tlv(0x30, deep)
			}
			f.more = [][]byte{attr(oid(1, 2, 3), deep)}
		}, cms.LimitExceeded},
		{"one of a type with a long identifier", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.more = [][]byte{attr(oid(append([]int{1, 2}, make([]int, 64)...)...), null)}
		}, cms.LimitExceeded},
		{"65 of them", pkitest.P256, func(_ *testing.T, f *forgery) {
			for i := range 62 {
				f.more = append(f.more, attr(oid(1, 2, 3, i+1), null))
			}
		}, cms.LimitExceeded},
		{"an issuer and serial number of nothing", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.reference = attr(ess, f.referenceTo(nil, digestOf(crypto.SHA256, f.party.leaf().Raw), tlv(0x30)))
		}, cms.BindingMismatch},
		{"an issuer and serial number of nothing, and a sound reference behind", pkitest.P256,
			func(_ *testing.T, f *forgery) {
				sum := tlv(4, digestOf(crypto.SHA256, f.party.leaf().Raw))
				f.reference = attr(ess, tlv(0x30, tlv(0x30, tlv(0x30, sum, tlv(0x30)), tlv(0x30, sum))))
			}, cms.BindingMismatch},
		{"a reference by a digest that nobody knows", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.reference = attr(ess, f.referenceTo(tlv(0x30, oid(1, 2, 3)),
				digestOf(crypto.SHA256, f.party.leaf().Raw), nil))
		}, cms.BindingMismatch},
		{"a reference by MD5", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.reference = attr(ess, f.referenceTo(tlv(0x30, oid(1, 2, 840, 113549, 2, 5)),
				digestOf(crypto.MD5, f.party.leaf().Raw), nil))
		}, cms.AlgorithmForbidden},
		{"algorithm protection of nothing", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.more = [][]byte{attr(oid(1, 2, 840, 113549, 1, 9, 52), null)}
		}, cms.AlgorithmMismatch},
		{"algorithm protection and more", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.more = [][]byte{attr(oid(1, 2, 840, 113549, 1, 9, 52),
				tlv(0x30, f.digest, tlv(0xa1, f.algorithm[2:]), null))}
		}, cms.AlgorithmMismatch},
		{"no content-type", pkitest.P256, func(_ *testing.T, f *forgery) { f.contentType = nil }, cms.TypeMismatch},
		{"content-type of something else", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.contentType = attr(oid(oidContentType...), oid(1, 2, 3)) },
			cms.TypeMismatch},
		{"content-type twice", pkitest.P256, func(_ *testing.T, f *forgery) { f.more = [][]byte{f.contentType} },
			cms.TypeMismatch},
		{"content-type with two values", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.contentType = attr(oid(oidContentType...), derData, derData) },
			cms.TypeMismatch},
		{"no message-digest", pkitest.P256, func(_ *testing.T, f *forgery) { f.messageDigest = nil }, cms.Malformed},
		{"message-digest of another content", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.messageDigest = attr(oid(oidMessageDigest...), tlv(4, digestOf(crypto.SHA256, []byte("other"))))
		}, cms.DigestMismatch},
		{"message-digest twice", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.more = [][]byte{attr(oid(oidMessageDigest...), tlv(4, digestOf(crypto.SHA256, []byte("other"))))}
		}, cms.Malformed},
		{"message-digest without value", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.messageDigest = attr(oid(oidMessageDigest...)) }, cms.Malformed},
		{"message-digest with two values", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.messageDigest = attr(oid(oidMessageDigest...), tlv(4, digestOf(crypto.SHA256, content)),
				tlv(4, []byte("x")))
		}, cms.Malformed},
		{"empty message-digest", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.messageDigest = attr(oid(oidMessageDigest...), tlv(4)) },
			cms.DigestMismatch},
		{"message-digest cut short", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.messageDigest = attr(oid(oidMessageDigest...), tlv(4, digestOf(crypto.SHA256, content)[:31]))
		}, cms.DigestMismatch},
		{"message-digest no OCTET STRING", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.messageDigest = attr(oid(oidMessageDigest...), null) }, cms.Malformed},
		{"attribute with a third part", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.more = [][]byte{tlv(0x30, oid(1, 2, 3), tlv(0x31, null), null)} },
			cms.Malformed},
		{"attribute that is none", pkitest.P256, func(_ *testing.T, f *forgery) { f.more = [][]byte{null} },
			cms.Malformed},
		{"signing-time that is none", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.more = [][]byte{attr(oidSigningTime, tlv(0x17, []byte("269902030405Z")))}
		}, ""},
		{"reference to another certificate", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.reference = attr(ess,
				f.referenceTo(nil, digestOf(crypto.SHA256, f.party.chain[1].Raw), f.issuerSerial(0)))
		}, cms.BindingMismatch},
		{"reference with another issuerSerial", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.reference = attr(ess, f.referenceTo(nil, digestOf(crypto.SHA256, f.party.leaf().Raw), f.issuerSerial(1)))
		}, cms.BindingMismatch},
		{"reference with another serial number", pkitest.P256, func(_ *testing.T, f *forgery) {
			other := tlv(0x30, tlv(0x30, tlv(0xa4, f.party.leaf().RawIssuer)), []byte{2, 1, 7})
			f.reference = attr(ess, f.referenceTo(nil, digestOf(crypto.SHA256, f.party.leaf().Raw), other))
		}, cms.BindingMismatch},
		{"reference with another issuer", pkitest.P256, func(_ *testing.T, f *forgery) {
			other := tlv(0x30, tlv(0x30, tlv(0xa4, tlv(0x30))), f.integer(0))
			f.reference = attr(ess, f.referenceTo(nil, digestOf(crypto.SHA256, f.party.leaf().Raw), other))
		}, cms.BindingMismatch},
		{"reference with the leaf second", pkitest.P256, func(_ *testing.T, f *forgery) {
			first := tlv(0x30, tlv(4, digestOf(crypto.SHA256, f.party.chain[1].Raw)))
			second := tlv(0x30, tlv(4, digestOf(crypto.SHA256, f.party.leaf().Raw)))
			f.reference = attr(ess, tlv(0x30, tlv(0x30, first, second)))
		}, cms.BindingMismatch},
		{"reference by an unknown digest", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.reference = attr(ess,
				f.referenceTo(tlv(0x30, derSHA3256), digestOf(crypto.SHA256, f.party.leaf().Raw), nil))
		}, cms.BindingMismatch},
		{"reference by SHA-512 that calls itself the DEFAULT", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.reference = attr(ess, f.referenceTo(nil, digestOf(crypto.SHA512, f.party.leaf().Raw), nil))
		}, cms.BindingMismatch},
		{"a wrong reference of version 1 beside a right one", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.more = [][]byte{attr(oidV1, f.referenceTo(nil, digestOf(crypto.SHA1, f.party.chain[1].Raw), nil))}
		}, cms.BindingMismatch},
		{"a wrong reference beside a right one of version 1", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.reference = attr(ess, f.referenceTo(nil, digestOf(crypto.SHA256, f.party.chain[1].Raw), nil))
			f.more = [][]byte{attr(oidV1, f.referenceTo(nil, digestOf(crypto.SHA1, f.party.leaf().Raw), nil))}
		}, cms.BindingMismatch},
		{"reference of version 1 with hashAlgorithm", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.reference = attr(oidV1,
				f.referenceTo(tlv(0x30, derSHA256), digestOf(crypto.SHA256, f.party.leaf().Raw), nil))
		}, cms.BindingMismatch},
		{"no reference in the reference", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.reference = attr(ess, tlv(0x30, tlv(0x30))) }, cms.BindingMismatch},
		{"reference with a DNS name for issuer", pkitest.P256, func(_ *testing.T, f *forgery) {
			other := tlv(0x30, tlv(0x30, tlv(0x82, []byte("example.org"))), f.integer(0))
			f.reference = attr(ess, f.referenceTo(nil, digestOf(crypto.SHA256, f.party.leaf().Raw), other))
		}, cms.BindingMismatch},
		{"reference with two issuers", pkitest.P256, func(_ *testing.T, f *forgery) {
			name := tlv(0xa4, f.party.leaf().RawIssuer)
			f.reference = attr(ess, f.referenceTo(nil, digestOf(crypto.SHA256, f.party.leaf().Raw),
				tlv(0x30, tlv(0x30, name, name), f.integer(0))))
		}, cms.BindingMismatch},
		{"reference with more behind", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.reference = attr(ess,
				f.referenceTo(nil, digestOf(crypto.SHA256, f.party.leaf().Raw), slices.Concat(f.issuerSerial(0), null)))
		}, cms.BindingMismatch},
		{"second reference of nonsense", pkitest.P256, func(_ *testing.T, f *forgery) {
			first := tlv(0x30, tlv(4, digestOf(crypto.SHA256, f.party.leaf().Raw)))
			f.reference = attr(ess, tlv(0x30, tlv(0x30, first, null)))
		}, cms.BindingMismatch},
		{"algorithm protection of another digest", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.more = [][]byte{attr(oidProtection,
				tlv(0x30, tlv(0x30, derSHA512), append([]byte{0xa1}, f.algorithm[1:]...)))}
		}, cms.AlgorithmMismatch},
		{"algorithm protection of another signature", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.more = [][]byte{attr(oidProtection,
				tlv(0x30, tlv(0x30, derSHA256), append([]byte{0xa1}, withECDSA(3)[1:]...)))}
		}, cms.AlgorithmMismatch},
		{"algorithm protection of the key's algorithm for the signature's", pkitest.RSA2048,
			func(_ *testing.T, f *forgery) {
				f.more = [][]byte{attr(oidProtection, tlv(0x30, tlv(0x30, derSHA256), tlv(0xa1, derRSA, null)))}
			}, cms.AlgorithmMismatch},
		{"algorithm protection of another salt", pkitest.RSA2048, func(_ *testing.T, f *forgery) {
			f.algorithm, f.options = pssParameters(derSHA256, derSHA256, []byte{2, 1, 32}, nil),
				pssOptions(crypto.SHA256, 32)
			other := pssParameters(derSHA256, derSHA256, []byte{2, 1, 20}, nil)
			f.more = [][]byte{attr(oidProtection, tlv(0x30, tlv(0x30, derSHA256), append([]byte{0xa1}, other[1:]...)))}
		}, cms.AlgorithmMismatch},
		{"algorithm protection with more behind", pkitest.P256, func(_ *testing.T, f *forgery) {
			f.more = [][]byte{attr(oidProtection,
				tlv(0x30, tlv(0x30, derSHA256), append([]byte{0xa1}, f.algorithm[1:]...), null))}
		}, cms.AlgorithmMismatch},
		{"algorithm protection of nonsense", pkitest.P256,
			func(_ *testing.T, f *forgery) {
				f.more = [][]byte{attr(oidProtection, tlv(0x30, tlv(0x30, derSHA256)))}
			}, cms.AlgorithmMismatch},
	})
}

func TestHostileAlgorithms(t *testing.T) {
	t.Parallel()
	pss := func(algorithm []byte, options crypto.SignerOpts) func(*testing.T, *forgery) {
		return func(_ *testing.T, f *forgery) { f.algorithm, f.options = algorithm, options }
	}
	salt32 := []byte{2, 1, 32}
	runHostile(t, []hostileCase{
		{"MD5", pkitest.RSA2048, func(_ *testing.T, f *forgery) { f.use(crypto.MD5); f.algorithm = withRSA(4) },
			cms.AlgorithmForbidden},
		{"SHA-1", pkitest.RSA2048, func(_ *testing.T, f *forgery) { f.use(crypto.SHA1); f.algorithm = withRSA(5) },
			cms.AlgorithmForbidden},
		{"SHA-1, broken", pkitest.RSA2048, func(_ *testing.T, f *forgery) {
			f.use(crypto.SHA1)
			f.algorithm, f.signedAs = withRSA(5), func(a []byte) []byte { return a }
		}, cms.SignatureInvalid},
		{"SHA-1 by rsaEncryption", pkitest.RSA2048,
			func(_ *testing.T, f *forgery) { f.use(crypto.SHA1); f.algorithm = tlv(0x30, derRSA, null) },
			cms.AlgorithmForbidden},
		{"SHA-1 with ECDSA", pkitest.P256,
			func(_ *testing.T, f *forgery) {
				f.use(crypto.SHA1)
				f.algorithm = tlv(0x30, oid(1, 2, 840, 10045, 4, 1))
			}, cms.AlgorithmForbidden},
		{"SHA-1 by the DEFAULTs of PSS", pkitest.RSA2048, func(_ *testing.T, f *forgery) {
			f.use(crypto.SHA1)
			f.algorithm, f.options = pssParameters(nil, nil, nil, nil), pssOptions(crypto.SHA1, 20)
		}, cms.AlgorithmForbidden},
		{"SHA-224", pkitest.RSA2048, func(_ *testing.T, f *forgery) { f.use(crypto.SHA224); f.algorithm = withRSA(14) },
			cms.AlgorithmForbidden},
		{"SHA3-256", pkitest.RSA2048, func(_ *testing.T, f *forgery) {
			f.digests, f.digest = tlv(0x30, derSHA3256), tlv(0x30, derSHA3256)
		}, cms.AlgorithmMismatch},
		{"RIPEMD-160", pkitest.RSA2048, func(_ *testing.T, f *forgery) {
			f.digests, f.digest = tlv(0x30, derRIPEMD160), tlv(0x30, derRIPEMD160)
		}, cms.AlgorithmUnknown},
		{"unknown signature algorithm", pkitest.RSA2048,
			func(_ *testing.T, f *forgery) { f.algorithm = tlv(0x30, oid(1, 2, 3)) }, cms.AlgorithmUnknown},
		{"digest algorithm with parameters", pkitest.RSA2048,
			func(_ *testing.T, f *forgery) { f.digest = tlv(0x30, derSHA256, tlv(4)) }, cms.AlgorithmUnknown},
		{"RSA with parameters", pkitest.RSA2048,
			func(_ *testing.T, f *forgery) { f.algorithm = tlv(0x30, derRSA, tlv(4)) }, cms.AlgorithmUnknown},
		{"signature algorithm of another digest", pkitest.RSA2048,
			func(_ *testing.T, f *forgery) { f.algorithm = withRSA(13) }, cms.SignatureInvalid},
		{"digest algorithm of another signature", pkitest.P256,
			func(_ *testing.T, f *forgery) { f.digests, f.digest = tlv(0x30, derSHA384), tlv(0x30, derSHA384) },
			cms.DigestMismatch},
		{"RSA algorithm with an ECDSA key", pkitest.P256, func(_ *testing.T, f *forgery) { f.algorithm = withRSA(11) },
			cms.SignatureInvalid},
		{"ECDSA algorithm with an RSA key", pkitest.RSA2048,
			func(_ *testing.T, f *forgery) { f.algorithm = withECDSA(2) }, cms.SignatureInvalid},
		{"PSS called PKCS1", pkitest.RSA2048,
			func(_ *testing.T, f *forgery) { f.options = pssOptions(crypto.SHA256, 32) }, cms.SignatureInvalid},
		{"PKCS1 called PSS", pkitest.RSA2048,
			pss(pssParameters(derSHA256, derSHA256, salt32, nil), crypto.SHA256), cms.SignatureInvalid},
		{"PSS without parameters", pkitest.RSA2048, pss(tlv(0x30, derPSS), pssOptions(crypto.SHA256, 32)),
			cms.AlgorithmUnknown},
		{"PSS of another digest", pkitest.RSA2048,
			pss(pssParameters(derSHA512, derSHA512, salt32, nil), pssOptions(crypto.SHA256, 32)),
			cms.SignatureInvalid},
		{"PSS with another MGF1 digest", pkitest.RSA2048,
			pss(pssParameters(derSHA256, derSHA1, salt32, nil), pssOptions(crypto.SHA256, 32)), cms.SignatureInvalid},
		{"PSS with the DEFAULT MGF1", pkitest.RSA2048,
			pss(pssParameters(derSHA256, nil, salt32, nil), pssOptions(crypto.SHA256, 32)), cms.SignatureInvalid},
		{"PSS with another salt than it says", pkitest.RSA2048,
			pss(pssParameters(derSHA256, derSHA256, []byte{2, 1, 20}, nil), pssOptions(crypto.SHA256, 32)),
			cms.SignatureInvalid},
		{"PSS with a salt of 0, which would mean any", pkitest.RSA2048,
			pss(pssParameters(derSHA256, derSHA256, []byte{2, 1, 0}, nil), pssOptions(crypto.SHA256, 32)),
			cms.SignatureInvalid},
		{"PSS with a salt of -1, which would mean the hash's", pkitest.RSA2048,
			pss(pssParameters(derSHA256, derSHA256, []byte{2, 1, 0xff}, nil), pssOptions(crypto.SHA256, 32)),
			cms.AlgorithmUnknown},
		{"PSS with a huge salt", pkitest.RSA2048,
			pss(pssParameters(derSHA256, derSHA256, []byte{2, 3, 0x7f, 0xff, 0xff}, nil),
				pssOptions(crypto.SHA256, 32)), cms.AlgorithmUnknown},
		{"PSS with another trailer", pkitest.RSA2048,
			pss(pssParameters(derSHA256, derSHA256, salt32, []byte{2, 1, 2}), pssOptions(crypto.SHA256, 32)),
			cms.AlgorithmUnknown},
		{"PSS with another mask", pkitest.RSA2048,
			pss(
				tlv(0x30, derPSS,
					tlv(0x30, tlv(0xa0, tlv(0x30, derSHA256)), tlv(0xa1, tlv(0x30, oid(1, 2, 3), tlv(0x30, derSHA256))),
						tlv(0xa2, salt32))), pssOptions(crypto.SHA256, 32)), cms.AlgorithmUnknown},
		{"PSS with more behind", pkitest.RSA2048,
			pss(
				tlv(0x30, derPSS,
					tlv(0x30, tlv(0xa0, tlv(0x30, derSHA256)), tlv(0xa1, tlv(0x30, derMGF1, tlv(0x30, derSHA256))),
						tlv(0xa2, salt32), null)), pssOptions(crypto.SHA256, 32)), cms.AlgorithmUnknown},
		{"RSA-1024", pkitest.RSA1024, func(*testing.T, *forgery) {}, cms.AlgorithmForbidden},
		{"RSA-1024, broken", pkitest.RSA1024,
			func(_ *testing.T, f *forgery) { f.signedAs = func(a []byte) []byte { return a } }, cms.SignatureInvalid},
		{"P-224", pkitest.P224, func(*testing.T, *forgery) {}, cms.AlgorithmForbidden},
		{"an RSA key of 100000 bits", pkitest.RSA2048, func(t *testing.T, f *forgery) { useHugeRSA(t, f) },
			cms.AlgorithmUnknown},
	})
}

func runHostile(t *testing.T, rows []hostileCase) {
	t.Helper()
	for _, c := range rows {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newForgery(t, c.algorithm)
			c.change(t, f)
			got, detail := outcome(t, f.build(t), digestOf(f.hash, content))
			if got != c.want {
				t.Errorf("got %q (%s), want %q", got, detail, c.want)
			}
		})
	}
}

func derInteger(t testing.TB, i *big.Int) []byte {
	t.Helper()
	b := i.Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	return tlv(2, b)
}

// impersonate replaces the leaf by a certificate with the public key, and the signed reference by
// one to that certificate.
func impersonate(t testing.TB, f *forgery, public crypto.PublicKey) {
	t.Helper()
	authority, err := pkitest.NewRoot("Test Issuer", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	chain, err := authority.Issue(pkitest.SigningTemplate("Test Seal", time.Now()), public)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, f, chain[0])
}

func replace(t testing.TB, f *forgery, leaf *x509.Certificate) {
	t.Helper()
	f.certificates = [][]byte{leaf.Raw}
	f.signer = tlv(0x30, leaf.RawIssuer, derInteger(t, leaf.SerialNumber))
	f.reference = attr(oid(oidSigningCertificateV2...), f.referenceTo(nil, digestOf(crypto.SHA256, leaf.Raw), nil))
}

func useEd25519(t testing.TB, f *forgery) {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	impersonate(t, f, public)
}

// useHugeRSA makes a key whose signatures would take very long to check. crypto/x509 does not issue
// certificates for such a key, so useHugeRSA puts the modulus into a finished certificate.
func useHugeRSA(t testing.TB, f *forgery) {
	t.Helper()
	var s struct {
		TBS, Algorithm, Signature rawElement
	}
	unmarshal(t, f.party.leaf().Raw, &s)
	modulus := bytes.Repeat([]byte{0x7f}, 100_000/8)
	spki := tlv(0x30, tlv(0x30, derRSA, null), tlv(3, []byte{0}, tlv(0x30, tlv(2, modulus), []byte{2, 3, 1, 0, 1})))
	tbs := bytes.Replace(s.TBS.Bytes, f.party.leaf().RawSubjectPublicKeyInfo, spki, 1)
	leaf, err := x509.ParseCertificate(tlv(0x30, tlv(0x30, tbs), s.Algorithm.FullBytes, s.Signature.FullBytes))
	if err != nil {
		t.Fatal(err)
	}
	replace(t, f, leaf)
}
