package chain

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"slices"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/certificate"
	"influxion/handler/internal/pades/cms"
)

// ClockSkew is the tolerated difference between two clocks: the signer's, a service's and ours.
const ClockSkew = 5 * time.Minute

// anchors are the certificates that are trusted by themselves: neither their dates nor their
// revocation matter.
type anchors struct {
	trusted []*x509.Certificate
	// every root in the document is an anchor too; this shows what a document contains, not whom to
	// trust
	anyRoot bool
}

func (a anchors) has(c *x509.Certificate) bool {
	return slices.ContainsFunc(a.trusted, c.Equal) || a.anyRoot && selfIssued(c) && !certificate.Refused(c)
}

// selfIssued reports whether a certificate names itself as its issuer: RFC 5280, 6.1.
func selfIssued(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, c.RawIssuer) }

// mayIssue reports whether a certificate may issue others: RFC 5280, 4.2.1.3 and 4.2.1.9. A
// certificate before version 3 cannot state this. crypto/x509 accepts every Ed25519 key: with a
// universal one, anybody could issue.
func mayIssue(c *x509.Certificate) bool {
	if key, ok := c.PublicKey.(ed25519.PublicKey); ok && algorithm.Universal(key) {
		return false
	}
	return (c.BasicConstraintsValid && c.IsCA || c.Version < 3) && certificate.Permits(c, x509.KeyUsageCertSign)
}

// Claim judges the time that the signer claims: the certificate must have been valid then, and the
// time must not be in the future.
func (v *Validator) Claim(claimed time.Time, signer *x509.Certificate) error {
	switch {
	case claimed.IsZero():
		return pades.Undecided(pades.SigConstraintsFailure, "there is no signing time")
	case claimed.Before(signer.NotBefore) || claimed.After(signer.NotAfter):
		return pades.Undecided(pades.OutOfBoundsNoPOE,
			"the claimed signing time lies outside the certificate's validity")
	case claimed.After(v.trust.Time.Add(ClockSkew)):
		return pades.Undecided(pades.SigConstraintsFailure, "the claimed signing time lies in the future")
	}
	return nil
}

// Reliable judges a signature that is sound except for the age of its algorithms. They must have
// been reliable at the time at which the signature is proved to have existed: ETSI EN 319 102-1,
// 5.2.8 and 5.6.2.4, step 4.
func Reliable(weak *cms.Error, digest algorithm.Digest, signer *x509.Certificate, at time.Time, proved bool) error {
	if weak == nil {
		return nil
	}
	until, known := digest.Until()
	if end, short := algorithm.Until(signer.PublicKey); short && (!known || end.Before(until)) {
		until, known = end, true
	}
	switch {
	case !known || proved && !at.Before(until):
		return pades.Undecided(pades.CryptoConstraintsFailure, weak.Detail)
	case !proved:
		return pades.Undecided(pades.CryptoConstraintsNoPOE,
			weak.Detail+", and nothing proves that the signature was made while that was not so")
	}
	return nil
}

// reliableIssuer judges the key of a certification authority in the same way.
func reliableIssuer(issuer *x509.Certificate, at time.Time, proved bool) error {
	until, short := algorithm.Until(issuer.PublicKey)
	if !short || proved && at.Before(until) {
		return nil
	}
	return pades.Undecided(pades.CryptoConstraintsNoPOE,
		"an issuer's key is too short, and nothing proves that the signature was made while that was not so")
}
