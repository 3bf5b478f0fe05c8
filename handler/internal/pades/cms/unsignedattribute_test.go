package cms_test

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"errors"
	"slices"
	"testing"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

var derTimestamp = oid(1, 2, 840, 113549, 1, 9, 16, 2, 14)

// Every form in which unsigned attributes can be there before. The result is, byte for byte, the
// message with the other attributes.
func TestWithUnsignedAttribute(t *testing.T) {
	t.Parallel()
	value := tlv(0x30, tlv(4, []byte("token")))
	added := attr(derTimestamp, value)
	less, more := attr(oid(1, 2, 3), null), attr(derTimestamp, tlv(4, make([]byte, 200)))
	for _, c := range []struct {
		name          string
		present, want []byte
	}{
		{"none", nil, tlv(0xa1, added)},
		{"an empty set", tlv(0xa1), tlv(0xa1, added)},
		{"a smaller one", tlv(0xa1, less), tlv(0xa1, less, added)},
		{"a greater one", tlv(0xa1, more), tlv(0xa1, added, more)},
		{"one on either side", tlv(0xa1, less, more), tlv(0xa1, less, added, more)},
		{"some in no order", tlv(0xa1, more, less), tlv(0xa1, added, more, less)},
		{"itself", tlv(0xa1, less, added), tlv(0xa1, less, added)},
		{"63", tlv(0xa1, bytes.Repeat(less, 63)), tlv(0xa1, bytes.Repeat(less, 63), added)},
		{"one in BER", tlv(0xa1, attr(oid(1, 2, 3), indefinite(0x30, null))),
			tlv(0xa1, attr(oid(1, 2, 3), indefinite(0x30, null)), added)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newForgery(t, pkitest.RSA2048) // whose signatures are the same each time
			f.crls = tlv(0xa1, item("a"))
			f.unsigned = c.present
			der := f.build(t)
			f.unsigned = c.want
			want := f.build(t)
			got, err := cms.WithUnsignedAttribute(der, cms.OIDSignatureTimestamp, value)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("got %x, %v, want %x", got, err, want)
			}
			s, err := cms.Parse(got)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(digestOf(crypto.SHA256, content)); err != nil || s.BER {
				t.Errorf("got %v, BER %t, want DER that verifies", err, s.BER)
			}
			if !slices.ContainsFunc(s.Timestamps(), func(v []byte) bool { return bytes.Equal(v, value) }) {
				t.Errorf("got %d tokens without the one added", len(s.Timestamps()))
			}
		})
	}
}

func TestWithUnsignedAttributeRefuses(t *testing.T) {
	t.Parallel()
	signature := newForgery(t, pkitest.P256)
	ber, full := newForgery(t, pkitest.P256), newForgery(t, pkitest.P256)
	ber.frame = long
	full.unsigned = tlv(0xa1, bytes.Repeat(attr(oid(1, 2, 3), null), 64))
	berSet := newForgery(t, pkitest.P256)
	berSet.unsigned = indefinite(0xa1, attr(oid(1, 2, 3), null))
	for _, c := range []struct {
		name  string
		der   []byte
		kind  asn1.ObjectIdentifier
		value []byte
		want  cms.Kind // "" = ErrRequestInvalid
	}{
		{"BER frame", ber.build(t), cms.OIDSignatureTimestamp, null, cms.NotBaseline},
		{"BER unsigned attributes", berSet.build(t), cms.OIDSignatureTimestamp, null, cms.NotBaseline},
		{"64 attributes", full.build(t), cms.OIDSignatureTimestamp, null, ""},
		{"a token", newToken(t, pkitest.P256).build(t), cms.OIDSignatureTimestamp, null, cms.FormForbidden},
		{"padding", append(signature.build(t), 0), cms.OIDSignatureTimestamp, null, cms.Malformed},
		{"nothing", nil, cms.OIDSignatureTimestamp, null, cms.Malformed},
		{"no value", signature.build(t), cms.OIDSignatureTimestamp, nil, ""},
		{"two values", signature.build(t), cms.OIDSignatureTimestamp, slices.Concat(null, null), ""},
		{"half a value", signature.build(t), cms.OIDSignatureTimestamp, []byte{4, 2, 0}, ""},
		{"no type", signature.build(t), nil, null, ""},
		{"a type of one arc", signature.build(t), asn1.ObjectIdentifier{1}, null, ""},
		{"a type too long to be read again", signature.build(t),
			slices.Concat(asn1.ObjectIdentifier{1, 2}, slices.Repeat([]int{200}, 32)),
			null, ""},
		{"over a megabyte", signature.build(t), cms.OIDSignatureTimestamp, tlv(4, make([]byte, cms.MaxSize-1000)), ""},
	} {
		got, err := cms.WithUnsignedAttribute(c.der, c.kind, c.value)
		if got != nil || kindOf(err) != c.want || errors.Is(err, cms.ErrRequestInvalid) != (c.want == "") {
			t.Errorf("%s: got %d bytes, %v, want %q", c.name, len(got), err, c.want)
		}
	}
}

// Timestamps of several TSAs can be added to a signature from Sign, and are read back unchanged.
func TestSignatureTimestamps(t *testing.T) {
	t.Parallel()
	p := newParty(t, pkitest.RSA2048)
	der, err := cms.Sign(cms.Request{Chain: p.chain, Key: p.key, Digest: crypto.SHA256,
		MessageDigest: digestOf(crypto.SHA256, content)})
	if err != nil {
		t.Fatal(err)
	}
	first, second := newToken(t, pkitest.P256), newToken(t, pkitest.P256)
	second.frame, second.octets, second.time = indefinite, inPieces, tlv(0x18, []byte("20260304050608Z"))
	tokens := [][]byte{first.build(t), second.build(t)}
	original := der
	for _, token := range tokens {
		if der, err = cms.WithUnsignedAttribute(der, cms.OIDSignatureTimestamp, token); err != nil {
			t.Fatal(err)
		}
	}
	timestamped := der
	// another attribute beside them
	if der, err = cms.WithUnsignedAttribute(der, asn1.ObjectIdentifier{1, 2, 3}, null); err != nil {
		t.Fatal(err)
	}
	s, err := cms.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Verify(digestOf(crypto.SHA256, content)), s.Baseline()); err != nil {
		t.Errorf("got %v, want a baseline signature", err)
	}
	if len(s.UnsignedAttributes) != 3 || len(s.Timestamps()) != 2 {
		t.Fatalf("got %d attributes with %d tokens, want three with two", len(s.UnsignedAttributes),
			len(s.Timestamps()))
	}
	for _, token := range tokens {
		if !slices.ContainsFunc(s.Timestamps(), func(got []byte) bool { return bytes.Equal(got, token) }) {
			t.Error("got no token like the one put in")
		}
	}
	for _, raw := range s.Timestamps() {
		token, err := cms.ParseTimestamp(raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := token.Verify(imprint); err != nil {
			t.Errorf("got %v, want a token that verifies", err)
		}
	}
	again, err := cms.WithUnsignedAttribute(timestamped, cms.OIDSignatureTimestamp, tokens[1])
	if err != nil || !bytes.Equal(again, timestamped) {
		t.Errorf("got %d bytes, %v from the same token again, want the %d as they were", len(again), err,
			len(timestamped))
	}
	if before, err := cms.Parse(original); err != nil || len(before.Timestamps()) != 0 {
		t.Errorf("got %v and timestamps in the original, want none", err)
	}
}
