package cms_test

import (
	"bytes"
	"crypto"
	"errors"
	"slices"
	"testing"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// Input that is no CMS element, or more than one.
func TestParseRefusesBytes(t *testing.T) {
	t.Parallel()
	valid := newForgery(t, pkitest.P256).build(t)
	signedData := oid(1, 2, 840, 113549, 1, 7, 2)
	var info, wrapped rawElement
	unmarshal(t, valid, &info)
	unmarshal(t, info.Bytes[len(signedData):], &wrapped)
	beyond := map[string]bool{"over a megabyte": true, "a thousand openings": true, "half a million openings": true}
	for name, der := range map[string][]byte{
		"nothing":                 nil,
		"one byte":                {0x30},
		"zeros":                   make([]byte, 64),
		"an empty SEQUENCE":       {0x30, 0},
		"a length of 4 GB":        {0x30, 0x84, 0xff, 0xff, 0xff, 0xff},
		"a length of five octets": {0x30, 0x85, 0, 0, 0, 0, 0},
		"a reserved length":       {0x30, 0xff},
		"a high tag number":       {0x3f, 0x81, 1, 0},
		"indefinite without end":  {0x30, 0x80, 5, 0},
		"indefinite and empty":    {0x30, 0x80, 0, 0},
		"half an end":             {0x30, 0x80, 0},
		"a thousand openings":     bytes.Repeat([]byte{0x30, 0x80}, 1000),
		"half a million openings": bytes.Repeat([]byte{0x30, 0x80}, cms.MaxSize/2),
		"a zero behind":           append(slices.Clone(valid), 0),
		"a byte behind":           append(slices.Clone(valid), 1),
		"itself twice":            slices.Concat(valid, valid),
		"EnvelopedData":           tlv(0x30, oid(1, 2, 840, 113549, 1, 7, 3), tlv(0xa0, tlv(0x30))),
		"SignedData without [0]":  tlv(0x30, oid(1, 2, 840, 113549, 1, 7, 2), tlv(0x30)),
		"SignedData of null":      tlv(0x30, oid(1, 2, 840, 113549, 1, 7, 2), tlv(0xa0, null)),
		"two elements in the [0]": tlv(0x30, signedData, tlv(0xa0, wrapped.Bytes, null)),
		"more behind the [0]":     tlv(0x30, signedData, wrapped.FullBytes, null),
		"digestAlgorithms no SET": bytes.Replace(valid, tlv(0x31, tlv(0x30, derSHA256)),
			tlv(0x30, tlv(0x30, derSHA256)), 1),
		"a certificate":            newParty(t, pkitest.P256).leaf().Raw,
		"over a megabyte":          make([]byte, cms.MaxSize+1),
		"a megabyte of an element": tlv(0x30, make([]byte, cms.MaxSize-5)),
	} {
		want := cms.Malformed
		if beyond[name] {
			want = cms.LimitExceeded
		}
		s, err := cms.Parse(der)
		if kindOf(err) != want || s != nil {
			t.Errorf("%s: got %v, %v, want %q", name, s, err, want)
		}
	}
}

// Every proper prefix of a message is refused.
func TestParseRefusesTruncation(t *testing.T) {
	t.Parallel()
	for name, frame := range map[string]func(byte, ...[]byte) []byte{"DER": tlv, "BER": indefinite} {
		f := newForgery(t, pkitest.P256)
		f.frame = frame
		der := f.build(t)
		for n := range der {
			if _, err := cms.Parse(der[:n]); kindOf(err) != cms.Malformed {
				t.Fatalf("%s: got %v for the first %d of %d bytes, want %q", name, err, n, len(der), cms.Malformed)
			}
		}
	}
}

func TestTrim(t *testing.T) {
	t.Parallel()
	der := newForgery(t, pkitest.P256).build(t)
	f := newForgery(t, pkitest.P256)
	f.frame = indefinite
	ber := f.build(t)
	for _, c := range []struct {
		name     string
		contents []byte
		want     []byte // nil = refused
	}{
		{"no padding", der, der},
		{"zeros", slices.Concat(der, make([]byte, 4000)), der},
		{"BER with zeros", slices.Concat(ber, make([]byte, 4000)), ber},
		{"a byte behind the zeros", slices.Concat(der, make([]byte, 4000), []byte{1}), nil},
		{"a byte before the zeros", slices.Concat(der, []byte{1}, make([]byte, 4000)), nil},
		{"a second signature", slices.Concat(der, der), nil},
		{"only zeros", make([]byte, 4000), nil},
		{"nothing", nil, nil},
		{"cut short", der[:len(der)-1], nil},
	} {
		got, err := cms.Trim(c.contents)
		if !bytes.Equal(got, c.want) || (c.want == nil) != (kindOf(err) == cms.Malformed) {
			t.Errorf("%s: got %d bytes, %v, want %d bytes", c.name, len(got), err, len(c.want))
		}
	}
}

// The caller may use its buffer again.
func TestParseKeepsNothingOfItsInput(t *testing.T) {
	t.Parallel()
	der := newForgery(t, pkitest.P256).build(t)
	s, err := cms.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	clear(der)
	if err := s.Verify(digestOf(crypto.SHA256, content)); err != nil {
		t.Errorf("got %v, want a signature that still verifies", err)
	}
}

func TestFaultsHaveSubIndications(t *testing.T) {
	t.Parallel()
	for kind, want := range map[cms.Kind]string{
		cms.Malformed: "FORMAT_FAILURE", cms.AlgorithmMismatch: "FORMAT_FAILURE",
		cms.TypeMismatch: "FORMAT_FAILURE", cms.FormForbidden: "FORMAT_FAILURE",
		cms.SignerNotFound: "NO_SIGNING_CERTIFICATE_FOUND",
		cms.DigestMismatch: "HASH_FAILURE", cms.SignatureInvalid: "SIG_CRYPTO_FAILURE",
		cms.BindingMismatch: "SIG_CONSTRAINTS_FAILURE",
		cms.BindingMissing:  "SIG_CONSTRAINTS_FAILURE", cms.AlgorithmForbidden: "CRYPTO_CONSTRAINTS_FAILURE",
		cms.AlgorithmUnknown: "CRYPTO_CONSTRAINTS_FAILURE", cms.NotBaseline: "",
		cms.PurposeForbidden: "CHAIN_CONSTRAINTS_FAILURE", cms.Refused: "", cms.ResponseMismatch: "",
	} {
		fault, _ := errors.AsType[*cms.Error](error(&cms.Error{Kind: kind, Detail: "why"}))
		if got := fault.SubIndication(); got != want {
			t.Errorf("%s: got %q, want %q", kind, got, want)
		}
		if got, want := fault.Error(), string(kind)+": why"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A digest by another algorithm than the named one is never taken for the content's digest,
// whatever its length.
func TestVerifyWantsTheDigestItNamed(t *testing.T) {
	t.Parallel()
	s, err := cms.Parse(newForgery(t, pkitest.P256).build(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, digest := range map[string][]byte{
		"nil": nil, "empty": {}, "SHA-512": digestOf(crypto.SHA512, content), "SHA-1": digestOf(crypto.SHA1, content),
		"of another content": digestOf(crypto.SHA256, []byte("x")),
		"with more":          append(digestOf(crypto.SHA256, content), 0),
	} {
		if got := kindOf(s.Verify(digest)); got != cms.DigestMismatch {
			t.Errorf("%s: got %q, want %q", name, got, cms.DigestMismatch)
		}
	}
}
