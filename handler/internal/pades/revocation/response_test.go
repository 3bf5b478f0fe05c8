package revocation_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pkitest"
)

func TestResponse(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	at := today.AddDate(0, -1, 0)
	thisUpdate, nextUpdate := today.Add(-time.Hour), today.Add(time.Hour)
	good := revocation.Evidence{Status: revocation.Good, ThisUpdate: thisUpdate, NextUpdate: nextUpdate}
	for _, test := range []struct {
		name   string
		change func(*word)
		want   revocation.Evidence
	}{
		{"good", func(*word) {}, good},
		{"unknown", func(w *word) { w.status = tlv(0x82) },
			revocation.Evidence{Status: revocation.Unknown, ThisUpdate: thisUpdate, NextUpdate: nextUpdate}},
		{"revoked without a reason", func(w *word) { w.status = revokedSince(at) },
			revocation.Evidence{Status: revocation.Revoked, RevokedAt: at, ThisUpdate: thisUpdate,
				NextUpdate: nextUpdate}},
		{"revoked for a reason", func(w *word) { w.status = revokedSince(at, 4) },
			revocation.Evidence{Status: revocation.Revoked, RevokedAt: at, Reason: 4, ThisUpdate: thisUpdate,
				NextUpdate: nextUpdate}},
		{"revoked for a reason that is not defined", func(w *word) { w.status = revokedSince(at, 7) },
			revocation.Evidence{Status: revocation.Revoked, RevokedAt: at, ThisUpdate: thisUpdate,
				NextUpdate: nextUpdate}},
		{"revoked for a reason of the future", func(w *word) { w.status = revokedSince(at, 11) },
			revocation.Evidence{Status: revocation.Revoked, RevokedAt: at, ThisUpdate: thisUpdate,
				NextUpdate: nextUpdate}},
		{"revoked for a reason below zero", func(w *word) { w.status = revokedSince(at, 0xff) },
			revocation.Evidence{Status: revocation.Revoked, RevokedAt: at, ThisUpdate: thisUpdate,
				NextUpdate: nextUpdate}},
		{"nanoseconds", func(w *word) { w.thisUpdate = tlv(0x18, []byte("20260301110000.750000001Z")) }, good},
		{"no next update", func(w *word) { w.nextUpdate = nil },
			revocation.Evidence{Status: revocation.Good, ThisUpdate: thisUpdate}},
		{"fractions of a second", func(w *word) { w.thisUpdate = tlv(0x18, []byte("20260301110000.750Z")) }, good},
		{"next update at once", func(w *word) { w.nextUpdate = tlv(0xa0, w.thisUpdate) },
			revocation.Evidence{Status: revocation.Good, ThisUpdate: thisUpdate, NextUpdate: thisUpdate}},
		{"archive cutoff", func(w *word) {
			w.extensions = tlv(0xa1, sequence(extension(false, generalized(at), 1, 3, 6, 1, 5, 5, 7, 48, 1, 6)))
		}, revocation.Evidence{Status: revocation.Good, ThisUpdate: thisUpdate, NextUpdate: nextUpdate,
			ArchiveCutoff: at}},
		{"archive cutoff in UTCTime", func(w *word) {
			w.extensions = tlv(0xa1, sequence(extension(false, utc(at), 1, 3, 6, 1, 5, 5, 7, 48, 1, 6)))
		}, revocation.Evidence{Status: revocation.Good, ThisUpdate: thisUpdate, NextUpdate: nextUpdate,
			ArchiveCutoff: at}},
		{"archive cutoff below zero", func(w *word) {
			w.extensions = tlv(0xa1,
				sequence(extension(false, tlv(0x18, []byte("-0011129230216Z")), 1, 3, 6, 1, 5, 5, 7, 48, 1, 6)))
		}, good},
		{"archive cutoff with more", func(w *word) {
			w.extensions = tlv(0xa1,
				sequence(extension(false, append(generalized(at), 5, 0), 1, 3, 6, 1, 5, 5, 7, 48, 1, 6)))
		}, good},
		{"an extension that nobody knows", func(w *word) {
			w.extensions = tlv(0xa1, sequence(extension(false, tlv(5), 1, 2, 3)))
		}, good},
		{"a critical nonce", func(w *word) {
			w.extensions = tlv(0xa1, sequence(extension(true, tlv(4), 1, 3, 6, 1, 5, 5, 7, 48, 1, 2)))
		}, good},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newSingle(t, p)
			test.change(w)
			a := newAnswer(t, p)
			a.singles = [][]byte{w.build()}
			der := a.build(t)
			got, err := askResponse(der, p.leaf, p.issuer.certificate)
			if err != nil {
				t.Fatal(err)
			}
			if got.Kind != revocation.KindOCSP || !bytes.Equal(got.Raw, der) || got.Signer != p.issuer.certificate ||
				got.NoCheck {
				t.Errorf("got kind %s, signer %v, no check %v", got.Kind, got.Signer.Subject, got.NoCheck)
			}
			if !got.ProducedAt.Equal(today) {
				t.Errorf("got produced at %v, want %v", got.ProducedAt, today)
			}
			checkWord(t, got, test.want)
		})
	}
}

