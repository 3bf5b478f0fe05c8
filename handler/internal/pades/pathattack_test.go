package pades_test

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pkitest"
)

// link changes the certificates of a path: the authority's and the signer's.
type link struct{ authority, signer func(p *pkitest.Parts) }

// pathOf makes a signer below an authority, or below an intermediate authority with the common name
// lower.
func pathOf(t *testing.T, of link, lower string) signer {
	t.Helper()
	unchanged := func(*pkitest.Parts) {}
	root, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	below := func(a *pkitest.Authority, template *x509.Certificate, alter func(p *pkitest.Parts)) *pkitest.Authority {
		if alter == nil {
			alter = unchanged
		}
		key, err := pkitest.NewKey(pkitest.P256)
		if err != nil {
			t.Fatal(err)
		}
		der, err := a.IssueParts(template, key.Public(), alter)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return &pkitest.Authority{Chain: append([]*x509.Certificate{c}, a.Chain...), Key: key}
	}
	template := *root.Chain[0]
	template.SerialNumber, template.Subject.CommonName = nil, "Issuing"
	template.RawSubject, template.SubjectKeyId = nil, nil
	issuing := below(root, &template, of.authority)
	if lower != "" {
		template.Subject.CommonName = lower
		issuing = below(issuing, &template, nil)
	}
	leaf := below(issuing, pkitest.SigningTemplate("Seal", time.Now()), of.signer)
	return signer{leaf.Chain, leaf.Key}
}

// A key usage permits only what its bits name. Without any bit, it permits nothing.
func TestKeyUsagesWithoutABit(t *testing.T) {
	t.Parallel()
	for name, value := range map[string][]byte{
		"no bits":                 {3, 1, 0},
		"bits that are all zero":  {3, 2, 0, 0},
		"unused bits alone":       {3, 2, 7, 0},
		"a bit that nobody knows": {3, 3, 6, 0, 0x40},
	} {
		for _, critical := range [][]byte{nil, {1, 1, 0xff}} {
			alter := func(p *pkitest.Parts) { p.With([]int{2, 5, 29, 15}, critical, value) }
			for place, of := range map[string]link{"signer": {signer: alter}, "authority": {authority: alter}} {
				s := pathOf(t, of, "")
				if got := verified(t, s.sign(t, sample(), pades.Options{}), s.trust())[0]; got.Indication !=
					pades.Indeterminate || got.Integrity != pades.IntegrityIntact {
					t.Errorf("%s, %s, critical %v: got %s, integrity %s, want it intact and not trusted", name, place,
						critical != nil, got.Indication, got.Integrity)
				}
			}
		}
	}
}

// nameOf is the DER of a Name whose attributes are UTF8Strings.
func nameOf(pairs ...string) []byte {
	kinds := map[string][]byte{"C": pkitest.OID(2, 5, 4, 6), "O": pkitest.OID(2, 5, 4, 10),
		"CN": pkitest.OID(2, 5, 4, 3)}
	var names [][]byte
	for i := 0; i < len(pairs); i += 2 {
		names = append(names, pkitest.TLV(0x31,
			pkitest.TLV(0x30, kinds[pairs[i]], pkitest.TLV(0x0c, []byte(pairs[i+1])))))
	}
	return pkitest.TLV(0x30, names...)
}

