package cms

import (
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/ber"
)

var (
	// signed: ISO 32000-2, section 12.8.3.3.2
	oidRevocationArchival = asn1.ObjectIdentifier{1, 2, 840, 113583, 1, 1, 8}
	// unsigned: RFC 5126, section 6.3.4
	oidRevocationValues = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 24}
	oidOCSPResponse     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 16, 2}    // id-ri-ocsp-response: RFC 5940
	oidOCSPBasic        = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1} // id-pkix-ocsp-basic: RFC 6960
)

// revocations collects revocation data, at most MaxRevocations pieces. more: there are others.
type revocations struct {
	ocsps, crls [][]byte
	more        bool
}

// Revocations returns the revocation data that is embedded in the signature, as OCSPResponse and
// CertificateList: from the field crls (also RFC 5940), the signed attribute
// adbe-revocationInfoArchival and the unsigned attribute revocation-values. The data is unread and,
// except in the signed attribute, not authenticated. Revocations leaves out malformed data and
// everything after MaxRevocations pieces; more reports whether there was more.
func (s *SignedData) Revocations() (ocsps, crls [][]byte, more bool) {
	var r revocations
	for _, raw := range s.CRLs {
		r.addChoice(raw)
	}
	for _, attribute := range s.SignedAttributes {
		if attribute.Type.Equal(oidRevocationArchival) {
			for _, value := range attribute.Values {
				r.addLists(value)
			}
		}
	}
	for _, attribute := range s.UnsignedAttributes {
		if attribute.Type.Equal(oidRevocationValues) {
			for _, value := range attribute.Values {
				r.addLists(value)
			}
		}
	}
	return r.ocsps, r.crls, r.more
}

// full reports whether no further piece is taken, and records that there is one.
func (r *revocations) full() bool {
	full := len(r.ocsps)+len(r.crls) >= MaxRevocations
	r.more = r.more || full
	return full
}

func (r *revocations) addCRL(raw []byte) {
	if isSequence(raw) && !r.full() {
		r.crls = append(r.crls, raw)
	}
}

// addOCSP adds an OCSPResponse. It wraps a BasicOCSPResponse in an OCSPResponse, because some
// producers write the one where a standard asks for the other.
func (r *revocations) addOCSP(raw []byte) {
	if !isSequence(raw) || r.full() {
		return
	}
	c := ber.NewCursor(raw)
	response, _ := c.Take(cryptobyte_asn1.SEQUENCE)
	if response.At(cryptobyte_asn1.ENUM) {
		r.ocsps = append(r.ocsps, raw)
	}
	if !response.At(cryptobyte_asn1.SEQUENCE) {
		return
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, len(raw)+32))
	b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(0) // successful
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidOCSPBasic)
				b.AddASN1OctetString(raw)
			})
		})
	})
	if der, err := b.Bytes(); err == nil {
		r.ocsps = append(r.ocsps, der)
	}
}

// addChoice adds a RevocationInfoChoice: RFC 5652, section 10.2.1.
func (r *revocations) addChoice(raw []byte) {
	c := ber.NewCursor(raw)
	other, ok := c.Take(explicit(1))
	if !ok {
		r.addCRL(raw)
		return
	}
	var format asn1.ObjectIdentifier
	if !other.Strictly(func(s *cryptobyte.String) bool { return readOID(s, &format) }) {
		return
	}
	if format.Equal(oidOCSPResponse) || format.Equal(oidOCSPBasic) {
		r.addOCSP(other.Rest)
	}
}

// addLists adds the fields that RevocationInfoArchival and RevocationValues share: CRLs in [0], and
// OCSP responses in [1].
func (r *revocations) addLists(value []byte) {
	c := ber.NewCursor(value)
	lists, ok := c.Take(cryptobyte_asn1.SEQUENCE)
	for ok && !lists.Empty() {
		var wrapped ber.Cursor
		tag := cryptobyte_asn1.Tag(lists.Rest[0])
		wrapped, ok = lists.Take(tag)
		list, _ := wrapped.Take(cryptobyte_asn1.SEQUENCE)
		for _, raw := range list.TakeAll(MaxRevocations + 1) {
			switch tag {
			case explicit(0):
				r.addCRL(raw)
			case explicit(1):
				r.addOCSP(raw)
			}
		}
	}
}

// isSequence reports whether raw is exactly one SEQUENCE.
func isSequence(raw []byte) bool {
	e, ok := ber.Measure(raw, ber.MaxDepth)
	return ok && e.Total == len(raw) && raw[0] == byte(cryptobyte_asn1.SEQUENCE)
}
