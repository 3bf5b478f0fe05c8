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

// check holds a signature against its scheme: it verifies, by data and by digest alike, and no other does.
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
	for _, other := range [][]byte{nil, {}, signature[:len(signature)-1], append(bytes.Clone(signature), 0), append([]byte{0}, signature...)} {
		if err := s.Verify(key, data, other); kindOf(err) != algorithm.Invalid {
			t.Errorf("%s: got %v for a signature of %d bytes, want %q", name, err, len(other), algorithm.Invalid)
		}
	}
	if algorithm.Cost(key) < 1 {
		t.Errorf("%s: got a check that costs nothing", name)
	}
}

var hashes = []crypto.Hash{
	crypto.MD5, crypto.SHA1, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA512_224, crypto.SHA512_256,
	crypto.SHA3_224, crypto.SHA3_256, crypto.SHA3_384, crypto.SHA3_512,
}

func TestPKCS1(t *testing.T) {
	t.Parallel()
	key := parse(t, marshal(t, &rsaKey().PublicKey))
	for _, h := range hashes {
		d := algorithm.DigestOf(h)
		signature, err := rsa.SignPKCS1v15(nil, rsaKey(), h, d.Sum(data))
		if err != nil {
			t.Fatal(err)
		}
		s := algorithm.Scheme{Family: algorithm.PKCS1, Digest: d}
		check(t, s.String(), s, key, signature)
		if got, err := algorithm.PKCS1Digest(rsaKey().N, big.NewInt(65537), signature); err != nil || got != d {
			t.Errorf("%v: got %v, %v as the digest of the value", d, got, err)
		}
		for _, other := range hashes {
			wrong := algorithm.Scheme{Family: algorithm.PKCS1, Digest: algorithm.DigestOf(other)}
			if err := wrong.Verify(key, data, signature); other != h && kindOf(err) != algorithm.Invalid {
				t.Errorf("%v: got %v as one by %v, want %q", d, err, other, algorithm.Invalid)
			}
		}
	}
}

// A DigestInfo without the NULL (RFC 8017, section 9.2, note 1) verifies; no other shape does.
func TestPKCS1Encodings(t *testing.T) {
	t.Parallel()
	key := parse(t, marshal(t, &rsaKey().PublicKey))
	s := algorithm.Scheme{Family: algorithm.PKCS1, Digest: algorithm.SHA256}
	sum := tlv(4, s.Digest.Sum(data))
	pad := func(info []byte, behind int) []byte {
		return slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 253-len(info)-behind), []byte{0}, info, make([]byte, behind))
	}
	for _, c := range []struct {
		name string
		em   []byte
		want algorithm.Kind
	}{
		{"with NULL", pad(tlv(0x30, tlv(0x30, oidSHA256, null), sum), 0), ""},
		{"without NULL", pad(tlv(0x30, tlv(0x30, oidSHA256), sum), 0), ""},
		{"other parameters", pad(tlv(0x30, tlv(0x30, oidSHA256, tlv(4)), sum), 0), algorithm.Invalid},
		{"more behind", pad(tlv(0x30, tlv(0x30, oidSHA256, null), sum), 60), algorithm.Invalid},
		{"another type", slices.Concat([]byte{0, 2}, pad(tlv(0x30, tlv(0x30, oidSHA256, null), sum), 0)[2:]), algorithm.Invalid},
		{"the digest alone", pad(sum, 0), algorithm.Invalid},
		{"a long length", pad(slices.Concat([]byte{0x30, 0x81, 0x31}, tlv(0x30, oidSHA256, null), sum), 0), algorithm.Invalid},
	} {
		if err := s.Verify(key, data, power(c.em, rsaKey().D, rsaKey().N)); kindOf(err) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestPSS(t *testing.T) {
	t.Parallel()
	key := parse(t, marshal(t, &rsaKey().PublicKey))
	reserved := parse(t, spki(oidPSS, nil, tlv(0x30, integer(rsaKey().N), integer(big.NewInt(65537)))))
	digests := []algorithm.Digest{algorithm.SHA1, algorithm.SHA256, algorithm.SHA512, algorithm.SHA3_256}
	for _, d := range digests {
		for _, mask := range digests {
			for _, salt := range []int{0, 1, d.Size(), 100} {
				s := algorithm.Scheme{Family: algorithm.PSS, Digest: d, Mask: mask, Salt: salt}
				signature := power(encodePSS(s, d.Sum(data), 2047), rsaKey().D, rsaKey().N)
				check(t, s.String(), s, key, signature)
				check(t, s.String()+" by a key for PSS", s, reserved, signature)
				other := s
				other.Salt++
				if err := other.Verify(key, data, signature); kindOf(err) != algorithm.Invalid {
					t.Errorf("%v: got %v for another salt, want %q", s, err, algorithm.Invalid)
				}
			}
		}
	}
	// crypto/rsa as a second opinion of the encoding above.
	s := algorithm.Scheme{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.SHA256, Salt: 32}
	signature := power(encodePSS(s, s.Digest.Sum(data), 2047), rsaKey().D, rsaKey().N)
	if err := rsa.VerifyPSS(&rsaKey().PublicKey, crypto.SHA256, s.Digest.Sum(data), signature, &rsa.PSSOptions{SaltLength: 32}); err != nil {
		t.Errorf("got %v from crypto/rsa", err)
	}
}

// A modulus of one bit more than whole bytes has an encoded message that is a byte shorter.
func TestPSSOfOddModulus(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2049)
	if err != nil {
		t.Fatal(err)
	}
	key := parse(t, marshal(t, &private.PublicKey))
	s := algorithm.Scheme{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.SHA1, Salt: 7}
	check(t, s.String(), s, key, power(encodePSS(s, s.Digest.Sum(data), 2048), private.D, private.N))
}

