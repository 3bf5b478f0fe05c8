package pkcs12

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rc4"
	"crypto/sha1"
	"crypto/x509/pkix"
	encoding_asn1 "encoding/asn1"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/ber"
)

// errUndecipherable is the error of a decryption that fails, as with a wrong password.
var errUndecipherable = errors.New("cannot be decrypted")

func takeAlgorithm(c *ber.Cursor) (pkix.AlgorithmIdentifier, bool) {
	var a pkix.AlgorithmIdentifier
	der, ok := c.TakeDER(asn1.SEQUENCE)
	return a, ok && unmarshal(der, &a)
}

// unmarshal parses der, and reports whether that used all of it.
func unmarshal(der []byte, into any) bool {
	rest, err := encoding_asn1.Unmarshal(der, into)
	return err == nil && len(rest) == 0
}

// scheme is a block cipher with the lengths of its key and of its initialization vector in bytes.
type scheme struct {
	key, iv int
	block   func(key []byte) (cipher.Block, error) // nil = the stream cipher RC4
}

// open decrypts without removing the padding.
func (s scheme) open(key, iv, encrypted []byte) ([]byte, error) {
	plain := make([]byte, len(encrypted))
	if s.block == nil {
		stream, err := rc4.NewCipher(key)
		if err != nil {
			return nil, err
		}
		stream.XORKeyStream(plain, encrypted)
		return plain, nil
	}
	block, err := s.block(key)
	if err != nil {
		return nil, err
	}
	if len(encrypted) == 0 || len(encrypted)%block.BlockSize() != 0 {
		return nil, errMalformed
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, encrypted)
	return plain, nil
}

func tripleDES(key []byte) (cipher.Block, error) {
	if len(key) == 16 {
		key = slices.Concat(key, key[:8])
	}
	return des.NewTripleDESCipher(key)
}

// pbes1 are the schemes of RFC 7292, appendix C.
var pbes1 = map[string]scheme{
	"1.2.840.113549.1.12.1.1": {16, 0, nil},
	"1.2.840.113549.1.12.1.2": {5, 0, nil},
	"1.2.840.113549.1.12.1.3": {24, 8, tripleDES},
	"1.2.840.113549.1.12.1.4": {16, 8, tripleDES},
	"1.2.840.113549.1.12.1.5": {16, 8, newRC2},
	"1.2.840.113549.1.12.1.6": {5, 8, newRC2},
}

// pbes2 are encryption schemes of RFC 8018, appendix B.2.
var pbes2 = map[string]scheme{
	"1.2.840.113549.3.7":      {24, 8, tripleDES},
	"2.16.840.1.101.3.4.1.2":  {16, 16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, 16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, 16, aes.NewCipher},
}

const oidPBES2 = "1.2.840.113549.1.5.13"

// decrypt decrypts with the key that the algorithm derives from the password.
func (r *reader) decrypt(algorithm pkix.AlgorithmIdentifier, encrypted []byte) ([]byte, error) {
	used, key, iv, err := r.derive(algorithm)
	if err != nil {
		return nil, err
	}
	plain, err := used.open(key, iv, encrypted)
	if err != nil {
		return nil, err
	}
	if used.block == nil { // RC4 pads nothing, and a wrong key shows in what should be a SEQUENCE
		c := ber.NewCursor(plain)
		if _, ok := c.Take(asn1.SEQUENCE); !ok || !c.Empty() {
			return nil, errUndecipherable
		}
		return plain, nil
	}
	padding, size := int(plain[len(plain)-1]), used.iv
	if padding == 0 || padding > size || !bytes.HasSuffix(plain, bytes.Repeat([]byte{byte(padding)}, padding)) {
		return nil, errUndecipherable
	}
	return plain[:len(plain)-padding], nil
}

// derive returns the scheme with its key and its initialization vector.
func (r *reader) derive(algorithm pkix.AlgorithmIdentifier) (used scheme, key, iv []byte, err error) {
	if algorithm.Algorithm.String() == oidPBES2 {
		return r.derivePBES2(algorithm.Parameters.FullBytes)
	}
	used, known := pbes1[algorithm.Algorithm.String()]
	if !known {
		return used, nil, nil, unsupported("encryption algorithm", algorithm.Algorithm)
	}
	var p struct {
		Salt       []byte
		Iterations int
	}
	if !unmarshal(algorithm.Parameters.FullBytes, &p) {
		return used, nil, nil, errMalformed
	}
	if err := spend(r.left, p.Iterations); err != nil {
		return used, nil, nil, err
	}
	d := derivation{sha1.New, p.Salt, r.password, p.Iterations}
	return used, d.derive(forKey, used.key), d.derive(forIV, used.iv), nil
}

func (r *reader) derivePBES2(parameters []byte) (used scheme, key, iv []byte, err error) {
	var p struct{ KDF, Scheme pkix.AlgorithmIdentifier }
	if !unmarshal(parameters, &p) {
		return used, nil, nil, errMalformed
	}
	used, known := pbes2[p.Scheme.Algorithm.String()]
	if !known {
		return used, nil, nil, unsupported("encryption algorithm", p.Scheme.Algorithm)
	}
	if !unmarshal(p.Scheme.Parameters.FullBytes, &iv) || len(iv) != used.iv {
		return used, nil, nil, errMalformed
	}
	key, err = derivePBKDF2(p.KDF, r.left, func(int) int { return used.key })
	return used, key, iv, err
}

func unsupported(what string, id encoding_asn1.ObjectIdentifier) error {
	return fmt.Errorf("is a PKCS#12 file with the %s %s, which is not supported", what, id)
}
