//lint:file-ignore SA1019 keys on curves that crypto/ecdsa does not have
package algorithm_test

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 old signatures are evaluated
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"math/big"
	"slices"
	"sync"
	"testing"

	"github.com/ProtonMail/go-crypto/brainpool"
	"github.com/cloudflare/circl/sign/ed448"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pkitest"
)

var (
	tlv  = pkitest.TLV
	oid  = pkitest.OID
	null = []byte{5, 0}
	data = []byte("what is signed")
)

// rsaKey is made once, because that is slow.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return key
})

// integer is a DER INTEGER that is not negative.
func integer(n *big.Int) []byte {
	octets := n.Bytes()
	if len(octets) == 0 || octets[0] >= 0x80 {
		octets = append([]byte{0}, octets...)
	}
	return tlv(2, octets)
}

// unsigned is an INTEGER without its leading zero, as careless producers write it.
func unsigned(n *big.Int) []byte { return tlv(2, n.Bytes()) }

// spki is a SubjectPublicKeyInfo.
func spki(kind, parameters, key []byte) []byte {
	return tlv(0x30, tlv(0x30, kind, parameters), tlv(3, []byte{0}, key))
}

var (
	oidRSA    = oid(1, 2, 840, 113549, 1, 1, 1)
	oidPSS    = oid(1, 2, 840, 113549, 1, 1, 10)
	oidMGF1   = oid(1, 2, 840, 113549, 1, 1, 8)
	oidEC     = oid(1, 2, 840, 10045, 2, 1)
	oidDSA    = oid(1, 2, 840, 10040, 4, 1)
	oidSHA256 = oid(2, 16, 840, 1, 101, 3, 4, 2, 1)
	oidSHA1   = oid(1, 3, 14, 3, 2, 26)
)

func rsaSPKI(n, e *big.Int) []byte { return spki(oidRSA, null, tlv(0x30, integer(n), integer(e))) }

// large is an RSA key with a public exponent of so many bits.
func large(t testing.TB, bits int) (n, e, d *big.Int) {
	t.Helper()
	p, q := rsaKey().Primes[0], rsaKey().Primes[1]
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	for e = new(big.Int).SetBit(big.NewInt(1), bits-1, 1); ; e.Add(e, big.NewInt(2)) {
		if d = new(big.Int).ModInverse(e, phi); d != nil {
			return rsaKey().N, e, d
		}
	}
}

// power is the private operation of RSA.
func power(em []byte, d, n *big.Int) []byte {
	size := (n.BitLen() + 7) / 8
	return new(big.Int).Exp(new(big.Int).SetBytes(em), d, n).FillBytes(make([]byte, size))
}

// encodePSS is EMSA-PSS-ENCODE of RFC 8017, section 9.1.1, written only for these tests.
func encodePSS(s algorithm.Scheme, sum []byte, bits int) []byte {
	salt := make([]byte, s.Salt)
	rand.Read(salt)
	h := s.Digest.Sum(slices.Concat(make([]byte, 8), sum, salt))
	size := (bits + 7) / 8
	db := slices.Concat(make([]byte, size-len(salt)-len(h)-2), []byte{1}, salt)
	mask := maskOf(s, h, len(db))
	for i := range db {
		db[i] ^= mask[i]
	}
	db[0] &= 0xff >> (8*size - bits)
	return slices.Concat(db, h, []byte{0xbc})
}

func maskOf(s algorithm.Scheme, seed []byte, length int) []byte {
	var mask []byte
	for i := uint32(0); len(mask) < length; i++ {
		mask = append(mask, s.Mask.Sum(binary.BigEndian.AppendUint32(slices.Clone(seed), i))...)
	}
	return mask[:length]
}

// curveKey makes a key on a curve.
func curveKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// curveNames are the named curves that are evaluated.
var curveNames = map[string]struct {
	oid   []byte
	curve elliptic.Curve
}{
	"P-224": {oid(1, 3, 132, 0, 33), elliptic.P224()}, "P-256": {oid(1, 2, 840, 10045, 3, 1, 7), elliptic.P256()},
	"P-384": {oid(1, 3, 132, 0, 34), elliptic.P384()}, "P-521": {oid(1, 3, 132, 0, 35), elliptic.P521()},
	"brainpoolP256r1": {oid(1, 3, 36, 3, 3, 2, 8, 1, 1, 7), brainpool.P256r1()},
	"brainpoolP256t1": {oid(1, 3, 36, 3, 3, 2, 8, 1, 1, 8), brainpool.P256t1()},
	"brainpoolP384r1": {oid(1, 3, 36, 3, 3, 2, 8, 1, 1, 11), brainpool.P384r1()},
	"brainpoolP384t1": {oid(1, 3, 36, 3, 3, 2, 8, 1, 1, 12), brainpool.P384t1()},
	"brainpoolP512r1": {oid(1, 3, 36, 3, 3, 2, 8, 1, 1, 13), brainpool.P512r1()},
	"brainpoolP512t1": {oid(1, 3, 36, 3, 3, 2, 8, 1, 1, 14), brainpool.P512t1()},
}

// uncompressed is a point in the form of SEC 1, section 2.3.3.
func uncompressed(key *ecdsa.PrivateKey) []byte {
	size := (key.Params().BitSize + 7) / 8
	return slices.Concat([]byte{4}, key.X.FillBytes(make([]byte, size)), key.Y.FillBytes(make([]byte, size)))
}

// dsaKey is a key of 1024 bits. Parameters of more bits take very long to make.
var dsaKey = sync.OnceValue(func() *dsa.PrivateKey {
	key := &dsa.PrivateKey{}
	if err := dsa.GenerateParameters(&key.Parameters, rand.Reader, dsa.L1024N160); err != nil {
		panic("internal error: " + err.Error())
	}
	if err := dsa.GenerateKey(key, rand.Reader); err != nil {
		panic("internal error: " + err.Error())
	}
	return key
})

func dsaSPKI(key *dsa.PublicKey) []byte {
	return spki(oidDSA, tlv(0x30, integer(key.P), integer(key.Q), integer(key.G)), integer(key.Y))
}

func pssParameters(hash, mask []byte, salt int) []byte {
	return tlv(0x30, tlv(0xa0, tlv(0x30, hash)), tlv(0xa1, tlv(0x30, oidMGF1, tlv(0x30, mask))),
		tlv(0xa2, integer(big.NewInt(int64(salt)))))
}

// identifier reads an AlgorithmIdentifier.
func identifier(t testing.TB, kind, parameters []byte) algorithm.Identifier {
	t.Helper()
	a := algorithm.Identifier{Parameters: parameters}
	if _, err := asn1.Unmarshal(kind, &a.OID); err != nil {
		t.Fatal(err)
	}
	return a
}

func edwards(t testing.TB) (ed25519.PrivateKey, ed448.PrivateKey) {
	t.Helper()
	_, short, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, long, err := ed448.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return short, long
}

func parse(t testing.TB, der []byte) crypto.PublicKey {
	t.Helper()
	key, err := algorithm.ParseKey(der)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func marshal(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
