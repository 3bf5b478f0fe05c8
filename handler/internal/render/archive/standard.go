package archive

import (
	"strings"

	"influxion/handler/internal/signing"
)

// Standard is the conformance that a document is to have, as requests name it.
type Standard string

// The standards.
const (
	None   Standard = "none"
	PDFA2B Standard = "pdf/a-2b" // ISO 19005-2, level B: it looks the same everywhere
	PDFA2U Standard = "pdf/a-2u" // and its text can be copied and searched
	PDFA3B Standard = "pdf/a-3b" // ISO 19005-3, level B: with any attachments
)

// Standards are those that can be asked for.
func Standards() []Standard { return []Standard{None, PDFA2B, PDFA2U, PDFA3B} }

// ParseStandard reads a standard in any case; "" is None.
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

// Declared is the standard as documents declare it, such as "PDF/A-2b"; "" for None.
func Declared(s Standard) string {
	part, level := s.claim()
	if part == "" {
		return ""
	}
	return "PDF/A-" + part + strings.ToLower(level)
}

// claim is the part and the level of ISO 19005; both "" for None.
func (s Standard) claim() (part, level string) {
	claim, ok := strings.CutPrefix(string(s), "pdf/a-")
	if !ok {
		return "", ""
	}
	return claim[:1], strings.ToUpper(claim[1:])
}
