//lint:file-ignore SA1019 keys on curves that crypto/ecdsa does not have
package algorithm_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"slices"
	"testing"

	"influxion/handler/internal/pades/algorithm"
)

// explicit returns the parameters of a curve instead of its name: RFC 3279, section 2.3.5.
func explicit(curve elliptic.Curve, change func(p *elliptic.CurveParams, a *big.Int)) []byte {
	params := *curve.Params()
	// Two points of the curve determine a and b: y² = x³ + ax + b.
	x, y := curve.Double(params.Gx, params.Gy)
	at := func(x, y *big.Int) *big.Int { // y² - x³
		c := new(big.Int).Mul(y, y)
		return c.Sub(c, new(big.Int).Exp(x, big.NewInt(3), nil))
	}
	a := new(big.Int).Sub(at(x, y), at(params.Gx, params.Gy))
	a.Mul(a, new(big.Int).ModInverse(new(big.Int).Mod(new(big.Int).Sub(x, params.Gx), params.P), params.P)).Mod(a,
		params.P)
	b := new(big.Int).Sub(at(params.Gx, params.Gy), new(big.Int).Mul(a, params.Gx))
	params.B = b.Mod(b, params.P)
	change(&params, a)
	size := (params.BitSize + 7) / 8
	octets := func(n *big.Int) []byte { return n.FillBytes(make([]byte, size)) }
	return tlv(0x30, []byte{2, 1, 1}, tlv(0x30, oid(1, 2, 840, 10045, 1, 1), integer(params.P)),
		tlv(0x30, tlv(4, octets(a)), tlv(4, octets(params.B))), tlv(4, []byte{4}, octets(params.Gx), octets(params.Gy)),
		integer(params.N), []byte{2, 1, 1})
}

// Keys that crypto/x509 refuses or does not know are read if they can be used.
func TestParseKey(t *testing.T) {
	t.Parallel()
	n, e := rsaKey().N, big.NewInt(65537)
	numbers := tlv(0x30, integer(n), integer(e))
	p256 := curveKey(t, elliptic.P256())
	point := uncompressed(p256)
	compressed := elliptic.MarshalCompressed(elliptic.P256(), p256.X, p256.Y)
	hybrid := slices.Concat([]byte{6 | byte(p256.Y.Bit(0))}, point[1:])
	name := curveNames["P-256"].oid
	for _, c := range []struct {
		name string
		spki []byte
		want crypto.PublicKey // nil = not evaluated
	}{
		{"RSA", rsaSPKI(n, e), &rsaKey().PublicKey},
		{"RSA without parameters", spki(oidRSA, nil, numbers), &rsaKey().PublicKey},
		{"RSA with parameters", spki(oidRSA, tlv(4), numbers), &rsaKey().PublicKey},
		{"RSA of X.509", spki(oid(2, 5, 8, 1, 1), nil, numbers), &rsaKey().PublicKey},
		{"RSA with a negative modulus", spki(oidRSA, null, tlv(0x30, unsigned(n), integer(e))), &rsaKey().PublicKey},
		{"RSA with a zero too many", spki(oidRSA, null, tlv(0x30, tlv(2, []byte{0, 0}, n.Bytes()), integer(e))),
			&rsaKey().PublicKey},
		{"RSA for encryption by OAEP", spki(oid(1, 2, 840, 113549, 1, 1, 7), null, numbers), nil},
		{"RSA without numbers", spki(oidRSA, null, tlv(0x30)), nil},
		{"RSA for PSS with unknown parameters", spki(oidPSS, tlv(4), numbers), nil},
		{"P-256", spki(oidEC, name, point), &p256.PublicKey},
		{"P-256, compressed", spki(oidEC, name, compressed), &p256.PublicKey},
		{"P-256, hybrid", spki(oidEC, name, hybrid), &p256.PublicKey},
		{"P-256, hybrid of the other sign", spki(oidEC, name, slices.Concat([]byte{hybrid[0] ^ 1}, point[1:])), nil},
		{"P-256 by its parameters",
			spki(oidEC, explicit(elliptic.P256(), func(*elliptic.CurveParams, *big.Int) {}), point), &p256.PublicKey},
		{"P-256 with a base point of one's own",
			spki(oidEC, explicit(elliptic.P256(), func(p *elliptic.CurveParams, _ *big.Int) {
				p.Gx, p.Gy = p256.X, p256.Y
			}), point), nil},
		{"P-256 with another order", spki(oidEC,
			explicit(elliptic.P256(), func(p *elliptic.CurveParams, _ *big.Int) { p.N = big.NewInt(7) }), point), nil},
		{"P-256 with another b", spki(oidEC,
			explicit(elliptic.P256(), func(p *elliptic.CurveParams, _ *big.Int) { p.B = big.NewInt(7) }), point), nil},
		{"P-256 with another a and b that go with the base point",
			spki(oidEC, explicit(elliptic.P256(), func(p *elliptic.CurveParams, a *big.Int) {
				a.Add(a, big.NewInt(1))
				p.B.Sub(p.B, p.Gx).Mod(p.B, p.P)
			}), point), nil},
		{"P-256 with another prime", spki(oidEC,
			explicit(elliptic.P256(), func(p *elliptic.CurveParams, _ *big.Int) { p.P = big.NewInt(7) }), point), nil},
		{"a point that is not on the curve", spki(oidEC, name, slices.Concat(point[:64], []byte{point[64] ^ 1})), nil},
		{"no point", spki(oidEC, name, nil), nil},
		{"the point at infinity", spki(oidEC, name, []byte{0}), nil},
		{"an implicit curve", spki(oidEC, null, point), nil},
		{"secp256k1", spki(oidEC, oid(1, 3, 132, 0, 10), point), nil},
		{"X25519", spki(oid(1, 3, 101, 110), nil, make([]byte, 32)), nil},
		{"Ed25519 cut short", spki(oid(1, 3, 101, 112), nil, make([]byte, 31)), nil},
		{"DSA with inherited parameters", spki(oidDSA, nil, integer(n)), nil},
		{"an unknown kind", spki(oid(1, 2, 3), nil, point), nil},
		{"nothing", nil, nil},
	} {
		key, err := algorithm.ParseKey(c.spki)
		if c.want == nil {
			if kindOf(err) != algorithm.NotEvaluated || key != nil {
				t.Errorf("%s: got %T, %v, want %q", c.name, key, err, algorithm.NotEvaluated)
			}
			continue
		}
		want, ok := c.want.(interface{ Equal(crypto.PublicKey) bool })
		if err != nil || !ok || !want.Equal(key) {
			t.Errorf("%s: got %T, %v, want the key", c.name, key, err)
		}
	}
}

