package archive

import (
	"strings"

	"influxion/handler/internal/signing"
)

// Standard is the requested conformance of a document, as requests name it.
type Standard string

// The standards.
const (
	None   Standard = "none"
	PDFA2B Standard = "pdf/a-2b" // ISO 19005-2, level B: it looks the same everywhere
	PDFA2U Standard = "pdf/a-2u" // ISO 19005-2, level U: level B, and its text can be copied and searched
	PDFA3B Standard = "pdf/a-3b" // ISO 19005-3, level B: with any attachments
)

// Standards are the standards that a request can name.
func Standards() []Standard { return []Standard{None, PDFA2B, PDFA2U, PDFA3B} }

// ParseStandard parses a standard in upper or lower case; "" is None. It returns a *signing.Error
// for an unknown one.
func ParseStandard(text string) (Standard, error) {
	if text == "" {
		return None, nil
	}
	for _, standard := range Standards() {
		if strings.EqualFold(text, string(standard)) {
			return standard, nil
		}
	}
	return "", &signing.Error{Kind: signing.InvalidRequest, Code: "pdf_standard_unsupported",
		Detail: "pdf_standard is not none, pdf/a-2b, pdf/a-2u or pdf/a-3b"}
}

// Declared returns the standard in the form that documents declare, such as "PDF/A-2b"; "" for
// None.
func Declared(s Standard) string {
	part, level := s.claim()
	if part == "" {
		return ""
	}
	return "PDF/A-" + part + strings.ToLower(level)
}

// claim returns the part and the level of ISO 19005; both are "" for None.
func (s Standard) claim() (part, level string) {
	claim, ok := strings.CutPrefix(string(s), "pdf/a-")
	if !ok {
		return "", ""
	}
	return claim[:1], strings.ToUpper(claim[1:])
}