// An authority certifies only names that the authorities above permit it: RFC 5280, section
// 4.2.1.10.
func TestNameConstraints(t *testing.T) {
	t.Parallel()
	directory := func(name []byte) []byte { return pkitest.TLV(0x30, pkitest.TLV(0xa4, name)) }
	mail := func(text string) []byte { return pkitest.TLV(0x30, pkitest.TLV(0x81, []byte(text))) }
	permit := func(subtrees ...[]byte) []byte { return pkitest.TLV(0xa0, subtrees...) }
	exclude := func(subtrees ...[]byte) []byte { return pkitest.TLV(0xa1, subtrees...) }
	address := func(text string) func(p *pkitest.Parts) {
		return func(p *pkitest.Parts) {
			var name asn1.RawValue
			if _, err := asn1.Unmarshal(p.Subject, &name); err != nil {
				t.Fatal(err)
			}
			p.Subject = pkitest.TLV(0x30, name.Bytes, pkitest.TLV(0x31, pkitest.TLV(0x30,
				pkitest.OID(1, 2, 840, 113549, 1, 9, 1), pkitest.TLV(0x16, []byte(text)))))
		}
	}
	alternative := func(name []byte) func(p *pkitest.Parts) {
		return func(p *pkitest.Parts) {
			p.With([]int{2, 5, 29, 17}, nil, pkitest.TLV(0x30, pkitest.TLV(0xa4, name)))
		}
	}
	other := pkitest.TLV(0x30, pkitest.TLV(0xa0, pkitest.OID(1, 2, 3), pkitest.TLV(0xa0, pkitest.TLV(0x0c))))
	otherName := func(p *pkitest.Parts) {
		p.With([]int{2, 5, 29, 17}, nil, pkitest.TLV(0x30, pkitest.TLV(0xa0, pkitest.OID(1, 2, 3), pkitest.TLV(0xa0,
			pkitest.TLV(0x0c)))))
	}
	const organization = "Example Organisation"
	german := directory(nameOf("C", "DE"))
	// one relative distinguished name with two attributes: C=DE and another
	joined := pkitest.TLV(0x30, pkitest.TLV(0x31, nameOf("C", "DE")[4:], nameOf("O", "x")[4:]))
	for _, test := range []struct {
		name        string
		constraints []byte
		signer      func(p *pkitest.Parts)
		passes      bool
	}{
		{"within", permit(german), nil, true},
		{"within a longer one", permit(directory(nameOf("C", "DE", "O", organization))), nil, true},
		{"within in other letters", permit(directory(nameOf("C", "de", "O", "example  organisation"))), nil, true},
		{"the name of another", permit(directory(nameOf("C", "FR"))), nil, false},
		{"within one of two", permit(directory(nameOf("C", "FR")), german), nil, true},
		{"not from the top", permit(directory(nameOf("O", organization))), nil, false},
		{"a part of a value", permit(directory(nameOf("C", "DE", "O", "Example"))), nil, false},
		{"longer than the name", permit(directory(nameOf("C", "DE", "O", organization, "CN", "Seal", "CN", "x"))), nil,
			false},
		{"anything", permit(directory(nameOf())), nil, true},
		{"excluded", exclude(german), nil, false},
		{"excluded in other letters", exclude(directory(nameOf("C", "de"))), nil, false},
		{"another is excluded", exclude(directory(nameOf("C", "FR"))), nil, true},
		{"everything is excluded", exclude(directory(nameOf())), nil, false},
		{"permitted and excluded", slices.Concat(permit(german), exclude(german)), nil, false},
		{"a form that nobody evaluates", permit(german, other), nil, true},
		{"a name of a form that nobody evaluates", permit(german, other), otherName, false},
		{"alternative name within", permit(german), alternative(nameOf("C", "DE", "CN", "x")), true},
		{"alternative name of which a part is within", permit(german), alternative(joined), false},
		{"alternative name outside", permit(german), alternative(nameOf("C", "FR")), false},
		{"alternative name excluded", exclude(directory(nameOf("C", "FR"))), alternative(nameOf("C", "FR")), false},
		{"address on the host", permit(mail("example.org")), address("a@Example.org"), true},
		{"address on another host", permit(mail("example.org")), address("a@example.com"), false},
		{"address on a host below", permit(mail("example.org")), address("a@b.example.org"), false},
		{"address in the domain", permit(mail(".example.org")), address("a@b.example.org"), true},
		{"address in another domain", permit(mail(".example.org")), address("a@b.example.com"), false},
		{"address on the host of the domain", permit(mail(".example.org")), address("a@example.org"), false},
		{"the mailbox", permit(mail("a@example.org")), address("a@example.org"), true},
		{"another mailbox", permit(mail("a@example.org")), address("b@example.org"), false},
		{"no address at all", permit(mail("example.org")), nil, true},
		{"address excluded", exclude(mail("example.org")), address("a@example.org"), false},
		{"address not excluded", exclude(mail("example.org")), address("a@example.com"), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, critical := range [][]byte{nil, {1, 1, 0xff}} {
				for _, lower := range []string{"", "Lower"} {
					s := pathOf(t, link{signer: test.signer, authority: func(p *pkitest.Parts) {
						p.With([]int{2, 5, 29, 30}, critical, pkitest.TLV(0x30, test.constraints))
					}}, lower)
					got := verified(t, s.sign(t, sample(), pades.Options{}), s.trust())[0]
					if (got.Indication == pades.TotalPassed) != test.passes || !test.passes &&
						(got.Indication != pades.Indeterminate || got.Integrity != pades.IntegrityIntact) {
						t.Errorf("critical %v, lower %q: got %s %s (%s), want it to pass: %v", critical != nil, lower,
							got.Indication, got.SubIndication, got.Detail, test.passes)
					}
				}
			}
		})
	}
}

