package certificate_test

import (
	"crypto/x509"
	"errors"
	"testing"

	"influxion/handler/internal/pades/certificate"
)

// Authorities that renew their own keys do not count against a pathLenConstraint, nor does the
// signer.
func TestCheckLength(t *testing.T) {
	t.Parallel()
	name := func(text string) []byte {
		return tlv(0x30, tlv(0x31, tlv(0x30, []byte{6, 3, 0x55, 4, 3}, tlv(12, []byte(text)))))
	}
	issued := func(subject, issuer string, most int) *x509.Certificate {
		return &x509.Certificate{RawSubject: name(subject), RawIssuer: name(issuer), BasicConstraintsValid: true,
			IsCA: true, MaxPathLen: most, MaxPathLenZero: most == 0}
	}
	type path = []*x509.Certificate
	leaf, old := issued("leaf", "c", -1), &x509.Certificate{RawSubject: name("a"), RawIssuer: name("a")}
	for what, test := range map[string]struct {
		path path
		long bool
	}{
		"the signer alone":  {path{leaf}, false},
		"no constraint":     {path{leaf, issued("c", "a", -1), issued("a", "a", -1)}, false},
		"0, and none below": {path{leaf, issued("c", "a", 0), issued("a", "a", -1)}, false},
		"0, and one below":  {path{leaf, issued("c", "a", -1), issued("a", "a", 0)}, true},
		"1, and one below":  {path{leaf, issued("c", "a", -1), issued("a", "a", 1)}, false},
		"1, and two below":  {path{leaf, issued("c", "b", -1), issued("b", "a", -1), issued("a", "a", 1)}, true},
		"0 in the middle, and one below": {
			path{leaf, issued("c", "b", -1), issued("b", "a", 0), issued("a", "a", -1)}, true},
		"0, and its own renewal below": {path{leaf, issued("c", "c", -1), issued("c", "c", 0)}, false},
		"0, its renewal and one below": {
			path{leaf, issued("c", "b", -1), issued("b", "b", -1), issued("b", "b", 0)}, true},
		"0, and a signer that issues itself": {
			path{issued("c", "c", -1), issued("c", "a", -1), issued("a", "a", 0)}, true},
		"an anchor before version 3": {path{leaf, issued("c", "a", -1), old}, false},
	} {
		err := certificate.CheckLength(test.path)
		if long := errors.Is(err, certificate.ErrPathTooLong); long != test.long || (err != nil) != test.long {
			t.Errorf("%s: got %v, want it too long: %v", what, err, test.long)
		}
	}
}
