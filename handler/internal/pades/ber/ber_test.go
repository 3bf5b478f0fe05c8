package ber_test

import (
	"bytes"
	"slices"
	"testing"

	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/ber"
	"influxion/handler/internal/pkitest"
)

var tlv = pkitest.TLV

// indefinite is an element of indefinite length.
func indefinite(tag byte, parts ...[]byte) []byte {
	return slices.Concat([]byte{tag, 0x80}, bytes.Join(parts, nil), []byte{0, 0})
}

// long is an element whose length has an octet too many.
func long(tag byte, contents []byte) []byte {
	return slices.Concat([]byte{tag, 0x82, 0, byte(len(contents))}, contents)
}

func nested(levels int, wrap func(tag byte, parts ...[]byte) []byte) []byte {
	inner := []byte{5, 0}
	for range levels {
		inner = wrap(0x30, inner)
	}
	return inner
}

func TestDefinite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		in, want  []byte // nil = refused
		der, deep bool
	}{
		{"DER", tlv(0x30, tlv(4, []byte("x"))), tlv(0x30, tlv(4, []byte("x"))), true, false},
		{"indefinite", indefinite(0x30, tlv(4, []byte("x")), indefinite(0x31)),
			tlv(0x30, tlv(4, []byte("x")), tlv(0x31)), false, false},
		{"long lengths", long(0x30, long(4, []byte("x"))), tlv(0x30, tlv(4, []byte("x"))), false, false},
		{"octets in pieces", tlv(0x24, tlv(4, []byte("a")), tlv(4, []byte("b"))), tlv(4, []byte("ab")), true, false},
		{"a SET in no order", tlv(0x31, []byte{5, 0}, []byte{1, 1, 0}), tlv(0x31, []byte{5, 0}, []byte{1, 1, 0}), true,
			false},
		{"16 levels", nested(16, tlv), nested(16, tlv), true, false},
		{"17 levels", nested(17, tlv), nil, false, true},
		{"17 levels, the last one empty", nested(16, func(tag byte, parts ...[]byte) []byte {
			if bytes.Equal(parts[0], []byte{5, 0}) {
				parts[0] = []byte{0x30, 0}
			}
			return tlv(tag, parts...)
		}), nil, false, true},
		{"17 levels of indefinite length", nested(17, indefinite), nil, false, true},
		{"cut short", tlv(0x30, tlv(4, []byte("x")))[:3], nil, false, false},
		{"two elements", []byte{5, 0, 5, 0}, nil, true, false},
		{"no end", []byte{0x30, 0x80, 5, 0}, nil, false, false},
		{"a primitive of indefinite length", indefinite(4), nil, false, false},
		{"a high tag", []byte{0x1f, 1, 0}, nil, false, false},
		{"nothing", nil, nil, true, false},
	} {
		got, ok := ber.Definite(c.in, ber.MaxDepth)
		if ok != (c.want != nil) || !bytes.Equal(got, c.want) {
			t.Errorf("%s: got %x, %v, want %x", c.name, got, ok, c.want)
		}
		if got := ber.IsDER(c.in, ber.MaxDepth); got != c.der {
			t.Errorf("%s: got DER %v, want %v", c.name, got, c.der)
		}
		if got := ber.Deep(c.in, false); got != c.deep {
			t.Errorf("%s: got deep %v, want %v", c.name, got, c.deep)
		}
	}
	if ber.Deep(nested(17, tlv), true) || !ber.Deep(nested(17, indefinite), true) ||
		!ber.Deep(tlv(0x30, nested(17, indefinite)), true) {
		t.Error("got a frame that is deep by definite lengths, or one that is not by indefinite ones")
	}
}

func TestCursor(t *testing.T) {
	t.Parallel()
	c := ber.NewCursor(slices.Concat(tlv(4, []byte("a")), long(4, []byte("b")), indefinite(0x30, []byte{5, 0}),
		[]byte{5, 0}, []byte{0x30}))
	if octets, ok := c.TakeOctets(); !ok || string(octets) != "a" || *c.BER {
		t.Errorf("got %q, %v, BER %v", octets, ok, *c.BER)
	}
	if octets, ok := c.TakeOctets(); !ok || string(octets) != "b" || !*c.BER {
		t.Errorf("got %q, %v, BER %v", octets, ok, *c.BER)
	}
	if _, ok := c.Take(asn1.OCTET_STRING); ok || !c.At(asn1.SEQUENCE) {
		t.Error("got an element of another tag")
	}
	if der, ok := c.TakeDER(asn1.SEQUENCE); !ok || !bytes.Equal(der, tlv(0x30, []byte{5, 0})) {
		t.Errorf("got %x, %v", der, ok)
	}
	if all := c.TakeAll(10); len(all) != 1 || c.Empty() || len(c.Rest) != 1 {
		t.Errorf("got %d elements and %d bytes left, want those that can be read", len(all), len(c.Rest))
	}
}

// FuzzDefinite: the result of Definite has the lengths of DER, and does not change when it is made
// definite again. Deep does not call input too deep that Definite accepted.
func FuzzDefinite(f *testing.F) {
	for _, seed := range [][]byte{
		tlv(0x30, tlv(4, []byte("x"))), indefinite(0x30, indefinite(0x24, tlv(4, []byte("a")), tlv(4, []byte("b")))),
		long(0x31, []byte{5, 0}),
		nested(20, indefinite), nested(20, tlv), nested(15, func(tag byte, parts ...[]byte) []byte {
			return tlv(tag, append(parts, []byte{0x30, 0})...)
		}),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = ber.Deep(data, true)
		der, ok := ber.Definite(data, ber.MaxDepth)
		if !ok {
			return
		}
		if !ber.IsDER(der, ber.MaxDepth) {
			t.Errorf("got %x, want definite, shortest lengths", der)
		}
		if again, ok := ber.Definite(der, ber.MaxDepth); !ok || !bytes.Equal(again, der) {
			t.Errorf("got %x from %x, want the same", again, der)
		}
		if ber.Deep(data, false) {
			t.Errorf("got %x called too deep, and read", data)
		}
	})
}
