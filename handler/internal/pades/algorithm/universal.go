package algorithm

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 old signatures are evaluated, and called too weak
	"crypto/ed25519"
	"math/big"
	"slices"

	"github.com/cloudflare/circl/sign/ed448"
)

// Universal reports whether anybody can make a signature value that a key accepts for any data, or
// for much of it. A timestamp covers the value alone: it would prove the time of every document
// that the owner of such a key makes later. Honest owners have no such key.
func Universal(key crypto.PublicKey) bool {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return hasSmallOrder25519(key)
	case ed448.PublicKey:
		return hasSmallOrder448(key)
	case *dsa.PublicKey:
		return !generates(key.Parameters, key.G) || !generates(key.Parameters, key.Y) ||
			!key.Q.ProbablyPrime(primeRounds)
	}
	return false
}

// primeRounds bounds the cost of finding out whether a number is prime. A number that was made to
// deceive passes with a probability of 2^-40.
const primeRounds = 20

// generates reports whether a number generates the subgroup of a DSA key: FIPS 186-4, A.2.2. The
// order of the key must be prime.
func generates(group dsa.Parameters, n *big.Int) bool {
	one := big.NewInt(1)
	return n.Cmp(one) > 0 && n.Cmp(group.P) < 0 && new(big.Int).Exp(n, group.Q, group.P).Cmp(one) == 0
}

// hasSmallOrder25519 reports whether a key is one of the eight points of edwards25519 that are not
// in a large subgroup: RFC 8032, section 5.1. The orders 1, 2 and 4 have the y of 1, -1 and 0. The
// double of a point of order 8 has the y of 0: with -x² = y² in the equation of the curve,
// dy⁴ + 2y² - 1 is 0, where d is -121665/121666.
func hasSmallOrder25519(key ed25519.PublicKey) bool {
	p := new(big.Int).Lsh(big.NewInt(1), 255)
	y := littleEndian(key, 0x7f)
	p.Sub(p, big.NewInt(19))
	square := new(big.Int).Mul(y, y)
	quartic := new(big.Int).Mul(square, square)
	quartic.Mul(quartic, big.NewInt(-121665)).Add(quartic, new(big.Int).Mul(square, big.NewInt(2*121666)))
	quartic.Sub(quartic, big.NewInt(121666))
	return isSmallY(y, p) || quartic.Mod(quartic, p).Sign() == 0
}

// hasSmallOrder448 reports the same about edwards448, which has four such points: RFC 8032, section
// 5.2.
func hasSmallOrder448(key ed448.PublicKey) bool {
	p := new(big.Int).Lsh(big.NewInt(1), 448)
	p.Sub(p, new(big.Int).Lsh(big.NewInt(1), 224)).Sub(p, big.NewInt(1))
	return isSmallY(littleEndian(key, 0x7f), p)
}

// isSmallY reports whether y is 0, 1 or -1 modulo p: whether y³ is y.
func isSmallY(y, p *big.Int) bool {
	cube := new(big.Int).Mul(y, y)
	cube.Mul(cube, y).Sub(cube, y)
	return cube.Mod(cube, p).Sign() == 0
}

// littleEndian reads the y of a point. The bits of its last byte that are not in the mask are not
// of y.
func littleEndian(point []byte, mask byte) *big.Int {
	digits := slices.Clone(point)
	if len(digits) > 0 {
		digits[len(digits)-1] &= mask
	}
	slices.Reverse(digits)
	return new(big.Int).SetBytes(digits)
}
