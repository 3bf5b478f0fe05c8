package pkitest

import (
	"bytes"
	"encoding/asn1"
)

// TLV returns a DER element with the parts as its contents.
func TLV(tag byte, parts ...[]byte) []byte {
	contents := bytes.Join(parts, nil)
	switch n := len(contents); {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, contents...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, contents...)
	case n < 0x10000:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, contents...)
	default:
		return append([]byte{tag, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}, contents...)
	}
}

// OID returns the DER of an object identifier.
func OID(arcs ...int) []byte {
	der, err := asn1.Marshal(asn1.ObjectIdentifier(arcs))
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return der
}
