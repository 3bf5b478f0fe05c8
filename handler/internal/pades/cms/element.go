package cms

import (
	"bytes"
	encoding_asn1 "encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Bounds of what is read. They hold for the outside bytes before anything is allocated for them.
const (
	MaxSize         = 1 << 20  // bytes of one CMS element
	MaxCertificate  = 64 << 10 // bytes of a certificate: crypto/x509 can take forty times as much memory for one
	maxCertificates = 100
	maxFits         = 16 // different certificates that fit one signer identifier; what comes behind is not looked at
	maxAttributes   = 64
	maxValues       = 32
	maxDepth        = 16 // of nested elements where all of them are looked at
	maxOID          = 64 // bytes; object identifiers end up in reports
	maxInteger      = 64 // bytes of a serial number or nonce
	maxRevocations  = 100
)

const constructed = 0x20 // bit of a tag

// element is the place of one BER element at the beginning of some data.
type element struct {
	contents, end int // where the contents begin and end
	total         int // where the whole element ends: after the end-of-contents octets if there are any
	der           bool
}

// measure finds the first element of data. It takes the lengths that BER allows and DER forbids: indefinite ones, whose end it looks
// for at most depth levels deep, and ones written with more octets than needed. Tags have one byte, as all of CMS's have.
func measure(data []byte, depth int) (element, bool) {
	if len(data) < 2 || data[0] == 0 || data[0]&0x1f == 0x1f {
		return element{}, false
	}
	length := int(data[1])
	switch {
	case length == 0x80:
		return measureIndefinite(data, depth)
	case length < 0x80:
		return definite(data, 2, length, true)
	}
	octets := length & 0x7f
	if octets > 4 || len(data) < 2+octets {
		return element{}, false
	}
	length = 0
	for _, b := range data[2 : 2+octets] {
		length = length<<8 | int(b)
	}
	minimal := length >= 0x80 && data[2] != 0
	return definite(data, 2+octets, length, minimal)
}

func definite(data []byte, start, length int, minimal bool) (element, bool) {
	if length > len(data)-start {
		return element{}, false
	}
	return element{contents: start, end: start + length, total: start + length, der: minimal}, true
}

func measureIndefinite(data []byte, depth int) (element, bool) {
	if data[0]&constructed == 0 || depth == 0 {
		return element{}, false
	}
	at := 2
	for {
		if bytes.HasPrefix(data[at:], []byte{0, 0}) {
			return element{contents: 2, end: at, total: at + 2}, true
		}
		inner, ok := measure(data[at:], depth-1)
		if !ok {
			return element{}, false
		}
		at += inner.total
	}
}

// readOID reads an object identifier of sane length.
func readOID(s *cryptobyte.String, oid *encoding_asn1.ObjectIdentifier) bool {
	peek := *s
	var contents cryptobyte.String
	return peek.ReadASN1(&contents, asn1.OBJECT_IDENTIFIER) && len(contents) <= maxOID && s.ReadASN1ObjectIdentifier(oid)
}

// isDER says whether data is a row of elements with definite, shortest lengths all the way down.
func isDER(data []byte, depth int) bool {
	for len(data) > 0 {
		e, ok := measure(data, 0)
		if !ok || !e.der {
			return false
		}
		if data[0]&constructed != 0 && (depth == 0 || !isDER(data[e.contents:e.end], depth-1)) {
			return false
		}
		data = data[e.total:]
	}
	return true
}

// cursor walks over the frame of a CMS message, the part that real producers write in BER. What is signed, and what identifies the
// signer, is never read with it but as DER.
type cursor struct {
	rest []byte
	ber  *bool // set when an element was not DER
}

func (c *cursor) empty() bool { return len(c.rest) == 0 }

func (c *cursor) at(tag asn1.Tag) bool { return len(c.rest) > 0 && c.rest[0] == byte(tag) }

// take removes the next element, which must have the tag, and gives its contents.
func (c *cursor) take(tag asn1.Tag) (cursor, bool) {
	e, ok := measure(c.rest, maxDepth)
	if !ok || !c.at(tag) {
		return cursor{}, false
	}
	if !e.der {
		*c.ber = true
	}
	contents := cursor{rest: c.rest[e.contents:e.end], ber: c.ber}
	c.rest = c.rest[e.total:]
	return contents, true
}

// takeAny removes the next element and gives it whole, in whatever encoding.
func (c *cursor) takeAny() ([]byte, bool) {
	e, ok := measure(c.rest, maxDepth)
	if !ok {
		return nil, false
	}
	whole := c.rest[:e.total]
	c.rest = c.rest[e.total:]
	return whole, true
}

// takeAll removes the elements up to the first that cannot be read, at most so many, and gives each whole.
func (c *cursor) takeAll(most int) [][]byte {
	var all [][]byte
	for !c.empty() && len(all) < most {
		whole, ok := c.takeAny()
		if !ok {
			break
		}
		all = append(all, whole)
	}
	return all
}

// takeOctets removes an OCTET STRING and gives its octets. BER lets one come in pieces (ITU-T X.690, section 8.7.3); pieces in pieces are
// made by nobody.
func (c *cursor) takeOctets() ([]byte, bool) {
	if !c.at(asn1.OCTET_STRING | constructed) {
		octets, ok := c.take(asn1.OCTET_STRING)
		return octets.rest, ok
	}
	pieces, ok := c.take(asn1.OCTET_STRING | constructed)
	*c.ber = true
	octets := []byte{}
	for ok && !pieces.empty() {
		var piece cursor
		piece, ok = pieces.take(asn1.OCTET_STRING)
		octets = append(octets, piece.rest...)
	}
	return octets, ok
}

// strictly reads from the rest as DER.
func (c *cursor) strictly(read func(s *cryptobyte.String) bool) bool {
	s := cryptobyte.String(c.rest)
	ok := read(&s)
	c.rest = s
	return ok
}

// Trim cuts a padded /Contents to the CMS element that it begins with. Only zeros may follow: anything else would be bytes of the
// file that no signature covers.
func Trim(contents []byte) ([]byte, error) {
	e, ok := measure(contents, maxDepth)
	if !ok {
		return nil, faultf(Malformed, "the signature does not begin with a complete ASN.1 element")
	}
	for _, b := range contents[e.total:] {
		if b != 0 {
			return nil, faultf(Malformed, "bytes other than zero follow the CMS element")
		}
	}
	return contents[:e.total:e.total], nil
}
