package revocation_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"testing"
	"time"

	"influxion/handler/internal/pades/revocation"
)

// answer is an OCSP response in parts. Tests change them before it is built.
type answer struct {
	signer       party
	status       []byte
	responseType []byte
	version      []byte
	responder    []byte // the ResponderID
	producedAt   []byte
	singles      [][]byte
	extensions   []byte // with their tag
	algorithm    []byte
	options      crypto.SignerOpts // what to sign with
	certificates [][]byte
	signature    func([]byte) []byte // of the BIT STRING
	after        []byte              // behind the signature and the certificates
	more         []byte              // behind ResponseData's extensions
	data         []byte              // what was signed, once it is built
}

var (
	ecdsaSHA256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2))
	rsaSHA256   = sequence(oid(1, 2, 840, 113549, 1, 1, 11), tlv(5))
)

// newAnswer returns an answer that the leaf is good, signed by the issuer itself.
func newAnswer(t testing.TB, p *pki) *answer {
	t.Helper()
	return &answer{
		signer:       p.issuer,
		status:       tlv(0x0a, []byte{0}),
		responseType: oid(1, 3, 6, 1, 5, 5, 7, 48, 1, 1),
		responder:    tlv(0xa1, p.issuer.certificate.RawSubject),
		producedAt:   generalized(today),
		singles:      [][]byte{newSingle(t, p).build()},
		algorithm:    ecdsaSHA256,
		options:      crypto.SHA256,
		signature:    func(value []byte) []byte { return tlv(3, []byte{0}, value) },
	}
}

// by makes a delegated responder sign the answer, and adds the responder's certificate to it.
func (a *answer) by(t testing.TB, responder party) *answer {
	a.signer = responder
	a.responder = tlv(0xa2, tlv(4, keyHash(t, responder.certificate)))
	a.certificates = [][]byte{responder.certificate.Raw}
	return a
}

func (a *answer) build(t testing.TB) []byte {
	t.Helper()
	data := sequence(a.version, a.responder, a.producedAt, sequence(a.singles...), a.extensions, a.more)
	a.data = data
	signed := data
	if hash := a.options.HashFunc(); hash != 0 {
		signed = digestOf(hash, data)
	}
	value, err := a.signer.key.Sign(rand.Reader, signed, a.options)
	if err != nil {
		t.Fatal(err)
	}
	var certificates []byte
	if a.certificates != nil {
		certificates = tlv(0xa0, sequence(a.certificates...))
	}
	basic := sequence(data, a.algorithm, a.signature(value), certificates, a.after)
	return sequence(a.status, tlv(0xa0, sequence(a.responseType, tlv(4, basic))))
}

// ask reads the answer and calls About for the leaf.
func (a *answer) ask(t testing.TB, p *pki) (*revocation.Evidence, error) {
	t.Helper()
	return askResponse(a.build(t), p.leaf, p.issuer.certificate)
}

func askResponse(der []byte, certificate, issuer *x509.Certificate) (*revocation.Evidence, error) {
	r, err := revocation.ParseResponse(der)
	if err != nil {
		return nil, err
	}
	return r.About(certificate, issuer)
}

// word is a SingleResponse in parts.
type word struct {
	hash       []byte // AlgorithmIdentifier
	nameHash   []byte
	keyHash    []byte
	serial     []byte
	status     []byte
	thisUpdate []byte
	nextUpdate []byte
	extensions []byte
}

func newSingle(t testing.TB, p *pki) *word {
	t.Helper()
	return hashed(t, p, crypto.SHA1)
}

func hashed(t testing.TB, p *pki, hash crypto.Hash) *word {
	t.Helper()
	return &word{
		hash:       digestNames[hash],
		nameHash:   digestOf(hash, p.leaf.RawIssuer),
		keyHash:    digestOf(hash, publicKey(t, p.issuer.certificate)),
		serial:     integer(t, p.leaf),
		status:     tlv(0x80),
		thisUpdate: generalized(today.Add(-time.Hour)),
		nextUpdate: tlv(0xa0, generalized(today.Add(time.Hour))),
	}
}

func (w *word) build() []byte {
	id := sequence(w.hash, tlv(4, w.nameHash), tlv(4, w.keyHash), w.serial)
	return sequence(id, w.status, w.thisUpdate, w.nextUpdate, w.extensions)
}

func revokedSince(at time.Time, reason ...byte) []byte {
	if reason == nil {
		return tlv(0xa1, generalized(at))
	}
	return tlv(0xa1, generalized(at), tlv(0xa0, tlv(0x0a, reason)))
}
