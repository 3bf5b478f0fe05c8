package pades_test

import (
	"crypto"
	"crypto/ed25519"
	"io"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pkitest"
)

// neutral is an Ed25519 key whose public key is the neutral element of the curve: the same
// signature value verifies with any data.
type neutral struct{}

func (neutral) Public() crypto.PublicKey {
	return ed25519.PublicKey(append([]byte{1}, make([]byte, ed25519.PublicKeySize-1)...))
}

func (neutral) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return append([]byte{1}, make([]byte, ed25519.SignatureSize-1)...), nil
}

// A timestamp covers the signature value alone. Where a key accepts one value for any data, the
// timestamp of one document fits every other document, also one from after a revocation. No
// signature by such a key is evaluated.
func TestASignatureForAnyDocument(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	chain, err := h.pki.Issue(h.newSeal(t, pkitest.P256, nil).chain[0], neutral{}.Public())
	if err != nil {
		t.Fatal(err)
	}
	seal := signer{chain, neutral{}}
	var token []byte
	for _, reason := range []string{"/Reason (Approved)", "/Reason (Paid)"} {
		document := formed(pades.SubFilterPAdES, reason, func(content []byte) []byte {
			m := newMessage(seal, content)
			m.use(scheme{"Ed25519", crypto.SHA512, tlv(0x30, oid(1, 3, 101, 112)), crypto.Hash(0)})
			m.unsigned = func(value []byte) [][]byte {
				if token == nil {
					token = newToken(h.tsa, value, nil, nil)
				}
				return [][]byte{signedAttribute(kindTimestamp, token)}
			}
			return m.bytes()
		})
		got := verified(t, document, h.trust())[0]
		if got.SubIndication != pades.CryptoConstraintsFailure || got.Integrity != pades.IntegrityNotEvaluated {
			t.Errorf("%s: got %s (%s), want %s", reason, saidOf(got), got.Detail, pades.CryptoConstraintsFailure)
		}
	}
}

// A certificate of an authority with such a key issues nothing: anybody could issue in its name.
func TestAnAuthorityWithAUniversalKey(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	chain, err := h.root.Issue(pkitest.AuthorityTemplate("Open Authority", time.Now()), neutral{}.Public())
	if err != nil {
		t.Fatal(err)
	}
	open := &pkitest.Authority{Chain: chain, Key: neutral{}}
	seal := household{root: h.root, pki: open, tsa: h.tsa}.newSeal(t, pkitest.P256, nil)
	document := formed(pades.SubFilterPAdES, "", func(content []byte) []byte {
		return newMessage(seal, content).bytes()
	})
	if got := verified(t, document, h.trust())[0]; got.SubIndication != pades.NoCertificateChain {
		t.Errorf("got %s (%s), want %s", saidOf(got), got.Detail, pades.NoCertificateChain)
	}
}
