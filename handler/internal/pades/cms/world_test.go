package cms_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades/certificate"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// oddForgery is a signature whose signer has an odd certificate.
func oddForgery(t testing.TB, alter func(p *pkitest.Parts)) (*forgery, *x509.Certificate) {
	t.Helper()
	f := newForgery(t, pkitest.P256)
	root, err := pkitest.NewRoot("Test Issuer", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	template := pkitest.SigningTemplate("Odd Seal", time.Now())
	der, err := root.IssueParts(template, f.party.key.Public(), alter)
	if err != nil {
		t.Fatal(err)
	}
	c, err := certificate.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	f.certificates = [][]byte{der, root.Root().Raw}
	f.signer = tlv(0x30, c.RawIssuer, serialOf(t, c))
	f.reference = attr(oid(oidSigningCertificateV2...), f.referenceTo(nil, digestOf(crypto.SHA256, der),
		tlv(0x30, tlv(0x30, tlv(0xa4, c.RawIssuer)), serialOf(t, c))))
	return f, c
}

// serialOf returns the serial number as it is written in a certificate, even if its encoding is
// odd.
func serialOf(t testing.TB, c *x509.Certificate) []byte {
	t.Helper()
	var tbs rawElement
	unmarshal(t, c.RawTBSCertificate, &tbs)
	rest := tbs.Bytes
	if rest[0] == 0xa0 {
		rest = rest[2+int(rest[1]):]
	}
	return rest[:2+int(rest[1])]
}

// Whatever the reason for which crypto/x509 refuses the signer's certificate, the signature is
// intact, the signer is named, and the certificate is not sound.
func TestSignersThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, odd := range pkitest.Oddities() {
		if odd.Name == "long length" { // of the serial number, which serialOf does not read
			continue
		}
		t.Run(odd.Name, func(t *testing.T) {
			t.Parallel()
			f, c := oddForgery(t, odd.Alter)
			s, err := cms.Parse(f.build(t))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(digestOf(f.hash, content)); err != nil {
				t.Errorf("got %v, want a signature that verifies", err)
			}
			if err := s.Verify(digestOf(f.hash, []byte("other"))); kindOf(err) != cms.DigestMismatch {
				t.Errorf("got %v for other content, want %q", err, cms.DigestMismatch)
			}
			signer, err := s.Signer()
			if err != nil || !signer.Equal(c) || !certificate.Refused(signer) {
				t.Errorf("got %v, want the refused certificate as the signer's", err)
			}
			if len(s.Certificates) != 1 || len(s.Refused) != 1 || s.Unparsed != 0 {
				t.Errorf("got %d certificates, %d refused and %d unread", len(s.Certificates), len(s.Refused),
					s.Unparsed)
			}
			if !strings.Contains(certificate.DistinguishedName(signer.RawSubject), "Odd Seal") {
				t.Errorf("got the name %q", certificate.DistinguishedName(signer.RawSubject))
			}
			broken := *f
			broken.signedAs = func(a []byte) []byte { return a }
			if got, _ := outcome(t, broken.build(t), digestOf(f.hash, content)); got != cms.SignatureInvalid {
				t.Errorf("got %q for a broken signature, want %q", got, cms.SignatureInvalid)
			}
		})
	}
}

