package pades_test

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pkitest"
)

// ceased has the years in which digests ceased to be reliable: ETSI TS 119 312 and TS 102 176-1.
var ceased = map[crypto.Hash]int{crypto.MD5: 2004, crypto.SHA1: 2012, crypto.SHA224: 2023}

// weakScheme is RSA with a digest.
func weakScheme(hash crypto.Hash) scheme {
	number := map[crypto.Hash]int{crypto.MD5: 4, crypto.SHA1: 5, crypto.SHA224: 14, crypto.SHA256: 11}[hash]
	return scheme{hash.String(), hash, withRSA(number), hash}
}

// reliable reports whether all digests were reliable in a year.
func reliable(year int, all ...crypto.Hash) bool {
	return !slices.ContainsFunc(all, func(h crypto.Hash) bool { end, weak := ceased[h]; return weak && year >= end })
}

// olderPKI is a household whose seal and TSA are valid since 2000.
type olderPKI struct {
	household
	seal signer
}

func newOlderPKI(t *testing.T) olderPKI {
	t.Helper()
	long := func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Now().AddDate(1, 0, 0)
	}
	h := newHousehold(t)
	template := pkitest.AuthorityTemplate("Older Issuer", time.Now())
	long(template)
	key := newKey(t, pkitest.P256)
	chain, err := h.root.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	h.pki = &pkitest.Authority{Chain: chain, Key: key}
	h.tsa = h.newTSA(t, long)
	private, again := newKey(t, pkitest.RSA2048), *h.tsa.chain[0]
	again.ExtraExtensions = []pkix.Extension{purposes(true)}
	tsa, err := h.root.Issue(&again, private.Public())
	if err != nil {
		t.Fatal(err)
	}
	h.tsa = signer{tsa, private}
	return olderPKI{h, h.newSeal(t, pkitest.RSA2048, long)}
}

// archivedIn adds a document timestamp of a year.
func (o olderPKI) archivedIn(t *testing.T, document []byte, year int) []byte {
	t.Helper()
	return o.archived(t, document, func(data []byte) []byte { return o.tokenOf(data, year, crypto.SHA256, nil) })
}

func (o olderPKI) tokenOf(data []byte, year int, imprint crypto.Hash, change func(*message)) []byte {
	return newToken(o.tsa, data, func(i *tstInfo) {
		i.imprint, i.time = imprintOf(imprint, data), genTime(time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC))
	}, change)
}

// A signature or a token that has several weak digests is reliable until the first of them failed,
// wherever each stands.
func TestTheFirstDigestThatFails(t *testing.T) {
	t.Parallel()
	o := newOlderPKI(t)
	by := func(hash crypto.Hash) func(m *message) {
		return func(m *message) {
			m.attributes[2] = signedAttribute(kindReferenceV2,
				referenceTo(certID(hash, algorithmOf(derDigests[hash]), m.by.chain[0])))
		}
	}
	digests := []crypto.Hash{crypto.MD5, crypto.SHA1, crypto.SHA224, crypto.SHA256}
	for _, year := range []int{2003, 2008, 2015, 2024} {
		for _, first := range digests {
			for _, second := range digests {
				t.Run(fmt.Sprint(year, " ", first, " and ", second), func(t *testing.T) {
					t.Parallel()
					o.checkSignature(t, year, by(second), first, second)
					o.checkOlderForm(t, year, first)
					o.checkToken(t, year, first, second)
				})
			}
		}
	}
}

func (o olderPKI) check(t *testing.T, what string, year int, document []byte, good bool) {
	t.Helper()
	got := verified(t, o.archivedIn(t, document, year), o.trust())[0]
	want := pades.CryptoConstraintsFailure
	if good {
		want = ""
	}
	if got.SubIndication != want {
		t.Errorf("%s: got %s (%s), want %q", what, saidOf(got), got.Detail, want)
	}
}

// checkSignature checks a signature with a digest of the content and one of the reference. A
// reference by SHA-1 is reliable: RFC 2634 knows no other.
func (o olderPKI) checkSignature(t *testing.T, year int, change func(*message), digest, reference crypto.Hash) {
	t.Helper()
	document := formed(pades.SubFilterPAdES, "", func(content []byte) []byte {
		m := newMessage(o.seal, content)
		m.use(weakScheme(digest))
		change(m)
		return m.bytes()
	})
	good := reliable(year, digest) && (reference != crypto.MD5 || reliable(year, reference))
	o.check(t, "signature", year, document, good)
}

// checkOlderForm checks a signature of the form adbe.pkcs7.sha1 with a digest.
func (o olderPKI) checkOlderForm(t *testing.T, year int, hash crypto.Hash) {
	t.Helper()
	document := formed(pades.SubFilterSHA1, "", func(content []byte) []byte {
		sum := digest(crypto.SHA1, content)
		m := newMessage(o.seal, sum)
		m.inside = tlv(4, sum)
		m.use(weakScheme(hash))
		return m.bytes()
	})
	o.check(t, "older form", year, document, reliable(year, hash, crypto.SHA1))
}

// checkToken checks a token with a digest of the imprint and one of the message.
func (o olderPKI) checkToken(t *testing.T, year int, imprint, digest crypto.Hash) {
	t.Helper()
	document := formed(pades.SubFilterPAdES, "", func(content []byte) []byte {
		m := newMessage(o.seal, content)
		m.unsigned = func(value []byte) [][]byte {
			token := o.tokenOf(value, year-1, imprint, func(m *message) { m.use(weakScheme(digest)) })
			return [][]byte{signedAttribute(kindTimestamp, token)}
		}
		return m.bytes()
	})
	want := pades.CryptoConstraintsFailure
	if reliable(year, imprint, digest) {
		want = ""
	}
	got := verified(t, o.archivedIn(t, document, year), o.trust())[0]
	if token := got.Timestamps[0]; token.SubIndication != want {
		t.Errorf("token: got %s %s (%s), want %q", token.Indication, token.SubIndication, token.Detail, want)
	}
}
