package pades_test

import (
	"bytes"
	"cmp"
	"crypto"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pkitest"
)

// messageRow is one change of a sound signature, and the result in the report: the indication, its
// reason, the integrity and the level.
type messageRow struct {
	name   string
	change func(m *message)
	want   string
}

const (
	baseline   = "TOTAL-PASSED intact B-B"
	noBaseline = "TOTAL-PASSED intact"
	malformed  = "TOTAL-FAILED FORMAT_FAILURE broken"
	changed    = "TOTAL-FAILED HASH_FAILURE broken"
	odd        = "INDETERMINATE FORMAT_FAILURE intact"
	forbidden  = "INDETERMINATE FORMAT_FAILURE not_evaluated"
	unbound    = "INDETERMINATE SIG_CONSTRAINTS_FAILURE intact"
	unfound    = "INDETERMINATE NO_SIGNING_CERTIFICATE_FOUND not_evaluated"
)

// ed25519Wants has the results that differ for Ed25519, which signs the data itself: no two digests
// of the data can contradict each other, and no signature signs the content of a document directly.
var ed25519Wants = map[string]string{
	"another digestAlgorithm and its digest": baseline,
	"digest by SHA-1":                        "INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE_NO_POE intact B-B",
	"no attributes":                          "INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE not_evaluated",
}

// messageRows are changes by what they change. Each holds for every scheme.
func messageRows(o others) []messageRow {
	return slices.Concat(frameRows(o), signerRows(o), attributeRows(), referenceRows())
}

func frameRows(o others) []messageRow {
	version := func(n byte) func(*message) { return func(m *message) { m.version = []byte{2, 1, n} } }
	return []messageRow{
		{"as it is", func(*message) {}, baseline},
		{"SignedData version 0", version(0), odd},
		{"SignedData version 2", version(2), odd},
		{"SignedData version 3", version(3), baseline},
		{"SignedData version 4", version(4), baseline},
		{"SignedData version 5", version(5), baseline},
		{"SignedData version 6", version(6), odd},
		{"no digestAlgorithms", func(m *message) { m.declared = nil }, odd},
		{"other digestAlgorithms", func(m *message) { m.declared = algorithmOf(sha2OID(2)) }, odd},
		{"several digestAlgorithms", func(m *message) {
			m.declared = append(algorithmOf(sha2OID(2)), m.declared...)
		}, baseline},
		{"digestAlgorithm with NULL", func(m *message) {
			m.digest = tlv(0x30, derDigests[m.scheme.hash], null)
		}, baseline},
		{"digestAlgorithm with a string", func(m *message) {
			m.digest = tlv(0x30, derDigests[m.scheme.hash], tlv(4))
		}, "INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE not_evaluated"},
		{"the content inside", func(m *message) { m.inside = tlv(4, m.content[:9]) }, forbidden},
		{"an empty content inside", func(m *message) { m.inside = tlv(4) }, forbidden},
		{"content of another type", func(m *message) { m.kind = derTSTInfo }, forbidden},
		{"content of another type, and attribute", func(m *message) {
			m.kind = derTSTInfo
			m.use(m.scheme)
		}, forbidden},
		{"no certificates", func(m *message) { m.certificates = nil }, unfound},
		{"empty certificates", func(m *message) { m.certificates = [][]byte{} }, unfound},
		{"the issuer's certificate alone", func(m *message) { m.certificates = m.certificates[1:] }, unfound},
		{"certificates twice", func(m *message) { m.certificates = slices.Repeat(m.certificates, 2) }, baseline},
		{"certificates in another order", func(m *message) { slices.Reverse(m.certificates) }, baseline},
		{"another certificate of its issuer and serial number before",
			func(m *message) { m.certificates = slices.Insert(m.certificates, 0, o.twin) }, baseline},
		{"another certificate of its issuer and serial number behind",
			func(m *message) { m.certificates = append(m.certificates, o.twin) }, baseline},
		{"another certificate of its issuer and serial number instead",
			func(m *message) { m.certificates[0] = o.twin }, unfound},
		{"another certificate of the key before",
			func(m *message) { m.certificates = slices.Insert(m.certificates, 0, o.reissued) }, baseline},
		{"an attribute certificate", func(m *message) {
			m.certificates = append(m.certificates, tlv(0xa2, m.by.chain[0].Raw))
		}, baseline},
		{"a certificate of another format", func(m *message) {
			m.certificates = append(m.certificates, tlv(0xa3, oid(1, 2, 3), null))
		}, baseline},
		{"a certificate that is none", func(m *message) {
			m.certificates = append(m.certificates, tlv(0x30, null))
		}, baseline},
		{"crls that are none", func(m *message) { m.crls = tlv(0xa1, null) }, baseline},
		{"no SignerInfo", func(m *message) { m.others = func(*message, []byte) [][]byte { return nil } }, forbidden},
		{"its SignerInfo twice", func(m *message) {
			m.others = func(_ *message, info []byte) [][]byte { return [][]byte{info, info} }
		}, forbidden},
		{"a broken SignerInfo behind", func(m *message) {
			m.others = func(_ *message, info []byte) [][]byte { return [][]byte{info, flipped(info)} }
		}, forbidden},
		{"a broken SignerInfo before", func(m *message) {
			m.others = func(_ *message, info []byte) [][]byte { return [][]byte{flipped(info), info} }
		}, forbidden},
	}
}