// A second certificate that cannot be read is skipped, and so is an element that is no certificate.
func TestOtherCertificatesArePassedOver(t *testing.T) {
	t.Parallel()
	f := newForgery(t, pkitest.P256)
	odd, _ := oddForgery(t, func(p *pkitest.Parts) { p.Unused = 9 })
	f.certificates = slices.Concat(f.certificates, odd.certificates[:1], [][]byte{
		tlv(0x30, null), tlv(0x30), tlv(0xa0, null), tlv(0xa1, null), tlv(0xa2, tlv(0x30, null)),
		tlv(0xa3, oid(1, 2, 3), null), indefinite(0x30, null),
	})
	s, err := cms.Parse(f.build(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(digestOf(f.hash, content)); err != nil || len(s.Certificates) != 3 || len(s.Refused) != 1 ||
		s.Unparsed != 7 {
		t.Errorf("got %v with %d certificates, %d refused and %d unread", err, len(s.Certificates), len(s.Refused),
			s.Unparsed)
	}
	f.certificates = f.certificates[1:]
	if got, detail := outcome(t, f.build(t), digestOf(f.hash, content)); got != cms.SignerNotFound ||
		!strings.Contains(detail, "cannot be read") {
		t.Errorf("got %q (%s), want the signer's among those that cannot be read", got, detail)
	}
}

// Forms that RFC 5652 allows and PAdES does not: each row verifies, is reported as what it is, and
// has no baseline level.
func TestWorldlySignatures(t *testing.T) {
	t.Parallel()
	sorted := func(f *forgery) []byte {
		all := slices.Concat([][]byte{f.contentType, f.messageDigest, f.reference}, f.more)
		slices.SortFunc(all, bytes.Compare)
		return tlv(0x31, all...)
	}
	for _, c := range []struct {
		name     string
		change   func(f *forgery)
		remark   string // a part of it; "" = none
		baseline cms.Kind
	}{
		{"several values", func(f *forgery) { f.more = [][]byte{attr(oid(1, 2, 3), tlv(4, []byte("x")), null)} }, "",
			""},
		{"no value", func(f *forgery) { f.more = [][]byte{attr(oid(1, 2, 3))} }, "", ""},
		{"a private attribute twice",
			func(f *forgery) { f.more = [][]byte{attr(oid(1, 2, 3), null), attr(oid(1, 2, 3), tlv(4))} }, "", ""},
		{"the very same attribute twice",
			func(f *forgery) { f.more = [][]byte{attr(oid(1, 2, 3), null), attr(oid(1, 2, 3), null)} }, "", ""},
		{"values in no order, signed as they stand",
			func(f *forgery) { f.more = [][]byte{attr(oid(1, 2, 3), null, tlv(4, []byte("x")))} }, "DER",
			cms.NotBaseline},
		{"attributes in no order, signed as they stand", func(f *forgery) { f.order = slices.Reverse[[][]byte] }, "DER",
			cms.NotBaseline},
		{"attributes in no order, signed as DER", func(f *forgery) {
			f.order, f.signedAs = slices.Reverse[[][]byte], func([]byte) []byte { return sorted(f) }
		}, "DER", cms.NotBaseline},
		{"attributes of indefinite length, signed as DER",
			func(f *forgery) { f.carriedAs = func(a []byte) []byte { return indefinite(0xa0, a) } }, "DER",
			cms.NotBaseline},
		{"attributes of indefinite length, signed as they stand", func(f *forgery) {
			f.carriedAs = func(a []byte) []byte { return indefinite(0xa0, a) }
			f.signedAs = func(a []byte) []byte { return indefinite(0x31, a) }
		}, "DER", cms.NotBaseline},
		{"message-digest in pieces, signed as DER", func(f *forgery) {
			sum := digestOf(crypto.SHA256, content)
			f.carriedAs = func(a []byte) []byte {
				return tlv(0xa0, bytes.Replace(a, f.messageDigest,
					attr(oid(oidMessageDigest...), tlv(0x24, tlv(4, sum[:7]), tlv(4, sum[7:]))), 1))
			}
		}, "DER", cms.NotBaseline},
		{"SignerInfo in BER", func(f *forgery) {
			f.signer = indefinite(0x30, f.signer[2:])
			f.digest = long(0x30, derSHA256)
			f.signature = func(v []byte) []byte { return tlv(0x24, tlv(4, v[:9]), tlv(4, v[9:])) }
		}, "BER", cms.NotBaseline},
		{"signing-time that cannot be read", func(f *forgery) { f.more = [][]byte{attr(oidSigningTime, null)} },
			"signing-time", cms.NotBaseline},
		{"signing-time with two values", func(f *forgery) { f.more = [][]byte{attr(oidSigningTime, utcTime, utcTime)} },
			"signing-time", cms.NotBaseline},
		{"no attributes", func(f *forgery) {
			f.noAttributes, f.signedAs = true, func([]byte) []byte { return content }
		}, "over the content itself", cms.BindingMissing},
		{"a BER frame", func(f *forgery) { f.frame = indefinite }, "BER", cms.NotBaseline},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newForgery(t, pkitest.P256)
			c.change(f)
			s, err := cms.Parse(f.build(t))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(digestOf(f.hash, content)); err != nil {
				t.Errorf("got %v, want a signature that verifies", err)
			}
			if err := s.Verify(digestOf(f.hash, []byte("other"))); err == nil {
				t.Error("got a signature that verifies over other content")
			}
			remarks := strings.Join(s.Remarks, "; ")
			if (remarks != "") != (c.remark != "") || !strings.Contains(remarks, c.remark) {
				t.Errorf("got the remarks %q, want %q among them", remarks, c.remark)
			}
			if got := kindOf(s.Baseline()); got != c.baseline {
				t.Errorf("got baseline fault %q, want %q", got, c.baseline)
			}
		})
	}
}

