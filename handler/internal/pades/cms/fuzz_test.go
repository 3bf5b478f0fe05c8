package cms_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"reflect"
	"slices"
	"testing"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// seeds are messages of every form that is read.
func seeds(t testing.TB) [][]byte {
	var all [][]byte
	for _, algorithm := range []pkitest.Algorithm{pkitest.P256, pkitest.RSA2048} {
		f := newForgery(t, algorithm)
		all = append(all, f.build(t))
		f.frame = indefinite
		all = append(all, f.build(t))
		_, der, _ := flipMessage(t, algorithm)
		all = append(all, der)
	}
	f := newForgery(t, pkitest.RSA2048)
	f.algorithm, f.options = pssParameters(derSHA256, derSHA256, []byte{2, 1, 32}, nil), pssOptions(crypto.SHA256, 32)
	f.more = [][]byte{attr(oidSigningTime, utcTime),
		attr(oidProtection, tlv(0x30, tlv(0x30, derSHA256), append([]byte{0xa1}, f.algorithm[1:]...)))}
	all = append(all, f.build(t))
	f = newForgery(t, pkitest.P256)
	f.signerVersion, f.signer = []byte{2, 1, 3}, tlv(0x80, f.party.leaf().SubjectKeyId)
	f.reference = attr(oidV1, f.referenceTo(nil, digestOf(crypto.SHA1, f.party.leaf().Raw), f.issuerSerial(0)))
	all = append(all, f.build(t))
	f = newForgery(t, pkitest.P256)
	f.order, f.more = slices.Reverse[[][]byte], [][]byte{attr(oid(1, 2, 3), tlv(4, []byte("x")), null)}
	all = append(all, f.build(t))
	f.noAttributes, f.signedAs = true, func([]byte) []byte { return content }
	all = append(all, f.build(t))
	f, _ = oddForgery(t, pkitest.Oddities()[0].Alter)
	all = append(all, f.build(t))
	if len(all) == 0 {
		t.Fatal("no seeds")
	}
	return all
}

// FuzzParse: accepted input stays within its bounds and reads the same way again. The result does
// not depend on padding, and consists of bytes of the input.
func FuzzParse(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	digest := digestOf(crypto.SHA256, content)
	f.Fuzz(func(t *testing.T, der []byte) {
		s, err := cms.Parse(der)
		if err != nil {
			if s != nil || kindOf(err) == "" {
				t.Fatalf("got %v, %T, want nil and a fault", s, err)
			}
			return
		}
		if len(s.Certificates)+len(s.Refused)+s.Unparsed > 100 || len(s.SignedAttributes) > 64 ||
			len(s.UnsignedAttributes) > 64 {
			t.Errorf("got more than the bounds allow")
		}
		trimmed, err := cms.Trim(append(bytes.Clone(der), 0, 0, 0))
		if err != nil || !bytes.Equal(trimmed, der) {
			t.Errorf("got %d bytes, %v from padding %d bytes", len(trimmed), err, len(der))
		}
		again, err := cms.Parse(trimmed)
		if err != nil || !reflect.DeepEqual(s, again) {
			t.Errorf("got another reading of the same bytes, %v", err)
		}
		for _, a := range s.SignedAttributes {
			for _, value := range a.Values {
				if len(s.Remarks) == 0 && !bytes.Contains(der, value) {
					t.Errorf("got a signed attribute that is not in the input")
				}
			}
		}
		if !s.BER && !bytes.Contains(der, s.Signature) {
			t.Errorf("got a signature value that is not in the input")
		}
		if first, second := kindOf(s.Verify(digest)), kindOf(again.Verify(digest)); first != second {
			t.Errorf("got %q and %q, want one verdict", first, second)
		}
		checkRevocations(t, s)
		_ = s.Baseline()
	})
}

// FuzzVerifyFlip: a message changed in any byte, and in a second one, never verifies with another
// meaning.
func FuzzVerifyFlip(f *testing.F) {
	type original struct {
		der     []byte
		meaning string
	}
	digest := digestOf(crypto.SHA256, content)
	var originals []original
	for _, der := range seeds(f) {
		s, err := cms.Parse(der)
		if err != nil {
			f.Fatal(err)
		}
		if err := s.Verify(digest); err != nil {
			f.Fatal(err)
		}
		originals = append(originals, original{der, meaning(f, s)})
		f.Add(uint8(len(originals)-1), uint16(100), byte(1), uint16(len(der)-40), byte(0x80))
	}
	if len(originals) == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, which uint8, at1 uint16, mask1 byte, at2 uint16, mask2 byte) {
		o := originals[int(which)%len(originals)]
		der := bytes.Clone(o.der)
		der[int(at1)%len(der)] ^= mask1
		der[int(at2)%len(der)] ^= mask2
		s, err := cms.Parse(der)
		if err != nil || s.Verify(digest) != nil {
			return
		}
		if meaning(t, s) != o.meaning {
			t.Errorf("got a signature that means something else after a change:\n%s\nwant\n%s", meaning(t, s),
				o.meaning)
		}
	})
}

// FuzzParseOlder: input in the older forms of PDF gives an error, or a signature that reads the
// same way again and does not verify for other content.
func FuzzParseOlder(f *testing.F) {
	p := newParty(f, pkitest.RSA2048)
	document := digestOf(crypto.SHA1, content)
	form := newForgery(f, pkitest.RSA2048)
	form.encapsulated = slices.Concat(derData, tlv(0xa0, tlv(4, document)))
	form.messageDigest = attr(oid(oidMessageDigest...), tlv(4, digestOf(form.hash, document)))
	f.Add(form.build(f), p.leaf().Raw)
	value, err := p.key.Sign(nil, digestOf(crypto.SHA1, content), crypto.SHA1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(tlv(4, value), p.leaf().Raw)
	f.Fuzz(func(t *testing.T, contents, leaf []byte) {
		var r cms.Reader
		first, err1 := r.ParseSHA1(contents)
		second, err2 := r.ParsePKCS1(contents, [][]byte{leaf}, func(*x509.Certificate) error { return nil })
		for _, read := range []struct {
			s   *cms.SignedData
			err error
		}{{first, err1}, {second, err2}} {
			if read.err != nil {
				if read.s != nil || kindOf(read.err) == "" {
					t.Fatalf("got %v, %T, want nil and a fault", read.s, read.err)
				}
				continue
			}
			if !read.s.ContentDigest().Available() {
				continue
			}
			if kind := kindOf(read.s.Verify(read.s.ContentDigest().Sum([]byte("other")))); kind == "" ||
				kind == cms.AlgorithmForbidden {
				t.Errorf("got %q for other content", kind)
			}
		}
	})
}
