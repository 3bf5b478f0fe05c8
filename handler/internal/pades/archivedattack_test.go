package pades_test

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pkitest"
)

// securityStore is the contents of a /DSS.
type securityStore struct {
	certificates, responses, lists [][]byte
	entries                        pdf.Dict // further entries, or replacements of these arrays
	filter                         pdf.Name // of all streams; "" = none
}

// append appends a revision with the store to a document.
func (s securityStore) append(t *testing.T, document []byte) []byte {
	t.Helper()
	return appendix(t, document, func(t *testing.T, f *pdf.File, u *pdf.Update) {
		root, _, err := f.Catalog()
		if err != nil {
			t.Fatal(err)
		}
		dict := pdf.Dict{}
		if s.filter != "" {
			dict["Filter"] = s.filter
		}
		streams := func(all [][]byte) pdf.Array {
			array := pdf.Array{}
			for _, der := range all {
				array = append(array, u.Add(pdf.NewStream(dict.Clone(), der)))
			}
			return array
		}
		dss := pdf.Dict{"Type": pdf.Name("DSS"), "Certs": streams(s.certificates), "OCSPs": streams(s.responses),
			"CRLs": streams(s.lists)}
		for key, value := range s.entries {
			dss[key] = value
		}
		edit(t, f, u, root, pdf.Dict{"DSS": u.Add(dss)})
	})
}

// asked makes a seal whose certificate names an OCSP responder: its revocation status must be
// proved.
func (h household) asked(t testing.TB, algorithm pkitest.Algorithm) signer {
	t.Helper()
	return h.newSeal(t, algorithm, func(c *x509.Certificate) { c.OCSPServer = []string{"http://localhost:1/"} })
}

// storeOf makes a store with all evidence that the certificate of a seal is good.
func (h household) storeOf(seal signer) securityStore {
	return securityStore{certificates: [][]byte{seal.chain[1].Raw},
		responses: [][]byte{h.answer(seal.chain[0]).bytes()}}
}

// timestampedBy makes a document with a seal and a sound signature timestamp.
func (h household) timestampedBy(seal signer) []byte {
	return h.withUnsigned(seal, func(value []byte) [][]byte {
		return [][]byte{signedAttribute(kindTimestamp, newToken(h.tsa, value, nil, nil))}
	})
}

// archive appends a sound document timestamp.
func (h household) archive(t *testing.T, document []byte) []byte {
	t.Helper()
	increment, err := sign.TimestampDocument(t.Context(), bytes.NewReader(document), pades.Services{Timestamper: h})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(document, increment.Bytes)
}

// timestamped adds a sound signature timestamp to a message, beside its other unsigned attributes.
func (h household) timestamped(m *message) {
	others := m.unsigned
	m.unsigned = func(value []byte) [][]byte {
		return append([][]byte{signedAttribute(kindTimestamp, newToken(h.tsa, value, nil, nil))}, others(value)...)
	}
}

// A change of a signature's CMS gives the same verdict with validation data as without. At B-LT and
// B-LTA, only the level differs, and the reasons that a proved time settles.
func TestMessagesWithValidationData(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	for _, kind := range []struct {
		algorithm pkitest.Algorithm
		pss       bool
	}{{pkitest.P256, false}, {pkitest.RSA2048, false}, {pkitest.RSA2048, true}, {"Ed25519", false}} {
		seal := h.asked(t, kind.algorithm)
		s := schemeOf(seal.key, kind.pss)
		o := h.othersOf(t, seal)
		o.message.use(s)
		for _, row := range messageRows(o) {
			t.Run(s.name+" "+row.name, func(t *testing.T) {
				t.Parallel()
				want := row.want
				if s.name == "Ed25519" {
					want = cmp.Or(ed25519Wants[row.name], want)
				}
				document := formed(pades.SubFilterPAdES, "", func(content []byte) []byte {
					m := newMessage(seal, content)
					m.use(s)
					row.change(m)
					h.timestamped(m)
					return m.bytes()
				})
				document = h.storeOf(seal).append(t, document)
				checkSaid(t, verified(t, document, h.trust())[0], withTimestamp(row.name, want, pades.LevelBLT))
				found := verified(t, h.archive(t, document), h.trust())
				checkSaid(t, found[0], withTimestamp(row.name, want, pades.LevelLTA))
				checkSaid(t, found[1], noBaseline)
			})
		}
	}
}

