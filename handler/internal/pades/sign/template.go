package sign

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/appearance"
)

// placeholders are the names that a text may have in double braces, in the order in which an error
// lists them.
var placeholders = []string{
	"name", "certificate", "organization", "issuer", "serial", "date", "time", "reason", "location", "contact", "level",
}

var placeholder = regexp.MustCompile(`\{\{ *([A-Za-z_-]{1,24}) *\}\}`)

// checkTemplate refuses a text whose placeholders are not known. A level that may yet turn out
// lower cannot be shown: the text is part of what is signed.
func checkTemplate(text string, mayBeLower bool) error {
	for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(placeholders, found[1]) {
			return pades.Invalid(fmt.Sprintf("the text has the unknown placeholder {{%s}}: the known ones are %s",
				found[1], strings.Join(placeholders, ", ")))
		}
		if found[1] == "level" && mayBeLower {
			return pades.Invalid(
				"the text shows {{level}}, which may become lower where that is allowed: leave out " +
					"one of the two")
		}
	}
	if strings.Contains(placeholder.ReplaceAllLiteralString(text, ""), "{{") {
		return pades.Invalid("the text has {{ without the name of a placeholder and }} after it: the known ones are " +
			strings.Join(placeholders, ", "))
	}
	return nil
}

// values are what the placeholders stand for; "" = nothing. Text in names and dates is marked so
// that lines do not break within it if that can be avoided.
func values(o pades.Options, signer *x509.Certificate) map[string]string {
	at := o.Time.UTC()
	v := map[string]string{
		"name": signerName(o, signer), "certificate": pades.CommonName(signer),
		"issuer": pades.CommonName(&x509.Certificate{Subject: signer.Issuer}),
		"date":   at.Format("2006-01-02"), "time": at.Format("2006-01-02 15:04:05 UTC"),
		"location": o.Location, "contact": o.ContactInfo, "level": string(o.Level),
	}
	if signer.SerialNumber != nil {
		v["serial"] = fmt.Sprintf("%x", signer.SerialNumber)
	}
	if organizations := signer.Subject.Organization; len(organizations) > 0 {
		v["organization"] = pades.CommonName(&x509.Certificate{Subject: pkix.Name{Organization: organizations}})
	}
	for name, value := range v {
		v[name] = appearance.Unbroken(value)
	}
	v["reason"] = o.Reason // may break: often a sentence
	return v
}

// fillTemplate replaces the placeholders by their values. It omits a line whose placeholders are
// all empty.
func fillTemplate(text string, values map[string]string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		asked, given := false, false
		filled := placeholder.ReplaceAllStringFunc(line, func(found string) string {
			value := values[placeholder.FindStringSubmatch(found)[1]]
			asked, given = true, given || value != ""
			return value
		})
		if given || !asked {
			lines = append(lines, filled)
		}
	}
	return strings.Join(lines, "\n")
}