func checkWord(t *testing.T, got *revocation.Evidence, want revocation.Evidence) {
	t.Helper()
	if got.Status != want.Status || got.Reason != want.Reason {
		t.Errorf("got %s for reason %d, want %s for reason %d", got.Status, got.Reason, want.Status, want.Reason)
	}
	for _, times := range [][2]time.Time{
		{got.RevokedAt, want.RevokedAt}, {got.ThisUpdate, want.ThisUpdate}, {got.NextUpdate, want.NextUpdate},
		{got.ArchiveCutoff, want.ArchiveCutoff},
	} {
		if times[0] != times[1] {
			t.Errorf("got time %v, want %v", times[0], times[1])
		}
	}
}

func TestResponseFinds(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	for hash := range digestNames {
		a := newAnswer(t, p)
		a.singles = [][]byte{hashed(t, p, hash).build()}
		if got, err := a.ask(t, p); err != nil || got.Status != revocation.Good {
			t.Errorf("%v: got %v, %v", hash, got, err)
		}
	}
	another := newSingle(t, p)
	another.serial = integer(t, p.issue(t, pkitest.P256, nil).certificate)
	another.status = revokedSince(today)
	single := func(status []byte, at time.Time) []byte {
		w := newSingle(t, p)
		w.status, w.thisUpdate = status, generalized(at)
		return w.build()
	}
	goodOld, goodNew := single(tlv(0x80), today.Add(-2*time.Hour)), single(tlv(0x80), today.Add(-time.Hour))
	badOld, badNew := single(revokedSince(today), today.Add(-2*time.Hour)),
		single(revokedSince(today), today.Add(-time.Hour))
	heldOld, heldNew := single(revokedSince(today, 6), today.Add(-2*time.Hour)),
		single(revokedSince(today, 6), today.Add(-time.Hour))
	for _, test := range []struct {
		name    string
		singles [][]byte
		want    revocation.Status
	}{
		{"among others", [][]byte{another.build(), goodOld, another.build()}, revocation.Good},
		{"newest last", [][]byte{badOld, goodNew}, revocation.Revoked},
		{"newest last the other way", [][]byte{goodNew, badOld}, revocation.Revoked},
		{"a hold, and good since", [][]byte{heldOld, goodNew}, revocation.Good},
		{"good since a hold", [][]byte{goodNew, heldOld}, revocation.Good},
		{"good, and a hold since", [][]byte{goodOld, heldNew}, revocation.Revoked},
		{"a hold and good", [][]byte{heldNew, goodNew}, revocation.Revoked},
		{"newest last, and revoked", [][]byte{goodOld, badNew}, revocation.Revoked},
		{"newest first, and revoked", [][]byte{badNew, goodOld}, revocation.Revoked},
		{"contradiction", [][]byte{goodNew, badNew}, revocation.Revoked},
		{"contradiction the other way", [][]byte{badNew, goodNew}, revocation.Revoked},
		{"none", [][]byte{another.build()}, ""},
		{"nothing", nil, ""},
	} {
		a := newAnswer(t, p)
		a.singles = test.singles
		got, err := a.ask(t, p)
		switch {
		case test.want == "" && kindOf(err) != revocation.NotAbout:
			t.Errorf("%s: got %v, want %s", test.name, err, revocation.NotAbout)
		case test.want != "" && (err != nil || got.Status != test.want):
			t.Errorf("%s: got %v, %v, want %s", test.name, got, err, test.want)
		}
	}
}

