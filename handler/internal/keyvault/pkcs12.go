package keyvault

import (
	"crypto/fips140"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"software.sslmate.com/src/go-pkcs12"
)

// maxIterations bounds the key derivations that a file may ask for. Usual are a few thousand.
const maxIterations = 1_000_000

// readPKCS12 reads base64 of a PKCS#12 file with the empty password.
func readPKCS12(value string) (material, error) {
	// The decoder skips line breaks even when it is strict; the vault writes none.
	if strings.ContainsAny(value, "\r\n") {
		return material{}, errors.New("is not base64: it has line breaks")
	}
	der, err := base64.StdEncoding.Strict().DecodeString(value)
	if err != nil {
		return material{}, fmt.Errorf("is not base64: %w", err)
	}
	if err := checkIterations(der); err != nil {
		return material{}, err
	}
	return guarded(func() (found material, err error) {
		// The vault's files are often made with 3DES and SHA-1. They protect nothing here, with an empty password inside TLS, and are
		// no ground to refuse in FIPS mode. The key itself is used under enforcement.
		fips140.WithoutEnforcement(func() { found, err = decodePKCS12(der) })
		return found, err
	})
}

func decodePKCS12(der []byte) (material, error) {
	key, first, others, err := pkcs12.DecodeChain(der, "")
	if err != nil && strings.HasPrefix(err.Error(), "x509: ") {
		if found, ok := decodeOdd(der); ok {
			return found, nil
		}
	}
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return material{}, errors.New("is a PKCS#12 file with a password")
	case err != nil && err.Error() == "pkcs12: private key missing":
		return material{}, errNotExportable
	case err != nil:
		return material{}, fmt.Errorf("is no PKCS#12 file that can be read: %w", err)
	}
	found := material{key: key, certificates: append([]*x509.Certificate{first}, others...)}
	if len(found.certificates) > maxInSecret {
		return material{}, fmt.Errorf("holds over %d certificates", maxInSecret)
	}
	return found, nil
}

// decodeOdd reads a file with a certificate that crypto/x509 refuses, and the decoder with it: it hands out certificates unread in one way
// alone, which does not know all files.
func decodeOdd(der []byte) (found material, ok bool) {
	//lint:ignore SA1019 its blocks are not written anywhere
	blocks, err := pkcs12.ToPEM(der, "")
	if err != nil {
		return material{}, false
	}
	for _, block := range blocks {
		if block.Type == "PRIVATE KEY" { // whatever it says: the key is in the form that PKCS#1 or SEC 1 has
			block.Type = "EC PRIVATE KEY"
			if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
				block.Type = "RSA PRIVATE KEY"
			}
		}
		if err := found.add(block); err != nil {
			return material{}, false
		}
	}
	return found, true
}

// The shape of a PKCS#12 file (RFC 7292, section 4) as far as key derivations are named in it.
type (
	pfx struct {
		Version  int
		AuthSafe contentInfo
		MAC      struct {
			Digest struct {
				Algorithm pkix.AlgorithmIdentifier
				Digest    []byte
			}
			Salt       []byte
			Iterations int `asn1:"optional,default:1"`
		} `asn1:"optional"`
	}
	contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"tag:0,explicit,optional"`
	}
	encryptedData struct {
		Version int
		Content struct {
			Type      asn1.ObjectIdentifier
			Algorithm pkix.AlgorithmIdentifier
			Encrypted asn1.RawValue `asn1:"optional"`
		}
	}
	safeBag struct {
		ID         asn1.ObjectIdentifier
		Value      asn1.RawValue `asn1:"tag:0,explicit"`
		Attributes asn1.RawValue `asn1:"optional"`
	}
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Encrypted []byte
	}
	pbeParameters struct {
		Salt       []byte
		Iterations int
	}
	pbes2Parameters struct { // and PBMAC1's
		KDF, Scheme pkix.AlgorithmIdentifier
	}
	pbkdf2Parameters struct {
		Salt       asn1.RawValue
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

// checkIterations refuses a file that would keep the decoder busy: it runs as many iterations as the file says. Algorithms that
// cannot be read here cannot be read there either and are left to fail. A key that is encrypted twice, inside an encrypted part,
// cannot be seen; no known program writes that.
func checkIterations(der []byte) error {
	var file pfx
	if rest, err := asn1.Unmarshal(der, &file); err != nil || len(rest) > 0 {
		return errors.New("is no PKCS#12 file")
	}
	var safe []byte
	if _, err := asn1.Unmarshal(file.AuthSafe.Content.Bytes, &safe); err != nil {
		return errors.New("is no PKCS#12 file: its content cannot be read")
	}
	var parts []contentInfo
	if _, err := asn1.Unmarshal(safe, &parts); err != nil {
		return errors.New("is no PKCS#12 file: its parts cannot be read")
	}
	most := max(file.MAC.Iterations, iterations(file.MAC.Digest.Algorithm))
	for _, part := range parts {
		most = max(most, partIterations(part))
	}
	if most > maxIterations {
		return fmt.Errorf("is a PKCS#12 file that asks for %d iterations", most)
	}
	return nil
}

func partIterations(part contentInfo) int {
	var encrypted encryptedData
	if _, err := asn1.Unmarshal(part.Content.Bytes, &encrypted); err == nil {
		return iterations(encrypted.Content.Algorithm)
	}
	var data []byte
	var bags []safeBag
	if _, err := asn1.Unmarshal(part.Content.Bytes, &data); err != nil {
		return 0
	}
	if _, err := asn1.Unmarshal(data, &bags); err != nil {
		return 0
	}
	most := 0
	for _, bag := range bags {
		var key encryptedKey
		if _, err := asn1.Unmarshal(bag.Value.Bytes, &key); err == nil {
			most = max(most, iterations(key.Algorithm))
		}
	}
	return most
}

// iterations gives the count that a password-based algorithm names, directly (PBES1) or in its PBKDF2 (PBES2, PBMAC1).
func iterations(algorithm pkix.AlgorithmIdentifier) int {
	var direct pbeParameters
	if _, err := asn1.Unmarshal(algorithm.Parameters.FullBytes, &direct); err == nil {
		return direct.Iterations
	}
	var scheme pbes2Parameters
	var derivation pbkdf2Parameters
	if _, err := asn1.Unmarshal(algorithm.Parameters.FullBytes, &scheme); err != nil {
		return 0
	}
	if _, err := asn1.Unmarshal(scheme.KDF.Parameters.FullBytes, &derivation); err != nil {
		return 0
	}
	return derivation.Iterations
}
