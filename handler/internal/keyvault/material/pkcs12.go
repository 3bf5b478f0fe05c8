package material

import (
	"crypto/fips140"
	"crypto/x509"
	"encoding/base64"
	"fmt"

	"influxion/handler/internal/keyvault/pkcs12"
)

// readPKCS12 reads a base64-encoded PKCS#12 file with the empty password. Line breaks in base64 do
// not matter.
func readPKCS12(value string) (*Material, error) {
	data, err := base64.StdEncoding.Strict().DecodeString(value)
	if err != nil {
		return nil, fmt.Errorf("is not base64: %w", err)
	}
	var file *pkcs12.File
	// The vault's files often use 3DES and SHA-1. With an empty password inside TLS these protect
	// nothing, so FIPS mode is no reason to refuse them. The key itself is used under enforcement.
	fips140.WithoutEnforcement(func() { file, err = pkcs12.Read(data) })
	if err != nil {
		return nil, err
	}
	var found Material
	for _, key := range file.Keys {
		parsed, err := x509.ParsePKCS8PrivateKey(key.PKCS8)
		switch {
		case key.Err != nil:
			err = key.Err
		case err != nil:
			err = errUnreadableKey
		}
		found.keys = append(found.keys, privateKey{parsed, string(key.LocalKeyID), err})
	}
	for _, c := range file.Certificates {
		if err := found.addCertificate(c.DER, string(c.LocalKeyID)); err != nil {
			return nil, err
		}
	}
	return &found, nil
}
