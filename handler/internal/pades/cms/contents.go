package cms

import (
	"bytes"

	"influxion/handler/internal/pades/ber"
)

// Split cuts a padded /Contents into the CMS element that it begins with and what follows it. No
// signature covers the padding: where it is not zeros alone (Blank), that is worth a remark.
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

// Blank says whether padding is zeros alone.
func Blank(padding []byte) bool { return len(bytes.Trim(padding, "\x00")) == 0 }

// Trim is Split for padding that must be Blank, as all that the product writes is.
func Trim(contents []byte) ([]byte, error) {
	der, padding, err := Split(contents)
	if err != nil {
		return nil, err
	}
	if !Blank(padding) {
		return nil, errorf(Malformed, "bytes other than zero follow the CMS element")
	}
	return der, nil
}
