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

// oidRefused marks a certificate that crypto/x509 refuses. It is added to the unhandled critical
// extensions, with which crypto/x509 builds no chain. No real extension can have it, because no
// object identifier begins with 3.
var oidRefused = asn1.ObjectIdentifier{3, 0}

// Parse reads the certificate at the start of der and ignores what follows. It also reads, as far
// as possible, a certificate that crypto/x509 refuses: names, serial number, dates, key and the
// standard extensions; Refused tells the two apart. Keys that crypto/x509 does not know are those
// of algorithm.ParseKey. It returns the error of crypto/x509 where not even names and a key can be
// read.
func Parse(der []byte) (*x509.Certificate, error) {
	c, err := Outline(der)
	if err == nil {
		Complete(c)
	}
	return c, err
}

// Outline is Parse for callers that have many certificates and use few. A refused certificate has
// no key until Complete reads it, because a key can be expensive to read.
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

// Complete reads the key of a certificate of Outline. The key stays nil if it is not evaluated:
// algorithm.Key says why.
func Complete(c *x509.Certificate) {
	if c.PublicKey == nil {
		c.PublicKey, _ = algorithm.ParseKey(c.RawSubjectPublicKeyInfo)
		c.PublicKeyAlgorithm = cmp.Or(c.PublicKeyAlgorithm, kindOf(c.PublicKey))
	}
}

// ParseSound is Parse for building chains: a certificate that crypto/x509 refuses is an error.
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

// first gives the element at the start of data.
func first(data []byte) []byte {
	if e, ok := ber.Measure(data, ber.MaxDepth); ok {
		return data[:e.Total:e.Total]
	}
	return data
}

// Refused reports whether crypto/x509 refuses a certificate of Parse. Such a certificate may be
// shown, but nothing may rely on it.
func Refused(c *x509.Certificate) bool {
	return slices.ContainsFunc(c.UnhandledCriticalExtensions, oidRefused.Equal)
}

// Refusal gives the reason why crypto/x509 refuses a certificate of Parse; "" if it does not. The
// text is safe to show to whoever sent the certificate.
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

// words makes an error of crypto/x509 safe for a report: it may quote the certificate.
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
