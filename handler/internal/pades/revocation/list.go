package revocation

import (
	"bytes"
	"crypto/x509"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/certificate"
)

// List is a parsed CRL. The first call of About verifies its signature and indexes its entries; a
// later call costs one public-key operation. Safe for concurrent use while nobody changes it.
type List struct {
	Raw        []byte // the input; not copied
	Issuer     []byte // DER of the issuer's name
	ThisUpdate time.Time
	NextUpdate time.Time // zero = none given
	// SignerAddresses are the addresses of its signer's certificate, in the form of Sources: RFC
	// 5280, section 5.2.7.
	SignerAddresses []string

	signed         signed
	entries        entries
	authorityKeyID []byte // nil = none
	archiveCutoff  time.Time
	scope          scope
	index          func() *index
}

// entries are the revokedCertificates of a CRL.
type entries struct {
	contents cryptobyte.String
	count    int
	named    bool // one of them names its issuer
	issuers  *entryIssuers
}

// ParseList reads a DER CertificateList of version 1 or 2. Its errors are *Error.
func ParseList(der []byte) (*List, error) {
	if len(der) > MaxList {
		return nil, errorf(Malformed, "the CRL has %d bytes, more than %d", len(der), MaxList)
	}
	l := &List{Raw: der}
	if err := l.read(der); err != nil {
		return nil, err
	}
	l.index = sync.OnceValue(func() *index { return newIndex(l.entries.contents, l.entries.count, l.entries.issuers) })
	return l, nil
}

func (l *List) read(s cryptobyte.String) *Error {
	malformed := func() *Error { return errorf(Malformed, "the CRL cannot be read") }
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
	if !l.readHead(&contents) || !contents.ReadOptionalASN1(&l.entries.contents, &present, asn1.SEQUENCE) {
		return malformed()
	}
	if err := l.checkEntries(version); err != nil {
		return err
	}
	extensions, ok := optionalExtensions(&contents, explicit(0))
	if !ok || !contents.Empty() || version == 0 && extensions != nil {
		return malformed()
	}
	if err := l.readExtensions(extensions); err != nil {
		return err
	}
	return l.readIssuers()
}

// Recall makes About use and extend the facts in proven. Call it before the first call of About.
func (l *List) Recall(proven *algorithm.Proven) { l.signed.proven = proven }

// readIssuers reads the certificate issuers of the entries of an indirect CRL.
func (l *List) readIssuers() (err *Error) {
	switch {
	case !l.entries.named:
		l.entries.issuers = &entryIssuers{names: [][]byte{l.Issuer}}
	case !l.scope.indirect:
		return errorf(NotAbout, "the CRL has entries of another issuer, and is not marked as an indirect CRL")
	default:
		l.entries.issuers, err = readEntryIssuers(l.Issuer, l.entries.contents)
	}
	return err
}

// readHead reads the fields between the version and the entries.
func (l *List) readHead(s *cryptobyte.String) bool {
	var protected algorithm.Identifier
	if !protected.Read(s, asn1.SEQUENCE) || !protected.Same(l.signed.algorithm) ||
		!s.ReadASN1Element((*cryptobyte.String)(&l.Issuer), asn1.SEQUENCE) || len(l.Issuer) > maxName ||
		!readTime(s, &l.ThisUpdate) {
		return false
	}
	if timed := s.PeekASN1Tag(asn1.UTCTime) ||
		s.PeekASN1Tag(asn1.GeneralizedTime); timed && !readTime(s, &l.NextUpdate) {
		return false
	}
	return ordered(l.ThisUpdate, l.NextUpdate)
}

func (l *List) readExtensions(s cryptobyte.String) *Error {
	all, err := readExtensions(s, oidAuthorityKeyID, oidIssuerAltName, oidCRLNumber, oidDeltaCRLIndicator,
		oidIssuingDistribution,
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
		case oidAuthorityInfoAccess:
			l.SignerAddresses = readAccess(e.value)
		}
		if !ok {
			return errorf(Malformed, "the CRL's extension %s cannot be read", dotted(e.oid))
		}
	}
	return err
}

// readKeyID reads the keyIdentifier of an AuthorityKeyIdentifier: RFC 5280, section 4.2.1.1.
func readKeyID(s cryptobyte.String) (id cryptobyte.String, ok bool) {
	var inner cryptobyte.String
	var present bool
	ok = s.ReadASN1(&inner, asn1.SEQUENCE) && s.Empty() && inner.ReadOptionalASN1(&id, &present, implicit(0))
	return id, ok
}

