package pades_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pkitest"
)

// tokenRow is one change of a sound timestamp token, and its result in the report.
type tokenRow struct {
	name string
	tsa  func(c *x509.Certificate) // changes the TSA's certificate
	info func(i *tstInfo)
	// change changes the message around the TSTInfo.
	change func(m *message)
	want   string
}

const (
	tokenGarbled = "TOTAL-FAILED FORMAT_FAILURE"
	tokenPassed  = "TOTAL-PASSED"
	oddToken     = "INDETERMINATE FORMAT_FAILURE"
	unfit        = "INDETERMINATE CHAIN_CONSTRAINTS_FAILURE"
	unfitTime    = "INDETERMINATE SIG_CONSTRAINTS_FAILURE"
)

func tokenRows(h household, t *testing.T) []tokenRow {
	return slices.Concat(infoRows(), timeRows(), tsaRows(h.newSeal(t, pkitest.P256, nil)), tokenMessageRows())
}

func infoRows() []tokenRow {
	info := func(name string, change func(i *tstInfo), want string) tokenRow {
		return tokenRow{name: name, info: change, want: want}
	}
	extension := func(critical []byte) []byte {
		return tlv(0xa1, tlv(0x30, oid(1, 2, 3), critical, tlv(4)))
	}
	directory := func(name []byte) []byte { return tlv(0xa0, tlv(0xa4, name)) }
	return []tokenRow{
		info("as it is", nil, tokenPassed),
		info("version 0", func(i *tstInfo) { i.version = []byte{2, 1, 0} }, tokenGarbled),
		info("version 2", func(i *tstInfo) { i.version = []byte{2, 1, 2} }, tokenGarbled),
		info("another policy", func(i *tstInfo) { i.policy = oid(1, 2, 3, 4, 2) }, tokenPassed),
		info("no policy", func(i *tstInfo) { i.policy = nil }, tokenGarbled),
		info("over something else", func(i *tstInfo) {
			i.imprint = imprintOf(crypto.SHA256, nil)
		}, "TOTAL-FAILED HASH_FAILURE"),
		info("an imprint that is cut", func(i *tstInfo) {
			i.imprint = tlv(0x30, tlv(0x30, sha2OID(1)), tlv(4, make([]byte, 20)))
		},
			"TOTAL-FAILED HASH_FAILURE"),
		info("an imprint by a digest that is not known", func(i *tstInfo) {
			i.imprint = tlv(0x30, tlv(0x30, oid(1, 2, 3)), tlv(4, make([]byte, 32)))
		}, "INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE"),
		info("no imprint", func(i *tstInfo) { i.imprint = nil }, tokenGarbled),
		info("serial number 0", func(i *tstInfo) { i.serial = []byte{2, 1, 0} }, tokenPassed),
		info("negative serial number", func(i *tstInfo) { i.serial = []byte{2, 1, 0x80} }, tokenPassed),
		info("serial number of 160 bits", func(i *tstInfo) {
			i.serial = tlv(2, bytes.Repeat([]byte{7}, 20))
		}, tokenPassed),
		info("ordering", func(i *tstInfo) { i.ordering = []byte{1, 1, 0xff} }, tokenPassed),
		info("no ordering", func(i *tstInfo) { i.ordering = []byte{1, 1, 0} }, tokenPassed),
		info("ordering of another value", func(i *tstInfo) { i.ordering = []byte{1, 1, 7} }, tokenGarbled),
		info("a nonce", func(i *tstInfo) { i.nonce = []byte{2, 1, 7} }, tokenPassed),
		info("a long nonce", func(i *tstInfo) { i.nonce = tlv(2, bytes.Repeat([]byte{7}, 40)) }, tokenPassed),
		info("a nonce before the ordering", func(i *tstInfo) {
			i.ordering, i.nonce = []byte{2, 1, 7}, []byte{1, 1, 0xff}
		}, tokenGarbled),
		info("the name of somebody else", func(i *tstInfo) {
			i.tsa = directory(tlv(0x30, tlv(0x31, tlv(0x30, oid(2, 5, 4, 3), tlv(12, []byte("Other"))))))
		}, tokenPassed),
		info("an extension", func(i *tstInfo) { i.extensions = extension(nil) }, tokenPassed),
		info("a critical extension", func(i *tstInfo) {
			i.extensions = extension([]byte{1, 1, 0xff})
		}, tokenGarbled),
		info("more behind", func(i *tstInfo) { i.extensions = null }, tokenGarbled),
	}
}

