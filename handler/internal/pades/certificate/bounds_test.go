package certificate_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"slices"
	"testing"

	"influxion/handler/internal/pades/certificate"
	"influxion/handler/internal/pkitest"
)

// Of a certificate that crypto/x509 refuses, at most the permitted number of extensions is read.
func TestManyExtensions(t *testing.T) {
	t.Parallel()
	for _, count := range []int{64, 65, 1000} {
		der, _, _ := issue(t, func(p *pkitest.Parts) {
			p.Serial = []byte{2, 2, 0x85, 0x01}
			p.Extensions = slices.Repeat([][]byte{pkitest.Extension([]int{1, 2, 3}, nil, nil)}, count)
		})
		c, err := certificate.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Extensions) != 64 {
			t.Errorf("got %d of %d extensions, want 64", len(c.Extensions), count)
		}
	}
}

// Names beyond the bounds are not compared, and are never permitted.
func TestManyNames(t *testing.T) {
	t.Parallel()
	directory := func(count int) []byte {
		one := tlv(0xa4, tlv(0x30, tlv(0x31, tlv(0x30, []byte{6, 3, 0x55, 4, 3}, tlv(12, []byte("x"))))))
		return bytes.Repeat(one, count)
	}
	subtrees := func(count int) []byte {
		return bytes.Repeat(tlv(0x30, directory(1)), count)
	}
	with := func(id int, value []byte) *x509.Certificate {
		extension := pkix.Extension{Id: []int{2, 5, 29, id}, Value: value}
		return &x509.Certificate{RawSubject: tlv(0x30), Extensions: []pkix.Extension{extension}}
	}
	for _, test := range []struct {
		names, subtrees int
		want            error
	}{
		{64, 64, nil}, {65, 64, certificate.ErrNamesNotEvaluated}, {64, 65, certificate.ErrNamesNotEvaluated},
	} {
		path := []*x509.Certificate{with(17, tlv(0x30, directory(test.names))),
			with(30, tlv(0x30, tlv(0xa0, subtrees(test.subtrees))))}
		if err := certificate.CheckNames(path); !errors.Is(err, test.want) {
			t.Errorf("%d names and %d subtrees: got %v, want %v", test.names, test.subtrees, err, test.want)
		}
	}
}

