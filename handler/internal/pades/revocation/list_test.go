package revocation_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pkitest"
)

func TestList(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	at := today.AddDate(0, -1, 0)
	serial := integer(t, p.leaf)
	another := entry(integer(t, p.responder.certificate), at, reason(false, 1))
	thisUpdate, nextUpdate := today.Add(-time.Hour), today.Add(time.Hour)
	good := revocation.Evidence{Status: revocation.Good, ThisUpdate: thisUpdate, NextUpdate: nextUpdate}
	revoked := func(reason int) revocation.Evidence {
		return revocation.Evidence{Status: revocation.Revoked, RevokedAt: at, Reason: reason, ThisUpdate: thisUpdate,
			NextUpdate: nextUpdate}
	}
	for _, test := range []struct {
		name   string
		change func(*crl)
		want   revocation.Evidence
	}{
		{"nobody", func(*crl) {}, good},
		{"an empty list", func(c *crl) { c.entries = [][]byte{} }, good},
		{"another", func(c *crl) { c.entries = [][]byte{another} }, good},
		{"revoked", func(c *crl) { c.entries = [][]byte{another, entry(serial, at)} }, revoked(0)},
		{"revoked for a reason", func(c *crl) { c.entries = [][]byte{entry(serial, at, reason(false, 4)), another} },
			revoked(4)},
		{"revoked for the reason that says nothing",
			func(c *crl) { c.entries = [][]byte{entry(serial, at, reason(false, 0))} }, revoked(0)},
		{"revoked for a reason that is not defined",
			func(c *crl) { c.entries = [][]byte{entry(serial, at, reason(false, 7))} }, revoked(0)},
		{"revoked for a reason of the future",
			func(c *crl) { c.entries = [][]byte{entry(serial, at, reason(true, 11))} }, revoked(0)},
		{"revoked for a reason below zero",
			func(c *crl) { c.entries = [][]byte{entry(serial, at, reason(false, 0xff))} }, revoked(0)},
		{"revoked with a critical hold instruction", func(c *crl) {
			c.entries = [][]byte{entry(serial, at, extension(true, oid(1, 2, 840, 10040, 2, 1), 2, 5, 29, 23),
				reason(false, 6))}
		}, revoked(6)},
		{"revoked for a critical reason", func(c *crl) { c.entries = [][]byte{entry(serial, at, reason(true, 10))} },
			revoked(10)},
		{"revoked twice",
			func(c *crl) { c.entries = [][]byte{entry(serial, at, reason(false, 6)), entry(serial, today)} },
			revoked(6)},
		{"revoked twice at once, for two reasons",
			func(c *crl) {
				c.entries = [][]byte{entry(serial, at, reason(false, 1)), entry(serial, at, reason(false, 4))}
			},
			revoked(1)},
		{"serial numbers of others", func(c *crl) {
			for _, number := range [][]byte{{0}, {0xff}, {0, 0x80}, {0xff, 0x7f}} {
				c.entries = append(c.entries, entry(tlv(2, number), at))
			}
		}, good},
		{"an extension whose name has one byte", func(c *crl) {
			c.extensions = append(c.extensions, sequence(tlv(6, []byte{0x2a}), tlv(4)))
		}, good},
		{"revoked with an invalidity date", func(c *crl) {
			c.entries = [][]byte{entry(serial, at, extension(true, generalized(at), 2, 5, 29, 24), reason(false, 1))}
		}, revoked(1)},
		{"revoked in GeneralizedTime", func(c *crl) { c.entries = [][]byte{sequence(serial, generalized(at))} },
			revoked(0)},
		{"GeneralizedTime",
			func(c *crl) { c.thisUpdate, c.nextUpdate = generalized(thisUpdate), generalized(nextUpdate) }, good},
		{"no next update", func(c *crl) { c.nextUpdate = nil },
			revocation.Evidence{Status: revocation.Good, ThisUpdate: thisUpdate}},
		{"version 1", func(c *crl) {
			c.version, c.extensions, c.entries = nil, nil, [][]byte{entry(serial, at)}
		}, revoked(0)},
		{"expired certificates too", func(c *crl) {
			c.extensions = append(c.extensions, extension(false, generalized(at), 2, 5, 29, 60))
		}, revocation.Evidence{Status: revocation.Good, ThisUpdate: thisUpdate, NextUpdate: nextUpdate,
			ArchiveCutoff: at}},
		{"an extension that nobody knows", func(c *crl) {
			c.extensions = append(c.extensions, extension(false, tlv(5), 1, 2, 3))
		}, good},
		{"freshest CRL",
			func(c *crl) { c.extensions = append(c.extensions, extension(false, sequence(), 2, 5, 29, 46)) }, good},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCRL(p)
			test.change(c)
			der := c.build(t)
			l := must(revocation.ParseList(der))(t)
			if !bytes.Equal(l.Issuer, p.issuer.certificate.RawSubject) || l.ThisUpdate != test.want.ThisUpdate ||
				l.NextUpdate != test.want.NextUpdate {
				t.Errorf("got a list of %x from %v to %v", l.Issuer, l.ThisUpdate, l.NextUpdate)
			}
			for range 2 { // the first question makes the index
				got, err := l.About(p.leaf, p.issuer.certificate)
				if err != nil {
					t.Fatal(err)
				}
				if got.Kind != revocation.KindCRL || !bytes.Equal(got.Raw, der) || got.Signer != p.issuer.certificate {
					t.Errorf("got kind %s, signer %v", got.Kind, got.Signer.Subject)
				}
				if got.NoCheck || !got.ProducedAt.IsZero() {
					t.Errorf("got no check %v, produced at %v, want neither", got.NoCheck, got.ProducedAt)
				}
				checkWord(t, got, test.want)
			}
		})
	}
}

