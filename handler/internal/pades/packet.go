package pades

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
)

// Bounds of the XML of a packet. No writer of XMP comes near them.
const (
	maxPacketDepth      = 100  // elements within each other
	maxPacketAttributes = 1024 // of one element
)

// PacketCost is the work of reading one byte of an XMP packet, in units of budget.Limits.Work:
// parsing its XML allocates up to 250 bytes for each.
const PacketCost = 12

// ErrPacket is the error of PacketTokens for a packet that is over a bound.
var ErrPacket = errors.New("no writer of XMP makes such XML")

// PacketTokens reads the XML of an XMP packet: ISO 16684-1. The packet is hostile: an element
// beyond the bounds of depth and attributes ends the reading before it takes memory. Not safe for
// concurrent use.
type PacketTokens struct {
	tokens *xml.Decoder
	depth  int
}

// NewPacketTokens reads a packet in UTF-8. charset is xml.Decoder.CharsetReader.
func NewPacketTokens(packet []byte, charset func(string, io.Reader) (io.Reader, error)) *PacketTokens {
	tokens := xml.NewDecoder(&packetReader{Reader: bytes.NewReader(packet)})
	tokens.CharsetReader = charset
	return &PacketTokens{tokens: tokens}
}

// Token returns the next token, like xml.Decoder.Token. An error ends the reading.
func (t *PacketTokens) Token() (xml.Token, error) {
	token, err := t.tokens.Token()
	switch token.(type) {
	case xml.StartElement:
		if t.depth++; t.depth > maxPacketDepth {
			return nil, ErrPacket
		}
	case xml.EndElement:
		t.depth--
	}
	return token, err
}

// Skip reads up to the end of the element that began last.
func (t *PacketTokens) Skip() error {
	for around := t.depth - 1; t.depth > around; {
		if _, err := t.Token(); err != nil {
			return err
		}
	}
	return nil
}

// packetReader bounds the attributes of an element before the decoder collects them. It counts
// equals signs, because each attribute has one, and a tag has no second "<".
type packetReader struct {
	*bytes.Reader
	signs int // equals signs since the last "<"
}

// ReadByte implements io.ByteReader, by which the decoder reads.
func (r *packetReader) ReadByte() (byte, error) {
	c, err := r.Reader.ReadByte()
	switch c {
	case '<':
		r.signs = 0
	case '=':
		if r.signs++; r.signs > maxPacketAttributes {
			return 0, ErrPacket
		}
	}
	return c, err
}
