package revocation

import (
	"bytes"
	"crypto/x509"
	"sync"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/certificate"
)

// List is a CRL as it was read. Its signature is checked, and an index of its entries made, when it is first asked; later questions
// cost one public-key operation. Safe for concurrent use while nobody changes it.
type List struct {
	Raw        []byte // what was read; not copied
	Issuer     []byte // DER of the issuer's name
	ThisUpdate time.Time
	NextUpdate time.Time // zero = none given

	signed         signed
	entries        cryptobyte.String // contents of revokedCertificates
	count          int               // of them
	authorityKeyID []byte            // nil = none
	archiveCutoff  time.Time
	scope          scope
	index          func() *index
}

// ParseList reads a DER CertificateList of version 1 or 2. Its errors are *Fault.
func ParseList(der []byte) (*List, error) {
	if len(der) > MaxList {
		return nil, faultf(Malformed, "the CRL has %d bytes, more than %d", len(der), MaxList)
	}
	l := &List{Raw: der}
	if fault := l.read(der); fault != nil {
		return nil, fault
	}
	l.index = sync.OnceValue(func() *index { return newIndex(l.entries, l.count) })
	return l, nil
}

func (l *List) read(s cryptobyte.String) *Fault {
	malformed := func() *Fault { return faultf(Malformed, "the CRL cannot be read") }
	var inner, data, contents cryptobyte.String
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !s.Empty() || !inner.ReadASN1Element(&data, asn1.SEQUENCE) {
		return malformed()
	}
	var ok bool
	if l.signed, ok = readSignature(&inner, data); !ok || !inner.Empty() || !data.ReadASN1(&contents, asn1.SEQUENCE) {
		return malformed()
	}
	version := 0
	if contents.PeekASN1Tag(asn1.INTEGER) && (!contents.ReadASN1Integer(&version) || version != 1) {
		return malformed()
	}
	var present bool
	if !l.readHead(&contents) || !contents.ReadOptionalASN1(&l.entries, &present, asn1.SEQUENCE) {
		return malformed()
	}
	if fault := l.checkEntries(version); fault != nil {
		return fault
	}
	extensions, ok := optionalExtensions(&contents, explicit(0))
	if !ok || !contents.Empty() || version == 0 && extensions != nil {
		return malformed()
	}
	return l.readExtensions(extensions)
}

// readHead reads what stands between the version and the entries.
func (l *List) readHead(s *cryptobyte.String) bool {
	var protected algorithm.Identifier
	if !protected.Read(s, asn1.SEQUENCE) || !protected.Same(l.signed.algorithm) ||
		!s.ReadASN1Element((*cryptobyte.String)(&l.Issuer), asn1.SEQUENCE) || len(l.Issuer) > maxName || !readTime(s, &l.ThisUpdate) {
		return false
	}
	if timed := s.PeekASN1Tag(asn1.UTCTime) || s.PeekASN1Tag(asn1.GeneralizedTime); timed && !readTime(s, &l.NextUpdate) {
		return false
	}
	return ordered(l.ThisUpdate, l.NextUpdate)
}

func (l *List) readExtensions(s cryptobyte.String) *Fault {
	all, fault := readExtensions(s, oidAuthorityKeyID, oidIssuerAltName, oidCRLNumber, oidDeltaCRLIndicator, oidIssuingDistribution,
		oidFreshestCRL, oidExpiredCertsOnCRL, oidAuthorityInfoAccess)
	for _, e := range all {
		ok := true
		switch string(e.oid) {
		case oidDeltaCRLIndicator:
			l.scope.delta = true
		case oidIssuingDistribution:
			ok = l.scope.read(e.value)
		case oidAuthorityKeyID:
			l.authorityKeyID, ok = readKeyID(e.value)
		case oidExpiredCertsOnCRL:
			l.archiveCutoff = readCutoff(e.value)
		}
		if !ok {
			return faultf(Malformed, "the CRL's extension %s cannot be read", dotted(e.oid))
		}
	}
	return fault
}

// readKeyID reads the keyIdentifier of an AuthorityKeyIdentifier: RFC 5280, section 4.2.1.1.
func readKeyID(s cryptobyte.String) (id cryptobyte.String, ok bool) {
	var inner cryptobyte.String
	var present bool
	ok = s.ReadASN1(&inner, asn1.SEQUENCE) && s.Empty() && inner.ReadOptionalASN1(&id, &present, implicit(0))
	return id, ok
}

// About gives what the CRL says of a certificate, as Response.About does. Delta and indirect CRLs, and those whose scope leaves the
// certificate out, do not speak of it.
func (l *List) About(c, issuer *x509.Certificate) (*Evidence, error) {
	if !bytes.Equal(c.RawIssuer, issuer.RawSubject) || !certificate.SameName(l.Issuer, issuer.RawSubject) {
		return nil, faultf(NotAbout, "the CRL is from another issuer")
	}
	serial := serialOf(c)
	if serial == nil {
		return nil, faultf(NotAbout, "the certificate has no serial number to look for")
	}
	if fault := l.scope.covers(c); fault != nil {
		return nil, fault
	}
	if fault := l.verify(issuer); fault != nil {
		return nil, fault
	}
	e := &Evidence{
		Kind: KindCRL, Raw: l.Raw, Status: Good, ThisUpdate: l.ThisUpdate, NextUpdate: l.NextUpdate, ArchiveCutoff: l.archiveCutoff,
		Signer: issuer,
	}
	if found, listed := l.index().find(serial); listed {
		if fault := found.describe(e); fault != nil {
			return nil, fault
		}
	}
	return e, nil
}

// verify checks that the issuer signed the list, and may.
func (l *List) verify(issuer *x509.Certificate) *Fault {
	if issuer.KeyUsage != 0 && issuer.KeyUsage&x509.KeyUsageCRLSign == 0 {
		return faultf(SignerForbidden, "the issuer's key usage does not allow it to sign CRLs")
	}
	fault := l.signed.verify(issuer.PublicKey)
	another := l.authorityKeyID != nil && issuer.SubjectKeyId != nil && !bytes.Equal(l.authorityKeyID, issuer.SubjectKeyId)
	if fault != nil && fault.Kind == SignatureBad && another {
		return faultf(NotAbout, "the CRL is signed with another key of the issuer")
	}
	return fault
}
