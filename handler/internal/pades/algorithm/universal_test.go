package algorithm_test

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 old signatures are evaluated
	"crypto/ed25519"
	"encoding/hex"
	"math/big"
	"slices"
	"testing"

	"github.com/cloudflare/circl/sign/ed448"

	"influxion/handler/internal/pades/algorithm"
)

// points25519 are the y of all points of small order on edwards25519, also those that are not
// reduced, from RFC 7748 implementations' list of public keys to avoid.
var points25519 = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

// universalKeys are keys that accept one signature value for any data, or for much of it.
func universalKeys(t *testing.T) map[string]crypto.PublicKey {
	t.Helper()
	keys := map[string]crypto.PublicKey{}
	for _, text := range points25519 {
		y, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		keys["Ed25519 "+text[:8]] = ed25519.PublicKey(y)
		other := slices.Clone(y)
		other[31] |= 0x80
		keys["Ed25519 -"+text[:8]] = ed25519.PublicKey(other)
	}
	long := func(change func(y []byte)) ed448.PublicKey {
		y := make([]byte, ed448.PublicKeySize)
		change(y)
		return y
	}
	keys["Ed448 0"] = long(func([]byte) {})
	keys["Ed448 0 of the other sign"] = long(func(y []byte) { y[56] = 0x80 })
	keys["Ed448 1"] = long(func(y []byte) { y[0] = 1 })
	keys["Ed448 -1"] = long(func(y []byte) {
		for i := range 56 {
			y[i] = 0xff
		}
		y[0], y[28] = 0xfe, 0xfe
	})
	key := dsaKey().PublicKey
	with := func(change func(k *dsa.PublicKey)) *dsa.PublicKey {
		k := key
		change(&k)
		return &k
	}
	below := new(big.Int).Sub(key.P, big.NewInt(1))
	keys["DSA with a generator of 1"] = with(func(k *dsa.PublicKey) { k.G, k.Y = big.NewInt(1), big.NewInt(1) })
	keys["DSA with a generator of -1"] = with(func(k *dsa.PublicKey) { k.G, k.Y = below, below })
	keys["DSA with a y of 1"] = with(func(k *dsa.PublicKey) { k.Y = big.NewInt(1) })
	keys["DSA with a y outside its group"] = with(func(k *dsa.PublicKey) { k.Y = below })
	keys["DSA with an order that is no prime"] = with(func(k *dsa.PublicKey) {
		k.Q = new(big.Int).Sub(k.Q, big.NewInt(1))
		k.G = new(big.Int).Exp(big.NewInt(3), new(big.Int).Div(below, key.Q), k.P)
	})
	return keys
}

// No signature by a universal key is evaluated, whatever it is, and each honest key is not one.
func TestUniversalKeys(t *testing.T) {
	t.Parallel()
	for name, key := range universalKeys(t) {
		scheme, value := algorithm.Scheme{Family: algorithm.Ed25519}, append([]byte{1}, make([]byte, 63)...)
		switch key.(type) {
		case ed448.PublicKey:
			scheme, value = algorithm.Scheme{Family: algorithm.Ed448}, append([]byte{1}, make([]byte, 113)...)
		case *dsa.PublicKey:
			scheme = algorithm.Scheme{Family: algorithm.DSA, Digest: algorithm.SHA1}
			value = tlv(0x30, integer(big.NewInt(1)), integer(big.NewInt(1)))
		}
		if !algorithm.Universal(key) {
			t.Errorf("%s: got a key that is not universal", name)
		}
		if err := scheme.Verify(key, data, value); kindOf(err) != algorithm.NotEvaluated {
			t.Errorf("%s: got %v, want %q", name, err, algorithm.NotEvaluated)
		}
	}
	short, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	long, _, err := ed448.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []crypto.PublicKey{short, long, &dsaKey().PublicKey, &rsaKey().PublicKey} {
		if algorithm.Universal(key) {
			t.Errorf("%T: got a universal key", key)
		}
	}
}
