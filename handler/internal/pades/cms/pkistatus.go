package cms

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/ber"
)

// pkiStatus is a PKIStatusInfo: RFC 3161, section 2.4.2, and RFC 4210, section 5.2.3.
type pkiStatus struct {
	status   int64
	text     string // the TSA's message: printable and short
	failures []string
}

// pkiStatuses are the texts for a PKIStatus.
var pkiStatuses = []string{"granted", "granted with modifications", "rejection", "waiting", "revocation warning",
	"revocation notification"}

// failureInfos are the texts for the bits of a PKIFailureInfo that RFC 3161 defines for TSAs.
var failureInfos = []struct {
	bit  int
	text string
}{
	{0, "badAlg (the digest algorithm is not supported)"},
	{2, "badRequest (the transaction is not permitted or supported)"},
	{5, "badDataFormat (the data submitted has the wrong format)"},
	{14, "timeNotAvailable (its time source is not available)"},
	{15, "unacceptedPolicy (the policy asked for is not supported)"},
	{16, "unacceptedExtension (an extension is not supported)"},
	{17, "addInfoNotAvailable (additional information asked for is not understood or not available)"},
	{25, "systemFailure (the request cannot be handled due to a failure of its system)"},
}

func (s pkiStatus) granted() bool { return s.status == 0 || s.status == 1 }

// String returns the status as text.
func (s pkiStatus) String() string {
	words := fmt.Sprintf("status %d", s.status)
	if s.status >= 0 && s.status < int64(len(pkiStatuses)) {
		words = pkiStatuses[s.status]
	}
	if len(s.failures) > 0 {
		words += ", " + strings.Join(s.failures, ", ")
	}
	if s.text != "" {
		words += fmt.Sprintf(", saying %q", s.text)
	}
	return words
}

// readStatus reads a PKIStatusInfo. It leaves out a text or a failure info that it cannot read,
// because both serve only human readers.
func readStatus(c *ber.Cursor) (pkiStatus, bool) {
	var status pkiStatus
	info, ok := c.Take(cryptobyte_asn1.SEQUENCE)
	if !ok || !info.Strictly(func(s *cryptobyte.String) bool { return s.ReadASN1Integer(&status.status) }) {
		return status, false
	}
	if info.At(cryptobyte_asn1.SEQUENCE) {
		texts, ok := info.Take(cryptobyte_asn1.SEQUENCE)
		if !ok {
			return status, false
		}
		status.text = readFreeText(texts)
	}
	if info.At(cryptobyte_asn1.BIT_STRING) {
		bits, ok := info.Take(cryptobyte_asn1.BIT_STRING)
		if !ok {
			return status, false
		}
		status.failures = readFailureInfo(bits.Rest)
	}
	return status, info.Empty()
}

// readFreeText returns a PKIFreeText as one line of printable characters.
func readFreeText(c ber.Cursor) string {
	const most = 200 // bytes
	var texts []string
	for !c.Empty() && len(texts) < 4 {
		text, ok := c.Take(cryptobyte_asn1.UTF8String)
		if !ok {
			break
		}
		texts = append(texts, string(text.Rest[:min(len(text.Rest), 2*most)]))
	}
	line := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.Join(texts, "; "))
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + "…"
	}
	return line
}

// readFailureInfo returns the texts for the bits that are set in the contents of a BIT STRING.
func readFailureInfo(contents []byte) []string {
	if len(contents) == 0 {
		return nil
	}
	bits := contents[1:]
	var words []string
	for _, info := range failureInfos {
		if at := info.bit / 8; at < len(bits) && bits[at]&(0x80>>(info.bit%8)) != 0 {
			words = append(words, info.text)
		}
	}
	return words
}
