//lint:file-ignore SA1019 crypto/ecdsa reads points of its own curves alone
package algorithm

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	encoding_asn1 "encoding/asn1"
	"math/big"

	"github.com/ProtonMail/go-crypto/brainpool"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// namedCurve is a curve that is evaluated, by its name: RFC 5480, section 2.1.1.1; RFC 5639,
// section 4.1.
type namedCurve struct {
	oid   encoding_asn1.ObjectIdentifier
	curve func() elliptic.Curve // those of Brainpool are computed when they are asked for
}

func brainpoolOID(n int) encoding_asn1.ObjectIdentifier {
	return encoding_asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, n}
}

// curves are the curves that are evaluated.
var curves = []namedCurve{
	{encoding_asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}, elliptic.P256},
	{encoding_asn1.ObjectIdentifier{1, 3, 132, 0, 34}, elliptic.P384},
	{encoding_asn1.ObjectIdentifier{1, 3, 132, 0, 35}, elliptic.P521},
	{encoding_asn1.ObjectIdentifier{1, 3, 132, 0, 33}, elliptic.P224},
	{brainpoolOID(7), brainpool.P256r1},
	{brainpoolOID(8), brainpool.P256t1},
	{brainpoolOID(11), brainpool.P384r1},
	{brainpoolOID(12), brainpool.P384t1},
	{brainpoolOID(13), brainpool.P512r1},
	{brainpoolOID(14), brainpool.P512t1},
}

// parseEC reads an elliptic curve's public key: RFC 5480, section 2.
func parseEC(parameters cryptobyte.String, point []byte) (crypto.PublicKey, error) {
	curve, err := curveOf(parameters)
	if err != nil {
		return nil, err
	}
	key, ok := pointOn(curve, point)
	if !ok {
		return nil, errorf(NotEvaluated, "the signer's key is not a point of its curve, or is in an unknown form")
	}
	return key, nil
}

// curveOf reads ECParameters: a name, or the parameters themselves.
func curveOf(parameters cryptobyte.String) (elliptic.Curve, error) {
	var name encoding_asn1.ObjectIdentifier
	var explicit cryptobyte.String
	switch {
	case parameters.PeekASN1Tag(asn1.OBJECT_IDENTIFIER) && readOID(&parameters, &name):
		for _, known := range curves {
			if known.oid.Equal(name) {
				return known.curve(), nil
			}
		}
		return nil, errorf(NotEvaluated, "the signer's key is on a curve that is not evaluated: %v", name)
	case parameters.ReadASN1(&explicit, asn1.SEQUENCE):
		for _, known := range curves {
			if describes(explicit, known.curve()) {
				return known.curve(), nil
			}
		}
	}
	return nil, errorf(NotEvaluated, "the signer's key is on a curve that is not evaluated")
}

// describes reports whether explicit parameters (RFC 3279, section 2.3.5) are those of a curve. The
// base point must agree too: with a base point of the signer's choice, any key could be made to
// match.
func describes(s cryptobyte.String, curve elliptic.Curve) bool {
	var version int64
	var field, equation, a, b, base, order, prime cryptobyte.String
	var kind encoding_asn1.ObjectIdentifier
	primeField := encoding_asn1.ObjectIdentifier{1, 2, 840, 10045, 1, 1}
	if !s.ReadASN1Integer(&version) || !s.ReadASN1(&field, asn1.SEQUENCE) || !readOID(&field, &kind) ||
		!kind.Equal(primeField) || !field.ReadASN1(&prime, asn1.INTEGER) || !s.ReadASN1(&equation, asn1.SEQUENCE) ||
		!equation.ReadASN1(&a, asn1.OCTET_STRING) || !equation.ReadASN1(&b, asn1.OCTET_STRING) ||
		!s.ReadASN1(&base, asn1.OCTET_STRING) || !s.ReadASN1(&order, asn1.INTEGER) {
		return false
	}
	params := curve.Params()
	if !equals(prime, params.P) || !equals(order, params.N) {
		return false
	}
	generator, ok := pointOn(curve, base)
	if !ok || generator.X.Cmp(params.Gx) != 0 || generator.Y.Cmp(params.Gy) != 0 {
		return false
	}
	// Two points with different x determine a and b: the base point and its double.
	x, y := curve.Double(params.Gx, params.Gy)
	return solves(a, b, params.Gx, params.Gy, params.P) && solves(a, b, x, y, params.P)
}

func equals(contents []byte, n *big.Int) bool {
	return len(contents) <= maxInteger && new(big.Int).SetBytes(contents).Cmp(n) == 0
}

// solves reports whether the point (x, y) satisfies y² = x³ + ax + b modulo p.
func solves(a, b []byte, x, y, p *big.Int) bool {
	size := (p.BitLen() + 7) / 8
	if len(a) > size || len(b) > size {
		return false
	}
	right := new(big.Int).Mul(x, x)
	right.Add(right, new(big.Int).SetBytes(a)).Mul(right, x).Add(right, new(big.Int).SetBytes(b))
	left := new(big.Int).Mul(y, y)
	return left.Sub(left, right).Mod(left, p).Sign() == 0
}

// pointOn reads an ECPoint: SEC 1, section 2.3.4, and the hybrid form of ANSI X9.62.
func pointOn(curve elliptic.Curve, point []byte) (*ecdsa.PublicKey, bool) {
	size := (curve.Params().BitSize + 7) / 8
	if len(point) == 0 {
		return nil, false
	}
	var x, y *big.Int
	switch form := point[0]; {
	case len(point) == 1+2*size && (form == 4 || form == 6 || form == 7):
		x, y = new(big.Int).SetBytes(point[1:1+size]), new(big.Int).SetBytes(point[1+size:])
		if form != 4 && y.Bit(0) != uint(form&1) {
			return nil, false
		}
	case len(point) == 1+size && (form == 2 || form == 3) && curve.Params().B != nil:
		x, y = elliptic.UnmarshalCompressed(curve, point)
	}
	p := curve.Params().P
	if x == nil || x.Cmp(p) >= 0 || y.Cmp(p) >= 0 || !curve.IsOnCurve(x, y) {
		return nil, false
	}
	return &ecdsa.PublicKey{Curve: curve, X: x, Y: y}, true
}
