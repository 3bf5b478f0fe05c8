package cms_test

import (
	"crypto"
	"crypto/x509"
	"sync"
	"testing"
	"time"

	"influxion/handler/internal/pkitest"
)

// party is a key with its chain.
type party struct {
	chain []*x509.Certificate
	key   crypto.Signer
}

func (p party) leaf() *x509.Certificate { return p.chain[0] }

// parties are made once for each algorithm, because making RSA keys is slow.
var parties sync.Map

func newParty(t testing.TB, algorithm pkitest.Algorithm) party {
	t.Helper()
	type result struct {
		party party
		err   error
	}
	once, _ := parties.LoadOrStore(algorithm, sync.OnceValue(func() result {
		p, err := makeParty(algorithm)
		return result{p, err}
	}))
	r := once.(func() result)()
	if r.err != nil {
		t.Fatal(r.err)
	}
	return r.party
}

func makeParty(algorithm pkitest.Algorithm) (party, error) {
	now := time.Now()
	root, err := pkitest.NewRoot("Test Root", now)
	if err != nil {
		return party{}, err
	}
	issuer, err := root.NewIntermediate("Test Issuer", now)
	if err != nil {
		return party{}, err
	}
	key, err := pkitest.NewKey(algorithm)
	if err != nil {
		return party{}, err
	}
	template := pkitest.SigningTemplate("Test Seal", now)
	template.SubjectKeyId = []byte("test key identifier")
	chain, err := issuer.Issue(template, key.Public())
	return party{chain, key}, err
}

var content = []byte("the bytes that a ByteRange covers")

func digestOf(hash crypto.Hash, data []byte) []byte {
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}