// withTimestamp gives the expected result of a signature with a sound timestamp and validation
// data.
func withTimestamp(name, want string, level pades.Level) string {
	switch {
	case name == "empty unsigned attributes": // behind those with the timestamp
		return malformed
	case want == malformed, want == forbidden: // neither it nor its timestamps can be read
		return want
	}
	want = strings.Replace(want, "_NO_POE", "", 1) // the time is proved
	return strings.Replace(want, string(pades.LevelBB), string(level), 1) + " + " + tokenPassed
}

func checkSaid(t *testing.T, got pades.Signature, want string) {
	t.Helper()
	if said := saidOf(got); said != want {
		t.Errorf("got %s (%s; %q), want %s", said, got.Detail, got.Remarks, want)
	}
	if (got.Detail == "") != (got.Indication == pades.TotalPassed) {
		t.Errorf("got the detail %q for %s", got.Detail, got.Indication)
	}
}

// A change of a timestamp token gives the same verdict on the token at every level. Other proofs of
// the time stay valid.
func TestTokensWithValidationData(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	seal := h.asked(t, pkitest.P256)
	store := h.storeOf(seal)
	sealed := store.append(t, h.timestampedBy(seal))
	for _, row := range tokenRows(h, t) {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			sound := row.want == tokenPassed
			level := func(proved, other pades.Level) string {
				if sound {
					other = proved
				}
				return noBaseline + " " + string(other) + " + "
			}
			document := store.append(t, h.withUnsigned(seal, func(value []byte) [][]byte {
				return [][]byte{signedAttribute(kindTimestamp, row.token(t, h, value))}
			}))
			checkSaid(t, verified(t, document, h.trust())[0], level(pades.LevelBLT, pades.LevelBB)+row.want)
			want := cmp.Or(besideAnother[row.name], level(pades.LevelLTA, pades.LevelLTA)+row.want)
			found := verified(t, h.archive(t, document), h.trust())
			checkSaid(t, found[0], want)
			checkSaid(t, found[1], noBaseline)

			found = verified(t, h.archived(t, sealed, func(data []byte) []byte { return row.token(t, h, data) }),
				h.trust())
			want = row.want
			if row.name == "no certificates" { // the token of the signature has them
				sound, want = true, tokenPassed
			}
			checkSaid(t, found[0], level(pades.LevelLTA, pades.LevelBLT)+tokenPassed)
			token := found[1]
			if said := strings.TrimSpace(fmt.Sprint(token.Indication, " ", token.SubIndication)); said != want {
				t.Errorf("of the document: got %s (%s), want %s", said, token.Detail, want)
			}
		})
	}
}

// besideAnother has the expected results of the rows whose result changes if a sound document
// timestamp covers the signature.
var besideAnother = map[string]string{
	// the later time contradicts the earlier one: ETSI EN 319 102-1, 5.5.4, step 4 e
	"in an hour":     contradicted,
	"behind the TSA": contradicted,
	// the other token has the certificates
	"no certificates": "TOTAL-PASSED intact B-LTA + TOTAL-PASSED",
	// the time is proved, and MD5 was too weak by then
	"reference by MD5": "TOTAL-PASSED intact B-LTA + INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE",
}

const contradicted = "INDETERMINATE TIMESTAMP_ORDER_FAILURE intact B-LTA + INDETERMINATE TIMESTAMP_ORDER_FAILURE"