func TestLargeExponents(t *testing.T) {
	t.Parallel()
	for _, bits := range []int{31, 32, 33, 64, 65, 256} {
		n, e, d := large(t, bits)
		key := parse(t, rsaSPKI(n, e))
		pss := algorithm.Scheme{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.SHA256, Salt: 32}
		check(t, pss.String(), pss, key, power(encodePSS(pss, pss.Digest.Sum(data), 2047), d, n))
	}
	n, e, d := large(t, 257)
	key := parse(t, rsaSPKI(n, e))
	s := algorithm.Scheme{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.SHA256, Salt: 32}
	if err := s.Verify(key, data, power(encodePSS(s, s.Digest.Sum(data), 2047), d, n)); kindOf(err) != algorithm.NotEvaluated {
		t.Errorf("got %v for an exponent of 257 bits, want %q", err, algorithm.NotEvaluated)
	}
}

// Numbers with which anybody could sign, or nobody, are no key.
func TestRSANumbersThatAreNone(t *testing.T) {
	t.Parallel()
	n := rsaKey().N
	s := algorithm.Scheme{Family: algorithm.PKCS1, Digest: algorithm.SHA256}
	em := slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 202), []byte{0},
		tlv(0x30, tlv(0x30, oidSHA256, null), tlv(4, s.Digest.Sum(data))))
	for name, key := range map[string][2]*big.Int{
		"exponent 1": {n, big.NewInt(1)}, "exponent 0": {n, big.NewInt(0)}, "exponent 2": {n, big.NewInt(2)},
		"an even exponent": {n, big.NewInt(65536)}, "an even modulus": {new(big.Int).Add(n, big.NewInt(1)), big.NewInt(3)},
		"512 bits": {new(big.Int).SetBit(big.NewInt(1), 511, 1), big.NewInt(3)}, "8193 bits": {new(big.Int).SetBit(big.NewInt(1), 8192, 1), big.NewInt(3)},
	} {
		public, err := algorithm.ParseKey(rsaSPKI(key[0], key[1]))
		if err == nil {
			err = s.Verify(public, data, em)
		}
		if kindOf(err) != algorithm.NotEvaluated {
			t.Errorf("%s: got %v, want %q", name, err, algorithm.NotEvaluated)
		}
	}
}

func TestECDSA(t *testing.T) {
	t.Parallel()
	for name, named := range curveNames {
		private := curveKey(t, named.curve)
		key := parse(t, spki(oidEC, named.oid, uncompressed(private)))
		for _, d := range []algorithm.Digest{algorithm.SHA1, algorithm.SHA256, algorithm.SHA512, algorithm.SHA3_384, algorithm.SHAKE256} {
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
		check(t, name+" plain", plain, key, slices.Concat(r.FillBytes(make([]byte, size)), v.FillBytes(make([]byte, size))))
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
			err = algorithm.Scheme{Family: algorithm.DSA, Digest: algorithm.SHA1}.Verify(public, data, tlv(0x30, []byte{2, 1, 1, 2, 1, 1}))
		}
		if kindOf(err) != algorithm.NotEvaluated {
			t.Errorf("%s: got %v, want %q", name, err, algorithm.NotEvaluated)
		}
	}
}

