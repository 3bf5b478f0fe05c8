package revocation_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"testing"

	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pkitest"
)

// listCase is one combination of the statements of a CRL and a certificate about each other.
type listCase struct {
	authority bool   // the certificate is a CA's
	points    string // of the certificate: none, here, some (reasons), delegated, both
	lister    bool   // another authority signs the CRL, to which the certificate's point delegates or not
	point     string // of the CRL: none, here, case (of the address), there
	only      string // certificates: all, user, authority, attribute
	some      bool   // reasons of the CRL
	indirect  bool
	delta     bool
	entry     string // none, plain, mine (certificateIssuer), other, after (one of another issuer)
	reason    byte
}

func (c listCase) String() string {
	type fields listCase // without this method
	return fmt.Sprintf("%+v", fields(c))
}

// judged returns what RFC 5280, section 6.3.3, proves: "good", "revoked", or "" for nothing. It
// follows the text of the standard, and shares no code with the package under test.
func (c listCase) judged() revocation.Status {
	covered := c.coveredByPoint()
	attribute := c.only == "attribute"
	wrongKind := c.only == "user" && c.authority || c.only == "authority" && !c.authority
	foreignEntries := c.entry == "mine" || c.entry == "other" || c.entry == "after"
	switch {
	case !covered, attribute, wrongKind, foreignEntries && !c.indirect:
		return ""
	case c.lists():
		if c.reason == 8 {
			return "" // removeFromCRL revokes nobody, and belongs to another CRL
		}
		return revocation.Revoked
	case c.some || c.delta || c.points == "some" && !c.lister:
		return ""
	}
	return revocation.Good
}

// coveredByPoint is 6.3.3 (b) (1) and (2) with the last paragraph of 6.3.3.
func (c listCase) coveredByPoint() bool {
	if c.lister {
		delegated := c.points == "delegated" || c.points == "both"
		return delegated && c.indirect && c.point != "there"
	}
	named := c.points == "here" || c.points == "some" || c.points == "both"
	return c.point == "none" || named && c.point != "there"
}

// lists reports whether an entry is about the certificate.
func (c listCase) lists() bool {
	return c.entry == "mine" || c.entry == "plain" && !c.lister
}

// listWorld has the certificates of all combinations.
type listWorld struct {
	p            *pki
	lister       party
	certificates map[string]*x509.Certificate
}

const pointAddress = "http://crl.example.org/Part1"

func pointName(address string) []byte { return tlv(0xa0, tlv(0xa0, tlv(0x86, []byte(address)))) }

func newListWorld(t *testing.T) *listWorld {
	w := &listWorld{p: newPKI(t), certificates: map[string]*x509.Certificate{}}
	w.lister = w.p.issue(t, pkitest.P256, func(c *x509.Certificate) {
		c.Subject.CommonName, c.KeyUsage, c.ExtKeyUsage = "Test Lists", x509.KeyUsageCRLSign, nil
	})
	here := sequence(pointName(pointAddress))
	delegated := sequence(pointName(pointAddress), tlv(0xa2, directory(w.lister.certificate.RawSubject)))
	points := map[string][]byte{
		"none": nil, "here": sequence(here), "delegated": sequence(delegated), "both": sequence(here, delegated),
		"some": sequence(sequence(pointName(pointAddress), tlv(0x81, []byte{1, 0x60}))),
	}
	for name, value := range points {
		for _, authority := range []bool{false, true} {
			w.certificates[fmt.Sprint(name, authority)] = w.p.issue(t, pkitest.P256, func(c *x509.Certificate) {
				c.IsCA, c.BasicConstraintsValid = authority, true
				if value != nil {
					c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Value: value}}
				}
			}).certificate
		}
	}
	return w
}

