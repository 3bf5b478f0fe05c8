package revocation_test

import (
	"crypto"
	"testing"

	"influxion/handler/internal/pades/revocation"
)

// A CertHash of another certificate proves nothing good about this one, but does not hide a
// revocation of its serial number. One that cannot be evaluated says nothing, unless it is
// critical.
func TestCertHash(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	of := func(hash crypto.Hash, content []byte) []byte {
		return sequence(digestNames[hash], tlv(4, digestOf(hash, content)))
	}
	own, other := p.leaf.Raw, p.issuer.certificate.Raw
	for _, test := range []struct {
		name           string
		value          []byte
		mild, critical revocation.Status // "" = no statement
		kind           revocation.ErrorKind
	}{
		{"its own", of(crypto.SHA256, own), revocation.Good, revocation.Good, ""},
		{"its own by SHA-1", of(crypto.SHA1, own), revocation.Good, revocation.Good, ""},
		{"another's", of(crypto.SHA256, other), "", "", revocation.NotAbout},
		{"another's by SHA-1", of(crypto.SHA1, other), "", "", revocation.NotAbout},
		{"its own by an unknown digest", sequence(sequence(oid(1, 2, 3)), tlv(4, own)), revocation.Good, "",
			revocation.Malformed},
		{"none", tlv(5), revocation.Good, "", revocation.Malformed},
		{"its own, and more", append(of(crypto.SHA256, own), 5, 0), revocation.Good, "", revocation.Malformed},
	} {
		for _, critical := range []bool{false, true} {
			want := test.mild
			if critical {
				want = test.critical
			}
			w := newSingle(t, p)
			w.extensions = tlv(0xa1, sequence(extension(critical, test.value, 1, 3, 36, 8, 3, 13)))
			a := newAnswer(t, p)
			a.singles = [][]byte{w.build()}
			got, err := a.ask(t, p)
			if want == "" && kindOf(err) != test.kind || want != "" && (err != nil || got.Status != want) {
				t.Errorf("%s, critical %v: got %v, want %q %s", test.name, critical, err, want, test.kind)
			}
			w.status = revokedSince(today, 1)
			a.singles = [][]byte{w.build()}
			got, err = a.ask(t, p)
			if test.kind != revocation.Malformed && (err != nil || got.Status != revocation.Revoked) {
				t.Errorf("%s, critical %v, revoked: got %v, want %s", test.name, critical, err, revocation.Revoked)
			}
		}
	}
}