// Each family wants its own kind of key, and unknown keys and schemes are not evaluated.
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
		if err := (algorithm.Scheme{Family: algorithm.ECDSA, Digest: algorithm.SHA256}).Verify(key, data, nil); kindOf(err) != algorithm.NotEvaluated {
			t.Errorf("%v: got %v, want %q", key, err, algorithm.NotEvaluated)
		}
	}
	reserved := parse(t, spki(oidPSS, pssParameters(oidSHA256, oidSHA256, 32), tlv(0x30, integer(rsaKey().N), integer(big.NewInt(65537)))))
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

// Digests are those of crypto, can be cloned as they run, and have the lengths that they say.
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
		if got, want := copied.Sum(nil), d.Sum(data); !bytes.Equal(got, want) || len(got) != d.Size() || !d.Available() || running.Size() != d.Size() {
			t.Errorf("%v: got %x from a clone, want %x", d, got, want)
		}
		if got := running.Sum([]byte("x")); !bytes.Equal(got[1:], d.Sum([]byte("what is "))) {
			t.Errorf("%v: got %x, want the running digest unchanged by its clone", d, got)
		}
	}
	if d := algorithm.DigestOf(crypto.RIPEMD160); d != "" || d.Available() || d.Size() != 0 || algorithm.DigestOf(0) != "" {
		t.Errorf("got %q for a digest that is not known", d)
	}
}

// What is too weak today was reliable once: ETSI TS 119 312.
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
		{"a mask by SHA-1", algorithm.Scheme{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.SHA1, Salt: 32}, weak(2048), true},
		{"a mask by MD5", algorithm.Scheme{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.MD5, Salt: 32}, weak(2048), false},
		{"P-224", algorithm.Scheme{Family: algorithm.ECDSA, Digest: algorithm.SHA256}, &curveKey(t, elliptic.P224()).PublicKey, false},
		{"P-256", algorithm.Scheme{Family: algorithm.ECDSA, Digest: algorithm.SHA256}, &curveKey(t, elliptic.P256()).PublicKey, true},
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

// Each step of EMSA-PSS-VERIFY (RFC 8017, section 9.1.2) refuses what it is there for.
func TestPSSEncodings(t *testing.T) {
	t.Parallel()
	n, e, d := rsaKey().N, big.NewInt(65537), rsaKey().D
	key := parse(t, rsaSPKI(n, e))
	s := algorithm.Scheme{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.SHA1, Salt: 32}
	// block changes the data block before it is masked.
	block := func(change func(db []byte)) func(em []byte) {
		return func(em []byte) {
			db, h := em[:len(em)-33], em[len(em)-33:len(em)-1]
			mask := maskOf(s, h, len(db))
			for i := range db {
				db[i] ^= mask[i]
			}
			db[0] &= 0x7f
			change(db)
			for i := range db {
				db[i] ^= mask[i]
			}
			db[0] &= 0x7f
		}
	}
	for _, c := range []struct {
		name   string
		change func(em []byte)
		want   algorithm.Kind
	}{
		{"as it should be", func([]byte) {}, ""},
		{"as it should be, masked anew", block(func([]byte) {}), ""},
		{"another trailer", func(em []byte) { em[len(em)-1] = 0xcc }, algorithm.Invalid},
		{"a bit too many", func(em []byte) { em[0] |= 0x80 }, algorithm.Invalid},
		{"padding that is not zero", block(func(db []byte) { db[3] = 1 }), algorithm.Invalid},
		{"a separator that is not 1", block(func(db []byte) { db[len(db)-33] = 2 }), algorithm.Invalid},
		{"another salt", block(func(db []byte) { db[len(db)-1] ^= 1 }), algorithm.Invalid},
		{"another hash", func(em []byte) { em[len(em)-2] ^= 1 }, algorithm.Invalid},
	} {
		// An encoded message with a bit too many must still be a number below the modulus.
		for tries := 0; ; tries++ {
			em := encodePSS(s, s.Digest.Sum(data), 2047)
			c.change(em)
			if new(big.Int).SetBytes(em).Cmp(n) >= 0 && tries < 200 {
				continue
			}
			if err := s.Verify(key, data, power(em, d, n)); kindOf(err) != c.want {
				t.Errorf("%s: got %v, want %q", c.name, err, c.want)
			}
			break
		}
	}
}