// list builds the CRL of a combination.
func (w *listWorld) list(t *testing.T, c listCase, about *x509.Certificate) []byte {
	l := newCRL(w.p)
	l.extensions = nil
	if c.lister {
		l.signer, l.issuer = w.lister, w.lister.certificate.RawSubject
	}
	var scope [][]byte
	switch c.point {
	case "here":
		scope = append(scope, pointName(pointAddress))
	case "case":
		scope = append(scope, pointName("HTTP://CRL.Example.ORG/Part1"))
	case "there":
		scope = append(scope, pointName("http://crl.example.org/part1"))
	}
	flag := func(set bool, element ...byte) {
		if set {
			scope = append(scope, element)
		}
	}
	flag(c.only == "user", 0x81, 1, 0xff)
	flag(c.only == "authority", 0x82, 1, 0xff)
	flag(c.some, 0x83, 2, 1, 0x60)
	flag(c.indirect, 0x84, 1, 0xff)
	flag(c.only == "attribute", 0x85, 1, 0xff)
	if scope != nil {
		l.scoped(scope...)
	}
	if c.delta {
		l.extensions = append(l.extensions, extension(true, tlv(2, []byte{1}), 2, 5, 29, 27))
	}
	l.entries = w.entries(t, c, about)
	return l.build(t)
}

func (w *listWorld) entries(t *testing.T, c listCase, about *x509.Certificate) [][]byte {
	serial, why := integer(t, about), reason(false, c.reason)
	mine := certificateIssuer(directory(w.p.issuer.certificate.RawSubject))
	other := certificateIssuer(directory(w.p.authority.Root().RawSubject))
	switch c.entry {
	case "plain":
		return [][]byte{entry(serial, today, why)}
	case "mine":
		return [][]byte{entry(serial, today, why, mine)}
	case "other":
		return [][]byte{entry(serial, today, why, other)}
	case "after":
		return [][]byte{entry(integer(t, w.lister.certificate), today, other), entry(serial, today, why)}
	}
	return nil
}

// Every combination of scope, distribution point, delegation and entry is judged as RFC 5280,
// section 6.3.3, demands. No certificate is good without proof, and none is revoked because of
// another certificate.
func TestListCombinations(t *testing.T) {
	t.Parallel()
	w := newListWorld(t)
	counts := map[revocation.Status]int{}
	yesNo := []bool{false, true}
	for _, points := range []string{"none", "here", "some", "delegated", "both"} {
		for _, authority := range yesNo {
			for _, point := range []string{"none", "here", "case", "there"} {
				for _, only := range []string{"all", "user", "authority", "attribute"} {
					for bits := range 16 {
						for _, of := range []string{"none", "plain", "mine", "other", "after"} {
							c := listCase{authority, points, bits&1 != 0, point, only, bits&2 != 0, bits&4 != 0,
								bits&8 != 0, of, 1}
							if c.delta && bits&4 != 0 {
								c.reason = 8
							}
							w.check(t, c)
							counts[c.judged()]++
						}
					}
				}
			}
		}
	}
	if counts[revocation.Good] < 100 || counts[revocation.Revoked] < 100 {
		t.Errorf("got %v, want each verdict in at least a hundred combinations", counts)
	}
}

func (w *listWorld) check(t *testing.T, c listCase) {
	t.Helper()
	about := w.certificates[fmt.Sprint(c.points, c.authority)]
	var got revocation.Status
	if l, err := revocation.ParseList(w.list(t, c, about)); err == nil {
		if e, err := l.About(about, w.p.issuer.certificate, w.lister.certificate); err == nil {
			got = e.Status
		}
	}
	if got != c.judged() {
		t.Errorf("%v: got %q, want %q", c, got, c.judged())
	}
}

