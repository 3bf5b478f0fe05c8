package pkcs12

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
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
	block   func(key []byte) (cipher.Block, error)
}

func tripleDES(key []byte) (cipher.Block, error) {
	if len(key) == 16 {
		key = slices.Concat(key, key[:8])
	}
	return des.NewTripleDESCipher(key)
}

// pbes1 are the schemes of RFC 7292, appendix C, except RC4, which no program writes.
var pbes1 = map[string]scheme{
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
	block, iv, err := r.cipher(algorithm)
	if err != nil {
		return nil, err
	}
	size := block.BlockSize()
	if len(encrypted) == 0 || len(encrypted)%size != 0 {
		return nil, errMalformed
	}
	plain := make([]byte, len(encrypted))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, encrypted)
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > size || !bytes.HasSuffix(plain, bytes.Repeat([]byte{byte(padding)}, padding)) {
		return nil, errUndecipherable
	}
	return plain[:len(plain)-padding], nil
}

// cipher returns the block cipher with its key, and the initialization vector.
func (r *reader) cipher(algorithm pkix.AlgorithmIdentifier) (cipher.Block, []byte, error) {
	if algorithm.Algorithm.String() == oidPBES2 {
		return r.cipherPBES2(algorithm.Parameters.FullBytes)
	}
	used, known := pbes1[algorithm.Algorithm.String()]
	if !known {
		return nil, nil, unsupported("encryption algorithm", algorithm.Algorithm)
	}
	var p struct {
		Salt       []byte
		Iterations int
	}
	if !unmarshal(algorithm.Parameters.FullBytes, &p) {
		return nil, nil, errMalformed
	}
	if err := spend(r.left, p.Iterations); err != nil {
		return nil, nil, err
	}
	key := derive(sha1.New, forKey, p.Salt, r.password, p.Iterations, used.key)
	iv := derive(sha1.New, forIV, p.Salt, r.password, p.Iterations, used.iv)
	block, err := used.block(key)
	return block, iv, err
}

func (r *reader) cipherPBES2(parameters []byte) (cipher.Block, []byte, error) {
	var p struct{ KDF, Scheme pkix.AlgorithmIdentifier }
	if !unmarshal(parameters, &p) {
		return nil, nil, errMalformed
	}
	used, known := pbes2[p.Scheme.Algorithm.String()]
	if !known {
		return nil, nil, unsupported("encryption algorithm", p.Scheme.Algorithm)
	}
	key, err := derivePBKDF2(p.KDF, r.left, func(int) int { return used.key })
	if err != nil {
		return nil, nil, err
	}
	var iv []byte
	if !unmarshal(p.Scheme.Parameters.FullBytes, &iv) || len(iv) != used.iv {
		return nil, nil, errMalformed
	}
	block, err := used.block(key)
	return block, iv, err
}

func unsupported(what string, id encoding_asn1.ObjectIdentifier) error {
	return fmt.Errorf("is a PKCS#12 file with the %s %s, which is not supported", what, id)
}
