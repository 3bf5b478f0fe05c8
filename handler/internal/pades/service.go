package pades

import (
	"context"
	"crypto"
	"crypto/x509"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/revocation"
)

// Timestamper gets timestamp tokens from a TSA (RFC 3161). It returns a token only after it has
// verified the imprint, the nonce, the signature, the purpose and the chain. Its errors are
// *ServiceError.
type Timestamper interface {
	// Timestamp asks for a token over a digest.
	Timestamp(ctx context.Context, hash crypto.Hash, digest []byte) (*cms.Timestamp, error)
	// TokenSize is the number of bytes to reserve for a token, estimated from earlier tokens.
	TokenSize() int
}

// RevocationSource finds what authorities publish about certificates, at the addresses that the
// certificates name or in its cache. Its errors are *ServiceError.
type RevocationSource interface {
	// Revocation gives current evidence, which is verified and whose nextUpdate has not passed.
	Revocation(ctx context.Context, certificate, issuer *x509.Certificate) (*revocation.Evidence, error)
	// Issuers gives candidates for the issuer of a certificate (authority information access,
	// caIssuers).
	Issuers(ctx context.Context, certificate *x509.Certificate) ([]*x509.Certificate, error)
}

// Services are the trust services that levels above B-B need. The zero Services reach B-B.
type Services struct {
	Timestamper Timestamper
	Revocation  RevocationSource
	// Known are certificates of authorities, such as the TSA's root. The search for issuers tries
	// them before it asks a service.
	Known []*x509.Certificate
}

// ServiceError says which trust service failed, and why. Service and Detail are safe to show to a
// caller: they contain a role and the common name of a certificate, but no address. Err is the
// cause, for the log.
type ServiceError struct {
	Service string // "TSA", "OCSP responder", "CRL", "CA issuers"
	Subject string // common name of the certificate that it is about; "" for a TSA
	Detail  string
	Retry   bool // trying again later may help
	Err     error
}

// Reason is the text for the caller.
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
