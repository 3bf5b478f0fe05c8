package material

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// readPEM reads certificates and unencrypted private keys (RFC 7468; PKCS#8, PKCS#1 or SEC 1) in
// any order.
func readPEM(value string) (*Material, error) {
	var found Material
	blocks := 0
	for rest := []byte(value); ; blocks++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if len(block.Headers) > 0 {
			return nil, errors.New("has a PEM block with headers, as encrypted keys have")
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
	case "CERTIFICATE":
		return m.addCertificate(block.Bytes, "")
	case "EC PARAMETERS": // OpenSSL writes them in front of a SEC 1 key, which repeats them
		return nil
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return errors.New("has a PEM block that is neither a certificate nor an unencrypted key")
	}
	if err != nil {
		key, err = nil, errUnreadableKey
	}
	m.keys = append(m.keys, privateKey{key: key, err: err})
	return nil
}