func timeRows() []tokenRow {
	now := time.Now().UTC()
	info := func(name string, change func(i *tstInfo), want string) tokenRow {
		return tokenRow{name: name, info: change, want: want}
	}
	at := func(name string, at time.Time, want string) tokenRow {
		return info(name, func(i *tstInfo) { i.time = genTime(at) }, want)
	}
	written := func(name, form, want string) tokenRow {
		return info(name, func(i *tstInfo) { i.time = tlv(0x18, []byte(now.Format(form))) }, want)
	}
	accuracy := func(name string, want string, parts ...[]byte) tokenRow {
		return info(name, func(i *tstInfo) { i.accuracy = tlv(0x30, parts...) }, want)
	}
	return []tokenRow{
		at("in an hour", now.Add(time.Hour), unfitTime),
		at("in two minutes", now.Add(2*time.Minute), tokenPassed),
		at("before the TSA", now.Add(-2*time.Hour), unfitTime),
		at("long ago", now.AddDate(-30, 0, 0), unfitTime),
		at("behind the TSA", now.AddDate(2, 0, 0), unfitTime),
		info("in an hour, for all that the TSA knows", func(i *tstInfo) {
			i.time, i.accuracy = genTime(now.Add(time.Hour)), tlv(0x30, []byte{2, 2, 0x1c, 0x20})
		}, tokenPassed),
		accuracy("an accuracy of 30 days", tokenPassed, []byte{2, 3, 0x27, 0x8d, 0}),
		accuracy("a negative accuracy", tokenGarbled, []byte{2, 1, 0xff}),
		accuracy("an accuracy of nothing", tokenPassed),
		accuracy("0 milliseconds", tokenPassed, []byte{0x80, 1, 0}),
		accuracy("1000 milliseconds", tokenGarbled, []byte{0x80, 2, 3, 0xe8}),
		accuracy("microseconds before milliseconds", tokenGarbled, []byte{0x81, 1, 1}, []byte{0x80, 1, 1}),
		written("a fraction", "20060102150405.123Z", tokenPassed),
		written("a fraction that ends with zeros", "20060102150405.500Z", tokenPassed),
		written("no seconds", "200601021504Z", tokenGarbled),
		written("another zone", "20060102150405+0000", tokenGarbled),
		written("no zone", "20060102150405", tokenGarbled),
		written("a comma", "20060102150405,5Z", tokenGarbled),
		info("UTCTime", func(i *tstInfo) { i.time = tlv(0x17, []byte(now.Format("060102150405Z"))) }, tokenGarbled),
	}
}

func tsaRows(seal signer) []tokenRow {
	tsa := func(name string, change func(c *x509.Certificate), want string) tokenRow {
		return tokenRow{name: name, tsa: change, want: want}
	}
	extended := func(name string, extension ...pkix.Extension) tokenRow {
		return tsa(name, func(c *x509.Certificate) { c.ExtraExtensions = extension }, unfit)
	}
	return []tokenRow{
		extended("purpose not critical", purposes(false)),
		extended("a purpose more", purposes(true, oid(1, 3, 6, 1, 5, 5, 7, 3, 4))),
		extended("a purpose more that is not known", purposes(true, oid(1, 2, 3))),
		extended("any purpose too", purposes(true, oid(2, 5, 29, 37, 0))),
		extended("no purpose"),
		tsa("a key for encryption", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }, unfit),
		tsa("a key for content commitment", func(c *x509.Certificate) {
			c.KeyUsage = x509.KeyUsageContentCommitment
		}, tokenPassed),
		tsa("no key usage", func(c *x509.Certificate) { c.KeyUsage = 0 }, tokenPassed),
		tsa("an authority", func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }, tokenPassed),
		{name: "by a seal", change: func(m *message) {
			m.by = seal
			m.certificates, m.signer = [][]byte{seal.chain[0].Raw, seal.chain[1].Raw}, issuerAndSerial(seal.chain[0])
			m.use(m.scheme)
		}, want: unfit},
	}
}

