package cms_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"slices"
	"testing"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// adbe.pkcs7.sha1: the content of the SignedData is the SHA-1 digest of the document.
func TestParseSHA1(t *testing.T) {
	t.Parallel()
	document := digestOf(crypto.SHA1, content)
	inside := func(f *forgery, octets []byte) {
		f.encapsulated = slices.Concat(derData, tlv(0xa0, tlv(4, octets)))
		f.messageDigest = attr(oid(oidMessageDigest...), tlv(4, digestOf(f.hash, octets)))
	}
	for _, c := range []struct {
		name   string
		change func(f *forgery)
		want   cms.Kind
	}{
		{"as it is made", func(f *forgery) { inside(f, document) }, cms.AlgorithmForbidden},
		{"SHA-1 throughout", func(f *forgery) {
			f.use(crypto.SHA1)
			f.algorithm = withRSA(5)
			inside(f, document)
		}, cms.AlgorithmForbidden},
		{"no attributes", func(f *forgery) {
			inside(f, document)
			f.noAttributes, f.signedAs = true, func([]byte) []byte { return document }
		}, cms.AlgorithmForbidden},
		{"a BER frame", func(f *forgery) { inside(f, document); f.frame = indefinite }, cms.AlgorithmForbidden},
		{"of another document", func(f *forgery) { inside(f, digestOf(crypto.SHA1, []byte("other"))) },
			cms.DigestMismatch},
		{"the message-digest of another content", func(f *forgery) {
			inside(f, document)
			f.messageDigest = attr(oid(oidMessageDigest...), tlv(4, digestOf(f.hash, content)))
		}, cms.DigestMismatch},
		{"broken", func(f *forgery) { inside(f, document); f.signedAs = func(a []byte) []byte { return a } },
			cms.SignatureInvalid},
		{"detached", func(*forgery) {}, cms.FormForbidden},
		{"a digest of 32 bytes", func(f *forgery) { inside(f, digestOf(crypto.SHA256, content)) }, cms.Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newForgery(t, pkitest.RSA2048)
			c.change(f)
			der := f.build(t)
			s, err := new(cms.Reader).ParseSHA1(der)
			if err == nil {
				if s.ContentDigest() != algorithm.SHA1 {
					t.Errorf("got the digest %v asked for, want SHA-1", s.ContentDigest())
				}
				err = s.Verify(document)
			}
			if kindOf(err) != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, err := cms.Parse(der); (kindOf(err) == cms.FormForbidden) != (c.name != "detached") {
				t.Errorf("got %v from Parse", err)
			}
		})
	}
}

// adbe.x509.rsa_sha1: a PKCS #1 value beside the certificates. The value names its digest.
func TestParsePKCS1(t *testing.T) {
	t.Parallel()
	p := newParty(t, pkitest.RSA2048)
	free := func(*x509.Certificate) error { return nil }
	value := func(hash crypto.Hash) []byte {
		signature, err := rsa.SignPKCS1v15(rand.Reader, p.key.(*rsa.PrivateKey), hash, digestOf(hash, content))
		if err != nil {
			t.Fatal(err)
		}
		return tlv(4, signature)
	}
	chain := [][]byte{p.chain[0].Raw, p.chain[1].Raw}
	for _, c := range []struct {
		name         string
		contents     []byte
		certificates [][]byte
		digest       algorithm.Digest
		want         cms.Kind
	}{
		{"SHA-1", value(crypto.SHA1), chain, algorithm.SHA1, cms.AlgorithmForbidden},
		{"SHA-256", value(crypto.SHA256), chain, algorithm.SHA256, ""},
		{"SHA-512, the leaf alone", value(crypto.SHA512), chain[:1], algorithm.SHA512, ""},
		{"with nonsense behind the leaf", value(crypto.SHA256), [][]byte{chain[0], null}, algorithm.SHA256, ""},
		{"in pieces", tlv(0x24, value(crypto.SHA256)), chain, algorithm.SHA256, ""},
		{"another's certificate", value(crypto.SHA256), [][]byte{newParty(t, pkitest.RSA1024).leaf().Raw}, "",
			cms.SignatureInvalid},
		{"no RSA key", value(crypto.SHA256), chain[1:], "", cms.AlgorithmUnknown},
		{"the leaf second", value(crypto.SHA256), [][]byte{null, chain[0]}, "", cms.SignerNotFound},
		{"no certificate", value(crypto.SHA256), nil, "", cms.SignerNotFound},
		{"as many certificates as are read", value(crypto.SHA256), slices.Repeat(chain, 50), algorithm.SHA256, ""},
		{"one certificate more", value(crypto.SHA256), append(slices.Repeat(chain, 50), chain[0]), "",
			cms.LimitExceeded},
		{"too many certificates", value(crypto.SHA256), slices.Repeat(chain, 51), "", cms.LimitExceeded},
		{"no signature", tlv(4), chain, "", cms.SignatureInvalid},
		{"a signature of zeros", tlv(4, make([]byte, 256)), chain, "", cms.SignatureInvalid},
		{"no OCTET STRING", null, chain, "", cms.Malformed},
		{"more behind", slices.Concat(value(crypto.SHA256), null), chain, "", cms.Malformed},
	} {
		s, err := new(cms.Reader).ParsePKCS1(c.contents, c.certificates, free)
		if err == nil {
			if s.ContentDigest() != c.digest || s.Binding != cms.BindingNone ||
				kindOf(s.Baseline()) != cms.BindingMissing {
				t.Errorf("%s: got the digest %q and the binding %q", c.name, s.ContentDigest(), s.Binding)
			}
			if other := s.Verify(s.ContentDigest().Sum([]byte("other"))); kindOf(other) != cms.SignatureInvalid {
				t.Errorf("%s: got %v for other content, want %q", c.name, other, cms.SignatureInvalid)
			}
			err = s.Verify(s.ContentDigest().Sum(content))
		}
		if kindOf(err) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	refused := bytes.Replace(chain[1], []byte{0x55, 0x1d, 0x0f, 1, 1, 0xff}, []byte{0x55, 0x1d, 0x0f, 1, 1, 0x17}, 1)
	s, err := new(cms.Reader).ParsePKCS1(value(crypto.SHA256), [][]byte{chain[0], null, refused}, free)
	if err != nil || len(s.Certificates) != 1 || len(s.Refused) != 1 || s.Unparsed != 1 {
		t.Errorf("got %+v, %v, want a certificate, one that crypto/x509 refuses and one that cannot be read", s, err)
	}
	tooMuch := errors.New("too much")
	if _, err := new(cms.Reader).ParsePKCS1(value(crypto.SHA256), chain,
		func(*x509.Certificate) error { return tooMuch }); err != tooMuch {
		t.Errorf("got %v, want the error of whoever is charged", err)
	}
}
