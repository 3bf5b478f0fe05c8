package cms

import (
	encoding_asn1 "encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// explicit is the tag [n] of a constructed context-specific element.
func explicit(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific().Constructed() }

// readOID reads an object identifier within a bound on its length.
func readOID(s *cryptobyte.String, oid *encoding_asn1.ObjectIdentifier) bool {
	peek := *s
	var contents cryptobyte.String
	return peek.ReadASN1(&contents, asn1.OBJECT_IDENTIFIER) && len(contents) <= maxOID &&
		s.ReadASN1ObjectIdentifier(oid)
}