func TestListScope(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	const here, there = "http://crl.example.org/here", "http://crl.example.org/there"
	uri := func(address string) []byte { return tlv(0x86, []byte(address)) }
	full := func(names ...[]byte) []byte { return tlv(0xa0, tlv(0xa0, names...)) }
	yes := func(n byte) []byte { return tlv(0x80|n, []byte{0xff}) }
	relative := tlv(0xa1, sequence(oid(2, 5, 4, 3), tlv(0x0c, []byte("CRL1"))))
	points := func(points ...[]byte) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Value: sequence(points...)}}
		}
	}
	authority := func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }
	directory := tlv(0xa4, p.issuer.certificate.RawSubject)
	for _, test := range []struct {
		name   string
		change func(*x509.Certificate) // of the certificate asked about
		scope  [][]byte
		about  bool
	}{
		{"nothing said", nil, nil, true},
		{"user certificates and a user", nil, [][]byte{yes(1)}, true},
		{"user certificates and a CA", authority, [][]byte{yes(1)}, false},
		{"CA certificates and a CA", authority, [][]byte{yes(2)}, true},
		{"CA certificates and a user", nil, [][]byte{yes(2)}, false},
		{"flags spelt out", nil, [][]byte{tlv(0x82, []byte{0}), tlv(0x84, []byte{0}), tlv(0x85, []byte{0})}, true},
		{"some reasons", nil, [][]byte{tlv(0x83, []byte{1, 0x60})}, false},
		{"indirect, of its own issuer", nil, [][]byte{yes(4)}, true},
		{"attribute certificates", nil, [][]byte{yes(5)}, false},
		{"its point", points(sequence(full(uri(here)))), [][]byte{full(uri(here))}, true},
		{"its second name of the second point", points(sequence(full(uri("x"))), sequence(full(uri("y"), uri(here)))),
			[][]byte{full(uri("z"), uri(here)), yes(1)}, true},
		{"another point", points(sequence(full(uri(here)))), [][]byte{full(uri(there))}, false},
		{"a point for some reasons", points(sequence(full(uri(here)), tlv(0x81, []byte{1, 0x60}))),
			[][]byte{full(uri(here))}, false},
		{"a point of another issuer", points(sequence(full(uri(here)), tlv(0xa2, directory))),
			[][]byte{full(uri(here))}, false},
		{"a point that names its own issuer, and an indirect list",
			points(sequence(full(uri(here)), tlv(0xa2, directory))),
			[][]byte{full(uri(here)), yes(4)}, true},
		{"a point that names its own issuer alone, and an indirect list", points(sequence(tlv(0xa2, directory))),
			[][]byte{full(directory), yes(4)}, true},
		{"a point of an issuer that is no name, and an indirect list",
			points(sequence(full(uri(here)), tlv(0xa2, uri(here)))),
			[][]byte{full(uri(here)), yes(4)}, false},
		{"a point without a name", points(sequence(tlv(0xa2, directory))), [][]byte{full(uri(here))}, false},
		{"a point of another form", points(sequence(full(tlv(0x82, []byte("x"))))), [][]byte{full(uri(here))}, false},
		{"a relative name", points(sequence(full(uri(here)))), [][]byte{tlv(0xa0, relative)}, false},
		{"no point in the certificate", nil, [][]byte{full(uri(here))}, false},
		{"no point in the certificate, the issuer's name", nil, [][]byte{full(directory)}, true},
		{"a point in the certificate, none in the CRL", points(sequence(full(uri(here)))), nil, true},
		{"a point for some reasons, none in the CRL", points(sequence(full(uri(here)), tlv(0x81, []byte{1, 0x60}))),
			nil,
			false},
		{"points for some reasons, none in the CRL", points(sequence(full(uri(here)), tlv(0x81, []byte{1, 0x60})),
			sequence(full(uri(there)), tlv(0x81, []byte{1, 0x1e}))), nil, false},
		{"points for all reasons and for some, none in the CRL",
			points(sequence(full(uri(there))), sequence(full(uri(here)), tlv(0x81, []byte{1, 0x60}))), nil, true},
		{"an address without a path", points(sequence(full(uri("http://crl.example.org")))),
			[][]byte{full(uri("HTTP://CRL.Example.org"))}, true},
		{"points for some reasons and for all, none in the CRL",
			points(sequence(full(uri(here)), tlv(0x81, []byte{1, 0x60})), sequence(full(uri(there)))), nil, true},
		{"a point for some reasons of another issuer, none in the CRL",
			points(sequence(full(uri(here)), tlv(0x81, []byte{1, 0x60}), tlv(0xa2, directory))), nil, true},
		{"a point for some reasons, flags alone in the CRL",
			points(sequence(full(uri(here)), tlv(0x81, []byte{1, 0x60}))), [][]byte{yes(1)}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			certificate := p.issue(t, pkitest.P256, test.change).certificate
			c := newCRL(p)
			if test.scope != nil {
				c.scoped(test.scope...)
			}
			got, err := askList(c.build(t), certificate, p.issuer.certificate)
			if test.about && (err != nil || got.Status != revocation.Good) {
				t.Errorf("got %v, %v, want it good", got, err)
			}
			if !test.about && kindOf(err) != revocation.NotAbout {
				t.Errorf("got %v, %v, want %s", got, err, revocation.NotAbout)
			}
		})
	}
}

