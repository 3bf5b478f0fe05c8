package cms_test

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/x509"
	"fmt"
	"testing"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// meaning returns everything that a verified signature states with authority.
func meaning(t testing.TB, s *cms.SignedData) string {
	t.Helper()
	signer, err := s.Signer()
	if err != nil {
		t.Fatal(err)
	}
	bound := signer.Raw
	if s.Binding == "" {
		// Here only the certificate's own signature protects the other parts of the certificate,
		// and path validation checks that signature.
		if bound, err = x509.MarshalPKIXPublicKey(signer.PublicKey); err != nil {
			t.Fatal(err)
		}
	}
	return fmt.Sprintf("%x %v %s %s %v %x", bound, s.DigestAlgorithm, s.SignatureAlgorithm, s.Binding, s.SigningTime,
		s.SignedAttributes)
}

// region is a part of a message, with the kinds of error that a change in it may give. If no kinds
// are listed, a change there may stay undetected, because nothing in the region is authenticated.
type region struct {
	name  string
	bytes []byte
	kinds []cms.Kind
}

// flipMessage returns a message with every part that a message can have, and its regions from the
// innermost to the outermost.
func flipMessage(t testing.TB, algorithm pkitest.Algorithm) (*forgery, []byte, []region) {
	t.Helper()
	f := newForgery(t, algorithm)
	f.unsigned = tlv(0xa1, attr(oid(1, 2, 840, 113549, 1, 9, 16, 2, 14), tlv(0x30, tlv(4, []byte("token")))))
	var signature, carried []byte
	f.signature = func(value []byte) []byte { signature = tlv(4, value); return signature }
	f.carriedAs = func(a []byte) []byte { carried = tlv(0xa0, a); return carried }
	der := f.build(t)
	leaf := f.party.leaf()
	return f, der, []region{
		{"unsigned attribute values", f.unsigned[2:], nil},
		{"certificate of the issuer", f.certificates[1], nil},
		{"certificate of the root", f.certificates[2], nil},
		{"SignedData version", slicesFrom(der, f.version), nil},
		{"key of the leaf", leaf.RawSubjectPublicKeyInfo,
			[]cms.Kind{cms.SignatureInvalid, cms.BindingMismatch, cms.AlgorithmUnknown, cms.AlgorithmForbidden,
				cms.Malformed, cms.SignerNotFound}},
		{"subject of the leaf", leaf.RawSubject, []cms.Kind{cms.BindingMismatch, cms.Malformed, cms.SignerNotFound}},
		{"signature of the leaf", leaf.Signature[len(leaf.Signature)-30:], []cms.Kind{cms.BindingMismatch}},
		{"leaf", leaf.Raw, []cms.Kind{cms.BindingMismatch, cms.Malformed, cms.SignerNotFound, cms.AlgorithmUnknown}},
		{"message-digest value", f.messageDigest[len(f.messageDigest)-32:], []cms.Kind{cms.DigestMismatch}},
		{"reference hash", digestOf(crypto.SHA256, leaf.Raw), []cms.Kind{cms.SignerNotFound}},
		{"signed attributes", carried, []cms.Kind{cms.SignatureInvalid, cms.SignerNotFound, cms.Malformed}},
		{"signature value", signature[4:], []cms.Kind{cms.SignatureInvalid}},
		{"signature element", signature, []cms.Kind{cms.SignatureInvalid, cms.Malformed}},
		{"signer identifier", f.signer, []cms.Kind{cms.SignerNotFound, cms.Malformed}},
		{"digestAlgorithms and the signer's", tlv(0x30, derSHA256),
			[]cms.Kind{cms.FormForbidden, cms.DigestMismatch, cms.AlgorithmUnknown, cms.Malformed}},
		{"signature algorithm", f.algorithm,
			[]cms.Kind{cms.AlgorithmMismatch, cms.AlgorithmUnknown, cms.SignatureInvalid, cms.Malformed}},
	}
}

// slicesFrom returns the bytes of the SignedData's version in der: the first INTEGER of the
// message.
func slicesFrom(der, version []byte) []byte {
	at := bytes.Index(der, version)
	return der[at : at+len(version)]
}

// regionOf finds the innermost region that covers an offset. Inner regions come first in the list.
func regionOf(der []byte, regions []region, offset int) (region, bool) {
	for _, r := range regions {
		for at := bytes.Index(der, r.bytes); at >= 0; {
			if offset >= at && offset < at+len(r.bytes) {
				return r, true
			}
			next := bytes.Index(der[at+1:], r.bytes)
			if next < 0 {
				break
			}
			at += 1 + next
			if r.name == "SignedData version" { // the same bytes stand for other things further on
				break
			}
		}
	}
	return region{name: "frame",
		kinds: []cms.Kind{cms.Malformed, cms.SignerNotFound, cms.FormForbidden, cms.AlgorithmUnknown}}, false
}

// Every byte is flipped in several ways. A change to an authenticated part gives the error of that
// part. No change anywhere gives a signature that verifies with another meaning.
func TestFlippedBytes(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []pkitest.Algorithm{pkitest.RSA2048, pkitest.P256} {
		t.Run(string(algorithm), func(t *testing.T) {
			t.Parallel()
			f, der, regions := flipMessage(t, algorithm)
			digest := digestOf(f.hash, content)
			s, err := cms.Parse(der)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(digest); err != nil {
				t.Fatal(err)
			}
			want := meaning(t, s)
			seen := map[string]int{}
			for offset := range der {
				r, _ := regionOf(der, regions, offset)
				seen[r.name]++
				for _, mask := range []byte{0x01, 0x02, 0x20, 0x80, 0xff} {
					flipped := bytes.Clone(der)
					flipped[offset] ^= mask
					checkFlip(t, flipped, digest, want, r, offset)
				}
			}
			for _, r := range regions {
				if seen[r.name] == 0 {
					t.Errorf("got no byte of the region %q, want some", r.name)
				}
			}
		})
	}
}

func checkFlip(t *testing.T, flipped, digest []byte, want string, r region, offset int) {
	t.Helper()
	s, err := cms.Parse(flipped)
	if err == nil {
		err = cmp.Or(s.Verify(digest), s.Baseline())
	}
	if err == nil {
		if r.kinds != nil {
			t.Errorf("byte %d (%s): got a signature that verifies, want one of %v", offset, r.name, r.kinds)
		}
		if got := meaning(t, s); got != want {
			t.Errorf("byte %d (%s): got a signature that means something else", offset, r.name)
		}
		return
	}
	if r.kinds == nil {
		return // a frame or certificate that cannot be read any more
	}
	for _, kind := range r.kinds {
		if kindOf(err) == kind {
			return
		}
	}
	t.Errorf("byte %d (%s): got %v, want one of %v", offset, r.name, err, r.kinds)
}