// Nothing is permitted that cannot be read: neither a name, nor names below a subtree that could
// exclude one.
func TestNamesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	attribute := tlv(0x31, tlv(0x30, []byte{6, 3, 0x55, 4, 3}, tlv(12, []byte("x"))))
	good, bad := tlv(0x30, attribute), tlv(0x30, tlv(0x31, tlv(0x30, []byte{6, 3, 0x55, 4, 3})))
	many := tlv(0x30, bytes.Repeat(attribute, 101)) // more attributes than are read
	directory := func(name []byte) []byte { return tlv(0x30, tlv(0xa4, name)) }
	permitted := func(subtrees ...[]byte) []byte { return tlv(0x30, tlv(0xa0, subtrees...)) }
	excluded := func(subtrees ...[]byte) []byte { return tlv(0x30, tlv(0xa1, subtrees...)) }
	const nothing, names, constraints = "", "names", "constraints"
	others := func(count int) []byte { return permitted(slices.Repeat([][]byte{tlv(0x30, tlv(0xa0))}, count)...) }
	for _, test := range []struct {
		name                              string
		subject, alternative, constraints []byte
		emails                            []string
		unread                            string
	}{
		{"all that can be read", good, directory(good), permitted(directory(good)), nil, nothing},
		{"no subject", bad, nil, permitted(directory(good)), nil, names},
		{"a subject of many attributes", many, nil, permitted(directory(good)), nil, names},
		{"a subject of many attributes, for its address", many, nil, tlv(0x30), []string{"example.org"}, names},
		{"a subject of many attributes, without constraints for it", many, nil, tlv(0x30), nil, nothing},
		{"a subject with an attribute of no type", tlv(0x30, tlv(0x31, tlv(0x30, []byte{6, 1, 0x80}, tlv(12)))), nil,
			permitted(directory(good)), nil, names},
		{"an alternative name of another form", good, tlv(0x30, tlv(0x82, []byte("x"))), permitted(directory(good)),
			nil, nothing},
		{"no alternative names", good, []byte{5, 0}, permitted(directory(good)), nil, names},
		{"no alternative name", good, directory(bad), permitted(directory(good)), nil, names},
		{"no constraints", good, nil, []byte{5, 0}, nil, constraints},
		{"constraints and more", good, nil, append(permitted(directory(good)), 5, 0), nil, constraints},
		{"constraints with more", good, nil, tlv(0x30, tlv(0xa0, directory(good)), []byte{5, 0}), nil, constraints},
		{"constraints that are cut", good, nil, tlv(0x30, []byte{0xa0, 5}), nil, constraints},
		{"no subtree", good, nil, permitted([]byte{5, 0}), nil, constraints},
		{"an empty subtree", good, nil, permitted(tlv(0x30)), nil, constraints},
		{"a subtree with a minimum", good, nil, permitted(tlv(0x30, tlv(0xa4, good), tlv(0x80, []byte{1}))), nil,
			constraints},
		{"a permitted name that is none", good, nil, permitted(directory(good), directory(bad)), nil, constraints},
		{"an excluded name that is none", good, nil, excluded(directory(bad)), nil, constraints},
		{"another form, as often as is read", good, nil, others(64), nil, nothing},
		{"another form, more often", good, nil, others(65), nil, constraints},
		{"as many addresses as are read", good, nil, tlv(0x30), slices.Repeat([]string{"example.org"}, 64), nothing},
		{"more addresses", good, nil, tlv(0x30), slices.Repeat([]string{"example.org"}, 65), constraints},
	} {
		c := &x509.Certificate{RawSubject: test.subject}
		if test.alternative != nil {
			c.Extensions = []pkix.Extension{{Id: []int{2, 5, 29, 17}, Value: test.alternative}}
		}
		authority := &x509.Certificate{RawSubject: good, PermittedEmailAddresses: test.emails,
			Extensions: []pkix.Extension{{Id: []int{2, 5, 29, 30}, Value: test.constraints}}}
		var want error
		if test.unread != nothing {
			want = certificate.ErrNamesNotEvaluated
		}
		if err := certificate.CheckNames([]*x509.Certificate{c, authority}); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", test.name, err, want)
		}
		authority.UnhandledCriticalExtensions = []asn1.ObjectIdentifier{{2, 5, 29, 30}, {1, 2, 3}}
		if n := len(certificate.Unhandled(authority)); n == 2 != (test.unread == constraints) {
			t.Errorf("%s: got %d critical extensions that are not evaluated", test.name, n)
		}
	}
}

