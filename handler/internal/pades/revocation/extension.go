package revocation

import (
	"bytes"
	encoding_asn1 "encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Object identifiers of extensions, as the contents of their encodings.
const (
	oidIssuerAltName       = "\x55\x1d\x12"
	oidCRLNumber           = "\x55\x1d\x14"
	oidReasonCode          = "\x55\x1d\x15"
	oidHoldInstruction     = "\x55\x1d\x17"
	oidInvalidityDate      = "\x55\x1d\x18"
	oidDeltaCRLIndicator   = "\x55\x1d\x1b"
	oidIssuingDistribution = "\x55\x1d\x1c"
	oidCertificateIssuer   = "\x55\x1d\x1d"
	oidAuthorityKeyID      = "\x55\x1d\x23"
	oidFreshestCRL         = "\x55\x1d\x2e"
	oidExpiredCertsOnCRL   = "\x55\x1d\x3c"
	oidAuthorityInfoAccess = "\x2b\x06\x01\x05\x05\x07\x01\x01"
	oidOCSPNonce           = "\x2b\x06\x01\x05\x05\x07\x30\x01\x02"
	oidOCSPCRLReferences   = "\x2b\x06\x01\x05\x05\x07\x30\x01\x03"
	oidOCSPArchiveCutoff   = "\x2b\x06\x01\x05\x05\x07\x30\x01\x06"
	oidOCSPExtendedRevoke  = "\x2b\x06\x01\x05\x05\x07\x30\x01\x09"
	oidCertHash            = "\x2b\x24\x08\x03\x0d"
)

// explicit is the tag [n] of a constructed context-specific element.
func explicit(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific().Constructed() }

// implicit is the tag [n] of a primitive context-specific element.
func implicit(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific() }

// extension is an Extension as it was read: RFC 5280, section 4.1.
type extension struct {
	oid      cryptobyte.String // contents of the object identifier
	critical bool
	value    cryptobyte.String
}

// readExtension reads an Extension into e, which must be new.
func readExtension(s *cryptobyte.String, e *extension) bool {
	var inner cryptobyte.String
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1(&e.oid, asn1.OBJECT_IDENTIFIER) || len(e.oid) == 0 ||
		len(e.oid) > maxOID {
		return false
	}
	if inner.PeekASN1Tag(asn1.BOOLEAN) && !inner.ReadASN1Boolean(&e.critical) {
		return false
	}
	return inner.ReadASN1(&e.value, asn1.OCTET_STRING) && inner.Empty()
}

// readExtensions reads the contents of Extensions. An unknown critical extension makes the whole
// structure unusable (RFC 5280, section 5.2; RFC 6960, section 4.4).
func readExtensions(s cryptobyte.String, understood ...string) ([]extension, *Error) {
	var all []extension
	for !s.Empty() {
		var e extension
		if len(all) == maxExtensions {
			return nil, beyond("there are more than %d extensions in one place", maxExtensions)
		}
		if !readExtension(&s, &e) {
			return nil, errorf(Malformed, "the extensions cannot be read")
		}
		if slices.ContainsFunc(all, func(other extension) bool { return bytes.Equal(other.oid, e.oid) }) {
			return nil, errorf(Malformed, "the extension %s occurs twice", dotted(e.oid))
		}
		if e.critical && !slices.Contains(understood, string(e.oid)) {
			return nil, errorf(Malformed, "the critical extension %s is not understood", dotted(e.oid))
		}
		all = append(all, e)
	}
	return all, nil
}

// dotted formats an object identifier in dotted decimal.
func dotted(oid []byte) string {
	var parsed encoding_asn1.ObjectIdentifier
	element := cryptobyte.String(append([]byte{byte(asn1.OBJECT_IDENTIFIER), byte(len(oid))}, oid...))
	if !element.ReadASN1ObjectIdentifier(&parsed) {
		return "with an unreadable name"
	}
	return parsed.String()
}

// optionalExtensions returns the contents of Extensions under an explicit tag; nil = there are
// none.
func optionalExtensions(s *cryptobyte.String, tag asn1.Tag) (contents cryptobyte.String, ok bool) {
	if !s.PeekASN1Tag(tag) {
		return nil, true
	}
	var wrapped cryptobyte.String
	ok = s.ReadASN1(&wrapped, tag) && wrapped.ReadASN1(&contents, asn1.SEQUENCE) && wrapped.Empty()
	return contents, ok
}
