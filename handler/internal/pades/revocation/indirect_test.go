package revocation_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"testing"

	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pkitest"
)

// certificateIssuer is the extension of an entry: RFC 5280, section 5.3.3.
func certificateIssuer(names ...[]byte) []byte {
	return extension(true, sequence(names...), 2, 5, 29, 29)
}

func directory(name []byte) []byte { return tlv(0xa4, name) }

// An entry of an indirect CRL is about the issuer that it names. If it names none, the last entry
// before it that names one decides.
func TestEntriesOfIndirectLists(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	own, other := p.issuer.certificate.RawSubject, p.authority.Root().RawSubject
	serial, another := integer(t, p.leaf), integer(t, p.responder.certificate)
	of := func(serial []byte, names ...[]byte) []byte {
		if len(names) == 0 {
			return entry(serial, today)
		}
		return entry(serial, today, certificateIssuer(names...))
	}
	mail := tlv(0x81, []byte("ca@example.org"))
	for _, test := range []struct {
		name    string
		entries [][]byte
		revoked bool
	}{
		{"by default of the list's issuer", [][]byte{of(serial)}, true},
		{"of another issuer", [][]byte{of(serial, directory(other))}, false},
		{"of the same, named", [][]byte{of(serial, directory(own))}, true},
		{"of the one that was named before", [][]byte{of(another, directory(other)), of(serial)}, false},
		{"of the one that was named last",
			[][]byte{of(another, directory(other)), of(another, directory(own)), of(another), of(serial)}, true},
		{"of both", [][]byte{of(serial, directory(other)), of(serial, directory(own))}, true},
		{"named by more than one name", [][]byte{of(serial, mail, directory(own))}, true},
		{"named twice", [][]byte{of(serial, directory(own), directory(own))}, true},
	} {
		c := newCRL(p).scoped(tlv(0x84, []byte{0xff}))
		c.entries = test.entries
		got, err := c.ask(t, p)
		if err != nil || (got.Status == revocation.Revoked) != test.revoked {
			t.Errorf("%s: got %v, want it revoked: %v", test.name, err, test.revoked)
		}
	}
	many := make([][]byte, 300)
	for i := range many {
		name := sequence(tlv(0x31, sequence(oid(2, 5, 4, 3), tlv(0x0c, fmt.Appendf(nil, "CA %d", i)))))
		many[i] = of(another, directory(name))
	}
	const most = 16 << 10
	for name, test := range map[string]struct {
		sizes []int
		want  revocation.ErrorKind
	}{
		"a name of the longest": {[]int{most}, ""}, "a longer name": {[]int{most + 1}, revocation.Malformed},
		"the longest names":       {[]int{most - 3, most - 2, most - 1, most, 6}, ""},
		"longer names in all":     {[]int{most - 3, most - 2, most - 1, most, 7}, revocation.Malformed},
		"a name that is repeated": {[]int{most, most, most, most, most}, ""},
	} {
		c := newCRL(p).scoped(tlv(0x84, []byte{0xff}))
		for _, size := range test.sizes {
			name := nameOf(max(size, 100))
			if size < 100 {
				name = sequence(tlv(5, make([]byte, size-4)))
			}
			c.entries = append(c.entries, of(another, directory(name)))
		}
		if _, err := revocation.ParseList(c.build(t)); kindOf(err) != test.want {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
	for name, entries := range map[string][][]byte{
		"no name of a directory": {of(serial, mail)}, "no name": {entry(serial, today, certificateIssuer())},
		"more behind the names": {entry(serial, today,
			extension(true, append(sequence(directory(p.leaf.RawIssuer)), 5, 0), 2, 5, 29, 29))},
		"names that are no sequence": {entry(serial, today,
			extension(true, tlv(0x31, directory(p.leaf.RawIssuer)), 2, 5, 29, 29))},
		"too many issuers": many,
		"too long names": {
			of(serial, directory(sequence(tlv(0x31, sequence(oid(2, 5, 4, 3), tlv(0x0c, make([]byte, 17<<10)))))))},
	} {
		c := newCRL(p).scoped(tlv(0x84, []byte{0xff}))
		c.entries = entries
		if got, err := c.ask(t, p); kindOf(err) != revocation.Malformed {
			t.Errorf("%s: got %v, %v, want %s", name, got, err, revocation.Malformed)
		}
	}
}

// Every serial number of every issuer is found, and only under that issuer.
func TestIndirectListFinds(t *testing.T) {
	t.Parallel()
	p, q := newPKI(t), newPKI(t)
	var mine []*x509.Certificate
	c := newCRL(p).scoped(tlv(0x84, []byte{0xff}))
	foreign := p.authority.Root().RawSubject
	for i := range 40 {
		leaf := p.issue(t, pkitest.P256, nil).certificate
		theirs := entry(integer(t, leaf), today, certificateIssuer(directory(foreign)), reason(false, 1))
		ours := entry(integer(t, leaf), today, certificateIssuer(directory(p.issuer.certificate.RawSubject)),
			reason(false, 4))
		if i%2 == 0 {
			c.entries = append(c.entries, theirs)
			continue
		}
		c.entries = append(c.entries, theirs, ours)
		mine = append(mine, leaf)
	}
	l := must(revocation.ParseList(c.build(t)))(t)
	for _, leaf := range mine {
		if got, err := l.About(leaf, p.issuer.certificate); err != nil || got.Reason != 4 {
			t.Errorf("got %v, %v, want the entry of its issuer", got, err)
		}
	}
	if got, err := l.About(q.leaf, q.issuer.certificate); err == nil {
		t.Errorf("got %v of a list that another key has signed", got.Status)
	}
}

// An authority may list the certificates of another one if the certificate names it for that, and
// if the other authority certified it for that.
func TestSignersOfIndirectLists(t *testing.T) {
	t.Parallel()
	p, q := newPKI(t), newPKI(t)
	lister := func(changes ...func(*x509.Certificate)) party {
		return p.issue(t, pkitest.P256, func(c *x509.Certificate) {
			c.Subject.CommonName, c.KeyUsage, c.ExtKeyUsage = "Test Lists", x509.KeyUsageCRLSign, nil
			for _, change := range changes {
				change(c)
			}
		})
	}
	good, otherName := lister(), lister(func(c *x509.Certificate) { c.Subject.CommonName = "Other Lists" })
	named := p.issue(t, pkitest.P256, func(c *x509.Certificate) {
		point := sequence(tlv(0xa0, tlv(0xa0, tlv(0x86, []byte("http://crl.example.org/")))),
			tlv(0xa2, directory(good.certificate.RawSubject)))
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Value: sequence(point)}}
	}).certificate
	foreign := q.issue(t, pkitest.P256, func(c *x509.Certificate) {
		c.Subject, c.KeyUsage = good.certificate.Subject, x509.KeyUsageCRLSign
	})
	direct := tlv(0x84, []byte{0})
	build := func(signer party, idp []byte, entries ...[]byte) *revocation.List {
		c := newCRL(p).scoped(idp)
		c.signer, c.issuer, c.entries, c.extensions = signer, good.certificate.RawSubject, entries, c.extensions[1:]
		if slices.Equal(idp, direct) {
			c.entries = nil
		}
		return must(revocation.ParseList(c.build(t)))(t)
	}
	yes := tlv(0x84, []byte{0xff})
	ofIssuer := entry(integer(t, named), today, certificateIssuer(directory(p.issuer.certificate.RawSubject)),
		reason(false, 1))
	for _, test := range []struct {
		name    string
		list    *revocation.List
		about   *x509.Certificate
		signers []*x509.Certificate
		want    revocation.ErrorKind
		status  revocation.Status
	}{
		{"revoked", build(good, yes, ofIssuer), named, []*x509.Certificate{foreign.certificate, good.certificate}, "",
			revocation.Revoked},
		{"not listed", build(good, yes), named, []*x509.Certificate{good.certificate}, "", revocation.Good},
		{"listed for the list's own issuer", build(good, yes, entry(integer(t, named), today)), named,
			[]*x509.Certificate{good.certificate}, "", revocation.Good},
		{"no signer's certificate", build(good, yes), named, nil, revocation.SignerForbidden, ""},
		{"another key", build(foreign, yes), named, []*x509.Certificate{good.certificate}, revocation.SignatureBad, ""},
		{"a signer of another issuer", build(foreign, yes), named, []*x509.Certificate{foreign.certificate},
			revocation.SignerForbidden, ""},
		{"a signer of another name", build(otherName, yes), named, []*x509.Certificate{otherName.certificate},
			revocation.SignerForbidden, ""},
		{"a certificate that names nobody for it", build(good, yes), p.leaf, []*x509.Certificate{good.certificate},
			revocation.NotAbout, ""},
		{"a list that is not indirect", build(good, direct), named, []*x509.Certificate{good.certificate},
			revocation.NotAbout, ""},
	} {
		got, err := test.list.About(test.about, p.issuer.certificate, test.signers...)
		if kindOf(err) != test.want ||
			err == nil && (got.Status != test.status || !got.Signer.Equal(good.certificate)) {
			t.Errorf("%s: got %v, %v, want %q and %s", test.name, got, err, test.want, test.status)
		}
	}
	for name, change := range map[string]func(*x509.Certificate){
		"no right to sign lists": func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature },
		"no key usage":           func(c *x509.Certificate) { c.KeyUsage = 0 },
		"a critical extension that nobody knows": func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{
				{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}}
		},
	} {
		other := lister(change)
		if got, err := build(other, yes).About(named, p.issuer.certificate,
			other.certificate); kindOf(err) != revocation.SignerForbidden {
			t.Errorf("%s: got %v, %v, want %s", name, got, err, revocation.SignerForbidden)
		}
	}
}