// Only an authority that renews its own key may have any name: RFC 5280, section 6.1.4.
func TestNamesOfTheSelfIssued(t *testing.T) {
	t.Parallel()
	name := func(text string) []byte {
		return tlv(0x30, tlv(0x31, tlv(0x30, []byte{6, 3, 0x55, 4, 3}, tlv(12, []byte(text)))))
	}
	of := func(subject, issuer string) *x509.Certificate {
		return &x509.Certificate{RawSubject: name(subject), RawIssuer: name(issuer)}
	}
	above := of("Above", "Above")
	above.Extensions = []pkix.Extension{{Id: []int{2, 5, 29, 30},
		Value: tlv(0x30, tlv(0xa0, tlv(0x30, tlv(0xa4, name("Seal")))))}}
	for _, test := range []struct {
		name string
		path []*x509.Certificate
		want error
	}{
		{"permitted", []*x509.Certificate{of("Seal", "Above"), above}, nil},
		{"another", []*x509.Certificate{of("Other", "Above"), above}, certificate.ErrNameForbidden},
		{"another, that names itself", []*x509.Certificate{of("Other", "Other"), above},
			certificate.ErrNameForbidden},
		{"below another", []*x509.Certificate{of("Seal", "Other"), of("Other", "Above"), above},
			certificate.ErrNameForbidden},
		{"below a renewal", []*x509.Certificate{of("Seal", "Above"), of("Above", "Above"), above}, nil},
	} {
		if err := certificate.CheckNames(test.path); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}

// The addresses in a subject count if there are no alternative names. A constraint is a mailbox, a
// host, or a domain without its own host: RFC 5280, section 4.2.1.10.
func TestAddressesInSubjects(t *testing.T) {
	t.Parallel()
	alternative := pkix.Extension{Id: []int{2, 5, 29, 17}, Value: tlv(0x30, tlv(0x82, []byte("x")))}
	for _, test := range []struct {
		address, permitted string
		named, want        bool
	}{
		{"a@example.org", "a@example.org", false, true}, {"a@EXAMPLE.org", "a@example.org", false, true},
		{"A@example.org", "a@example.org", false, false}, {"a@example.com", "a@example.org", false, false},
		{"a@example.org", "example.org", false, true}, {"a@example.com", "example.org", false, false},
		{"a@b.example.org", ".example.org", false, true}, {"a@.example.org", ".example.org", false, false},
		{"a", "a@a", false, false}, {"@example.org", "@example.org", false, true},
		{"a@example.com", "example.org", true, true},
	} {
		c := &x509.Certificate{RawSubject: name([][]byte{attribute(email, tlv(22, []byte(test.address)))})}
		if test.named {
			c.Extensions = []pkix.Extension{alternative}
		}
		for _, excluded := range []bool{false, true} {
			authority := &x509.Certificate{Extensions: []pkix.Extension{{Id: []int{2, 5, 29, 30}, Value: tlv(0x30)}}}
			want := test.want
			if authority.PermittedEmailAddresses = []string{test.permitted}; excluded {
				authority.PermittedEmailAddresses, authority.ExcludedEmailAddresses = nil, []string{test.permitted}
				want = !want || test.named
			}
			if err := certificate.CheckNames([]*x509.Certificate{c, authority}); (err == nil) != want {
				t.Errorf("%+v, excluded %v: got %v, want it allowed: %v", test, excluded, err, want)
			}
		}
	}
}

// A name is within a subtree if it begins with all relative names of that.
func TestNamesWithinSubtrees(t *testing.T) {
	t.Parallel()
	a, b := attribute(commonName, utf8String("A")), attribute(commonName, utf8String("B"))
	for label, test := range map[string]struct {
		name, subtree []byte
		within        bool
	}{
		"the same":             {name([][]byte{a}), name([][]byte{a}), true},
		"below":                {name([][]byte{a}, [][]byte{b}), name([][]byte{a}), true},
		"another":              {name([][]byte{b}, [][]byte{a}), name([][]byte{a}), false},
		"half a relative name": {name([][]byte{a, b}), name([][]byte{a}), false},
		"above":                {name([][]byte{a}), name([][]byte{a}, [][]byte{b}), false},
		"below everything":     {name([][]byte{a}), name(), true},
	} {
		c := &x509.Certificate{RawSubject: test.name}
		for tag, want := range map[byte]bool{0xa0: test.within, 0xa1: !test.within} {
			authority := &x509.Certificate{Extensions: []pkix.Extension{{Id: []int{2, 5, 29, 30},
				Value: tlv(0x30, tlv(tag, tlv(0x30, tlv(0xa4, test.subtree))))}}}
			if err := certificate.CheckNames([]*x509.Certificate{c, authority}); (err == nil) != want {
				t.Errorf("%s, %x: got %v, want it allowed: %v", label, tag, err, want)
			}
		}
	}
}