// About returns the statement of the CRL about a certificate, as Response.About does. A CRL whose
// scope excludes the certificate makes no statement. A delta CRL, or a CRL for some reasons of
// revocation, can only say that the certificate is revoked. An indirect CRL must meet two
// conditions: the certificate names its authority as cRLIssuer, and one of the signers is a
// certificate of that authority, issued by the issuer of the certificate itself.
func (l *List) About(c, issuer *x509.Certificate, signers ...*x509.Certificate) (*Evidence, error) {
	if !bytes.Equal(c.RawIssuer, issuer.RawSubject) || !l.mayConcern(c) {
		return nil, errorf(NotAbout, "the CRL is from another issuer")
	}
	serial := serialOf(c)
	if serial == nil {
		return nil, errorf(NotAbout, "the certificate has no serial number")
	}
	partial, err := l.scope.covers(c, l.Issuer)
	if err != nil {
		return nil, err
	}
	signer, err := l.signer(issuer, signers)
	if err != nil {
		return nil, err
	}
	e := &Evidence{
		Kind: KindCRL, Raw: l.Raw, Status: Good, ThisUpdate: l.ThisUpdate, NextUpdate: l.NextUpdate,
		ArchiveCutoff: l.archiveCutoff,
		Signer:        signer,
	}
	found, listed := l.index().find(serial, c.RawIssuer)
	switch {
	case listed && l.scope.delta && found.reason() == removeFromCRL:
		return nil, errorf(NotAbout, "the delta CRL removes an entry from another CRL, and proves nothing without it")
	case listed:
		if err := found.describe(e); err != nil {
			return nil, err
		}
	case partial:
		return nil, errorf(NotAbout, "the CRL is a delta CRL, or covers only some reasons of revocation")
	}
	return e, nil
}

// mayConcern reports whether a CRL of that issuer can cover the certificate: RFC 5280, section
// 6.3.3 (b) (1).
func (l *List) mayConcern(c *x509.Certificate) bool {
	return certificate.SameName(l.Issuer, c.RawIssuer) || l.scope.indirect &&
		slices.ContainsFunc(pointsOf(c), func(p point) bool { return p.isOf(l.Issuer, c.RawIssuer, true) })
}

// signer finds the signer of the list: the issuer of the certificates, or an authority to which it
// delegated.
func (l *List) signer(issuer *x509.Certificate, others []*x509.Certificate) (*x509.Certificate, *Error) {
	if certificate.SameName(l.Issuer, issuer.RawSubject) {
		return issuer, l.verify(issuer)
	}
	err := errorf(SignerForbidden,
		"the CRL is indirect, and its signer's certificate from the issuer of the certificate is missing")
	for _, other := range l.Candidates(others) {
		if err = mayList(other, issuer, l.signed.proven); err == nil {
			err = l.verify(other)
		}
		if err == nil {
			return other, nil
		}
	}
	return nil, err
}

// Candidates returns the certificates that About tries as the signer of an indirect CRL, at most
// maxCandidates. Their names are compared byte for byte, because a document can hold many.
func (l *List) Candidates(others []*x509.Certificate) []*x509.Certificate {
	var found []*x509.Certificate
	for _, other := range others {
		if l.scope.indirect && len(found) < maxCandidates && bytes.Equal(l.Issuer, other.RawSubject) {
			found = append(found, other)
		}
	}
	return found
}

// mayList returns an error if an authority may not sign CRLs for an issuer.
func mayList(signer, issuer *x509.Certificate, proven *algorithm.Proven) *Error {
	switch {
	case !bytes.Equal(signer.RawIssuer, issuer.RawSubject):
		return errorf(SignerForbidden,
			"the CRL is indirect, and its signer's certificate is not from the issuer of the certificate")
	case signer.KeyUsage&x509.KeyUsageCRLSign == 0:
		return errorf(SignerForbidden,
			"the CRL is indirect, and its signer's key usage does not allow it to sign CRLs")
	case len(signer.UnhandledCriticalExtensions) > 0:
		return errorf(SignerForbidden,
			"the certificate of the CRL's signer has a critical extension that is not understood")
	case !certificate.Permits(issuer, x509.KeyUsageCertSign):
		return errorf(SignerForbidden, "the issuer's key usage does not allow it to certify who signs CRLs")
	}
	return issued(signer, issuer, proven)
}

// verify checks that the issuer signed the list and may do so.
func (l *List) verify(issuer *x509.Certificate) *Error {
	if !certificate.Permits(issuer, x509.KeyUsageCRLSign) {
		return errorf(SignerForbidden, "the issuer's key usage does not allow it to sign CRLs")
	}
	err := l.signed.verify(issuer)
	another := l.authorityKeyID != nil && issuer.SubjectKeyId != nil &&
		!bytes.Equal(l.authorityKeyID, issuer.SubjectKeyId)
	if err != nil && err.Kind == SignatureBad && another {
		return errorf(NotAbout, "the CRL is signed with another key of the issuer")
	}
	return err
}