func TestListIsNotAbout(t *testing.T) {
	t.Parallel()
	p, q := newPKI(t), newPKI(t)
	for name, change := range map[string]func(*crl){
		"another issuer": func(c *crl) { c.issuer = p.authority.Root().RawSubject },
		"delta CRL": func(c *crl) {
			c.extensions = append(c.extensions, extension(true, tlv(2, []byte{1}), 2, 5, 29, 27))
		},
		"delta, uncritical": func(c *crl) {
			c.extensions = append(c.extensions, extension(false, tlv(2, []byte{1}), 2, 5, 29, 27))
		},
		"an entry of another issuer": func(c *crl) {
			c.entries = [][]byte{entry(tlv(2, []byte{1}), today, extension(true, sequence(), 2, 5, 29, 29))}
		},
		"another key of the issuer": func(c *crl) {
			c.signer = q.issuer
			c.extensions = [][]byte{extension(false, sequence(tlv(0x80, q.issuer.certificate.SubjectKeyId)), 2, 5, 29,
				35)}
		},
	} {
		c := newCRL(p)
		change(c)
		if got, err := c.ask(t, p); kindOf(err) != revocation.NotAbout {
			t.Errorf("%s: got %v, %v, want %s", name, got, err, revocation.NotAbout)
		}
	}
	der := newCRL(p).build(t)
	if _, err := askList(der, p.leaf, p.authority.Root()); kindOf(err) != revocation.NotAbout {
		t.Errorf("asked with another issuer: got %v, want %s", err, revocation.NotAbout)
	}
	foreign := newPKIWith(t, pkitest.P256, nil).leaf
	if _, err := askList(der, foreign, p.issuer.certificate); kindOf(err) != revocation.NotAbout {
		t.Errorf("asked about another issuer's: got %v, want %s", err, revocation.NotAbout)
	}
	stranger := *p.leaf
	stranger.RawTBSCertificate = nil
	if _, err := askList(der, &stranger, p.issuer.certificate); kindOf(err) != revocation.NotAbout {
		t.Errorf("asked about nothing: got %v, want %s", err, revocation.NotAbout)
	}
}

