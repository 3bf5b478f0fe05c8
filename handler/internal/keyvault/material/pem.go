package material

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

var errEncryptedKey = errors.New("has a private key that is encrypted")

// readPEM reads certificates and unencrypted private keys (RFC 7468; PKCS#8, PKCS#1 or SEC 1) in
// any order. It skips blocks of other kinds, such as requests and public keys.
func readPEM(value string) (*Material, error) {
	var found Material
	blocks := 0
	for rest := []byte(strings.TrimPrefix(value, "\ufeff")); ; blocks++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if err := found.add(block); err != nil {
			return nil, err
		}
	}
	// pem.Decode skips blocks that it cannot read, but every begun block was meant as one.
	if begun := strings.Count(value, "-----BEGIN "); begun != blocks {
		return nil, fmt.Errorf("has %d PEM blocks of which %d can be read", begun, blocks)
	}
	return &found, nil
}

func (m *Material) add(block *pem.Block) error {
	var key crypto.PrivateKey
	var err error
	switch block.Type {
	case "CERTIFICATE", "X509 CERTIFICATE", "X.509 CERTIFICATE": // RFC 7468, section 5.1
		return m.addCertificate(block.Bytes, "")
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		err = errEncryptedKey
	default:
		return nil
	}
	switch {
	case len(block.Headers) > 0: // RFC 1421
		key, err = nil, errEncryptedKey
	case err != nil && !errors.Is(err, errEncryptedKey):
		key, err = nil, errUnreadableKey
	}
	m.keys = append(m.keys, privateKey{key: key, err: err})
	return nil
}
