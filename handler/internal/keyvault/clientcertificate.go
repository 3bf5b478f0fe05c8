package keyvault

import (
	"crypto/tls"
	"fmt"
	"strings"
	"time"
)

// ReadClientCertificate reads a TLS client certificate from the value of a secret that backs a
// certificate, PKCS#12 in base64 or PEM. It also reads an expired certificate: the server will
// refuse that one, and nothing else need fail for it. Its errors are phrased to follow "it", and
// contain nothing of the value.
func ReadClientCertificate(value string, now time.Time) (*tls.Certificate, error) {
	value = strings.TrimSpace(value)
	if len(value) > maxValue {
		return nil, fmt.Errorf("is over %d bytes", maxValue)
	}
	read := readPKCS12
	if strings.Contains(value, "-----BEGIN ") {
		read = readPEM
	}
	found, err := read(value)
	if err != nil {
		return nil, err
	}
	signs, err := found.pair(now)
	if err != nil {
		var last time.Time
		for _, c := range found.certificates {
			if c.NotAfter.After(last) && !c.IsCA {
				last = c.NotAfter
			}
		}
		if signs, err = found.pair(last); err != nil {
			return nil, found.explain(err)
		}
	}
	chain, err := chainOf(signs.leaf, found.certificates)
	if err != nil {
		return nil, err
	}
	certificate := &tls.Certificate{PrivateKey: signs.key, Leaf: signs.leaf}
	for _, c := range chain {
		certificate.Certificate = append(certificate.Certificate, c.Raw)
	}
	return certificate, nil
}