// An authority that renews its own key keeps its name. Name constraints need not permit this name:
// RFC 5280, section 6.1.4.
func TestNamesOfRenewedAuthorities(t *testing.T) {
	t.Parallel()
	seal := pkitest.TLV(0x30, pkitest.TLV(0xa4, nameOf("C", "DE", "O", "Example Organisation", "CN", "Seal")))
	of := link{authority: func(p *pkitest.Parts) {
		p.With([]int{2, 5, 29, 30}, []byte{1, 1, 0xff}, pkitest.TLV(0x30, pkitest.TLV(0xa0, seal)))
	}}
	for lower, want := range map[string]pades.Indication{
		"": pades.TotalPassed, "Issuing": pades.TotalPassed, "Lower": pades.Indeterminate,
	} {
		s := pathOf(t, of, lower)
		if got := verified(t, s.sign(t, sample(), pades.Options{}), s.trust())[0]; got.Indication != want {
			t.Errorf("%q: got %s (%s), want %s", lower, got.Indication, got.Detail, want)
		}
	}
}

// The bound on name comparisons gives no verdict about the names.
func TestNameConstraintsWithoutEnd(t *testing.T) {
	t.Parallel()
	var all [][]byte
	for i := range 100 {
		all = append(all, pkitest.TLV(0x30, pkitest.TLV(0xa4, nameOf("C", "FR", "O", strings.Repeat("x", i)))))
	}
	s := pathOf(t, link{authority: func(p *pkitest.Parts) {
		p.With([]int{2, 5, 29, 30}, nil, pkitest.TLV(0x30, pkitest.TLV(0xa1, all...)))
	}}, "")
	if got := verified(t, s.sign(t, sample(), pades.Options{}), s.trust())[0]; got.SubIndication != pades.LimitReached {
		t.Errorf("got %s %s, want %s", got.Indication, got.SubIndication, pades.LimitReached)
	}
}

// An authority with a path length of zero may renew its own key: RFC 5280, section 4.2.1.9.
func TestPathLength(t *testing.T) {
	t.Parallel()
	none := link{authority: func(p *pkitest.Parts) {
		p.With([]int{2, 5, 29, 19}, []byte{1, 1, 0xff}, pkitest.TLV(0x30, []byte{1, 1, 0xff}, []byte{2, 1, 0}))
	}}
	for _, test := range []struct {
		name, lower string
		of          link
		want        string
	}{
		{"none below", "", none, "TOTAL-PASSED"},
		{"its own renewal below", "Issuing", none, "TOTAL-PASSED"},
		{"another below", "Lower", none, "INDETERMINATE CHAIN_CONSTRAINTS_FAILURE"},
		{"another below one that may", "Lower", link{}, "TOTAL-PASSED"},
	} {
		s := pathOf(t, test.of, test.lower)
		got := verified(t, s.sign(t, sample(), pades.Options{}), s.trust())[0]
		if said := strings.TrimSpace(string(got.Indication) + " " + string(got.SubIndication)); said != test.want {
			t.Errorf("%s: got %s (%s), want %s", test.name, said, got.Detail, test.want)
		}
	}
}
