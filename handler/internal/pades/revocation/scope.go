package revocation

import (
	"bytes"
	"crypto/x509"
	encoding_asn1 "encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// scope is what a CRL is about: the delta CRL indicator and the issuing distribution point (RFC 5280, sections 5.2.4 and 5.2.5).
type scope struct {
	delta          bool
	points         []cryptobyte.String // names of the distribution point, one element each; none = the whole of the issuer
	userOnly       bool
	authorityOnly  bool
	someReasons    bool
	indirect       bool
	attributesOnly bool
}

func (c *scope) read(s cryptobyte.String) bool {
	var inner, point, reasons cryptobyte.String
	var named bool
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !s.Empty() || !inner.ReadOptionalASN1(&point, &named, explicit(0)) {
		return false
	}
	if named {
		var ok bool
		if c.points, ok = readPointName(point); !ok || len(c.points) == 0 {
			return false
		}
	}
	return readFlag(&inner, 1, &c.userOnly) && readFlag(&inner, 2, &c.authorityOnly) &&
		inner.ReadOptionalASN1(&reasons, &c.someReasons, implicit(3)) && readFlag(&inner, 4, &c.indirect) &&
		readFlag(&inner, 5, &c.attributesOnly) && inner.Empty()
}

// readFlag reads a [n] IMPLICIT BOOLEAN DEFAULT FALSE.
func readFlag(s *cryptobyte.String, n uint8, flag *bool) bool {
	var value cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&value, &present, implicit(n)) {
		return false
	}
	if !present {
		return true
	}
	*flag = len(value) == 1 && value[0] != 0
	return len(value) == 1 && (value[0] == 0 || value[0] == 0xff)
}

// readPointName reads a DistributionPointName. A name relative to the issuer's is kept as it is: it meets
// its like as bytes.
func readPointName(s cryptobyte.String) ([]cryptobyte.String, bool) {
	const relative, full = 1, 0
	var names, element cryptobyte.String
	var tag asn1.Tag
	if s.PeekASN1Tag(explicit(relative)) {
		return []cryptobyte.String{s}, s.ReadASN1Element(&element, explicit(relative)) && s.Empty()
	}
	if !s.ReadASN1(&names, explicit(full)) || !s.Empty() {
		return nil, false
	}
	var all []cryptobyte.String
	for !names.Empty() {
		if len(all) == maxPoints || !names.ReadAnyASN1Element(&element, &tag) {
			return nil, false
		}
		all = append(all, element)
	}
	return all, true
}

// covers says why a CRL does not speak of a certificate: RFC 5280, section 6.3.3 (b).
func (c *scope) covers(certificate *x509.Certificate) *Fault {
	switch {
	case c.delta:
		return faultf(NotAbout, "the CRL is a delta CRL")
	case c.indirect:
		return faultf(NotAbout, "the CRL is an indirect one")
	case c.someReasons:
		return faultf(NotAbout, "the CRL is about some reasons of revocation alone")
	case c.attributesOnly:
		return faultf(NotAbout, "the CRL is about attribute certificates alone")
	case c.userOnly && certificate.IsCA:
		return faultf(NotAbout, "the CRL is about end-entity certificates alone")
	case c.authorityOnly && !certificate.IsCA:
		return faultf(NotAbout, "the CRL is about CA certificates alone")
	case len(c.points) > 0 && !c.meets(certificate):
		return faultf(NotAbout, "the CRL is for another distribution point")
	}
	return nil
}

// meets says whether a distribution point of the certificate is one that the CRL is for.
func (c *scope) meets(certificate *x509.Certificate) bool {
	named := pointsOf(certificate)
	return slices.ContainsFunc(c.points, func(point cryptobyte.String) bool {
		return slices.ContainsFunc(named, func(other cryptobyte.String) bool { return bytes.Equal(point, other) })
	})
}

var oidCRLDistributionPoints = encoding_asn1.ObjectIdentifier{2, 5, 29, 31}

// pointsOf gives the names of the CRL distribution points of a certificate: RFC 5280, section 4.2.1.13. Without any, the name of its
// issuer is one (section 6.3.3).
func pointsOf(certificate *x509.Certificate) []cryptobyte.String {
	for _, e := range certificate.Extensions {
		if e.Id.Equal(oidCRLDistributionPoints) {
			return readPoints(e.Value)
		}
	}
	const directoryName = 4
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(explicit(directoryName), func(b *cryptobyte.Builder) { b.AddBytes(certificate.RawIssuer) })
	name, err := b.Bytes()
	if err != nil {
		return nil
	}
	return []cryptobyte.String{name}
}

// readPoints reads CRLDistributionPoints as far as it can. It leaves out those that are for some reasons alone and those with a CRL issuer
// of their own: no CRL that is accepted here is theirs.
func readPoints(s cryptobyte.String) []cryptobyte.String {
	var points, point, name, rest cryptobyte.String
	if !s.ReadASN1(&points, asn1.SEQUENCE) {
		return nil
	}
	var all []cryptobyte.String
	for range maxPoints {
		if !points.ReadASN1(&point, asn1.SEQUENCE) {
			break
		}
		rest = point
		if !rest.ReadASN1(&name, explicit(0)) || !rest.Empty() {
			continue
		}
		if names, ok := readPointName(name); ok {
			all = append(all, names...)
		}
	}
	return all
}
