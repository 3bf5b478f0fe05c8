package cms_test

import (
	"crypto"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// variants returns encodings that differ from an element in one place: in the tag of one element,
// or by a NULL behind the contents of one constructed element.
func variants(t *testing.T, element []byte) (all [][]byte) {
	t.Helper()
	s := cryptobyte.String(element)
	var contents cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&contents, &tag) || !s.Empty() {
		t.Fatalf("got %x, which is not one element", element)
	}
	all = append(all, tlv(byte(tag)^0x40, contents)) // another class
	if tag&0x20 == 0 {
		return all
	}
	all = append(all, tlv(byte(tag), contents, null))
	for rest := contents; !rest.Empty(); {
		var child cryptobyte.String
		before := contents[:len(contents)-len(rest)]
		if !rest.ReadAnyASN1Element(&child, &tag) {
			t.Fatalf("got %x, which is no sequence of elements", contents)
		}
		for _, v := range variants(t, child) {
			all = append(all, tlv(element[0], before, v, rest))
		}
	}
	return all
}

// A reference of either version that is not encoded as RFC 5035 defines it binds no certificate,
// wherever it differs.
func TestReferencesOfAnotherForm(t *testing.T) {
	t.Parallel()
	f := newForgery(t, pkitest.P256)
	raw := f.party.leaf().Raw
	policies := tlv(0x30, tlv(0x30, oid(1, 2, 3)))
	ask := func(kind, value []byte) (cms.Kind, string) {
		f.reference = attr(kind, value)
		return outcome(t, f.build(t), digestOf(crypto.SHA256, content))
	}
	for _, test := range []struct {
		name       string
		kind       []byte
		references []byte
	}{
		{"version 1", oidV1, tlv(0x30, tlv(0x30, tlv(4, digestOf(crypto.SHA1, raw)), f.issuerSerial(0)))},
		{"version 2", oid(oidSigningCertificateV2...),
			tlv(0x30, tlv(0x30, tlv(0x30, derSHA512, null), tlv(4, digestOf(crypto.SHA512, raw)),
				f.issuerSerial(0)))},
	} {
		for _, sound := range [][]byte{tlv(0x30, test.references), tlv(0x30, test.references, policies)} {
			if got, detail := ask(test.kind, sound); got != "" {
				t.Errorf("%s, %x: got %s %s, want it sound", test.name, sound, got, detail)
			}
		}
		wrong := append(variants(t, tlv(0x30, test.references)), tlv(0x30, policies),
			tlv(0x30, test.references, tlv(0x31)), tlv(0x30, test.references, policies, null))
		for _, value := range wrong {
			if got, detail := ask(test.kind, value); got != cms.BindingMismatch {
				t.Errorf("%s, %x: got %q %s, want %s", test.name, value, got, detail, cms.BindingMismatch)
			}
		}
	}
}
