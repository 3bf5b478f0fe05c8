package pades

import (
	"bytes"
	"crypto/x509"
	"slices"
	"time"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/cms"
)

// Trust is what a signature is measured against.
type Trust struct {
	Anchors []*x509.Certificate // a chain must end in one of them; empty = no chain is trusted
	Time    time.Time           // the time of the verification
	// Online finds current revocation evidence and missing issuers; nil = what the document holds must do.
	Online RevocationSource

	anyRoot bool // every root that the document holds is an anchor too: for what there is, not for whom to trust
}

// clockSkew is how far clocks may be apart: the signer's, the services' and ours.
const clockSkew = 5 * time.Minute

// isAnchor says whether a certificate is trusted by itself: no date and no revocation is asked of it.
func (t Trust) isAnchor(c *x509.Certificate) bool {
	return slices.ContainsFunc(t.Anchors, c.Equal) || t.anyRoot && selfIssued(c)
}

// selfIssued says whether a certificate names itself as its issuer: RFC 5280, 6.1.
func selfIssued(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, c.RawIssuer) }

// mayIssue is what crypto/x509 asks of an issuer before all else: RFC 5280, 4.2.1.9. Before version 3 there was no saying.
func mayIssue(c *x509.Certificate) bool { return c.BasicConstraintsValid && c.IsCA || c.Version < 3 }

// claim judges the time that the signer claims: it must be one at which the certificate was valid, and not in the future.
func (t Trust) claim(claimed time.Time, signer *x509.Certificate) error {
	switch {
	case claimed.IsZero():
		return undecided(SigConstraintsFailure, "there is no signing time")
	case claimed.Before(signer.NotBefore) || claimed.After(signer.NotAfter):
		return undecided(OutOfBoundsNoPOE, "the claimed signing time lies outside the certificate's validity")
	case claimed.After(t.Time.Add(clockSkew)):
		return undecided(SigConstraintsFailure, "the claimed signing time lies in the future")
	}
	return nil
}

// reliable judges a signature that holds but for the age of its algorithms: they must have been reliable when it is proved to have existed.
// ETSI EN 319 102-1, 5.2.8 and 5.6.2.4, step 4.
func reliable(weak *cms.Fault, digest algorithm.Digest, signer *x509.Certificate, at time.Time, proved bool) error {
	if weak == nil {
		return nil
	}
	until, known := digest.Until()
	if end, short := keyUntil(signer); short && (!known || end.Before(until)) {
		until, known = end, true
	}
	switch {
	case !known || proved && !at.Before(until):
		return undecided(CryptoConstraintsFailure, weak.Detail)
	case !proved:
		return undecided(CryptoConstraintsNoPOE, weak.Detail+", and nothing proves that the signature was made while that was not so")
	}
	return nil
}

// reliableIssuer judges the key of a certification authority by the same measure.
func reliableIssuer(issuer *x509.Certificate, at time.Time, proved bool) error {
	until, short := keyUntil(issuer)
	if !short || proved && at.Before(until) {
		return nil
	}
	return undecided(CryptoConstraintsNoPOE, "an issuer's key is too short, and nothing proves that the signature was made while that was not so")
}

// keyUntil says until when a key was reliable that is too short today.
func keyUntil(c *x509.Certificate) (until time.Time, short bool) {
	return algorithm.Until(c.PublicKey)
}