// The name of a CRL's point is the same in full and relative to the CRL's issuer, and in any string
// type: RFC 5280, sections 4.2.1.13 and 7.1. crypto/x509 reads no certificate with a relative name.
func TestPointNames(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	part := func(kind byte, text string) []byte { return sequence(oid(2, 5, 4, 3), tlv(kind, []byte(text))) }
	whole := func(issuer []byte, last []byte) []byte {
		var name asn1.RawValue
		if _, err := asn1.Unmarshal(issuer, &name); err != nil {
			t.Fatal(err)
		}
		return tlv(0xa0, tlv(0xa0, directory(sequence(name.Bytes, tlv(0x31, last)))))
	}
	own := p.issuer.certificate.RawSubject
	forms := map[string][]byte{
		"relative": tlv(0xa0, tlv(0xa1, part(0x0c, "CRL 1"))), "whole": whole(own, part(0x0c, "CRL 1")),
		"printable": whole(own, part(0x13, "crl  1")), "relative printable": tlv(0xa0, tlv(0xa1, part(0x13, "CRL 1"))),
	}
	others := map[string][]byte{
		"relative to 2": tlv(0xa0, tlv(0xa1, part(0x0c, "CRL 2"))), "address": pointName("CRL 1"),
		"of another issuer": whole(p.authority.Root().RawSubject, part(0x0c, "CRL 1")),
		"empty":             tlv(0xa0, tlv(0xa0, tlv(0xa4))),
	}
	ask := func(of, in []byte) revocation.ErrorKind {
		about := p.issue(t, pkitest.P256, func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{
				{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Value: sequence(sequence(of))}}
		}).certificate
		_, err := askList(newCRL(p).scoped(in).build(t), about, p.issuer.certificate)
		return kindOf(err)
	}
	for _, one := range []string{"whole", "printable"} {
		of := forms[one]
		for another, in := range forms {
			if got := ask(of, in); got != "" {
				t.Errorf("%s, %s: got %s, want the same name", one, another, got)
			}
		}
		for another, in := range others {
			if got := ask(of, in); got != revocation.NotAbout {
				t.Errorf("%s, %s: got %q, want %s", one, another, got, revocation.NotAbout)
			}
		}
	}
	for _, kind := range []byte{0x81, 0x82, 0x87, 0x88} { // forms of names that are compared byte by byte
		of := tlv(0xa0, tlv(0xa0, tlv(kind, []byte{42, 3})))
		if got := ask(of, of); got != "" {
			t.Errorf("form %x: got %s, want the same name", kind, got)
		}
		for another, in := range others {
			if got := ask(of, in); got != revocation.NotAbout {
				t.Errorf("form %x, %s: got %q, want %s", kind, another, got, revocation.NotAbout)
			}
		}
	}
}

// A distribution point that cannot be read does not count: a CRL of that point is not about the
// certificate. crypto/x509 reads no such certificate.
func TestPointsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	name := pointName(pointAddress)
	for title, test := range map[string]struct {
		points []byte
		about  bool
	}{
		"sound":             {sequence(sequence(name)), true},
		"no sequence":       {tlv(0x31, sequence(name)), false},
		"more behind":       {sequence(sequence(name, tlv(5))), false},
		"no issuers":        {sequence(sequence(name, tlv(0xa2))), false},
		"broken issuers":    {sequence(sequence(name, tlv(0xa2, []byte{0xa4, 5}))), false},
		"broken name":       {sequence(sequence(tlv(0xa0, tlv(0xa0, tlv(0x86, []byte(pointAddress))), tlv(5)))), false},
		"one that is sound": {sequence(sequence(name, tlv(5)), sequence(name)), true},
	} {
		about := *p.leaf
		about.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Value: test.points}}
		_, err := askList(newCRL(p).scoped(name).build(t), &about, p.issuer.certificate)
		if test.about && err != nil || !test.about && kindOf(err) != revocation.NotAbout {
			t.Errorf("%s: got %v, want the CRL to be about it: %v", title, err, test.about)
		}
	}
	// Nor does it limit a CRL without a point to some reasons of revocation.
	some := tlv(0x81, []byte{1, 0x60})
	for title, points := range map[string][]byte{
		"more behind": sequence(sequence(name, some, tlv(5))),
		"broken name": sequence(sequence(tlv(0xa0, tlv(5)), some)),
	} {
		about := *p.leaf
		about.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Value: points}}
		if _, err := askList(newCRL(p).build(t), &about, p.issuer.certificate); err != nil {
			t.Errorf("%s, and some reasons: got %v, want the CRL to be about it", title, err)
		}
	}
}

