package ber

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Cursor walks over those elements of a message or certificate that real producers write in BER.
type Cursor struct {
	Rest []byte
	BER  *bool // set when an element was not DER
}

// NewCursor returns a Cursor over data, which it does not copy.
func NewCursor(data []byte) Cursor { return Cursor{Rest: data, BER: new(bool)} }

// Empty reports whether nothing is left.
func (c *Cursor) Empty() bool { return len(c.Rest) == 0 }

// At reports whether the next element has the tag.
func (c *Cursor) At(tag asn1.Tag) bool { return len(c.Rest) > 0 && c.Rest[0] == byte(tag) }

// Take removes the next element, which must have the tag, and returns its contents.
func (c *Cursor) Take(tag asn1.Tag) (Cursor, bool) {
	e, ok := Measure(c.Rest, MaxDepth)
	if !ok || !c.At(tag) {
		return Cursor{}, false
	}
	if !e.DER {
		*c.BER = true
	}
	contents := Cursor{Rest: c.Rest[e.Contents:e.End], BER: c.BER}
	c.Rest = c.Rest[e.Total:]
	return contents, true
}

// TakeAny removes the next element and returns it whole, in whatever encoding.
func (c *Cursor) TakeAny() ([]byte, bool) {
	e, ok := Measure(c.Rest, MaxDepth)
	if !ok {
		return nil, false
	}
	whole := c.Rest[:e.Total]
	c.Rest = c.Rest[e.Total:]
	return whole, true
}

// TakeDER removes the next element, which must have the tag, and returns it whole as Definite does.
func (c *Cursor) TakeDER(tag asn1.Tag) ([]byte, bool) {
	if !c.At(tag) {
		return nil, false
	}
	whole, ok := c.TakeAny()
	if !ok {
		return nil, false
	}
	if !IsDER(whole, MaxDepth) {
		*c.BER = true
		return Definite(whole, MaxDepth)
	}
	return whole, true
}

// TakeAll removes the elements up to the first that cannot be read, but at most the given number,
// and returns each whole.
func (c *Cursor) TakeAll(most int) [][]byte {
	var all [][]byte
	for !c.Empty() && len(all) < most {
		whole, ok := c.TakeAny()
		if !ok {
			break
		}
		all = append(all, whole)
	}
	return all
}

// TakeOctets removes an OCTET STRING and returns its octets. BER allows a string in pieces (ITU-T
// X.690, section 8.7.3). TakeOctets refuses pieces of pieces, which no producer makes.
func (c *Cursor) TakeOctets() ([]byte, bool) {
	if !c.At(asn1.OCTET_STRING | constructed) {
		octets, ok := c.Take(asn1.OCTET_STRING)
		return octets.Rest, ok
	}
	pieces, ok := c.Take(asn1.OCTET_STRING | constructed)
	*c.BER = true
	octets := []byte{}
	for ok && !pieces.Empty() {
		var piece Cursor
		piece, ok = pieces.Take(asn1.OCTET_STRING)
		octets = append(octets, piece.Rest...)
	}
	return octets, ok
}

// Strictly lets read take elements from the rest as DER.
func (c *Cursor) Strictly(read func(s *cryptobyte.String) bool) bool {
	s := cryptobyte.String(c.Rest)
	ok := read(&s)
	c.Rest = s
	return ok
}
