package cms_test

import (
	"bytes"
	"crypto"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// tokenSeeds are tokens of every form that is read.
func tokenSeeds(t testing.TB) [][]byte {
	var all [][]byte
	for _, frame := range []func(byte, ...[]byte) []byte{tlv, indefinite, long} {
		der, _ := flipToken(t, frame)
		all = append(all, der)
	}
	for _, change := range []func(k *token){
		func(*token) {},
		func(k *token) {
			k.time, k.accuracy = tlv(0x18, []byte("20260304050607.25Z")), tlv(0x30, []byte{0x81, 2, 1, 0xf4})
		},
		func(k *token) {
			k.reference = attr(oidV1, k.referenceTo(nil, digestOf(crypto.SHA1, k.party.leaf().Raw), nil))
		},
		func(k *token) { k.extensions = tlv(0xa1, tlv(0x30, oid(1, 2, 4), []byte{1, 1, 0xff}, tlv(4))) },
		func(k *token) { k.crls = tlv(0xa1, tlv(0xa1, derOCSPBasic, item("p")), item("a")) },
		func(k *token) { k.more = [][]byte{attr(oidArchival, lists([][]byte{item("b")}, [][]byte{item("o")}))} },
		func(k *token) {
			k.unsigned = tlv(0xa1, attr(oidValues, lists([][]byte{item("c")}, [][]byte{item("p")})))
		},
	} {
		k := newToken(t, pkitest.P256)
		change(k)
		all = append(all, k.build(t))
	}
	if len(all) == 0 {
		t.Fatal("no seeds")
	}
	return all
}

// FuzzParseTimestamp: accepted input stays within its bounds, reads the same way again, and is no
// signature.
func FuzzParseTimestamp(f *testing.F) {
	for _, seed := range tokenSeeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		s, err := cms.ParseTimestamp(der)
		if err != nil {
			if s != nil || kindOf(err) == "" {
				t.Fatalf("got %v, %T, want nil and a fault", s, err)
			}
			return
		}
		if !bytes.Equal(s.Raw, der) {
			t.Error("got other raw bytes than the input")
		}
		if s.SerialNumber.BitLen() > 512 || s.Nonce != nil && s.Nonce.BitLen() > 512 || s.Accuracy < 0 ||
			s.Time.Year() > 9999 {
			t.Error("got more than the bounds allow")
		}
		checkRevocations(t, s.SignedData)
		again, err := cms.ParseTimestamp(der)
		if err != nil || !reflect.DeepEqual(s, again) {
			t.Errorf("got another reading of the same bytes, %v", err)
		}
		if first, second := kindOf(s.Verify(s.Imprint)), kindOf(again.Verify(s.Imprint)); first != second {
			t.Errorf("got %q and %q, want one verdict", first, second)
		}
		if _, err := cms.Parse(der); err == nil {
			t.Error("got a token that is a signature too")
		}
	})
}

// checkRevocations checks the result of Revocations against its bounds.
func checkRevocations(t *testing.T, s *cms.SignedData) {
	t.Helper()
	ocsps, crls, _ := s.Revocations()
	if len(ocsps)+len(crls) > 100 || len(s.CRLs) > 100 {
		t.Errorf("got %d OCSP responses and %d CRLs, more than the bounds allow", len(ocsps), len(crls))
	}
	for _, raw := range append(ocsps, crls...) {
		if len(raw) < 2 || raw[0] != 0x30 {
			t.Errorf("got %x, want a SEQUENCE", raw)
		}
	}
}

// FuzzParseResponse: an accepted response answers the request, and the text of a refusal is safe to
// show.
func FuzzParseResponse(f *testing.F) {
	for _, seed := range tokenSeeds(f) {
		f.Add(response(granted, seed))
	}
	f.Add(indefinite(0x30, indefinite(0x30, granted), newToken(f, pkitest.P256).build(f)))
	f.Add(
		response(bytes.Join([][]byte{{2, 1, 2}, tlv(0x30, tlv(12, []byte("Größe"))), {3, 5, 6, 0x04, 0x02, 0, 0x40}},
			nil)))
	f.Fuzz(func(t *testing.T, der []byte) {
		r := request()
		s, err := r.ParseResponse(der)
		if err == nil {
			if !bytes.Equal(s.Imprint, imprint) || s.Nonce.Cmp(nonce) != 0 || !s.Policy.Equal(policy) ||
				s.Verify(imprint) != nil {
				t.Error("got a token that answers something else")
			}
			return
		}
		fault, ok := err.(*cms.Error)
		if s != nil || !ok {
			t.Fatalf("got %v, %T, want nil and a fault", s, err)
		}
		if len(fault.Detail) > 2000 ||
			strings.ContainsFunc(fault.Detail, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("got %q, want short and printable words", fault.Detail)
		}
	})
}

// FuzzWithUnsignedAttribute: a signature accepts any value in DER or BER, states the same with it,
// and returns it unchanged.
func FuzzWithUnsignedAttribute(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed, []byte{5, 0})
		f.Add(seed, newToken(f, pkitest.P256).build(f))
	}
	digest := digestOf(crypto.SHA256, content)
	f.Fuzz(func(t *testing.T, der, value []byte) {
		got, err := cms.WithUnsignedAttribute(der, cms.OIDSignatureTimestamp, value)
		if err != nil {
			if got != nil || kindOf(err) == "" && !errors.Is(err, cms.ErrRequestInvalid) {
				t.Fatalf("got %d bytes, %v, want none and one of its errors", len(got), err)
			}
			return
		}
		before, err := cms.Parse(der)
		if err != nil {
			t.Fatalf("got %v from what was extended", err)
		}
		after, err := cms.Parse(got)
		if err != nil {
			t.Fatalf("got %v, want something that can be read", err)
		}
		if first, second := kindOf(before.Verify(digest)), kindOf(after.Verify(digest)); first != second {
			t.Errorf("got %q and %q, want one verdict", first, second)
		}
		if !slices.ContainsFunc(after.Timestamps(), func(v []byte) bool { return bytes.Equal(v, value) }) {
			t.Error("got no timestamp like the one put in")
		}
		if len(got) != len(der) && len(after.UnsignedAttributes) != len(before.UnsignedAttributes)+1 {
			t.Errorf("got %d attributes from %d", len(after.UnsignedAttributes), len(before.UnsignedAttributes))
		}
		if !reflect.DeepEqual(before.SignedAttributes, after.SignedAttributes) ||
			!bytes.Equal(before.Signature, after.Signature) ||
			!reflect.DeepEqual(before.CRLs, after.CRLs) || len(before.Certificates) != len(after.Certificates) {
			t.Error("got other parts that were there")
		}
		again, err := cms.WithUnsignedAttribute(got, cms.OIDSignatureTimestamp, value)
		if err != nil || !bytes.Equal(again, got) {
			t.Errorf("got %d bytes, %v from the same attribute again, want %d", len(again), err, len(got))
		}
	})
}