func TestResponseIsAboutAnother(t *testing.T) {
	t.Parallel()
	p, q := newPKI(t), newPKI(t)
	for name, change := range map[string]func(*word){
		"serial number": func(w *word) { w.serial = integer(t, p.responder.certificate) },
		"name":          func(w *word) { w.nameHash = digestOf(crypto.SHA1, p.issuer.certificate.RawIssuer) },
		"key":           func(w *word) { w.keyHash = digestOf(crypto.SHA1, publicKey(t, q.issuer.certificate)) },
		"unknown hash":  func(w *word) { w.hash = sequence(oid(1, 2, 3)) },
		"hash with parameters": func(w *word) {
			w.hash = sequence(oid(1, 3, 14, 3, 2, 26), tlv(0x30))
		},
	} {
		w := newSingle(t, p)
		change(w)
		a := newAnswer(t, p)
		a.singles = [][]byte{w.build()}
		if got, err := a.ask(t, p); kindOf(err) != revocation.NotAbout {
			t.Errorf("another %s: got %v, %v, want %s", name, got, err, revocation.NotAbout)
		}
	}
	der := newAnswer(t, p).build(t)
	if _, err := askResponse(der, p.leaf, p.authority.Root()); kindOf(err) != revocation.NotAbout {
		t.Errorf("asked with another issuer: got %v, want %s", err, revocation.NotAbout)
	}
	if _, err := askResponse(der, &x509.Certificate{RawIssuer: p.leaf.RawIssuer},
		p.issuer.certificate); kindOf(err) != revocation.NotAbout {
		t.Errorf("asked about nothing: got %v, want %s", err, revocation.NotAbout)
	}
	renamed := *p.issuer.certificate
	renamed.RawSubject = p.leaf.RawSubject
	if _, err := askResponse(newAnswer(t, p).by(t, p.issuer).build(t), p.leaf,
		&renamed); kindOf(err) != revocation.NotAbout {
		t.Errorf("asked with an issuer of another name: got %v, want %s", err, revocation.NotAbout)
	}
	// The name is the same but the key is another: the certID distinguishes them before any
	// signature is checked.
	if _, err := askResponse(der, p.leaf, q.issuer.certificate); kindOf(err) != revocation.NotAbout {
		t.Errorf("asked with a namesake: got %v, want %s", err, revocation.NotAbout)
	}
}

