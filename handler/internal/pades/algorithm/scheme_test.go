package algorithm_test

import (
	"bytes"
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 old signatures are evaluated
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"hash"
	"math/big"
	"slices"
	"testing"

	"github.com/cloudflare/circl/sign/ed448"

	"influxion/handler/internal/pades/algorithm"
)

func kindOf(err error) algorithm.Kind {
	if fault, ok := errors.AsType[*algorithm.Error](err); ok {
		return fault.Kind
	}
	return ""
}

// check checks that a signature verifies by its scheme, by data and by digest alike, and that no
// other signature does.
func check(t *testing.T, name string, s algorithm.Scheme, key crypto.PublicKey, signature []byte) {
	t.Helper()
	if err := s.Verify(key, data, signature); err != nil {
		t.Errorf("%s: got %v, want a signature that verifies", name, err)
	}
	if s.Prehashed() {
		if err := s.VerifyDigest(key, s.Digest.Sum(data), signature); err != nil {
			t.Errorf("%s: got %v by the digest, want a signature that verifies", name, err)
		}
	} else if err := s.VerifyDigest(key, nil, signature); kindOf(err) != algorithm.NotEvaluated {
		t.Errorf("%s: got %v by a digest, want %q", name, err, algorithm.NotEvaluated)
	}
	if err := s.Verify(key, []byte("other"), signature); kindOf(err) != algorithm.Invalid {
		t.Errorf("%s: got %v for other data, want %q", name, err, algorithm.Invalid)
	}
	for _, i := range []int{0, len(signature) / 2, len(signature) - 1} {
		flipped := bytes.Clone(signature)
		flipped[i] ^= 1
		if err := s.Verify(key, data, flipped); kindOf(err) != algorithm.Invalid {
			t.Errorf("%s: got %v for a signature with byte %d changed, want %q", name, err, i, algorithm.Invalid)
		}
	}
	for _, other := range [][]byte{nil, {}, signature[:len(signature)-1], append(bytes.Clone(signature), 0),
		append([]byte{0}, signature...)} {
		if err := s.Verify(key, data, other); kindOf(err) != algorithm.Invalid {
			t.Errorf("%s: got %v for a signature of %d bytes, want %q", name, err, len(other), algorithm.Invalid)
		}
	}
	if algorithm.Cost(key) < 1 {
		t.Errorf("%s: got a check that costs nothing", name)
	}
}

var hashes = []crypto.Hash{
	crypto.MD5, crypto.SHA1, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA512_224,
	crypto.SHA512_256,
	crypto.SHA3_224, crypto.SHA3_256, crypto.SHA3_384, crypto.SHA3_512,
}

func TestECDSA(t *testing.T) {
	t.Parallel()
	for name, named := range curveNames {
		private := curveKey(t, named.curve)
		key := parse(t, spki(oidEC, named.oid, uncompressed(private)))
		for _, d := range []algorithm.Digest{algorithm.SHA1, algorithm.SHA256, algorithm.SHA512, algorithm.SHA3_384,
			algorithm.SHAKE256} {
			s := algorithm.Scheme{Family: algorithm.ECDSA, Digest: d}
			signature, err := ecdsa.SignASN1(rand.Reader, private, d.Sum(data))
			if err != nil {
				t.Fatal(err)
			}
			check(t, name+" "+s.String(), s, key, signature)
		}
		r, v, err := ecdsa.Sign(rand.Reader, private, algorithm.SHA256.Sum(data))
		if err != nil {
			t.Fatal(err)
		}
		size := (named.curve.Params().N.BitLen() + 7) / 8
		plain := algorithm.Scheme{Family: algorithm.PlainECDSA, Digest: algorithm.SHA256}
		check(t, name+" plain", plain, key,
			slices.Concat(r.FillBytes(make([]byte, size)), v.FillBytes(make([]byte, size))))
		if err := plain.Verify(key, data, make([]byte, 2*size)); kindOf(err) != algorithm.Invalid {
			t.Errorf("%s: got %v for zeros, want %q", name, err, algorithm.Invalid)
		}
	}
}

func TestEdwards(t *testing.T) {
	t.Parallel()
	short, long := edwards(t)
	check(t, "Ed25519", algorithm.Scheme{Family: algorithm.Ed25519},
		parse(t, spki(oid(1, 3, 101, 112), nil, short.Public().(ed25519.PublicKey))), ed25519.Sign(short, data))
	check(t, "Ed448", algorithm.Scheme{Family: algorithm.Ed448},
		parse(t, spki(oid(1, 3, 101, 113), nil, long.Public().(ed448.PublicKey))), ed448.Sign(long, data, ""))
}

