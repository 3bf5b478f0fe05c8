package algorithm_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"sync"
	"testing"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pkitest"
)

// A signature that was proved verifies again. If any part of it changes, the result is the same as
// without a cache.
func TestProvenSignatures(t *testing.T) {
	t.Parallel()
	proven := new(algorithm.Proven)
	type question struct {
		scheme         algorithm.Scheme
		key            crypto.PublicKey
		info           []byte
		sum, signature []byte
	}
	var asked []question
	for _, kind := range []pkitest.Algorithm{pkitest.P256, pkitest.RSA2048} {
		key, err := pkitest.NewKey(kind)
		if err != nil {
			t.Fatal(err)
		}
		info, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		scheme := algorithm.Scheme{Family: algorithm.ECDSA, Digest: algorithm.SHA256}
		if kind == pkitest.RSA2048 {
			scheme.Family = algorithm.PKCS1
		}
		sum := sha256.Sum256(data)
		signature, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		asked = append(asked, question{scheme, key.Public(), info, sum[:], signature})
	}
	hold := func(q question) bool {
		t.Helper()
		want := kindOf(q.scheme.VerifyDigest(q.key, q.sum, q.signature))
		for range 2 {
			if got := kindOf(proven.VerifyDigest(q.scheme, q.key, q.info, q.sum, q.signature)); got != want {
				t.Errorf("got %q with what is proven, want %q: %+v", got, want, q)
			}
		}
		return want == ""
	}
	flip := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		b[at%len(b)] ^= 1
		return b
	}
	for i, q := range asked {
		if !hold(q) {
			t.Fatal("got a signature that does not verify")
		}
		for at := range 300 {
			changed := q
			changed.sum = flip(q.sum, at)
			hold(changed)
			changed = q
			changed.signature = flip(q.signature, at)
			hold(changed)
		}
		changed := q
		changed.key, changed.info = asked[1-i].key, asked[1-i].info
		hold(changed)
		changed = q
		changed.scheme = asked[1-i].scheme
		hold(changed)
		changed.scheme = algorithm.Scheme{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.SHA256,
			Salt: 32}
		hold(changed)
		// the boundary between digest and signature is a part of the fact
		changed = q
		changed.sum, changed.signature = append(bytes.Clone(q.sum), q.signature[0]), q.signature[1:]
		hold(changed)
	}
}

// The cache is bounded, keeps the facts that are asked for, and remembers no outcome that is too
// long.
func TestProvenIsBounded(t *testing.T) {
	t.Parallel()
	proven := new(algorithm.Proven)
	fact := func(n int) algorithm.Fact {
		return algorithm.NewFact("test", binary.BigEndian.AppendUint64(nil, uint64(n)))
	}
	used := algorithm.NewFact("test", []byte("used"))
	proven.Keep(used, []byte("outcome"))
	for n := range 3 * algorithm.MaxProven {
		proven.Keep(fact(n), nil)
		if outcome, known := proven.Recall(used); !known || string(outcome) != "outcome" {
			t.Fatalf("got %q forgotten after %d facts, though it is in use", outcome, n)
		}
	}
	known := 0
	for n := range 3 * algorithm.MaxProven {
		if _, ok := proven.Recall(fact(n)); ok {
			known++
		}
	}
	if known == 0 || known > algorithm.MaxProven {
		t.Errorf("got %d facts, want some, and at most %d", known, algorithm.MaxProven)
	}
	long := algorithm.NewFact("test", []byte("long"))
	if proven.Keep(long, make([]byte, 65)); func() bool { _, ok := proven.Recall(long); return ok }() {
		t.Error("got an outcome of 65 bytes remembered")
	}
	var none *algorithm.Proven
	none.Keep(used, nil)
	if _, ok := none.Recall(used); ok {
		t.Error("got a fact of no cache")
	}
}

func TestProvenByMany(t *testing.T) {
	t.Parallel()
	proven := new(algorithm.Proven)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for n := range 10_000 {
				value := binary.BigEndian.AppendUint64(nil, uint64(n))
				fact := algorithm.NewFact("test", value)
				if outcome, ok := proven.Recall(fact); ok && !bytes.Equal(outcome, value) {
					t.Errorf("got %x, want %x", outcome, value)
				}
				proven.Keep(fact, value)
			}
		})
	}
	all.Wait()
}