func TestResponseSigners(t *testing.T) {
	t.Parallel()
	p, q := newPKI(t), newPKI(t)
	noCheck := pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: []byte{5, 0}}
	weak := newPKIWith(t, pkitest.P256, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign })
	free := newPKIWith(t, pkitest.P256, func(c *x509.Certificate) { c.KeyUsage = 0 })
	delegate := func(change func(*x509.Certificate)) party {
		return p.issue(t, pkitest.P256, func(template *x509.Certificate) {
			asResponder(template)
			change(template)
		})
	}
	critical := delegate(func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}}
	})
	other := *p.issuer.certificate
	other.RawSubject = p.leaf.RawSubject
	renamed := (&pki{authority: &pkitest.Authority{Chain: []*x509.Certificate{&other}, Key: p.issuer.key}}).issue(t,
		pkitest.P256, asResponder)
	byName := func(a *answer, subject []byte) *answer { a.responder = tlv(0xa1, subject); return a }
	for _, test := range []struct {
		name   string
		answer *answer
		about  *pki
		want   revocation.ErrorKind
	}{
		{"issuer by name", newAnswer(t, p), p, ""},
		{"issuer by key", newAnswer(t, p).by(t, p.issuer), p, ""},
		{"responder by key", newAnswer(t, p).by(t, p.responder), p, ""},
		{"responder by name", byName(newAnswer(t, p).by(t, p.responder), p.responder.certificate.RawSubject), p, ""},
		{"responder of an issuer without key usage", newAnswer(t, free).by(t, free.responder), free, ""},
		{"responder without key usage", newAnswer(t, p).by(t, delegate(func(c *x509.Certificate) { c.KeyUsage = 0 })),
			p, ""},
		{"responder behind a certificate that cannot be read",
			with(newAnswer(t, p).by(t, p.responder), func(a *answer) {
				a.certificates = [][]byte{sequence(), p.responder.certificate.Raw}
			}), p, ""},
		{"responder with a critical no-check", newAnswer(t, p).by(t, delegate(func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: noCheck.Id, Critical: true, Value: noCheck.Value}}
		})), p, ""},
		{"responder behind some of its name",
			with(byName(newAnswer(t, p).by(t, p.responder), p.responder.certificate.RawSubject), func(a *answer) {
				a.certificates = [][]byte{q.responder.certificate.Raw, q.responder.certificate.Raw,
					q.responder.certificate.Raw, p.responder.certificate.Raw}
			}), p, ""},
		{"responder behind another one many times",
			with(byName(newAnswer(t, p).by(t, p.responder), p.responder.certificate.RawSubject), func(a *answer) {
				a.certificates = append(slicesOf(q.responder.certificate.Raw, 4), p.responder.certificate.Raw)
			}), p, ""},
		{"responder without its certificate",
			with(newAnswer(t, p).by(t, p.responder), func(a *answer) { a.certificates = nil }), p,
			revocation.SignerForbidden},
		{"responder of another issuer", newAnswer(t, p).by(t, q.responder), p, revocation.SignerForbidden},
		{"responder below the responder", newAnswer(t, p).by(t, newPKIWith(t, pkitest.P256, nil).responder), p,
			revocation.SignerForbidden},
		{"responder for nothing", newAnswer(t, p).by(t, delegate(func(c *x509.Certificate) { c.ExtKeyUsage = nil })), p,
			revocation.SignerForbidden},
		{"responder for anything", newAnswer(t, p).by(t, delegate(func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
		})), p, revocation.SignerForbidden},
		{"responder that may only certify", newAnswer(t, p).by(t, delegate(func(c *x509.Certificate) {
			c.KeyUsage = x509.KeyUsageCertSign
		})), p, revocation.SignerForbidden},
		{"responder with a critical extension", newAnswer(t, p).by(t, critical), p, revocation.SignerForbidden},
		{"responder of an issuer that may not certify", newAnswer(t, weak).by(t, weak.responder), weak,
			revocation.SignerForbidden},
		{"responder of the issuer's key under another name", newAnswer(t, p).by(t, renamed), p,
			revocation.SignerForbidden},
		{"leaf", newAnswer(t, p).by(t, p.issue(t, pkitest.P256, nil)), p, revocation.SignerForbidden},
		{"responder under the issuer's name",
			byName(newAnswer(t, p).by(t, p.responder), p.issuer.certificate.RawSubject), p,
			revocation.SignatureBad},
		{"responder under another name", byName(newAnswer(t, p).by(t, p.responder), p.leaf.RawSubject), p,
			revocation.SignerForbidden},
		{"responder under another key", with(newAnswer(t, p).by(t, p.responder), func(a *answer) {
			a.responder = tlv(0xa2, tlv(4, keyHash(t, p.leaf)))
		}), p, revocation.SignerForbidden},
		{"namesake of the issuer", with(newAnswer(t, p), func(a *answer) { a.signer = q.issuer }), p,
			revocation.SignatureBad},
		{"namesake of the issuer with its certificate", with(newAnswer(t, p), func(a *answer) {
			a.signer, a.certificates = q.issuer, [][]byte{q.issuer.certificate.Raw}
		}), p, revocation.SignatureBad},
		{"impostor of the responder",
			with(newAnswer(t, p).by(t, p.responder), func(a *answer) { a.signer = q.responder }), p,
			revocation.SignatureBad},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := test.answer.ask(t, test.about)
			if kindOf(err) != test.want {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if err == nil && !got.Signer.Equal(test.answer.signer.certificate) {
				t.Errorf("got signer %v, want %v", got.Signer.Subject, test.answer.signer.certificate.Subject)
			}
			if want := strings.Contains(test.name, "no-check"); err == nil && got.NoCheck != want {
				t.Errorf("got no check %v, want %v", got.NoCheck, want)
			}
		})
	}
}

func with(a *answer, change func(*answer)) *answer {
	change(a)
	return a
}