func TestDSA(t *testing.T) {
	t.Parallel()
	key := parse(t, dsaSPKI(&dsaKey().PublicKey))
	for _, d := range []algorithm.Digest{algorithm.SHA1, algorithm.SHA256} {
		r, v, err := dsa.Sign(rand.Reader, dsaKey(), d.Sum(data)[:20])
		if err != nil {
			t.Fatal(err)
		}
		s := algorithm.Scheme{Family: algorithm.DSA, Digest: d}
		check(t, s.String(), s, key, tlv(0x30, integer(r), integer(v)))
		if err := s.Strong(key); kindOf(err) != algorithm.Weak {
			t.Errorf("%v: got %v, want %q", s, err, algorithm.Weak)
		}
	}
	for name, change := range map[string]func(k *dsa.PublicKey){
		"huge":    func(k *dsa.PublicKey) { k.P = new(big.Int).SetBit(big.NewInt(1), 5000, 1) },
		"q odd":   func(k *dsa.PublicKey) { k.Q = new(big.Int).SetBit(big.NewInt(1), 170, 1) },
		"y large": func(k *dsa.PublicKey) { k.Y = k.P },
		"p zero":  func(k *dsa.PublicKey) { k.P = new(big.Int) },
	} {
		changed := dsaKey().PublicKey
		change(&changed)
		public, err := algorithm.ParseKey(dsaSPKI(&changed))
		if err == nil {
			err = algorithm.Scheme{Family: algorithm.DSA, Digest: algorithm.SHA1}.Verify(public, data,
				tlv(0x30, []byte{2, 1, 1, 2, 1, 1}))
		}
		if kindOf(err) != algorithm.NotEvaluated {
			t.Errorf("%s: got %v, want %q", name, err, algorithm.NotEvaluated)
		}
	}
}

// Each family needs its own kind of key. Unknown keys and schemes are not evaluated.
func TestKeysAndSchemesThatDoNotFit(t *testing.T) {
	t.Parallel()
	short, _ := edwards(t)
	keys := map[algorithm.Family]crypto.PublicKey{
		algorithm.PKCS1: &rsaKey().PublicKey, algorithm.ECDSA: &curveKey(t, elliptic.P256()).PublicKey,
		algorithm.Ed25519: short.Public(), algorithm.DSA: &dsaKey().PublicKey,
	}
	for family, key := range keys {
		for other := range keys {
			s := algorithm.Scheme{Family: other, Digest: algorithm.SHA256}
			if other == algorithm.Ed25519 {
				s.Digest = ""
			}
			if err := s.Verify(key, data, make([]byte, 64)); other != family && kindOf(err) != algorithm.Invalid {
				t.Errorf("%v with a key for %v: got %v, want %q", other, family, err, algorithm.Invalid)
			}
		}
		if err := (algorithm.Scheme{}).Verify(key, data, nil); kindOf(err) != algorithm.NotEvaluated {
			t.Errorf("no scheme: got %v, want %q", err, algorithm.NotEvaluated)
		}
	}
	for _, key := range []crypto.PublicKey{nil, "a key", &ecdsa.PublicKey{Curve: &elliptic.CurveParams{}}} {
		if err := (algorithm.Scheme{Family: algorithm.ECDSA, Digest: algorithm.SHA256}).Verify(key, data,
			nil); kindOf(err) != algorithm.NotEvaluated {
			t.Errorf("%v: got %v, want %q", key, err, algorithm.NotEvaluated)
		}
	}
	reserved := parse(t, spki(oidPSS, pssParameters(oidSHA256, oidSHA256, 32),
		tlv(0x30, integer(rsaKey().N), integer(big.NewInt(65537)))))
	for s, want := range map[algorithm.Scheme]algorithm.Kind{
		{Family: algorithm.PKCS1, Digest: algorithm.SHA256}:                                 algorithm.NotEvaluated,
		{Family: algorithm.PSS, Digest: algorithm.SHA512, Mask: algorithm.SHA512, Salt: 32}: algorithm.NotEvaluated,
		{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.SHA256, Salt: 31}: algorithm.NotEvaluated,
		{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.SHA256, Salt: 33}: algorithm.Invalid,
		{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.SHA1, Salt: 32}:   algorithm.NotEvaluated,
	} {
		if err := s.Verify(reserved, data, make([]byte, 256)); kindOf(err) != want {
			t.Errorf("%v with a reserved key: got %v, want %q", s, err, want)
		}
	}
}

