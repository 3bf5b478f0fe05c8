package material

import (
	"crypto/tls"
	"strings"
	"time"
)

// ReadClientCertificate reads a TLS client certificate from the value of a secret that backs a
// certificate, PKCS#12 in base64 or PEM. It also reads an expired certificate: the server will
// refuse that one, and nothing else need fail for it. Its errors are phrased to follow "it", and
// contain nothing of the value.
func ReadClientCertificate(value string, now time.Time) (*tls.Certificate, error) {
	value = strings.TrimSpace(value)
	contentType := typePKCS12
	if strings.Contains(value, "-----BEGIN ") {
		contentType = typePEM
	}
	found, err := Read(contentType, value)
	if err != nil {
		return nil, err
	}
	signs, err := found.pair(now)
	if err != nil {
		var last time.Time
		for _, c := range found.Certificates {
			if c.NotAfter.After(last) && !c.IsCA {
				last = c.NotAfter
			}
		}
		if signs, err = found.pair(last); err != nil {
			return nil, found.explain(err)
		}
	}
	chain, err := ChainOf(signs.leaf, found.Certificates)
	if err != nil {
		return nil, err
	}
	certificate := &tls.Certificate{PrivateKey: signs.key, Leaf: signs.leaf}
	for _, c := range chain {
		certificate.Certificate = append(certificate.Certificate, c.Raw)
	}
	return certificate, nil
}