// If the digest is known, signed attributes cannot be passed off as content, nor content as signed
// attributes.
func TestAttributesAndContentStayApart(t *testing.T) {
	t.Parallel()
	f := newForgery(t, pkitest.P256)
	var set []byte
	f.signedAs = func(a []byte) []byte { set = tlv(0x31, a); return set }
	f.noAttributes = true
	if got, _ := outcome(t, f.build(t), digestOf(f.hash, content)); got != cms.SignatureInvalid {
		t.Errorf("got %q, want %q", got, cms.SignatureInvalid)
	}
}

// Split separates the padding of /Contents, and Blank reports whether it has only zeros.
func TestSplit(t *testing.T) {
	t.Parallel()
	der := newForgery(t, pkitest.P256).build(t)
	for _, c := range []struct {
		name    string
		padding []byte
		blank   bool
	}{
		{"none", nil, true}, {"zeros", make([]byte, 100), true}, {"a line end", []byte{'\r', '\n'}, false},
		{"another element", der, false},
		{"zeros and a byte", append(make([]byte, 10), 1), false},
	} {
		element, padding, err := cms.Split(slices.Concat(der, c.padding))
		if err != nil || !bytes.Equal(element, der) || !bytes.Equal(padding, c.padding) ||
			cms.Blank(padding) != c.blank {
			t.Errorf("%s: got %d and %d bytes, %v", c.name, len(element), len(padding), err)
		}
		if _, err := cms.Trim(slices.Concat(der, c.padding)); (err == nil) != c.blank {
			t.Errorf("%s: got %v from Trim", c.name, err)
		}
	}
	if _, _, err := cms.Split(bytes.Repeat([]byte{0x30, 0x80}, 100)); kindOf(err) != cms.LimitExceeded {
		t.Errorf("got %v for deep nesting, want %q", err, cms.LimitExceeded)
	}
	if _, _, err := cms.Split(der[:len(der)-1]); kindOf(err) != cms.Malformed {
		t.Errorf("got %v for an element cut short, want %q", err, cms.Malformed)
	}
}

// Each kind of error has its Integrity.
func TestIntegrity(t *testing.T) {
	t.Parallel()
	for kind, want := range map[cms.Kind]cms.Integrity{
		cms.Malformed: cms.Broken, cms.DigestMismatch: cms.Broken, cms.SignatureInvalid: cms.Broken,
		cms.AlgorithmMismatch: cms.Intact, cms.TypeMismatch: cms.Intact, cms.FormForbidden: cms.NotEvaluated,
		cms.LimitExceeded: cms.NotEvaluated, cms.AlgorithmUnknown: cms.NotEvaluated,
		cms.SignerNotFound:     cms.NotEvaluated,
		cms.AlgorithmForbidden: cms.Intact, cms.BindingMismatch: cms.Intact, cms.BindingMissing: cms.Intact,
		cms.NotBaseline:      cms.Intact,
		cms.PurposeForbidden: cms.Intact,
	} {
		if got := (&cms.Error{Kind: kind}).Integrity(); got != want {
			t.Errorf("%s: got %q, want %q", kind, got, want)
		}
	}
}
