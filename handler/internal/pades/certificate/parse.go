package certificate

import (
	"cmp"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/ber"
)

// oidRefused marks a certificate that crypto/x509 refuses. Parse adds it to the unhandled critical
// extensions, so that crypto/x509 builds no chain with the certificate. No real extension can have
// it, because no object identifier begins with 3.
var oidRefused = asn1.ObjectIdentifier{3, 0}

// Parse reads the certificate at the start of der and ignores what follows. As far as possible, it
// also reads a certificate that crypto/x509 refuses: names, serial number, dates, key and the
// standard extensions. Refused reports which kind it is. Keys that crypto/x509 does not know are
// those of algorithm.ParseKey. If not even the names and a key can be read, Parse returns the error
// of crypto/x509.
func Parse(der []byte) (*x509.Certificate, error) {
	c, err := Outline(der)
	if err == nil {
		Complete(c)
	}
	return c, err
}

// Outline does what Parse does, for callers that have many certificates and use few. A refused
// certificate has no key until Complete reads it, because reading a key can be expensive.
func Outline(der []byte) (*x509.Certificate, error) {
	c, err := ParseSound(der)
	if err == nil {
		return c, nil
	}
	if c = read(first(der)); c == nil {
		return nil, err
	}
	return c, nil
}

// Complete reads the key of a certificate from Outline. The key stays nil if it is not evaluated:
// algorithm.Key says why.
func Complete(c *x509.Certificate) {
	if c.PublicKey == nil {
		c.PublicKey, _ = algorithm.ParseKey(c.RawSubjectPublicKeyInfo)
		c.PublicKeyAlgorithm = cmp.Or(c.PublicKeyAlgorithm, kindOf(c.PublicKey))
	}
}

// ParseSound does what Parse does, for building chains: it returns an error for a certificate that
// crypto/x509 refuses.
func ParseSound(der []byte) (*x509.Certificate, error) {
	der = first(der)
	if len(der) > MaxSize {
		return nil, fmt.Errorf("the certificate has more than %d bytes", MaxSize)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, errors.New(words(err))
	}
	Complete(c)
	return c, nil
}

// first returns the element at the start of data.
func first(data []byte) []byte {
	if e, ok := ber.Measure(data, ber.MaxDepth); ok {
		return data[:e.Total:e.Total]
	}
	return data
}

// Refused reports whether crypto/x509 refuses a certificate from Parse. Such a certificate may be
// shown, but nothing may rely on it.
func Refused(c *x509.Certificate) bool {
	return slices.ContainsFunc(c.UnhandledCriticalExtensions, oidRefused.Equal)
}

// Refusal returns the reason why crypto/x509 refuses a certificate from Parse; "" = it does not.
// The text is safe to show to whoever sent the certificate.
func Refusal(c *x509.Certificate) string {
	if !Refused(c) {
		return ""
	}
	_, err := x509.ParseCertificate(c.Raw)
	if err == nil {
		return "the certificate is marked as refused"
	}
	return words(err)
}

// words makes an error of crypto/x509 safe for a report, because the error may quote the
// certificate.
func words(err error) string {
	text := strings.TrimPrefix(err.Error(), "x509: ")
	kept := make([]rune, 0, len(text))
	for _, r := range text {
		if len(kept) == maxReason {
			break
		}
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			kept = append(kept, r)
		}
	}
	return string(kept)
}
