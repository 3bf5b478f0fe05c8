package revocation

import (
	"crypto/x509"
	"time"
)

// Status is the revocation status of a certificate.
type Status string

// The statuses.
const (
	Good    Status = "good"
	Revoked Status = "revoked"
	Unknown Status = "unknown" // the responder does not know the certificate
)

// Kind is the form of evidence.
type Kind string

// The kinds.
const (
	KindOCSP Kind = "ocsp"
	KindCRL  Kind = "crl"
)

// Evidence is the statement of one OCSP response or CRL about one certificate. Its signature was
// verified, and its signer is authorized by the issuer. This package does not judge whether the
// signer was valid at a given time. Safe for concurrent use while nobody changes it.
type Evidence struct {
	Kind       Kind
	Raw        []byte // DER of the OCSPResponse or CertificateList: what /DSS holds
	Status     Status
	RevokedAt  time.Time // zero unless Revoked
	Reason     int       // CRLReason, RFC 5280, 5.3.1; 0 (unspecified) also where none is given
	ThisUpdate time.Time
	NextUpdate time.Time // zero = none given
	ProducedAt time.Time // OCSP alone
	// ArchiveCutoff: the evidence still covers certificates that expired since then (RFC 6960,
	// 4.4.4; expiredCertsOnCRL of X.509). Zero = nothing is stated; Good then means little for a
	// certificate that had expired at ThisUpdate.
	ArchiveCutoff time.Time
	Signer        *x509.Certificate // who signed it: the issuer itself or a delegated responder
	NoCheck       bool              // the delegated responder carries id-pkix-ocsp-nocheck
}

// Remembers reports whether the evidence would still list a revocation of the certificate.
// Authorities may drop certificates that had expired by ThisUpdate. ArchiveCutoff can say how far
// back they keep them.
func (e *Evidence) Remembers(certificate *x509.Certificate) bool {
	promised := !e.ArchiveCutoff.IsZero() && !certificate.NotAfter.Before(e.ArchiveCutoff)
	return promised || !e.ThisUpdate.After(certificate.NotAfter)
}
