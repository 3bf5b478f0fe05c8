package algorithm_test

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 old signatures are evaluated
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"testing"

	"github.com/cloudflare/circl/sign/ed448"

	"influxion/handler/internal/pades/algorithm"
)

// BenchmarkVerify measures what Cost estimates: a check with each kind of key.
func BenchmarkVerify(b *testing.B) {
	sum := algorithm.SHA256.Sum(data)
	run := func(name string, s algorithm.Scheme, key crypto.PublicKey, signature []byte) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s.Verify(key, data, signature)
			}
			b.ReportMetric(float64(algorithm.Cost(key)), "cost")
		})
	}
	for name, named := range curveNames {
		private := curveKey(b, named.curve)
		signature, err := ecdsa.SignASN1(rand.Reader, private, sum)
		if err != nil {
			b.Fatal(err)
		}
		run(name, algorithm.Scheme{Family: algorithm.ECDSA, Digest: algorithm.SHA256}, &private.PublicKey, signature)
	}
	short, long := edwards(b)
	run("Ed25519", algorithm.Scheme{Family: algorithm.Ed25519}, short.Public().(ed25519.PublicKey),
		ed25519.Sign(short, data))
	run("Ed448", algorithm.Scheme{Family: algorithm.Ed448}, long.Public().(ed448.PublicKey), ed448.Sign(long, data, ""))
	modulus := func(bits int) *big.Int {
		return new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(bits)), big.NewInt(1))
	}
	pkcs1 := algorithm.Scheme{Family: algorithm.PKCS1, Digest: algorithm.SHA256}
	for name, key := range map[string]*rsa.PublicKey{
		"RSA-2048": {N: modulus(2048), E: 65537}, "RSA-8192": {N: modulus(8192), E: 65537},
		"RSA-8192/31": {N: modulus(8192), E: 1<<31 - 1},
	} {
		run(name, pkcs1, key, make([]byte, key.Size()))
	}
	large := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	value := append([]byte{0x7f}, make([]byte, 1023)...)
	run("RSA-8192/256", pkcs1, &algorithm.RSAKey{N: modulus(8192), E: large}, value)
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 4096), big.NewInt(1))
	q := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 512), big.NewInt(569))
	huge := &dsa.PublicKey{Parameters: dsa.Parameters{P: p, Q: q, G: big.NewInt(0).Sub(p, big.NewInt(12345))},
		Y: new(big.Int).Sub(p, big.NewInt(777))}
	run("DSA-4096", algorithm.Scheme{Family: algorithm.DSA, Digest: algorithm.SHA512}, huge,
		tlv(0x30, integer(new(big.Int).Sub(q, big.NewInt(3))), integer(new(big.Int).Sub(q, big.NewInt(5)))))
	run("DSA-1024", algorithm.Scheme{Family: algorithm.DSA, Digest: algorithm.SHA256}, &dsaKey().PublicKey,
		tlv(0x30, integer(big.NewInt(12345)), integer(big.NewInt(54321))))
}
