package revocation

import (
	"bytes"
	"crypto/x509"
	encoding_asn1 "encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/certificate"
)

// scope is the scope of a CRL: the delta CRL indicator and the issuing distribution point (RFC
// 5280, sections 5.2.4 and 5.2.5).
type scope struct {
	delta bool
	// names of the distribution point, one element each; none = the scope is all certificates of
	// the issuer
	points         []cryptobyte.String
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

// readPointName reads a DistributionPointName. A name relative to the issuer's stays encoded, as
// the only element.
func readPointName(s cryptobyte.String) ([]cryptobyte.String, bool) {
	const full = 0
	var names, element cryptobyte.String
	if s.PeekASN1Tag(explicit(relativeName)) {
		ok := s.ReadASN1Element(&element, explicit(relativeName)) && s.Empty()
		return []cryptobyte.String{element}, ok
	}
	if !s.ReadASN1(&names, explicit(full)) || !s.Empty() {
		return nil, false
	}
	return readNames(names)
}

// readNames reads the contents of GeneralNames.
func readNames(names cryptobyte.String) ([]cryptobyte.String, bool) {
	var element cryptobyte.String
	var tag asn1.Tag
	var all []cryptobyte.String
	for !names.Empty() {
		if len(all) == maxPoints || !names.ReadAnyASN1Element(&element, &tag) {
			return nil, false
		}
		all = append(all, element)
	}
	return all, true
}

// covers returns an error if a CRL of that issuer does not cover a certificate: RFC 5280, section
// 6.3.3 (b). A CRL is partial if it is a delta CRL or limited to some reasons of revocation. It is
// also partial if every distribution point by which the certificate names it is limited to some
// reasons (6.3.3 (d)). A partial CRL can say that the certificate is revoked, but not that it is
// good.
func (c *scope) covers(subject *x509.Certificate, issuer []byte) (partial bool, err *Error) {
	switch {
	case c.attributesOnly:
		return false, errorf(NotAbout, "the CRL covers only attribute certificates")
	case c.userOnly && subject.IsCA:
		return false, errorf(NotAbout, "the CRL covers only end-entity certificates")
	case c.authorityOnly && !subject.IsCA:
		return false, errorf(NotAbout, "the CRL covers only CA certificates")
	}
	partial, met := true, false
	for _, point := range pointsOf(subject) {
		if point.isOf(issuer, subject.RawIssuer, c.indirect) && (len(c.points) == 0 || point.meets(c.points, issuer)) {
			met, partial = true, partial && point.someReasons
		}
	}
	switch {
	case !met && len(c.points) > 0:
		return false, errorf(NotAbout, "the CRL is for another distribution point")
	case !met: // as if the certificate named a point for all reasons: the last paragraph of 6.3.3
		partial = false
	}
	return partial || c.someReasons || c.delta, nil
}

var oidCRLDistributionPoints = encoding_asn1.ObjectIdentifier{2, 5, 29, 31}

// point is a DistributionPoint of a certificate: RFC 5280, section 4.2.1.13.
type point struct {
	names       []cryptobyte.String // one element each
	someReasons bool
	issuers     []cryptobyte.String // names of who issues the CRL; none = the issuer of the certificate
}

// isOf reports whether the point is for CRLs of an issuer: RFC 5280, section 6.3.3 (b) (1).
func (p *point) isOf(issuer, certifier []byte, indirect bool) bool {
	if len(p.issuers) == 0 {
		return certificate.SameName(issuer, certifier)
	}
	return indirect &&
		slices.ContainsFunc(p.issuers, func(name cryptobyte.String) bool { return sameDirectoryName(name, issuer) })
}

// meets reports whether a CRL of that issuer names the point. A point without a name has the name
// of the CRL's issuer as its name.
func (p *point) meets(named []cryptobyte.String, issuer []byte) bool {
	own := p.names
	if len(own) == 0 {
		own = p.issuers
	}
	return slices.ContainsFunc(own, func(name cryptobyte.String) bool {
		return slices.ContainsFunc(named, func(other cryptobyte.String) bool {
			return bytes.Equal(name, other) || len(named) <= maxVaried && samePointName(name, other, issuer)
		})
	})
}

// pointsOf returns the CRL distribution points of a certificate. If it has none, the name of its
// issuer counts as one (RFC 5280, section 6.3.3).
func pointsOf(c *x509.Certificate) []point {
	for _, e := range c.Extensions {
		if e.Id.Equal(oidCRLDistributionPoints) {
			return readPoints(e.Value)
		}
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(explicit(directoryName), func(b *cryptobyte.Builder) { b.AddBytes(c.RawIssuer) })
	name, err := b.Bytes()
	if err != nil {
		return nil
	}
	return []point{{names: []cryptobyte.String{name}}}
}

// readPoints reads CRLDistributionPoints and skips the points that it cannot read.
func readPoints(s cryptobyte.String) []point {
	var points, contents cryptobyte.String
	if !s.ReadASN1(&points, asn1.SEQUENCE) {
		return nil
	}
	var all []point
	for range maxPoints {
		if !points.ReadASN1(&contents, asn1.SEQUENCE) {
			break
		}
		var p point
		if p.read(contents) {
			all = append(all, p)
		}
	}
	return all
}

func (p *point) read(s cryptobyte.String) bool {
	var name, reasons, issuers cryptobyte.String
	var named, appointed bool
	if !s.ReadOptionalASN1(&name, &named, explicit(0)) || !s.ReadOptionalASN1(&reasons, &p.someReasons, implicit(1)) ||
		!s.ReadOptionalASN1(&issuers, &appointed, explicit(2)) || !s.Empty() {
		return false
	}
	ok := true
	if named {
		p.names, ok = readPointName(name)
	}
	if ok && appointed {
		p.issuers, ok = readNames(issuers)
		ok = ok && len(p.issuers) > 0
	}
	return ok
}