func tokenMessageRows() []tokenRow {
	row := func(name string, change func(m *message), want string) tokenRow {
		return tokenRow{name: name, change: change, want: want}
	}
	set := func(i int, a []byte) func(*message) { return func(m *message) { m.attributes[i] = a } }
	reference := func(kind []byte, hash crypto.Hash, algorithm []byte) func(*message) {
		return func(m *message) {
			m.attributes[2] = signedAttribute(kind, referenceTo(certID(hash, algorithm, m.by.chain[0])))
		}
	}
	const unbound = "INDETERMINATE SIG_CONSTRAINTS_FAILURE"
	return []tokenRow{
		row("SignedData version 1", func(m *message) { m.version = []byte{2, 1, 1} }, tokenPassed),
		row("SignerInfo version 3", func(m *message) { m.signerVersion = []byte{2, 1, 3} }, tokenPassed),
		row("by key identifier", func(m *message) {
			m.signerVersion, m.signer = []byte{2, 1, 3}, tlv(0x80, []byte("household TSA"))
		}, tokenPassed),
		row("no digestAlgorithms", func(m *message) { m.declared = nil }, tokenPassed),
		row("content of the type data", func(m *message) { m.kind = derData; m.use(m.scheme) }, oddToken),
		row("content of the type data, attribute as it was", func(m *message) { m.kind = derData }, oddToken),
		row("attribute of the type data", set(0, signedAttribute(kindContentType, derData)), oddToken),
		row("no content-type", set(0, nil), oddToken),
		row("no content", func(m *message) { m.inside = nil }, oddToken),
		row("content in two pieces", func(m *message) {
			m.inside = tlv(0x24, tlv(4, m.content[:9]), tlv(4, m.content[9:]))
		}, tokenPassed),
		row("two SignerInfos", func(m *message) {
			m.others = func(_ *message, info []byte) [][]byte { return [][]byte{info, info} }
		}, oddToken),
		row("no certificates", func(m *message) {
			m.certificates = nil
		}, "INDETERMINATE NO_SIGNING_CERTIFICATE_FOUND"),
		row("no message-digest", set(1, nil), tokenGarbled),
		row("another message-digest", set(1, signedAttribute(kindMessageDigest, tlv(4, make([]byte, 32)))),
			"TOTAL-FAILED HASH_FAILURE"),
		row("no reference", set(2, nil), unbound),
		row("reference of version 1", reference(kindReference, crypto.SHA1, nil), tokenPassed),
		row("reference by MD5", reference(kindReferenceV2, crypto.MD5, algorithmOf(derMD5)),
			"INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE_NO_POE"),
		row("reference to its issuer's certificate", func(m *message) {
			m.attributes[2] = signedAttribute(kindReferenceV2, referenceTo(certID(crypto.SHA256, nil, m.by.chain[1])))
		}, unbound),
		row("a signing time", func(m *message) {
			m.attributes = append(m.attributes, signedAttribute(kindSigningTime, tlv(0x17, []byte("200102030405Z"))))
		}, tokenPassed),
		row("no attributes", func(m *message) { m.noAttributes = true }, oddToken),
		row("an unsigned attribute", unsignedAttribute(signedAttribute(oid(1, 2, 3), null)), tokenPassed),
		row("signed by another scheme than it says", func(m *message) {
			sign := m.scheme
			sign.algorithm = withECDSA(3)
			m.scheme = sign
		}, "TOTAL-FAILED SIG_CRYPTO_FAILURE"),
	}
}

// token is the token of a row over data.
func (r tokenRow) token(t *testing.T, h household, data []byte) []byte {
	t.Helper()
	tsa := h.tsa
	if r.tsa != nil {
		tsa = h.newTSA(t, r.tsa)
	}
	return newToken(tsa, data, r.info, r.change)
}

// withUnsigned makes a document whose signature has these unsigned attributes.
func (h household) withUnsigned(seal signer, unsigned func(value []byte) [][]byte) []byte {
	return formed(pades.SubFilterPAdES, "", func(content []byte) []byte {
		m := newMessage(seal, content)
		m.unsigned = unsigned
		return m.bytes()
	})
}

