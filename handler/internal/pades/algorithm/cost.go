package algorithm

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 old signatures are evaluated, and called too weak
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"

	"github.com/cloudflare/circl/sign/ed448"
)

// Cost is an upper bound of the processor time for verifying a signature with a key, in tenths of a
// millisecond. The most expensive key costs about a hundred times as much as the cheapest, and a
// small document can have thousands of signatures.
func Cost(key crypto.PublicKey) int {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return costRSA(key.N, big.NewInt(int64(key.E)))
	case *RSAKey:
		return costRSA(key.N, key.E)
	case *dsa.PublicKey:
		size := (key.P.BitLen() + 1023) / 1024
		return max(size*size*(key.Q.BitLen()+159)/160*13, 1)
	case *ecdsa.PublicKey:
		return costCurve(key.Curve)
	case ed448.PublicKey:
		return 5
	}
	return 1
}

func costRSA(n, e *big.Int) int {
	size, bits := (n.BitLen()+1023)/1024, e.BitLen()
	if bits > 17 {
		size *= 2
	}
	cost := max(size*size/3, 1)
	if bits > 32 { // crypto/rsa does not support it
		cost *= 2
	}
	return cost
}

func costCurve(curve elliptic.Curve) int {
	params := curve.Params()
	own := curve == elliptic.P224() || curve == elliptic.P256() || curve == elliptic.P384() || curve == elliptic.P521()
	switch {
	case !own: // Brainpool: no optimised arithmetic
		return params.BitSize * params.BitSize / 700
	case params.BitSize > 384:
		return 40
	case params.BitSize > 256:
		return 16
	}
	return 2
}
