package chain

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pkitest"
)

// expensive returns certificates of one name with a key that makes checks expensive.
func expensive(t *testing.T, name []byte, count int) []*x509.Certificate {
	t.Helper()
	key, err := pkitest.NewKey(pkitest.P521)
	if err != nil {
		t.Fatal(err)
	}
	var all []*x509.Certificate
	for i := range count {
		all = append(all, &x509.Certificate{Raw: []byte{byte(i), byte(i >> 8)}, RawSubject: name, RawIssuer: name,
			PublicKey: key.Public()})
	}
	return all
}

func TestEffort(t *testing.T) {
	t.Parallel()
	key := func(bits uint, e int) *rsa.PublicKey {
		return &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), bits-1), E: e}
	}
	for _, test := range []struct {
		key  any
		want int
	}{
		{key(2048, 65537), 1}, {key(4096, 65537), 5}, {key(8192, 65537), 21}, {key(8192, 1<<31-1), 85},
		{&ecdsa.PublicKey{Curve: elliptic.P256()}, 2}, {&ecdsa.PublicKey{Curve: elliptic.P384()}, 16},
		{&ecdsa.PublicKey{Curve: elliptic.P521()}, 40},
	} {
		if got := Effort(&x509.Certificate{PublicKey: test.key}); got != test.want {
			t.Errorf("got %d, want %d", got, test.want)
		}
	}
}

// The cost of certificates with the name of an issuer is bounded for all signers together. It is
// counted as crypto/x509 would incur it.
func TestSearchesAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	root, err := pkitest.NewRoot("Root", now)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	for count, most := range map[int]int{0: maxSigners, 1: maxSigners, 9: maxSigners - 1,
		maxChecks: MaxEffort / maxChecks / 40} {
		v := NewValidator(pades.Trust{Anchors: root.Chain, Time: now}, false, nil)
		v.store = newStore(anchors{})
		for _, one := range expensive(t, root.Chain[0].RawSubject, count) {
			v.store.addCertificate(one, Span{})
		}
		found := 0
		for range maxSigners {
			chain, err := root.Issue(pkitest.SigningTemplate("Seal", now), key.Public())
			if err != nil {
				t.Fatal(err)
			}
			asked := search{anchors: newTimeless(), issuers: v.store.issuers}
			if worst := asked.from(chain[0]); worst > maxChecks*40 {
				t.Errorf("got an effort of %d for one, want at most %d", worst, maxChecks*40)
			}
			judged, err := v.Validate(t.Context(), Question{Signer: chain[0], At: now, Fresh: now})
			if err != nil {
				t.Fatal(err)
			}
			if judged.Err == nil {
				found++
			} else if pades.LimitOf(judged.Err) == nil {
				t.Errorf("%d namesakes: got %v, want a limit", count, judged.Err)
			}
		}
		if found > most || count <= 1 && found < most {
			t.Errorf("%d namesakes: got chains for %d signers, want %d", count, found, most)
		}
	}
}