// A curve that is given by explicit parameters is the curve that they describe.
func TestExplicitCurves(t *testing.T) {
	t.Parallel()
	for name, named := range curveNames {
		private := curveKey(t, named.curve)
		key := parse(t,
			spki(oidEC, explicit(named.curve, func(*elliptic.CurveParams, *big.Int) {}), uncompressed(private)))
		signature, err := ecdsa.SignASN1(rand.Reader, private, algorithm.SHA256.Sum(data))
		if err != nil {
			t.Fatal(err)
		}
		check(t, name, algorithm.Scheme{Family: algorithm.ECDSA, Digest: algorithm.SHA256}, key, signature)
	}
}

// The key of a certificate is the key from crypto/x509, if that has one.
func TestKey(t *testing.T) {
	t.Parallel()
	public := &rsaKey().PublicKey
	if key, err := algorithm.Key(&x509.Certificate{PublicKey: public}); err != nil || key != crypto.PublicKey(public) {
		t.Errorf("got %T, %v, want the key of the certificate", key, err)
	}
	if key, err := algorithm.Key(&x509.Certificate{
		RawSubjectPublicKeyInfo: rsaSPKI(public.N, big.NewInt(65537))}); err != nil || !public.Equal(key) {
		t.Errorf("got %T, %v, want the key that is read", key, err)
	}
	if _, err := algorithm.Key(&x509.Certificate{}); kindOf(err) != algorithm.NotEvaluated {
		t.Errorf("got %v, want %q", err, algorithm.NotEvaluated)
	}
}

// Larger keys cost more.
func TestCost(t *testing.T) {
	t.Parallel()
	modulus := func(bits int) *big.Int { return new(big.Int).SetBit(big.NewInt(1), bits-1, 1) }
	e257 := new(big.Int).SetBit(big.NewInt(1), 255, 1)
	rising := [][]crypto.PublicKey{
		{&rsa.PublicKey{N: modulus(2048), E: 65537}, &rsa.PublicKey{N: modulus(8192), E: 65537},
			&rsa.PublicKey{N: modulus(8192), E: 1<<31 - 1},
			&algorithm.RSAKey{N: modulus(8192), E: e257}},
		{&ecdsa.PublicKey{Curve: elliptic.P256()}, &ecdsa.PublicKey{Curve: elliptic.P384()},
			&ecdsa.PublicKey{Curve: elliptic.P521()},
			&ecdsa.PublicKey{Curve: curveNames["brainpoolP256r1"].curve},
			&ecdsa.PublicKey{Curve: curveNames["brainpoolP512r1"].curve}},
	}
	for _, keys := range rising {
		for i := range keys[1:] {
			if low, high := algorithm.Cost(keys[i]), algorithm.Cost(keys[i+1]); low >= high {
				t.Errorf("got %d and then %d, want it to rise", low, high)
			}
		}
	}
}
