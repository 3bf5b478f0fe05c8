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

// oidRefused marks a certificate that crypto/x509 refuses. It stands among the critical extensions
// that nobody handles, with which no chain is built (x509.Certificate.Verify). No certificate can
// have such an extension: there is no first arc beyond 2.
var oidRefused = asn1.ObjectIdentifier{3, 0}

// Parse reads the certificate that der begins with; bytes behind it are not looked at. One that
// crypto/x509 refuses is read nevertheless, as far as it goes: names, serial number, dates, key and
// the standard extensions. Refusal tells the two apart. Keys that crypto/x509 does not know are
// those of algorithm.ParseKey. The error is crypto/x509's where there is not even a name and a key.
func Parse(der []byte) (*x509.Certificate, error) {
	c, err := Outline(der)
	if err == nil {
		Complete(c)
	}
	return c, err
}

// Outline is Parse for whoever has many certificates and will use few: a refused one has no key until
// Complete reads it, since a key can be dear to read.
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

// Complete reads the key of a certificate of Outline. One that is not evaluated stays nil:
// algorithm.Key says why.
func Complete(c *x509.Certificate) {
	if c.PublicKey == nil {
		c.PublicKey, _ = algorithm.ParseKey(c.RawSubjectPublicKeyInfo)
		c.PublicKeyAlgorithm = cmp.Or(c.PublicKeyAlgorithm, kindOf(c.PublicKey))
	}
}

// ParseSound is Parse for whoever builds chains: one that crypto/x509 refuses is an error.
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

// first gives the element that data begins with.
func first(data []byte) []byte {
	if e, ok := ber.Measure(data, ber.MaxDepth); ok {
		return data[:e.Total:e.Total]
	}
	return data
}

// Refused says whether crypto/x509 refuses a certificate of Parse: it is as it claims to be, and
// nothing that others rely on.
func Refused(c *x509.Certificate) bool {
	return slices.ContainsFunc(c.UnhandledCriticalExtensions, oidRefused.Equal)
}

// Refusal says in words why crypto/x509 refuses a certificate of Parse; "" if it does not. Fit for
// whoever sent the certificate.
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

// words makes an error of crypto/x509, which may quote the certificate, fit for a report.
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
