package revocation_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"testing"

	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pkitest"
)

// Evidence that is over a bound of this package says nothing, and its error says that the bound is
// the cause. Evidence at the bound is read.
func TestEvidenceBeyondBounds(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	others := func(count int) (all []*x509.Certificate) {
		for range count {
			all = append(all, p.issue(t, pkitest.P256, asResponder).certificate)
		}
		return all
	}
	stranger := p.issue(t, pkitest.P256, asResponder)             // of whom nobody has the certificate
	named := p.issue(t, pkitest.P256, func(c *x509.Certificate) { // names the stranger for its CRL
		point := sequence(tlv(0xa0, tlv(0xa0, tlv(0x86, []byte("http://crl.example.org/")))),
			tlv(0xa2, directory(stranger.certificate.RawSubject)))
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Value: sequence(point)}}
	}).certificate
	response := func(change func(*answer), others ...*x509.Certificate) error {
		a := newAnswer(t, p)
		change(a)
		parsed, err := revocation.ParseResponse(a.build(t))
		if err != nil {
			return err
		}
		_, err = parsed.About(p.leaf, p.issuer.certificate, others...)
		return err
	}
	list := func(change func(*crl), others ...*x509.Certificate) error {
		c := newCRL(p)
		change(c)
		parsed, err := revocation.ParseList(c.build(t))
		if err != nil {
			return err
		}
		_, err = parsed.About(named, p.issuer.certificate, others...)
		return err
	}
	byName := func(a *answer) { a.signer, a.responder = stranger, tlv(0xa1, stranger.certificate.RawSubject) }
	indirect := func(c *crl) {
		c.scoped(tlv(0x84, []byte{0xff}))
		c.signer, c.issuer = stranger, stranger.certificate.RawSubject
	}
	extensions := func(count int) (all [][]byte) {
		for i := range count {
			all = append(all, extension(false, tlv(5), 1, 2, 3, i))
		}
		return all
	}
	issuers := func(count int) func(*crl) {
		return func(c *crl) {
			c.scoped(tlv(0x84, []byte{0xff}))
			for i := range count {
				name := sequence(tlv(0x31, sequence(oid(2, 5, 4, 3), tlv(0x0c, fmt.Appendf(nil, "CA %d", i)))))
				c.entries = append(c.entries,
					entry(integer(t, p.responder.certificate), today, certificateIssuer(directory(name))))
			}
		}
	}
	for _, test := range []struct {
		name string
		ask  func(count int) error
		most int
	}{
		{"certificates that a response is about",
			func(n int) error { return response(func(a *answer) { a.singles = slicesOf(a.singles[0], n) }) }, 256},
		{"certificates in a response", func(n int) error {
			return response(func(a *answer) { a.certificates = slicesOf(p.responder.certificate.Raw, n) })
		}, 16},
		{"extensions of a response", func(n int) error {
			return response(func(a *answer) { a.extensions = tlv(0xa1, sequence(extensions(n)...)) })
		}, 32},
		{"responders of a name", func(n int) error { return response(byName, others(n)...) }, 4},
		{"extensions of a list", func(n int) error { return list(func(c *crl) { c.extensions = extensions(n) }) }, 32},
		{"issuers in a list", func(n int) error { return list(issuers(n)) }, 255}, // beside its own,
		{"signers of a list", func(n int) error { return list(indirect, others(n)...) }, 4},
	} {
		for count, want := range map[int]bool{test.most: false, test.most + 1: true} {
			problem, _ := errors.AsType[*revocation.Error](test.ask(count))
			if got := problem != nil && problem.Limit; got != want {
				t.Errorf("%d %s: got %v, want it over a bound: %v", count, test.name, problem, want)
			}
		}
	}
}