// The authority that certified the signer of an indirect CRL must have the name and the key of the
// issuer, and the right to certify.
func TestWhoCertifiesSignersOfIndirectLists(t *testing.T) {
	t.Parallel()
	p := newPKIWith(t, pkitest.P256, nil)
	namesake := p.certify(t, p.issuer.key, func(c *x509.Certificate) {
		c.Subject.CommonName = "Other Issuer"
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	lists := newPKIWith(t, pkitest.P256, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign })
	free := newPKIWith(t, pkitest.P256, func(c *x509.Certificate) { c.KeyUsage = 0 })
	other := *p
	other.authority = &pkitest.Authority{Chain: []*x509.Certificate{namesake.certificate}, Key: p.issuer.key}
	for name, test := range map[string]struct {
		certifier *pki // of the signer
		about     *pki
		want      revocation.ErrorKind
	}{
		"the issuer":                        {p, p, ""},
		"another issuer with the same key":  {&other, p, revocation.SignerForbidden},
		"an issuer that may not certify":    {lists, lists, revocation.SignerForbidden},
		"an issuer that says nothing of it": {free, free, ""},
	} {
		lister := test.certifier.issue(t, pkitest.P256, func(c *x509.Certificate) {
			c.Subject.CommonName, c.KeyUsage, c.ExtKeyUsage = "Test Lists", x509.KeyUsageCRLSign, nil
		})
		named := test.about.issue(t, pkitest.P256, func(c *x509.Certificate) {
			point := sequence(pointName(pointAddress), tlv(0xa2, directory(lister.certificate.RawSubject)))
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Value: sequence(point)}}
		}).certificate
		c := newCRL(test.about).scoped(tlv(0x84, []byte{0xff}))
		c.signer, c.issuer, c.extensions = lister, lister.certificate.RawSubject, c.extensions[1:]
		l := must(revocation.ParseList(c.build(t)))(t)
		got, err := l.About(named, test.about.issuer.certificate, lister.certificate)
		if kindOf(err) != test.want || err == nil && got.Status != revocation.Good {
			t.Errorf("%s: got %v, %v, want %q", name, got, err, test.want)
		}
	}
}

