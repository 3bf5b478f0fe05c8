package trustservices

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"

	"influxion/handler/internal/pades"
)

// The names of services in a pades.ServiceError.
const (
	roleTSA       = "TSA"
	roleResponder = "OCSP responder"
	roleList      = "CRL"
	roleIssuers   = "CA issuers"
)

// failure is why one service gave no usable answer. The detail is safe to show: it has no address,
// and no text of the service.
type failure struct {
	detail string
	retry  bool  // trying again later may help
	err    error // for the log; nil = the detail is the whole reason
}

func (f *failure) Error() string {
	if f.err == nil {
		return f.detail
	}
	return f.detail + ": " + f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// leftDetail is the detail of a request that its caller has left, so that nobody reads it.
const leftDetail = "the request ended before it answered"

// unreachable describes an error of the HTTP client, without the address that the client quotes: it
// may have a key.
func unreachable(asked context.Context, err error) *failure {
	if quoted, ok := errors.AsType[*url.Error](err); ok {
		err = quoted.Err
	}
	if own, ok := errors.AsType[*failure](err); ok {
		return own
	}
	netErr, ok := errors.AsType[net.Error](err)
	switch {
	case errors.Is(asked.Err(), context.Canceled):
		return &failure{leftDetail, true, context.Cause(asked)}
	case errors.Is(err, context.DeadlineExceeded) || ok && netErr.Timeout():
		return &failure{"timed out", true, err}
	}
	return &failure{"cannot be reached", true, err}
}

// attempt is one failure with the role of the service.
type attempt struct {
	role string
	*failure
}

// gather joins all attempts, at least one, into one error, which names the service of the first.
func gather(subject string, attempts []attempt) *pades.ServiceError {
	all := &pades.ServiceError{Service: attempts[0].role, Subject: subject}
	var details []string
	var errs []error
	role := attempts[0].role
	for _, a := range attempts {
		detail := a.detail
		if a.role != role {
			role, detail = a.role, a.role+": "+detail
		}
		details, errs = append(details, detail), append(errs, a.failure)
		all.Retry = all.Retry || a.retry
	}
	all.Detail, all.Err = strings.Join(details, "; "), errors.Join(errs...)
	return all
}

// cheapToVerify reports whether a signature can be verified with the certificate's key in little
// time. Only the size of an RSA key has no bound of its own.
func cheapToVerify(certificate *x509.Certificate) bool {
	const most = 8192 // bits
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	return !ok || key.N.BitLen() <= most
}