// pssName is the AlgorithmIdentifier of RSASSA-PSS.
func pssName(hash, mask []byte, rest ...[]byte) []byte {
	fields := [][]byte{tlv(0xa0, hash), tlv(0xa1, sequence(oid(1, 2, 840, 113549, 1, 1, 8), mask))}
	return sequence(oid(1, 2, 840, 113549, 1, 1, 10), sequence(append(fields, rest...)...))
}

func TestResponseAlgorithms(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	keys := map[string]party{}
	for _, algorithm := range []pkitest.Algorithm{pkitest.RSA1024, pkitest.RSA2048, pkitest.P224, pkitest.P256,
		pkitest.P384, pkitest.P521} {
		keys[string(algorithm)] = p.issue(t, algorithm, asResponder)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys["Ed25519"] = p.certify(t, edwards, asResponder)
	// Nobody has the private half of this key, and nobody needs it.
	modulus := new(big.Int).SetBit(big.NewInt(1), 8192, 1)
	template := pkitest.SigningTemplate("Large", today)
	asResponder(template)
	keys["RSA-8193"] = party{must(p.authority.Issue(template, &rsa.PublicKey{N: modulus, E: 65537}))(t)[0],
		p.issuer.key}
	sha256, sha384, sha512 := digestNames[crypto.SHA256], digestNames[crypto.SHA384], digestNames[crypto.SHA512]
	salt := func(n byte) []byte { return tlv(0xa2, tlv(2, []byte{n})) }
	pss := func(hash crypto.Hash, salt int) *rsa.PSSOptions { return &rsa.PSSOptions{Hash: hash, SaltLength: salt} }
	pkcs1 := func(n int) []byte { return sequence(oid(1, 2, 840, 113549, 1, 1, n), tlv(5)) }
	ecdsa := func(n int) []byte { return sequence(oid(1, 2, 840, 10045, 4, 3, n)) }
	const weak, bad = revocation.AlgorithmWeak, revocation.SignatureBad
	for _, test := range []struct {
		name      string
		key       string
		algorithm []byte
		options   crypto.SignerOpts
		want      revocation.ErrorKind
	}{
		{"RSA with SHA-256", "RSA-2048", pkcs1(11), crypto.SHA256, ""},
		{"RSA with SHA-256, parameters absent", "RSA-2048", sequence(oid(1, 2, 840, 113549, 1, 1, 11)), crypto.SHA256,
			""},
		{"RSA with SHA-384", "RSA-2048", pkcs1(12), crypto.SHA384, ""},
		{"RSA with SHA-512", "RSA-2048", pkcs1(13), crypto.SHA512, ""},
		{"PSS with SHA-256", "RSA-2048", pssName(sha256, sha256, salt(32)), pss(crypto.SHA256, 32), ""},
		{"PSS with SHA-384", "RSA-2048", pssName(sha384, sha384, salt(48)), pss(crypto.SHA384, 48), ""},
		{"PSS with SHA-512", "RSA-2048", pssName(sha512, sha512, salt(64), tlv(0xa3, tlv(2, []byte{1}))),
			pss(crypto.SHA512, 64), ""},
		{"PSS with a salt of its own", "RSA-2048", pssName(sha256, sha256), pss(crypto.SHA256, 20), ""},
		{"P-256", "P-256", ecdsa(2), crypto.SHA256, ""},
		{"P-384", "P-384", ecdsa(3), crypto.SHA384, ""},
		{"P-521", "P-521", ecdsa(4), crypto.SHA512, ""},
		{"Ed25519", "Ed25519", sequence(oid(1, 3, 101, 112)), crypto.Hash(0), ""},
		{"RSA with SHA-1", "RSA-2048", pkcs1(5), crypto.SHA1, weak},
		{"RSA with SHA-224", "RSA-2048", pkcs1(14), crypto.SHA224, weak},
		{"ECDSA with SHA-1", "P-256", sequence(oid(1, 2, 840, 10045, 4, 1)), crypto.SHA1, weak},
		{"PSS with SHA-1", "RSA-2048", sequence(oid(1, 2, 840, 113549, 1, 1, 10), sequence()), pss(crypto.SHA1, 20),
			weak},
		{"PSS with SHA-1 spelt out", "RSA-2048", pssName(digestNames[crypto.SHA1], digestNames[crypto.SHA1]),
			pss(crypto.SHA1, 20), weak},
		{"PSS with two digests", "RSA-2048", pssName(sha256, sha512, salt(32)), pss(crypto.SHA256, 32), bad},
		{"PSS without a salt", "RSA-2048", pssName(sha256, sha256, salt(0)), pss(crypto.SHA256, 32), bad},
		{"PSS with another trailer", "RSA-2048", pssName(sha256, sha256, salt(32), tlv(0xa3, tlv(2, []byte{2}))),
			pss(crypto.SHA256, 32), weak},
		{"PSS with another salt", "RSA-2048", pssName(sha256, sha256, salt(31)), pss(crypto.SHA256, 32), bad},
		{"an unknown algorithm", "P-256", sequence(oid(1, 2, 3)), crypto.SHA256, weak},
		{"ECDSA with parameters", "P-256", sequence(oid(1, 2, 840, 10045, 4, 3, 2), sequence()), crypto.SHA256, weak},
		{"RSA of 1024 bits", "RSA-1024", pkcs1(11), crypto.SHA256, weak},
		{"RSA of 8193 bits", "RSA-8193", pkcs1(11), crypto.SHA256, weak},
		{"PSS with another mask", "RSA-2048", sequence(oid(1, 2, 840, 113549, 1, 1, 10), sequence(tlv(0xa0, sha256),
			tlv(0xa1, sequence(oid(1, 2, 3), sha256)), salt(32))), pss(crypto.SHA256, 32), weak},
		{"P-224", "P-224", ecdsa(2), crypto.SHA256, weak},
		{"RSA named for ECDSA", "RSA-2048", ecdsa(2), crypto.SHA256, bad},
		{"ECDSA named for RSA", "P-256", pkcs1(11), crypto.SHA256, bad},
		{"ECDSA named for Ed25519", "P-256", sequence(oid(1, 3, 101, 112)), crypto.SHA256, bad},
		{"Ed25519 named for ECDSA", "Ed25519", ecdsa(2), crypto.Hash(0), bad},
		{"another digest", "P-256", ecdsa(3), crypto.SHA256, bad},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAnswer(t, p).by(t, keys[test.key])
			a.algorithm, a.options = test.algorithm, test.options
			if got, err := a.ask(t, p); kindOf(err) != test.want || err == nil && got.Status != revocation.Good {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// The responder's certificate must be as strong as its responses.
func TestResponderOfWeakIssuer(t *testing.T) {
	t.Parallel()
	p := newPKIWith(t, pkitest.RSA1024, nil)
	if _, err := newAnswer(t, p).by(t, p.responder).ask(t, p); kindOf(err) != revocation.AlgorithmWeak {
		t.Errorf("got %v, want %s", err, revocation.AlgorithmWeak)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for status, test := range map[byte]struct {
		word  string
		retry bool
		kind  revocation.ErrorKind
	}{
		1: {"malformedRequest", false, revocation.Refused},
		2: {"internalError", true, revocation.Refused},
		3: {"tryLater", true, revocation.Refused},
		4: {"4", false, revocation.Malformed},
		5: {"sigRequired", false, revocation.Refused},
		6: {"unauthorized", false, revocation.Refused},
		7: {"7", false, revocation.Malformed},
	} {
		_, err := revocation.ParseResponse(sequence(tlv(0x0a, []byte{status})))
		fault, ok := errors.AsType[*revocation.Error](err)
		if !ok || fault.Kind != test.kind || !strings.Contains(fault.Detail, test.word) || fault.Retry != test.retry {
			t.Errorf("status %d: got %v, want %s and %q", status, err, test.kind, test.word)
		}
	}
}

func TestMalformedResponses(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	unknown := sequence(extension(true, tlv(5), 1, 2, 3))
	twice := sequence(extension(false, tlv(5), 1, 2, 3), extension(false, tlv(5), 1, 2, 3))
	for name, change := range map[string]func(*answer, *word){
		"status of another type": func(a *answer, _ *word) { a.status = tlv(2, []byte{0}) },
		"another response type": func(a *answer, _ *word) {
			a.responseType = oid(1, 3, 6, 1, 5, 5, 7, 48, 1, 2)
		},
		"another version":            func(a *answer, _ *word) { a.version = tlv(0xa0, tlv(2, []byte{1})) },
		"a version of another type":  func(a *answer, _ *word) { a.version = tlv(0xa0, tlv(5)) },
		"no responder":               func(a *answer, _ *word) { a.responder = nil },
		"responder's key hash short": func(a *answer, _ *word) { a.responder = tlv(0xa2, tlv(4, make([]byte, 19))) },
		"responder with more": func(a *answer, _ *word) {
			a.responder = tlv(0xa1, p.issuer.certificate.RawSubject, tlv(5))
		},
		"no time": func(a *answer, _ *word) { a.producedAt = nil },
		"UTCTime": func(a *answer, _ *word) { a.producedAt = utc(today) },
		"time zone": func(a *answer, _ *word) {
			a.producedAt = tlv(0x18, []byte("20260301120000+0100"))
		},
		"too precise": func(a *answer, _ *word) {
			a.producedAt = tlv(0x18, []byte("20260301120000.0000000001Z"))
		},
		"local time": func(a *answer, _ *word) { a.producedAt = tlv(0x18, []byte("20260301120000")) },
		"no such time": func(a *answer, _ *word) {
			a.producedAt = tlv(0x18, []byte("20260231120000Z"))
		},
		"more in the data":     func(a *answer, _ *word) { a.more = tlv(5) },
		"critical extension":   func(a *answer, _ *word) { a.extensions = tlv(0xa1, unknown) },
		"extension twice":      func(a *answer, _ *word) { a.extensions = tlv(0xa1, twice) },
		"extensions with more": func(a *answer, _ *word) { a.extensions = tlv(0xa1, sequence(), tlv(5)) },
		"extension broken": func(a *answer, _ *word) {
			a.extensions = tlv(0xa1, sequence(sequence(oid(1, 2, 3))))
		},
		"too many extensions": func(a *answer, _ *word) { a.extensions = tlv(0xa1, manyExtensions(33)) },
		"more behind":         func(a *answer, _ *word) { a.after = tlv(5) },
		"more behind the certificates": func(a *answer, _ *word) {
			a.after = tlv(0xa0, sequence(), tlv(5))
		},
		"signature with unused bits": func(a *answer, _ *word) {
			a.signature = func(v []byte) []byte { return tlv(3, []byte{1}, v) }
		},
		"signature too long": func(a *answer, _ *word) {
			a.signature = func([]byte) []byte { return tlv(3, make([]byte, 2050)) }
		},
		"algorithm broken": func(a *answer, _ *word) { a.algorithm = sequence() },
		"algorithm with more": func(a *answer, _ *word) {
			a.algorithm = sequence(oid(1, 2, 3), tlv(5), tlv(5))
		},
		"too many certificates":        func(a *answer, _ *word) { a.certificates = slicesOf(sequence(), 17) },
		"certificates of another type": func(a *answer, _ *word) { a.certificates = [][]byte{tlv(0x31)} },
		"too many words":               func(a *answer, w *word) { a.singles = slicesOf(w.build(), 256) },
		"no status":                    func(_ *answer, w *word) { w.status = nil },
		"good with more":               func(_ *answer, w *word) { w.status = tlv(0x80, []byte{5, 0}) },
		"unknown with more":            func(_ *answer, w *word) { w.status = tlv(0x82, []byte{5, 0}) },
		"revoked at no time":           func(_ *answer, w *word) { w.status = tlv(0xa1) },
		"revoked with more":            func(_ *answer, w *word) { w.status = tlv(0xa1, generalized(today), tlv(5)) },
		"removed from a CRL":           func(_ *answer, w *word) { w.status = revokedSince(today, 8) },
		"reason with more": func(_ *answer, w *word) {
			w.status = tlv(0xa1, generalized(today), tlv(0xa0, tlv(0x0a, []byte{1}), tlv(5)))
		},
		"updates the wrong way": func(_ *answer, w *word) {
			w.nextUpdate = tlv(0xa0, generalized(today.Add(-2*time.Hour)))
		},
		"next update with more":     func(_ *answer, w *word) { w.nextUpdate = tlv(0xa0, generalized(today), tlv(5)) },
		"next update broken":        func(_ *answer, w *word) { w.nextUpdate = tlv(0xa0, tlv(5)) },
		"serial number not minimal": func(_ *answer, w *word) { w.serial = tlv(2, []byte{0, 1}) },
		"serial number empty":       func(_ *answer, w *word) { w.serial = tlv(2) },
		"certID with more":          func(_ *answer, w *word) { w.serial = append(w.serial, 5, 0) },
		"word with a critical extension": func(_ *answer, w *word) {
			w.extensions = tlv(0xa1, unknown)
		},
		"word with other extensions": func(_ *answer, w *word) { w.extensions = tlv(0xa1, tlv(5)) },
		"word from an indirect CRL": func(_ *answer, w *word) {
			w.extensions = tlv(0xa1, sequence(extension(true, sequence(), 2, 5, 29, 29)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, w := newAnswer(t, p), newSingle(t, p)
			change(a, w)
			a.singles = append(a.singles, w.build())
			if _, err := revocation.ParseResponse(a.build(t)); kindOf(err) != revocation.Malformed {
				t.Errorf("got %v, want %s", err, revocation.Malformed)
			}
		})
	}
	der := newAnswer(t, p).build(t)
	for name, der := range map[string][]byte{
		"nothing": nil,
		"no basic response": sequence(tlv(0x0a, []byte{0}),
			tlv(0xa0, sequence(oid(1, 3, 6, 1, 5, 5, 7, 48, 1, 1), tlv(4, tlv(5))))),
		"no bytes":          sequence(tlv(0x0a, []byte{0})),
		"trailing":          append(bytes.Clone(der), 0),
		"more behind":       sequence(der[4:], tlv(5)),
		"more inside":       sequence(der[4:7], tlv(0xa0, der[11:], tlv(5))),
		"truncated":         der[:len(der)-1],
		"indefinite length": append(append([]byte{0x30, 0x80}, der[4:]...), 0, 0),
		"too large": with(newAnswer(t, p), func(a *answer) {
			a.certificates = slicesOf(sequence(make([]byte, revocation.MaxResponse/16)), 16)
		}).build(t),
	} {
		if _, err := revocation.ParseResponse(der); kindOf(err) != revocation.Malformed {
			t.Errorf("%s: got %v, want %s", name, err, revocation.Malformed)
		}
	}
}

// Responses just within the bounds are read.
func TestLargestResponse(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	a := newAnswer(t, p).by(t, p.responder)
	a.singles = slicesOf(newSingle(t, p).build(), 256)
	a.certificates = append(slicesOf(p.leaf.Raw, 15), p.responder.certificate.Raw)
	a.extensions = tlv(0xa1, manyExtensions(32))
	if _, err := a.ask(t, p); err != nil {
		t.Error(err)
	}
	a.signature = func([]byte) []byte { return tlv(3, make([]byte, 2049)) }
	if _, err := revocation.ParseResponse(a.build(t)); err != nil {
		t.Errorf("got %v for a signature of 2048 bytes", err)
	}
}

func manyExtensions(n int) []byte {
	var all []byte
	for i := range n {
		all = append(all, extension(false, tlv(5), 1, 2, 3, i)...)
	}
	return sequence(all)
}

func slicesOf(element []byte, n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = element
	}
	return all
}

// golang.org/x/crypto/ocsp is another implementation: it understands our requests, and we
// understand its responses.
func TestOtherImplementation(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	request := must(revocation.Request(p.leaf, p.issuer.certificate))(t)
	if want := must(ocsp.CreateRequest(p.leaf, p.issuer.certificate, nil))(t); !bytes.Equal(request, want) {
		t.Errorf("got request %x, want %x", request, want)
	}
	for _, signer := range []party{p.issuer, p.responder} {
		template := ocsp.Response{
			Status: ocsp.Revoked, SerialNumber: p.leaf.SerialNumber, RevokedAt: today,
			RevocationReason: ocsp.KeyCompromise,
			ThisUpdate:       today, NextUpdate: today.Add(time.Hour), IssuerHash: crypto.SHA256,
			Certificate: signer.certificate,
		}
		der := must(ocsp.CreateResponse(p.issuer.certificate, signer.certificate, template, signer.key))(t)
		got, err := askResponse(der, p.leaf, p.issuer.certificate)
		if err != nil {
			t.Fatal(err)
		}
		checkWord(t, got, revocation.Evidence{
			Status: revocation.Revoked, RevokedAt: today, Reason: 1, ThisUpdate: today,
			NextUpdate: today.Add(time.Hour),
		})
	}
}