// A CRL for some reasons can say that a certificate is revoked, but not that it is good: RFC 5280,
// section 6.3.3.
func TestListsForSomeReasons(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	some := tlv(0x83, []byte{1, 0x60})
	c := newCRL(p).scoped(some)
	c.entries = [][]byte{entry(integer(t, p.leaf), today, reason(false, 1))}
	if got, err := c.ask(t, p); err != nil || got.Status != revocation.Revoked || got.Reason != 1 {
		t.Errorf("got %v, %v, want it revoked", got, err)
	}
	c.entries = [][]byte{entry(integer(t, p.responder.certificate), today, reason(false, 1))}
	if got, err := c.ask(t, p); kindOf(err) != revocation.NotAbout {
		t.Errorf("got %v, %v, want %s", got, err, revocation.NotAbout)
	}
}

// The addresses for the certificates of a list's signer are those of caIssuers.
func TestSignerAddresses(t *testing.T) {
	t.Parallel()
	access := func(last int, address string) []byte {
		return sequence(oid(1, 3, 6, 1, 5, 5, 7, 48, last), tlv(0x86, []byte(address)))
	}
	c := newCRL(newPKI(t))
	c.extensions = append(c.extensions,
		extension(false, sequence(access(1, "http://ocsp.example.org/"), access(2, "http://ca.example.org/"), tlv(5)),
			1, 3, 6, 1, 5, 5, 7, 1, 1))
	l := must(revocation.ParseList(c.build(t)))(t)
	if want := []string{"http://ca.example.org/"}; !slices.Equal(l.SignerAddresses, want) {
		t.Errorf("got %q, want %q", l.SignerAddresses, want)
	}
}