// flipped gives a copy with another last byte.
func flipped(der []byte) []byte {
	changed := bytes.Clone(der)
	changed[len(changed)-1] ^= 1
	return changed
}

// others are certificates that an attacker could embed beside or instead of the signer's.
type others struct {
	twin     []byte   // of another key, with the same issuer and serial number
	reissued []byte   // of the same key, with another serial number
	message  *message // by the same signer, over another document
}

func (h household) othersOf(t *testing.T, s signer) others {
	t.Helper()
	template := pkitest.SigningTemplate("Household Seal", time.Now())
	reissued, err := h.pki.Issue(template, s.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = s.chain[0].SerialNumber
	twin, err := h.pki.Issue(template, ecdsaSigner(t).key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return others{twin[0].Raw, reissued[0].Raw, newMessage(s, []byte("another document"))}
}

func signerRows(o others) []messageRow {
	byKey := func(version byte, id []byte) func(*message) {
		return func(m *message) { m.signerVersion, m.signer = []byte{2, 1, version}, tlv(0x80, id) }
	}
	signerVersion := func(n byte) func(*message) { return func(m *message) { m.signerVersion = []byte{2, 1, n} } }
	digestOf := func(change func(sum []byte) []byte) func(*message) {
		return func(m *message) {
			m.attributes[1] = signedAttribute(kindMessageDigest, tlv(4, change(digest(m.scheme.hash, m.content))))
		}
	}
	return []messageRow{
		{"by key identifier", byKey(3, []byte("household seal")), baseline},
		{"by key identifier, version 1", byKey(1, []byte("household seal")), odd},
		{"by another key identifier", byKey(3, []byte("household")), unfound},
		{"by an empty key identifier", byKey(3, nil), unfound},
		{"by an empty key identifier, as a certificate without one has it", func(m *message) {
			byKey(3, nil)(m)
			m.certificates[0] = o.reissued
		}, unfound},
		{"SignerInfo version 0", signerVersion(0), odd},
		{"SignerInfo version 2", signerVersion(2), odd},
		{"SignerInfo version 3", signerVersion(3), odd},
		{"SignerInfo version 9", signerVersion(9), odd},
		{"by the issuer's certificate", func(m *message) {
			m.signer = issuerAndSerial(m.by.chain[1])
		}, unfound},
		{"by another serial number", func(m *message) {
			m.signer = tlv(0x30, m.by.chain[0].RawIssuer, []byte{2, 1, 7})
		},
			unfound},
		{"another digestAlgorithm, not its digest", func(m *message) {
			m.declared, m.digest = algorithmOf(sha2OID(2)), algorithmOf(sha2OID(2))
		}, changed},
		{"another digestAlgorithm and its digest", func(m *message) {
			m.declared, m.digest = algorithmOf(sha2OID(2)), algorithmOf(sha2OID(2))
			m.attributes[1] = signedAttribute(kindMessageDigest, tlv(4, digest(crypto.SHA384, m.content)))
		}, odd},
		{"digest by SHA-1", func(m *message) {
			m.declared, m.digest = algorithmOf(derSHA1), algorithmOf(derSHA1)
			m.attributes[1] = signedAttribute(kindMessageDigest, tlv(4, digest(crypto.SHA1, m.content)))
		}, odd},
		{"digest cut short", digestOf(func(sum []byte) []byte { return sum[:20] }), changed},
		{"digest empty", digestOf(func([]byte) []byte { return nil }), changed},
		{"digest and more", digestOf(func(sum []byte) []byte { return append(sum, 0) }), changed},
		{"digest of something else", digestOf(flipped), changed},
		{"attributes of another document", func(m *message) { m.attributes = o.message.attributes }, changed},
		{"more behind the SignerInfo", func(m *message) { m.tail = null }, malformed},
		{"empty unsigned attributes", func(m *message) { m.tail = tlv(0xa1) }, baseline},
		{"an unsigned attribute that is not known", unsignedAttribute(signedAttribute(oid(1, 2, 3), null)), baseline},
		{"an unsigned attribute without a value", unsignedAttribute(tlv(0x30, oid(1, 2, 3), tlv(0x31))), baseline},
		{"an unsigned message-digest", unsignedAttribute(signedAttribute(kindMessageDigest, tlv(4))), baseline},
		{"a countersignature that is none", unsignedAttribute(signedAttribute(pkcs9OID(6), null)), baseline},
		{"an archive timestamp of CAdES", unsignedAttribute(signedAttribute(pkcs9OID(16, 2, 48), null)), baseline},
		{"an archive timestamp of EN 319 122",
			unsignedAttribute(signedAttribute(oid(0, 4, 0, 1733, 2, 4), null)), baseline},
	}
}

func unsignedAttribute(all ...[]byte) func(*message) {
	return func(m *message) { m.unsigned = func([]byte) [][]byte { return all } }
}

// saidOf gives the result of a signature in one line.
func saidOf(s pades.Signature) string {
	said := []string{fmt.Sprintln(s.Indication, s.SubIndication, s.Integrity, s.Level)}
	for _, timestamp := range s.Timestamps {
		said = append(said, fmt.Sprintln("+", timestamp.Indication, timestamp.SubIndication))
	}
	return strings.Join(strings.Fields(strings.Join(said, " ")), " ")
}

// A change of a sound signature's CMS gives the verdict that follows from RFC 5652, RFC 5035 and
// ETSI EN 319 102-1, whatever the scheme.
func TestMessagesInEveryForm(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	for _, kind := range []struct {
		algorithm pkitest.Algorithm
		pss       bool
	}{{pkitest.P256, false}, {pkitest.RSA2048, false}, {pkitest.RSA2048, true}, {"Ed25519", false}} {
		seal := h.newSeal(t, kind.algorithm, nil)
		s := schemeOf(seal.key, kind.pss)
		o := h.othersOf(t, seal)
		o.message.use(s)
		for _, row := range messageRows(o) {
			t.Run(s.name+" "+row.name, func(t *testing.T) {
				t.Parallel()
				document := formed(pades.SubFilterPAdES, "", func(content []byte) []byte {
					m := newMessage(seal, content)
					m.use(s)
					row.change(m)
					return m.bytes()
				})
				got := verified(t, document, h.trust())[0]
				want := row.want
				if s.name == "Ed25519" {
					want = cmp.Or(ed25519Wants[row.name], want)
				}
				if said := saidOf(got); said != want {
					t.Errorf("got %s (%s; %q), want %s", said, got.Detail, got.Remarks, want)
				}
			})
		}
	}
}
