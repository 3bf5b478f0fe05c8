package algorithm

import (
	"bytes"
	"crypto/sha3"
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// explicit is the tag [n] of a constructed context-specific element.
func explicit(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific().Constructed() }

// readPSSParameters reads RSASSA-PSS-params (RFC 4055, section 3.1). An absent parameter has its
// DEFAULT: SHA-1, MGF1 with SHA-1, 20, 1.
func readPSSParameters(parameters cryptobyte.String) (Scheme, bool) {
	scheme := Scheme{Family: PSS, Digest: SHA1, Mask: SHA1}
	var s, hash, mask cryptobyte.String
	var hasHash, hasMask bool
	salt, trailer := int64(20), int64(1)
	if !parameters.ReadASN1(&s, asn1.SEQUENCE) || !parameters.Empty() ||
		!s.ReadOptionalASN1(&hash, &hasHash, explicit(0)) || !s.ReadOptionalASN1(&mask, &hasMask, explicit(1)) ||
		!s.ReadOptionalASN1Integer(&salt, explicit(2), int64(20)) ||
		!s.ReadOptionalASN1Integer(&trailer, explicit(3), int64(1)) || !s.Empty() {
		return Scheme{}, false
	}
	var a, generator Identifier
	if hasHash {
		if !a.Read(&hash, asn1.SEQUENCE) || !hash.Empty() {
			return Scheme{}, false
		}
		scheme.Digest = a.Digest()
	}
	if hasMask {
		if !generator.Read(&mask, asn1.SEQUENCE) || !mask.Empty() {
			return Scheme{}, false
		}
		scheme.Mask = generator.mask()
	}
	if scheme.Digest == "" || scheme.Mask == "" || salt < 0 || salt > maxSalt || trailer != 1 {
		return Scheme{}, false
	}
	scheme.Salt = int(salt)
	return scheme, true
}

// mask returns the hash function of a mask generation function: MGF1 with a hash, or SHAKE.
func (a Identifier) mask() Digest {
	if d := a.Digest(); d == SHAKE128 || d == SHAKE256 {
		return d
	}
	var inner Identifier
	parameters := cryptobyte.String(a.Parameters)
	if !a.OID.Equal(oidMGF1) || !inner.Read(&parameters, asn1.SEQUENCE) || inner.Digest().Hash() == 0 {
		return ""
	}
	return inner.Digest()
}

// addPSSParameters writes RSASSA-PSS-params; the trailer field is the DEFAULT and therefore absent.
func (s Scheme) addPSSParameters(b *cryptobyte.Builder) {
	hash := func(d Digest) func(b *cryptobyte.Builder) {
		return func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(d.OID())
				b.AddASN1NULL() // RFC 4055 writes NULL here, and some readers compare bytes
			})
		}
	}
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(explicit(0), hash(s.Digest))
		b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidMGF1)
				hash(s.Mask)(b)
			})
		})
		b.AddASN1(explicit(2), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(s.Salt)) })
	})
}

// verifyPSS is EMSA-PSS-VERIFY of RFC 8017, section 9.1.2, step by step, for parameters that
// crypto/rsa does not support: a mask with another hash, no salt, SHAKE. All of its input is
// public.
func (s Scheme) verifyPSS(sum, em []byte, bits int) bool {
	size := s.Digest.Size()
	if len(sum) != size || len(em) < size+s.Salt+2 || em[len(em)-1] != 0xbc { // steps 2 to 4
		return false
	}
	masked, h := em[:len(em)-size-1], em[len(em)-size-1:len(em)-1] // step 5
	unused := byte(0xff) << (8 - (8*len(em) - bits))
	if masked[0]&unused != 0 { // step 6
		return false
	}
	db := s.maskOf(h, len(masked)) // steps 7 and 8
	for i := range db {
		db[i] ^= masked[i]
	}
	db[0] &^= unused // step 9
	padding := len(db) - s.Salt - 1
	if len(bytes.Trim(db[:padding], "\x00")) != 0 || db[padding] != 1 { // step 10
		return false
	}
	hash := s.Digest.New() // steps 11 to 14
	hash.Write(make([]byte, 8))
	hash.Write(sum)
	hash.Write(db[padding+1:])
	return bytes.Equal(hash.Sum(nil), h)
}

// maskOf is the mask generation function: MGF1 of RFC 8017, B.2.1, or SHAKE of RFC 8702, section
// 3.1.
func (s Scheme) maskOf(seed []byte, length int) []byte {
	switch s.Mask {
	case SHAKE128:
		return sha3.SumSHAKE128(seed, length)
	case SHAKE256:
		return sha3.SumSHAKE256(seed, length)
	}
	mask := make([]byte, 0, length+s.Mask.Size())
	for counter := uint32(0); len(mask) < length; counter++ {
		hash := s.Mask.New()
		hash.Write(seed)
		hash.Write(binary.BigEndian.AppendUint32(nil, counter))
		mask = hash.Sum(mask)
	}
	return mask[:length]
}
