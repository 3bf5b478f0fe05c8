package cms

import (
	"bytes"

	"influxion/handler/internal/pades/ber"
)

// Split splits a padded /Contents into the CMS element at its start and the padding. No signature
// covers the padding, so a report should mention padding that is not Blank.
func Split(contents []byte) (der, padding []byte, err error) {
	e, ok := ber.Measure(contents, ber.MaxDepth)
	if !ok {
		if ber.Deep(contents, true) {
			return nil, nil, tooMuch("elements nested more than %d levels deep", ber.MaxDepth)
		}
		return nil, nil, errorf(Malformed, "the signature does not begin with a complete ASN.1 element")
	}
	return contents[:e.Total:e.Total], contents[e.Total:], nil
}

// Blank reports whether padding has only zeros.
func Blank(padding []byte) bool { return len(bytes.Trim(padding, "\x00")) == 0 }
