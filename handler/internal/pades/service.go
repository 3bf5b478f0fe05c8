package pades

import (
	"context"
	"crypto"
	"crypto/x509"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/revocation"
)

// Timestamper gets timestamp tokens from a TSA (RFC 3161). It verifies each token before it gives
// it: imprint, nonce, signature, purpose and chain. Its errors are *ServiceError.
type Timestamper interface {
	// Timestamp asks for a token over a digest.
	Timestamp(ctx context.Context, hash crypto.Hash, digest []byte) (*cms.Timestamp, error)
	// TokenSize is how many bytes to reserve for a token: a guess from earlier tokens.
	TokenSize() int
}

// RevocationSource finds what authorities publish about certificates, at the addresses that the
// certificates name or in its cache. Its errors are *ServiceError.
type RevocationSource interface {
	// Revocation gives current evidence: it was verified, and its nextUpdate has not passed.
	Revocation(ctx context.Context, certificate, issuer *x509.Certificate) (*revocation.Evidence, error)
	// Issuers gives candidates for the issuer of a certificate (authority information access,
	// caIssuers).
	Issuers(ctx context.Context, certificate *x509.Certificate) ([]*x509.Certificate, error)
}

// Services are the trust services that levels above B-B need. The zero Services reach B-B.
type Services struct {
	Timestamper Timestamper
	Revocation  RevocationSource
	// Known are certificates of authorities that are at hand, such as the TSA's root. Issuers are
	// looked for among them before any service is asked.
	Known []*x509.Certificate
}

// ServiceError says which trust service could not help, and why. Service and Detail are safe to
// show to a caller: a role and the common name of a certificate, no address. Err is the cause, for
// the log.
type ServiceError struct {
	Service string // "TSA", "OCSP responder", "CRL", "CA issuers"
	Subject string // common name of the certificate that it is about; "" for a TSA
	Detail  string
	Retry   bool // trying again later may help
	Err     error
}

// Reason is the text that a caller may read.
func (e *ServiceError) Reason() string {
	if e.Subject == "" {
		return e.Service + ": " + e.Detail
	}
	return e.Service + " for " + e.Subject + ": " + e.Detail
}

func (e *ServiceError) Error() string {
	if e.Err == nil {
		return e.Reason()
	}
	return e.Reason() + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *ServiceError) Unwrap() error { return e.Err }
