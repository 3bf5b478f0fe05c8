package pades_test

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"time"

	"influxion/handler/internal/pkitest"
)

// The possible results of evidence in /DSS.
const (
	proves  = "proves that it is good"
	alters  = "proves that it is good, in a revision that is more than validation data"
	nothing = "INDETERMINATE TRY_LATER intact B-T"
	revoked = "INDETERMINATE REVOKED_NO_POE intact B-T"
)

// evidenceRow is one change of sound evidence about a seal, and what the changed evidence proves.
type evidenceRow struct {
	name string
	make func(h household, seal signer) []byte
	want string
}

func answerRow(name string, change func(h household, seal signer, a *answer), want string) evidenceRow {
	return evidenceRow{name, func(h household, seal signer) []byte {
		a := h.answer(seal.chain[0])
		change(h, seal, a)
		return a.bytes()
	}, want}
}

// delegate makes a delegated responder of the household's authority.
func (h household) delegate(change func(*x509.Certificate)) signer {
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Household Responder"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage:     []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
		ExtraExtensions: []pkix.Extension{{Id: []int{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: null}},
	}
	if change != nil {
		change(template)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		panic("internal error: " + err.Error())
	}
	chain, err := h.pki.Issue(template, key.Public())
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return signer{chain, key}
}

// delegated makes a delegated responder answer in place of the authority.
func delegated(change func(*x509.Certificate)) func(household, signer, *answer) {
	return func(h household, seal signer, a *answer) {
		by := h.delegate(change)
		*a = *newAnswer(by, seal.chain[0], h.pki.Chain[0])
		a.certificates = [][]byte{by.chain[0].Raw}
	}
}