// archived adds a document timestamp with the given token to a sealed document.
func (h household) archived(t *testing.T, sealed []byte, token func(data []byte) []byte) []byte {
	t.Helper()
	increment, err := sign.TimestampDocument(t.Context(), bytes.NewReader(sealed), pades.Services{Timestamper: h})
	if err != nil {
		t.Fatal(err)
	}
	document := slices.Concat(sealed, increment.Bytes)
	all := seals(t, document)
	last := all[len(all)-1]
	r := verified(t, document, h.trust())[len(all)-1].ByteRange
	hole := document[r[1]+1 : r[2]-1]
	copy(hole, bytes.Repeat([]byte{'0'}, len(hole)))
	hex.Encode(hole, token(last.covered))
	return document
}

// A change of a sound token gives the verdict that follows from RFC 3161 and ETSI EN 319 102-1,
// whether the token is a signature's or the document's. The signature passes without the proof of
// the token.
func TestTokensInEveryForm(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	seal := h.newSeal(t, pkitest.P256, nil)
	sealed := h.withUnsigned(seal, func([]byte) [][]byte { return nil })
	for _, row := range tokenRows(h, t) {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			document := h.withUnsigned(seal, func(value []byte) [][]byte {
				return [][]byte{signedAttribute(kindTimestamp, row.token(t, h, value))}
			})
			want := "TOTAL-PASSED intact B-B + " + row.want
			if row.want == tokenPassed {
				want = "TOTAL-PASSED intact B-T + " + row.want
			}
			if got := verified(t, document, h.trust())[0]; saidOf(got) != want {
				t.Errorf("of the signature: got %s (%s), want %s", saidOf(got), got.Timestamps[0].Detail, want)
			}
			document = h.archived(t, sealed, func(data []byte) []byte { return row.token(t, h, data) })
			got := verified(t, document, h.trust())
			timestamp := got[1]
			said := strings.TrimSpace(fmt.Sprint(timestamp.Indication, " ", timestamp.SubIndication))
			if said != row.want {
				t.Errorf("of the document: got %s (%s), want %s", said, timestamp.Detail, row.want)
			}
			proved := got[0].Level != pades.LevelBB
			if got[0].Indication != pades.TotalPassed || proved != (row.want == tokenPassed) {
				t.Errorf("of the document: got %s for the signature before it", saidOf(got[0]))
			}
		})
	}
}

// Each of several timestamps is judged separately, and one valid timestamp proves the time.
func TestSeveralTokens(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	seal := h.newSeal(t, pkitest.P256, nil)
	sound := func(value []byte) []byte { return newToken(h.tsa, value, nil, nil) }
	broken := func([]byte) []byte { return newToken(h.tsa, []byte("another signature"), nil, nil) }
	for name, test := range map[string]struct {
		unsigned func(value []byte) [][]byte
		want     string
	}{
		"in one attribute": {func(value []byte) [][]byte {
			return [][]byte{tlv(0x30, kindTimestamp, tlv(0x31, sound(value), sound(value)))}
		}, "TOTAL-PASSED intact B-T + TOTAL-PASSED + TOTAL-PASSED"},
		"in two attributes": {func(value []byte) [][]byte {
			return [][]byte{signedAttribute(kindTimestamp, sound(value)), signedAttribute(kindTimestamp, sound(value))}
		}, "TOTAL-PASSED intact B-T + TOTAL-PASSED + TOTAL-PASSED"},
		"one broken before": {func(value []byte) [][]byte {
			return [][]byte{tlv(0x30, kindTimestamp, tlv(0x31, broken(value), sound(value)))}
		}, "TOTAL-PASSED intact B-T + TOTAL-FAILED HASH_FAILURE + TOTAL-PASSED"},
		"one broken behind": {func(value []byte) [][]byte {
			return [][]byte{signedAttribute(kindTimestamp, sound(value)), signedAttribute(kindTimestamp, broken(value))}
		}, "TOTAL-PASSED intact B-T + TOTAL-PASSED + TOTAL-FAILED HASH_FAILURE"},
		"none in the attribute": {func([]byte) [][]byte { return [][]byte{tlv(0x30, kindTimestamp, tlv(0x31))} },
			"TOTAL-PASSED intact B-B"},
		"as a signed attribute's": {func(value []byte) [][]byte {
			return [][]byte{signedAttribute(kindContentTimestamp, sound(value))}
		}, "TOTAL-PASSED intact B-B"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := verified(t, h.withUnsigned(seal, test.unsigned), h.trust())[0]
			if saidOf(got) != test.want {
				t.Errorf("got %s (%s), want %s", saidOf(got), got.Detail, test.want)
			}
		})
	}
}