// Digests equal those of crypto, can be cloned while they run, and have the lengths that Size
// states.
func TestDigests(t *testing.T) {
	t.Parallel()
	all := []algorithm.Digest{algorithm.SHAKE128, algorithm.SHAKE256}
	for _, h := range hashes {
		d := algorithm.DigestOf(h)
		if d == "" || d.Hash() != h || d.String() != h.String() || d.Size() != h.Size() {
			t.Errorf("got %q of %d bytes for %v", d, d.Size(), h)
		}
		all = append(all, d)
	}
	for _, d := range all {
		running := d.New()
		running.Write([]byte("what is "))
		copied, err := running.(hash.Cloner).Clone()
		if err != nil {
			t.Fatal(err)
		}
		copied.Write([]byte("signed"))
		if got, want := copied.Sum(nil), d.Sum(data); !bytes.Equal(got, want) || len(got) != d.Size() ||
			!d.Available() || running.Size() != d.Size() {
			t.Errorf("%v: got %x from a clone, want %x", d, got, want)
		}
		if got := running.Sum([]byte("x")); !bytes.Equal(got[1:], d.Sum([]byte("what is "))) {
			t.Errorf("%v: got %x, want the running digest unchanged by its clone", d, got)
		}
	}
	if d := algorithm.DigestOf(crypto.RIPEMD160); d != "" || d.Available() || d.Size() != 0 ||
		algorithm.DigestOf(0) != "" {
		t.Errorf("got %q for a digest that is not known", d)
	}
}

// Algorithms that are too weak today were reliable once: ETSI TS 119 312.
func TestStrong(t *testing.T) {
	t.Parallel()
	short, long := edwards(t)
	weak := func(n int) *rsa.PublicKey {
		return &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), n-1, 1), E: 65537}
	}
	pkcs1 := func(d algorithm.Digest) algorithm.Scheme { return algorithm.Scheme{Family: algorithm.PKCS1, Digest: d} }
	for _, c := range []struct {
		name   string
		scheme algorithm.Scheme
		key    crypto.PublicKey
		strong bool
	}{
		{"RSA-2048", pkcs1(algorithm.SHA256), weak(2048), true},
		{"RSA-2047", pkcs1(algorithm.SHA256), weak(2047), false},
		{"SHA-1", pkcs1(algorithm.SHA1), weak(2048), false},
		{"MD5", pkcs1(algorithm.MD5), weak(2048), false},
		{"SHA-224", pkcs1(algorithm.SHA224), weak(2048), false},
		{"SHA3-256", pkcs1(algorithm.SHA3_256), weak(2048), true},
		{"a mask by SHA-1", algorithm.Scheme{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.SHA1,
			Salt: 32}, weak(2048), true},
		{"a mask by MD5", algorithm.Scheme{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.MD5,
			Salt: 32}, weak(2048), false},
		{"P-224", algorithm.Scheme{Family: algorithm.ECDSA, Digest: algorithm.SHA256},
			&curveKey(t, elliptic.P224()).PublicKey, false},
		{"P-256", algorithm.Scheme{Family: algorithm.ECDSA, Digest: algorithm.SHA256},
			&curveKey(t, elliptic.P256()).PublicKey, true},
		{"Ed25519", algorithm.Scheme{Family: algorithm.Ed25519}, short.Public(), true},
		{"Ed448", algorithm.Scheme{Family: algorithm.Ed448}, long.Public(), true},
		{"DSA", algorithm.Scheme{Family: algorithm.DSA, Digest: algorithm.SHA256}, &dsaKey().PublicKey, false},
	} {
		err := c.scheme.Strong(c.key)
		if (err == nil) != c.strong || err != nil && kindOf(err) != algorithm.Weak {
			t.Errorf("%s: got %v, want strong: %v", c.name, err, c.strong)
		}
		until, ofKey := algorithm.Until(c.key)
		_, ofDigest := c.scheme.Digest.Until()
		if !c.strong && !ofKey && !ofDigest && c.scheme.Mask != algorithm.MD5 || ofKey && until.IsZero() {
			t.Errorf("%s: got no date until which it was reliable", c.name)
		}
	}
}
