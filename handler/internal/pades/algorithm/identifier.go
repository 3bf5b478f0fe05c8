package algorithm

import (
	"bytes"
	encoding_asn1 "encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Identifier is an AlgorithmIdentifier as it was read: RFC 5280, section 4.1.1.2.
type Identifier struct {
	OID        encoding_asn1.ObjectIdentifier
	Parameters []byte // one element, or empty
}

// Read reads an AlgorithmIdentifier with the given tag: SEQUENCE, unless the tag is implicit.
func (a *Identifier) Read(s *cryptobyte.String, tag asn1.Tag) bool {
	var inner, parameters cryptobyte.String
	var kind asn1.Tag
	if !s.ReadASN1(&inner, tag) || !readOID(&inner, &a.OID) {
		return false
	}
	a.Parameters = inner
	return inner.Empty() || inner.ReadAnyASN1Element(&parameters, &kind) && inner.Empty()
}

// readOID reads an object identifier within a bound on its length.
func readOID(s *cryptobyte.String, oid *encoding_asn1.ObjectIdentifier) bool {
	peek := *s
	var contents cryptobyte.String
	return peek.ReadASN1(&contents, asn1.OBJECT_IDENTIFIER) && len(contents) <= maxOID &&
		s.ReadASN1ObjectIdentifier(oid)
}

// plain reports whether the parameters are absent or NULL, which readers must treat alike (RFC
// 5754, section 2).
func (a Identifier) plain() bool {
	return len(a.Parameters) == 0 || string(a.Parameters) == "\x05\x00"
}

// Same reports whether two identifiers mean the same algorithm.
func (a Identifier) Same(b Identifier) bool {
	return a.OID.Equal(b.OID) && (a.plain() && b.plain() || bytes.Equal(a.Parameters, b.Parameters))
}

// Digest returns the hash function that the identifier names; "" = it is not known.
func (a Identifier) Digest() Digest {
	if a.plain() {
		for _, row := range digestRows {
			if row.oid.Equal(a.OID) {
				return row.digest
			}
		}
		return ""
	}
	// SHAKE with the length of its output in bits (RFC 8419, section 2.3).
	var bits int64
	parameters := cryptobyte.String(a.Parameters)
	if !parameters.ReadASN1Integer(&bits) || !parameters.Empty() {
		return ""
	}
	switch {
	case a.OID.Equal(nist(2, 17)) && bits == 256:
		return SHAKE128
	case a.OID.Equal(nist(2, 18)) && bits == 512:
		return SHAKE256
	}
	return ""
}

// Add writes the AlgorithmIdentifier of a digest, without parameters, as RFC 5754, section 2
// demands for SHA-2.
func (d Digest) Add(b *cryptobyte.Builder) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(d.OID()) })
}
