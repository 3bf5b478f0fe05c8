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

// answerError is why one service gave no usable answer. The detail is safe to show: it has no
// address, and no text of the service.
type answerError struct {
	detail string
	retry  bool  // trying again later may help
	err    error // for the log; nil = the detail is the whole reason
}

func (e *answerError) Error() string {
	if e.err == nil {
		return e.detail
	}
	return e.detail + ": " + e.err.Error()
}

func (e *answerError) Unwrap() error { return e.err }

// leftDetail is the detail of a request whose caller has left. Nobody reads it.
const leftDetail = "the request ended before it answered"

// unreachable describes an error of the HTTP client, without the address that the client quotes:
// the address may contain a key.
func unreachable(asked context.Context, err error) *answerError {
	if quoted, ok := errors.AsType[*url.Error](err); ok {
		err = quoted.Err
	}
	if own, ok := errors.AsType[*answerError](err); ok {
		return own
	}
	netErr, ok := errors.AsType[net.Error](err)
	switch {
	case errors.Is(asked.Err(), context.Canceled):
		return &answerError{leftDetail, true, context.Cause(asked)}
	case errors.Is(err, context.DeadlineExceeded) || ok && netErr.Timeout():
		return &answerError{"timed out", true, err}
	}
	return &answerError{"cannot be reached", true, err}
}

// attempt is the error of one service with its role.
type attempt struct {
	role string
	*answerError
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
		details, errs = append(details, detail), append(errs, a.answerError)
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