// If a certificate is listed twice, the earlier revocation counts, whichever entry comes first. Of
// two at the same time, the one that is no hold counts.
func TestListedTwice(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	serial, before := integer(t, p.leaf), today.AddDate(0, -1, 0)
	own := certificateIssuer(directory(p.issuer.certificate.RawSubject))
	// the same name in another encoding: "Test Issuer" is the last string in it
	varied := certificateIssuer(directory(bytes.Replace(p.issuer.certificate.RawSubject, []byte("Test Issuer"),
		[]byte("TEST ISSUER"), 1)))
	for name, entries := range map[string][][]byte{
		"earlier":               {entry(serial, before, reason(false, 4)), entry(serial, today, reason(false, 1))},
		"hold at the same time": {entry(serial, before, reason(false, 6)), entry(serial, before, reason(false, 4))},
		"named in two ways": {entry(serial, today, own, reason(false, 1)),
			entry(serial, before, varied, reason(false, 4))},
		"named in two ways, and earlier as the CRL does": {entry(serial, before, own, reason(false, 4)),
			entry(serial, today, varied, reason(false, 1))},
		"one at no such time": {sequence(serial, tlv(0x17, []byte("260231120000Z"))),
			entry(serial, before, reason(false, 4))},
		"named and not": {entry(serial, today, reason(false, 1)), entry(serial, before, own, reason(false, 4))},
	} {
		for range 2 {
			c := newCRL(p).scoped(tlv(0x84, []byte{0xff}))
			c.entries = entries
			if got, err := c.ask(t, p); err != nil || got.Reason != 4 || !got.RevokedAt.Equal(before) {
				t.Errorf("%s: got %v, %v, want reason 4 at %v", name, got, err, before)
			}
			slices.Reverse(entries)
		}
	}
}

// An entry that names two issuers may be about either: the CRL proves nothing.
func TestEntryOfTwoIssuers(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	own, other := directory(p.issuer.certificate.RawSubject), directory(p.authority.Root().RawSubject)
	for name, extensions := range map[string][][]byte{
		"other first":        {certificateIssuer(other, own)},
		"own first":          {certificateIssuer(own, other)},
		"in two extensions":  {certificateIssuer(other), certificateIssuer(own)},
		"one of them absent": {certificateIssuer(own), certificateIssuer()},
	} {
		c := newCRL(p).scoped(tlv(0x84, []byte{0xff}))
		c.entries = [][]byte{entry(integer(t, p.leaf), today, extensions...)}
		if got, err := c.ask(t, p); kindOf(err) != revocation.Malformed {
			t.Errorf("%s: got %v, %v, want %s", name, got, err, revocation.Malformed)
		}
	}
}

// A delta CRL alone either says that a certificate is revoked or says nothing: RFC 5280, sections
// 5.2.4 and 5.3.1.
func TestDeltaLists(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	for name, test := range map[string]struct {
		entries [][]byte
		want    revocation.ErrorKind
	}{
		"nobody":  {nil, revocation.NotAbout},
		"revoked": {[][]byte{entry(integer(t, p.leaf), today, reason(false, 1))}, ""},
		"held":    {[][]byte{entry(integer(t, p.leaf), today, reason(false, 6))}, ""},
		"removed": {[][]byte{entry(integer(t, p.leaf), today, reason(false, 8))}, revocation.NotAbout},
		"removed, says an extension that nobody knows": {[][]byte{entry(integer(t, p.leaf), today,
			extension(false, tlv(0x0a, []byte{8}), 1, 2, 3))}, ""},
		"another": {[][]byte{entry(integer(t, p.responder.certificate), today, reason(false, 1))}, revocation.NotAbout},
	} {
		c := newCRL(p)
		c.extensions = append(c.extensions, extension(true, tlv(2, []byte{1}), 2, 5, 29, 27))
		c.entries = test.entries
		got, err := c.ask(t, p)
		if kindOf(err) != test.want || err == nil && got.Status != revocation.Revoked {
			t.Errorf("%s: got %v, %v, want %q", name, got, err, test.want)
		}
	}
}