func answerRows() []evidenceRow {
	now := time.Now()
	row := func(name string, change func(a *answer), want string) evidenceRow {
		return answerRow(name, func(_ household, _ signer, a *answer) { change(a) }, want)
	}
	id := func(name string, make func(h household, c *x509.Certificate) []byte, want string) evidenceRow {
		return answerRow(name, func(h household, seal signer, a *answer) { a.id = make(h, seal.chain[0]) }, want)
	}
	extension := func(critical bool, arcs ...int) []byte {
		return tlv(0xa1, tlv(0x30, extensionOf(critical, null, arcs...)))
	}
	state := func(name string, state []byte, want string) evidenceRow {
		return row(name, func(a *answer) { a.state = state }, want)
	}
	return []evidenceRow{
		row("as it is", func(*answer) {}, proves),
		row("status tryLater", func(a *answer) { a.status = []byte{10, 1, 3} }, nothing),
		row("status of two bytes", func(a *answer) { a.status = []byte{10, 2, 0, 0} }, nothing),
		row("of another type", func(a *answer) { a.kind = oid(1, 2, 3) }, nothing),
		row("version 2", func(a *answer) { a.version = tlv(0xa0, []byte{2, 1, 1}) }, nothing),
		row("by the hash of its key", func(a *answer) {
			a.responder = tlv(0xa2, tlv(4, digest(crypto.SHA1, keyBits(a.by.chain[0]))))
		}, proves),
		row("by the hash of another key", func(a *answer) {
			a.responder = tlv(0xa2, tlv(4, make([]byte, 20)))
		}, nothing),
		row("by another name", func(a *answer) { a.responder = tlv(0xa1, a.by.chain[1].RawSubject) }, nothing),
		row("no responder", func(a *answer) { a.responder = nil }, nothing),
		id("by SHA-256", func(h household, c *x509.Certificate) []byte {
			return certIDOf(crypto.SHA256, c, h.pki.Chain[0])
		}, proves),
		id("by MD5", func(h household, c *x509.Certificate) []byte {
			return certIDOf(crypto.MD5, c, h.pki.Chain[0])
		}, proves),
		id("about another issuer", func(h household, c *x509.Certificate) []byte {
			return certIDOf(crypto.SHA1, c, h.root.Chain[0])
		}, nothing),
		id("about another certificate", func(h household, c *x509.Certificate) []byte {
			return certIDOf(crypto.SHA1, h.pki.Chain[0], h.pki.Chain[0])
		}, nothing),
		state("good, and more", tlv(0x80, null), nothing),
		state("unknown", stateUnknown, nothing),
		state("of no status", []byte{0x83, 0}, nothing),
		state("revoked", revokedSince(now.Add(-time.Minute)), revoked),
		state("revoked for a compromise", revokedSince(now.Add(-time.Minute), 1), revoked),
		state("on hold", revokedSince(now.Add(-time.Minute), 6), nothing),
		state("lifted", revokedSince(now.Add(-time.Minute), 8), nothing),
		state("revoked for no reason that is known", revokedSince(now.Add(-time.Minute), 7), revoked),
		state("revoked for a negative reason", revokedSince(now.Add(-time.Minute), 0xff), revoked),
		state("revoked later", revokedSince(now.Add(time.Hour)), proves),
		row("from tomorrow", func(a *answer) { a.this = genTime(now.Add(day)) }, nothing),
		row("from before the certificate", func(a *answer) { a.this = genTime(now.AddDate(-2, 0, 0)) }, nothing),
		row("stale", func(a *answer) {
			a.this, a.next = genTime(now.Add(-time.Minute)), tlv(0xa0, genTime(now.Add(-30*time.Second)))
		}, nothing),
		row("that ends before it begins", func(a *answer) {
			a.next = tlv(0xa0, genTime(now.Add(-time.Hour)))
		}, nothing),
		row("without an end", func(a *answer) { a.next = nil }, proves),
		row("made tomorrow", func(a *answer) { a.producedAt = genTime(now.Add(day)) }, proves),
		row("made behind its signer's end", func(a *answer) { a.producedAt = genTime(now.AddDate(20, 0, 0)) }, nothing),
		row("of no time", func(a *answer) { a.this = nil }, nothing),
		row("of a time that is none", func(a *answer) { a.this = tlv(0x18, []byte("20261331000000Z")) }, nothing),
		row("in UTCTime", func(a *answer) { a.this = tlv(0x17, []byte(now.UTC().Format("060102150405Z"))) }, nothing),
		row("with an extension", func(a *answer) { a.extensions = extension(false, 1, 2, 3) }, proves),
		row("with a critical extension", func(a *answer) { a.extensions = extension(true, 1, 2, 3) }, nothing),
		row("with an extension about it", func(a *answer) { a.singleExtensions = extension(false, 1, 2, 3) }, proves),
		row("with a critical extension about it", func(a *answer) {
			a.singleExtensions = extension(true, 1, 2, 3)
		}, nothing),
		row("twice", func(a *answer) {
			a.singles = func(single []byte) [][]byte { return [][]byte{single, single} }
		}, proves),
		row("about nothing", func(a *answer) { a.singles = func([]byte) [][]byte { return nil } }, nothing),
		answerRow("good, and revoked beside it", func(_ household, _ signer, a *answer) {
			a.singles = func(single []byte) [][]byte {
				return [][]byte{single, tlv(0x30, a.id, revokedSince(now.Add(-time.Minute)), a.this, a.next)}
			}
		}, revoked),
		answerRow("revoked, and good beside it", func(_ household, _ signer, a *answer) {
			a.singles = func(single []byte) [][]byte {
				return [][]byte{tlv(0x30, a.id, revokedSince(now.Add(-time.Minute)), a.this, a.next), single}
			}
		}, revoked),
		answerRow("revoked, and good since", func(_ household, _ signer, a *answer) {
			a.singles = func(single []byte) [][]byte {
				since := now.Add(-time.Minute)
				return [][]byte{single, tlv(0x30, a.id, revokedSince(since), genTime(since), a.next)}
			}
		}, revoked),
		answerRow("good, of another certificate", func(h household, _ signer, a *answer) {
			hash := tlv(0x30, algorithmOf(sha2OID(1)), tlv(4, digest(crypto.SHA256, h.pki.Chain[0].Raw)))
			a.singleExtensions = tlv(0xa1, tlv(0x30, extensionOf(false, hash, 1, 3, 36, 8, 3, 13)))
		}, nothing),
		row("of another signature", func(a *answer) {
			a.value = func([]byte) []byte { return signedBy(a.by, []byte("another")) }
		}, nothing),
		row("of no signature", func(a *answer) { a.value = func([]byte) []byte { return nil } }, nothing),
		row("signed by another scheme than it says", func(a *answer) { a.algorithm = withECDSA(3) }, nothing),
		row("signed by a scheme that is not known", func(a *answer) {
			a.algorithm = algorithmOf(oid(1, 2, 3))
		}, nothing),
		answerRow("signed by the seal", func(_ household, seal signer, a *answer) {
			a.value = func(data []byte) []byte { return signedBy(seal, data) }
		}, nothing),
		answerRow("signed by the seal in its own name", func(h household, seal signer, a *answer) {
			*a = *newAnswer(seal, seal.chain[0], h.pki.Chain[0])
			a.certificates = [][]byte{seal.chain[0].Raw}
		}, nothing),
		answerRow("by a delegate", delegated(nil), proves),
		answerRow("by a delegate without its purpose", delegated(func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}
		}), nothing),
		answerRow("by a delegate for any purpose", delegated(func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
		}), nothing),
		answerRow("by a delegate for encryption", delegated(func(c *x509.Certificate) {
			c.KeyUsage = x509.KeyUsageKeyEncipherment
		}), nothing),
		answerRow("by a delegate that has expired", delegated(func(c *x509.Certificate) {
			c.NotAfter = now.Add(-time.Minute)
		}), nothing),
		answerRow("by a delegate that is to be asked about", delegated(func(c *x509.Certificate) {
			c.ExtraExtensions, c.OCSPServer = nil, []string{"http://localhost:1/"}
		}), nothing),
		answerRow("by a delegate that is not there", func(h household, seal signer, a *answer) {
			delegated(nil)(h, seal, a)
			a.certificates = nil
		}, nothing),
		answerRow("by the root's delegate", func(h household, seal signer, a *answer) {
			of := household{root: h.root, pki: h.root}
			delegated(nil)(of, seal, a)
			a.id = certIDOf(crypto.SHA1, seal.chain[0], h.pki.Chain[0])
		}, nothing),
		row("and more", func(a *answer) { a.behind = null }, nothing),
		row("and more of it", func(a *answer) { a.behindBasic = null }, nothing),
		row("and more data", func(a *answer) { a.inside = null }, nothing),
	}
}
