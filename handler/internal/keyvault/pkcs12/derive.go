package pkcs12

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	encoding_asn1 "encoding/asn1"
	"errors"
	"fmt"
	"hash"
)

// Bounds of the iterations that a file may ask for: for one key, and for all keys together. A few
// thousand are usual.
const (
	MaxIterations    = 1_000_000
	maxAllIterations = 4 * MaxIterations
)

var errIterations = errors.New("iterations")

// spend counts iterations against the bounds. It must be called before they are run.
func spend(left *int, iterations int) error {
	if iterations < 1 || iterations > MaxIterations || iterations > *left {
		return fmt.Errorf("is a PKCS#12 file that asks for %d %w", iterations, errIterations)
	}
	*left -= iterations
	return nil
}

// The purposes of derive: RFC 7292, appendix B.3.
const (
	forKey = 1
	forIV  = 2
	forMAC = 3
)

// derive is the key derivation of RFC 7292, appendix B.2. Its variables have the letters used
// there.
func derive(newHash func() hash.Hash, purpose byte, salt, password []byte, iterations, size int) []byte {
	h := newHash()
	v := h.BlockSize()
	diversifier := bytes.Repeat([]byte{purpose}, v)
	i := append(fill(salt, v), fill(password, v)...)
	var key []byte
	for {
		a := sum(h, diversifier, i)
		for range iterations - 1 {
			a = sum(h, a)
		}
		if key = append(key, a...); len(key) >= size {
			return key[:size]
		}
		b := fill(a, v)[:v]
		for at := 0; at < len(i); at += v {
			increase(i[at:at+v], b)
		}
	}
}

// fill repeats data to the next multiple of v bytes.
func fill(data []byte, v int) []byte {
	if len(data) == 0 {
		return nil
	}
	size := (len(data) + v - 1) / v * v
	return bytes.Repeat(data, size/len(data)+1)[:size:size]
}

func sum(h hash.Hash, parts ...[]byte) []byte {
	h.Reset()
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

// increase adds b and one to the number in i. Both have the same length.
func increase(i, b []byte) {
	carry := 1
	for at := len(i) - 1; at >= 0; at-- {
		carry += int(i[at]) + int(b[at])
		i[at] = byte(carry)
		carry >>= 8
	}
}

// hmacs are the hash functions of the pseudorandom functions and of the message authentication
// codes: RFC 8018, appendix B.1.
var hmacs = map[string]func() hash.Hash{
	"1.2.840.113549.2.7":  sha1.New,
	"1.2.840.113549.2.8":  sha256.New224,
	"1.2.840.113549.2.9":  sha256.New,
	"1.2.840.113549.2.10": sha512.New384,
	"1.2.840.113549.2.11": sha512.New,
}

const oidPBKDF2 = "1.2.840.113549.1.5.12"

// derivePBKDF2 derives a key from the empty password: RFC 8018, section 5.2. size returns the
// length of the key in bytes. Its argument is the length in the file, or 0 if the file names none.
// A length that is not positive is refused.
func derivePBKDF2(kdf pkix.AlgorithmIdentifier, left *int, size func(stated int) int) ([]byte, error) {
	if kdf.Algorithm.String() != oidPBKDF2 {
		return nil, unsupported("key derivation", kdf.Algorithm)
	}
	var p struct {
		Salt       encoding_asn1.RawValue
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
	if !unmarshal(kdf.Parameters.FullBytes, &p) ||
		p.Salt.Class != encoding_asn1.ClassUniversal || p.Salt.Tag != encoding_asn1.TagOctetString {
		return nil, errMalformed
	}
	newHash := sha1.New // the default where the file names none
	if p.PRF.Algorithm != nil {
		if newHash = hmacs[p.PRF.Algorithm.String()]; newHash == nil {
			return nil, unsupported("pseudorandom function", p.PRF.Algorithm)
		}
	}
	length := size(p.KeyLength)
	if length <= 0 {
		return nil, errMalformed
	}
	if err := spend(left, p.Iterations); err != nil {
		return nil, err
	}
	return pbkdf2.Key(newHash, "", p.Salt.Bytes, p.Iterations, length)
}