func TestListSigners(t *testing.T) {
	t.Parallel()
	p, q := newPKI(t), newPKI(t)
	certifier := newPKIWith(t, pkitest.P256, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign })
	anything := newPKIWith(t, pkitest.P256, func(c *x509.Certificate) { c.KeyUsage = 0 })
	large, small := newPKIWith(t, pkitest.RSA2048, nil), newPKIWith(t, pkitest.RSA1024, nil)
	named := func(algorithm []byte, hash crypto.Hash) func(*crl) {
		return func(c *crl) { c.algorithm, c.outer, c.options = algorithm, algorithm, hash }
	}
	for _, test := range []struct {
		name   string
		about  *pki
		change func(*crl)
		want   revocation.ErrorKind
	}{
		{"issuer", p, func(*crl) {}, ""},
		{"issuer with RSA", large, named(rsaSHA256, crypto.SHA256), ""},
		{"issuer with RSA, parameters absent once", large, func(c *crl) {
			c.algorithm, c.outer = rsaSHA256, sequence(oid(1, 2, 840, 113549, 1, 1, 11))
		}, ""},
		{"issuer without key usage", anything, func(*crl) {}, ""},
		{"issuer that may only certify", certifier, func(*crl) {}, revocation.SignerForbidden},
		{"namesake without a word about its key", p,
			func(c *crl) { c.signer, c.extensions = q.issuer, c.extensions[1:] },
			revocation.SignatureBad},
		{"namesake in the key's name", p, func(c *crl) { c.signer = q.issuer }, revocation.SignatureBad},
		{"delegated responder", p, func(c *crl) { c.signer = p.responder }, revocation.SignatureBad},
		{"SHA-1", large, named(sequence(oid(1, 2, 840, 113549, 1, 1, 5), tlv(5)), crypto.SHA1),
			revocation.AlgorithmWeak},
		{"RSA of 1024 bits", small, named(rsaSHA256, crypto.SHA256), revocation.AlgorithmWeak},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCRL(test.about)
			test.change(c)
			if got, err := c.ask(t, test.about); kindOf(err) != test.want ||
				err == nil && got.Status != revocation.Good {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// Authorities write their own name in more than one way: RFC 5280, section 7.1.
func TestListIssuerNames(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	name := func(country, organization, common []byte) []byte {
		part := func(n int, value []byte) []byte { return tlv(0x31, sequence(oid(2, 5, 4, n), value)) }
		return sequence(part(6, country), part(10, organization), part(3, common))
	}
	utf8 := func(text string) []byte { return tlv(0x0c, []byte(text)) }
	printable := func(text string) []byte { return tlv(0x13, []byte(text)) }
	country, organization, common := printable("DE"), printable("Example Organisation"), printable("Test Issuer")
	if !bytes.Equal(name(country, organization, common), p.issuer.certificate.RawSubject) {
		t.Fatal("got another name than the one that this test writes in several ways")
	}
	relative := func(parts ...[]byte) []byte { return tlv(0x31, parts...) }
	pair := func(n int, value []byte) []byte { return sequence(oid(2, 5, 4, n), value) }
	for _, test := range []struct {
		name   string
		issuer []byte
		same   bool
	}{
		{"another type of string", name(country, utf8("Example Organisation"), utf8("Test Issuer")), true},
		{"another case", name(country, organization, utf8("TEST issuer")), true},
		{"more space", name(country, organization, utf8("  Test   Issuer ")), true},
		{"another text", name(country, organization, utf8("Test Issuers")), false},
		{"space lost", name(country, organization, utf8("TestIssuer")), false},
		{"not a text", name(country, organization, tlv(4, []byte("Test Issuer"))), false},
		{"another attribute",
			sequence(relative(pair(6, country)), relative(pair(10, organization)), relative(pair(11, common))), false},
		{"fewer", sequence(relative(pair(6, country)), relative(pair(10, organization))), false},
		{"one more", sequence(relative(pair(6, country)), relative(pair(10, organization)), relative(pair(3, common)),
			relative(pair(3, common))),
			false},
		{"joined", sequence(relative(pair(6, country)), relative(pair(10, organization), pair(3, common))), false},
		{"nothing", sequence(), false},
		{"broken", sequence(relative()), false},
	} {
		c := newCRL(p)
		c.issuer = test.issuer
		_, err := c.ask(t, p)
		if test.same && err != nil || !test.same && kindOf(err) != revocation.NotAbout {
			t.Errorf("%s: got %v, want the same name: %v", test.name, err, test.same)
		}
	}
}

// nameOf returns a name of so many bytes.
func nameOf(size int) []byte {
	const around = 4 + 4 + 4 + 5 + 4 // the headers, and the type of the attribute
	return sequence(tlv(0x31, sequence(oid(2, 5, 4, 3), tlv(0x0c, make([]byte, size-around)))))
}

func TestMalformedLists(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	serial := integer(t, p.leaf)
	add := func(c *crl, e []byte) { c.extensions = append(c.extensions, e) }
	long := nameOf(16<<10 + 1)
	points := func(names ...[]byte) []byte { return tlv(0xa0, tlv(0xa0, names...)) }
	for name, change := range map[string]func(*crl){
		"version 0 spelt out":       func(c *crl) { c.version = tlv(2, []byte{0}) },
		"version 3":                 func(c *crl) { c.version = tlv(2, []byte{2}) },
		"version 1 with extensions": func(c *crl) { c.version = nil },
		"version 1 with entry extensions": func(c *crl) {
			c.version, c.extensions, c.entries = nil, nil, [][]byte{entry(serial, today, reason(false, 1))}
		},
		"two algorithms": func(c *crl) { c.outer = rsaSHA256 },
		"two parameters": func(c *crl) {
			c.outer = sequence(oid(1, 2, 840, 10045, 4, 3, 2), sequence())
		},
		"no issuer":             func(c *crl) { c.issuer = nil },
		"issuer too long":       func(c *crl) { c.issuer = long },
		"no time":               func(c *crl) { c.thisUpdate, c.nextUpdate = nil, nil },
		"no such time":          func(c *crl) { c.thisUpdate = tlv(0x17, []byte("260231120000Z")) },
		"no such next time":     func(c *crl) { c.nextUpdate = tlv(0x17, []byte("260231120000Z")) },
		"updates the wrong way": func(c *crl) { c.nextUpdate = utc(today.Add(-2 * time.Hour)) },
		"more in the data":      func(c *crl) { c.more = tlv(5) },
		"more behind":           func(c *crl) { c.after = tlv(5) },
		"signature with unused bits": func(c *crl) {
			c.signature = func(v []byte) []byte { return tlv(3, []byte{1}, v) }
		},
		"critical extension":      func(c *crl) { add(c, extension(true, tlv(5), 1, 2, 3)) },
		"extension twice":         func(c *crl) { add(c, extension(false, tlv(2, []byte{1}), 2, 5, 29, 20)) },
		"extension broken":        func(c *crl) { add(c, sequence(oid(1, 2, 3))) },
		"extension with more":     func(c *crl) { add(c, sequence(oid(1, 2, 3), tlv(4), tlv(5))) },
		"extension half critical": func(c *crl) { add(c, sequence(oid(1, 2, 3), tlv(1, []byte{1}), tlv(4))) },
		"extension's name too long": func(c *crl) {
			add(c, sequence(tlv(6, bytes.Repeat([]byte{1}, 65)), tlv(4)))
		},
		"authority key broken": func(c *crl) {
			c.extensions = [][]byte{extension(false, tlv(5), 2, 5, 29, 35)}
		},
		"more behind the authority key": func(c *crl) {
			c.extensions = [][]byte{extension(false, append(sequence(), 5, 0), 2, 5, 29, 35)}
		},
		"more behind the scope": func(c *crl) { add(c, extension(true, append(sequence(), 5, 0), 2, 5, 29, 28)) },
		"scope broken":          func(c *crl) { add(c, extension(true, tlv(5), 2, 5, 29, 28)) },
		"scope with more":       func(c *crl) { c.scoped(tlv(0x86, []byte{0xff})) },
		"scope twice":           func(c *crl) { c.scoped().scoped() },
		"flag half set":         func(c *crl) { c.scoped(tlv(0x81, []byte{1})) },
		"flag of two bytes":     func(c *crl) { c.scoped(tlv(0x81, []byte{0xff, 0xff})) },
		"point without names":   func(c *crl) { c.scoped(points()) },
		"point of another kind": func(c *crl) { c.scoped(tlv(0xa0, tlv(0xa2))) },
		"point with more": func(c *crl) {
			c.scoped(tlv(0xa0, tlv(0xa0, tlv(0x86, []byte("x"))), tlv(5)))
		},
		"relative point with more": func(c *crl) { c.scoped(tlv(0xa0, tlv(0xa1, tlv(5)), tlv(5))) },
		"too many points":          func(c *crl) { c.scoped(points(slicesOf(tlv(0x86, []byte("x")), 65)...)) },
		"too many extensions": func(c *crl) {
			c.extensions = slicesOf(nil, 1)
			c.extensions[0] = manyExtensions(33)[4:]
		},
		"entry of another type": func(c *crl) { c.entries = [][]byte{tlv(0x31)} },
		"entry with more": func(c *crl) {
			c.entries = [][]byte{sequence(serial, utc(today), sequence(), tlv(5))}
		},
		"entry without a time":      func(c *crl) { c.entries = [][]byte{sequence(serial)} },
		"serial number not minimal": func(c *crl) { c.entries = [][]byte{entry(tlv(2, []byte{0, 1}), today)} },
		"serial number not minimal below": func(c *crl) {
			c.entries = [][]byte{entry(tlv(2, []byte{0xff, 0x81}), today)}
		},
		"serial number not minimal, the largest": func(c *crl) {
			c.entries = [][]byte{entry(tlv(2, []byte{0, 0x7f}), today)}
		},
		"serial number not minimal, the smallest": func(c *crl) {
			c.entries = [][]byte{entry(tlv(2, []byte{0xff, 0x80}), today)}
		},
		"extension without a name": func(c *crl) { add(c, sequence(tlv(6), tlv(4))) },
		"serial number empty":      func(c *crl) { c.entries = [][]byte{entry(tlv(2), today)} },
		"entry with a critical extension": func(c *crl) {
			c.entries = [][]byte{entry(tlv(2, []byte{1}), today, extension(true, tlv(5), 1, 2, 3))}
		},
		"entry with a broken extension": func(c *crl) { c.entries = [][]byte{entry(tlv(2, []byte{1}), today, tlv(5))} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCRL(p)
			change(c)
			if _, err := revocation.ParseList(c.build(t)); kindOf(err) != revocation.Malformed {
				t.Errorf("got %v, want %s", err, revocation.Malformed)
			}
		})
	}
	// These errors are found when somebody asks about the certificate.
	for name, e := range map[string][]byte{
		"no such time":        sequence(serial, tlv(0x17, []byte("260231120000Z"))),
		"time with no type":   sequence(serial, tlv(4, []byte("260201120000Z"))),
		"removed from CRL":    entry(serial, today, reason(false, 8)),
		"reason not a number": entry(serial, today, extension(false, tlv(5), 2, 5, 29, 21)),
		"two reasons":         entry(serial, today, reason(false, 1), reason(false, 1)),
	} {
		c := newCRL(p)
		c.entries = [][]byte{e}
		if got, err := c.ask(t, p); kindOf(err) != revocation.Malformed {
			t.Errorf("%s: got %v, %v, want %s", name, got, err, revocation.Malformed)
		}
	}
	der := newCRL(p).build(t)
	for name, der := range map[string][]byte{
		"nothing":   nil,
		"trailing":  append(bytes.Clone(der), 0),
		"truncated": der[:len(der)-1],
	} {
		if _, err := revocation.ParseList(der); kindOf(err) != revocation.Malformed {
			t.Errorf("%s: got %v, want %s", name, err, revocation.Malformed)
		}
	}
}

// The bounds hold, and input just within them is read.
func TestLargestLists(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	one := entry(tlv(2, []byte{1}), today)
	build := func(size int) []byte {
		c := newCRL(p)
		c.extensions, c.entries = nil, [][]byte{bytes.Repeat(one, size/len(one))}
		return c.build(t)
	}
	within := build(revocation.MaxList - 4096)
	if got, err := askList(within, p.leaf, p.issuer.certificate); err != nil || got.Status != revocation.Good {
		t.Errorf("%d bytes: got %v", len(within), err)
	}
	beyond := build(revocation.MaxList + 4096)
	if _, err := revocation.ParseList(beyond); kindOf(err) != revocation.Malformed {
		t.Errorf("%d bytes: got %v, want %s", len(beyond), err, revocation.Malformed)
	}
}

// The name of a CRL's issuer may have 16 KiB.
func TestLongestIssuer(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	for size, want := range map[int]revocation.ErrorKind{16 << 10: "", 16<<10 + 1: revocation.Malformed} {
		c := newCRL(p)
		c.issuer = nameOf(size)
		if _, err := revocation.ParseList(c.build(t)); kindOf(err) != want || len(c.issuer) != size {
			t.Errorf("an issuer of %d bytes: got %v, want %q", len(c.issuer), err, want)
		}
	}
}

// Every entry of a list is found, and nothing else: the test compares with the serial numbers in a
// map.
func TestListFinds(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	template := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: today, NextUpdate: today.Add(time.Hour)}
	var listed, others []*x509.Certificate
	for i := range 60 {
		certificate := p.issue(t, pkitest.P256, func(c *x509.Certificate) {
			c.SerialNumber = new(big.Int).Lsh(big.NewInt(int64(i+1)), uint(i))
		}).certificate
		if i%2 == 0 {
			others = append(others, certificate)
			continue
		}
		listed = append(listed, certificate)
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: certificate.SerialNumber, RevocationTime: today,
				ReasonCode: i / 2 % 5})
	}
	der := must(x509.CreateRevocationList(rand.Reader, template, p.issuer.certificate, p.issuer.key))(t)
	for range 20 { // places in the index are different each time, and so are those that two entries compete for
		checkFinds(t, must(revocation.ParseList(der))(t), p, template, listed, others)
	}
}

func checkFinds(t *testing.T, l *revocation.List, p *pki, template *x509.RevocationList,
	listed, others []*x509.Certificate) {
	t.Helper()
	for i, certificate := range listed {
		got, err := l.About(certificate, p.issuer.certificate)
		if want := template.RevokedCertificateEntries[i].ReasonCode; err != nil || got.Status != revocation.Revoked ||
			got.Reason != want {
			t.Errorf("%x: got %v, %v, want it revoked for reason %d", certificate.SerialNumber, got, err, want)
		}
	}
	for _, certificate := range others {
		if got, err := l.About(certificate, p.issuer.certificate); err != nil || got.Status != revocation.Good {
			t.Errorf("%x: got %v, %v, want it good", certificate.SerialNumber, got, err)
		}
	}
}
