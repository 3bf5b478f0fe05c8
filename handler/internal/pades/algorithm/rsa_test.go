package algorithm_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"slices"
	"testing"

	"influxion/handler/internal/pades/algorithm"
)

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

// A DigestInfo without the NULL (RFC 8017, section 9.2, note 1) verifies; no other form does.
func TestPKCS1Encodings(t *testing.T) {
	t.Parallel()
	key := parse(t, marshal(t, &rsaKey().PublicKey))
	s := algorithm.Scheme{Family: algorithm.PKCS1, Digest: algorithm.SHA256}
	sum := tlv(4, s.Digest.Sum(data))
	pad := func(info []byte, behind int) []byte {
		return slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 253-len(info)-behind), []byte{0}, info,
			make([]byte, behind))
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
		{"another type", slices.Concat([]byte{0, 2}, pad(tlv(0x30, tlv(0x30, oidSHA256, null), sum), 0)[2:]),
			algorithm.Invalid},
		{"the digest alone", pad(sum, 0), algorithm.Invalid},
		{"a long length", pad(slices.Concat([]byte{0x30, 0x81, 0x31}, tlv(0x30, oidSHA256, null), sum), 0),
			algorithm.Invalid},
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
	// crypto/rsa gives a second opinion on the encoding above.
	s := algorithm.Scheme{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.SHA256, Salt: 32}
	signature := power(encodePSS(s, s.Digest.Sum(data), 2047), rsaKey().D, rsaKey().N)
	if err := rsa.VerifyPSS(&rsaKey().PublicKey, crypto.SHA256, s.Digest.Sum(data), signature,
		&rsa.PSSOptions{SaltLength: 32}); err != nil {
		t.Errorf("got %v from crypto/rsa", err)
	}
}

// With a modulus of one bit more than whole bytes, the encoded message is a byte shorter than the
// modulus.
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
	if err := s.Verify(key, data,
		power(encodePSS(s, s.Digest.Sum(data), 2047), d, n)); kindOf(err) != algorithm.NotEvaluated {
		t.Errorf("got %v for an exponent of 257 bits, want %q", err, algorithm.NotEvaluated)
	}
}

// Numbers with which anybody could sign, or nobody, are not accepted as a key.
func TestRSANumbersThatAreNone(t *testing.T) {
	t.Parallel()
	n := rsaKey().N
	s := algorithm.Scheme{Family: algorithm.PKCS1, Digest: algorithm.SHA256}
	em := slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 202), []byte{0},
		tlv(0x30, tlv(0x30, oidSHA256, null), tlv(4, s.Digest.Sum(data))))
	for name, key := range map[string][2]*big.Int{
		"exponent 1": {n, big.NewInt(1)}, "exponent 0": {n, big.NewInt(0)}, "exponent 2": {n, big.NewInt(2)},
		"an even exponent": {n, big.NewInt(65536)},
		"an even modulus":  {new(big.Int).Add(n, big.NewInt(1)), big.NewInt(3)},
		"512 bits":         {new(big.Int).SetBit(big.NewInt(1), 511, 1), big.NewInt(3)},
		"8193 bits":        {new(big.Int).SetBit(big.NewInt(1), 8192, 1), big.NewInt(3)},
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

// Each step of EMSA-PSS-VERIFY (RFC 8017, section 9.1.2) refuses the encodings that it must refuse.
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
