package certificate

import (
	"crypto/x509"
	"errors"
)

// ErrPathTooLong: below an authority of the path are more authorities than its certificate allows.
var ErrPathTooLong = errors.New("more authorities below one of its certificates than its path length allows")

// CheckLength checks the length of a path, signer first, against the pathLenConstraint of its
// authorities: RFC 5280, sections 4.2.1.9 and 6.1.4 (l) and (m). An authority that renews its own
// key does not count. The constraint of the anchor counts too, as in crypto/x509. Its error is
// ErrPathTooLong.
func CheckLength(path []*x509.Certificate) error {
	below := 0
	for _, authority := range path[1:] {
		if authority.BasicConstraintsValid && authority.MaxPathLen >= 0 && below > authority.MaxPathLen {
			return ErrPathTooLong
		}
		if !SameName(authority.RawSubject, authority.RawIssuer) {
			below++
		}
	}
	return nil
}
