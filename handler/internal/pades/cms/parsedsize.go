package cms

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Upper bounds of the memory that crypto/x509 takes for a certificate.
const (
	certificateSize = 4 << 10
	byteSize        = 3   // the DER is kept, and most of it a second time
	elementSize     = 176 // even an address of two characters becomes a URL
	maxElementDepth = 16
)

// ParsedSize returns an upper bound of the memory, in bytes, that crypto/x509 takes for a
// certificate or for data that embeds certificates. It can be forty times the size of the DER.
func ParsedSize(der []byte) int64 {
	return certificateSize + int64(len(der))*byteSize + elements(der, 0)*elementSize
}

// elements counts the elements of DER, including those in octet strings, where extensions are.
func elements(data cryptobyte.String, depth int) (count int64) {
	for !data.Empty() {
		var inner cryptobyte.String
		var tag asn1.Tag
		if !data.ReadAnyASN1(&inner, &tag) {
			return count
		}
		count++
		if nested := tag&0x20 != 0 || tag == asn1.OCTET_STRING; nested && depth < maxElementDepth {
			count += elements(inner, depth+1)
		}
	}
	return count
}
