package jsonstream

import (
	"encoding/base64"
	"encoding/binary"
	"io"
)

// Base64Writer encodes in base64 what is written to it, in large blocks. The texts before and after
// pass unchanged. Not safe for concurrent use.
type Base64Writer struct {
	w       io.Writer
	block   [32 << 10]byte
	used    int     // bytes in block
	carry   [3]byte // bytes of a group that is not complete
	carried int     // bytes in carry
}

// NewBase64Writer makes a writer that writes to w.
func NewBase64Writer(w io.Writer) *Base64Writer { return &Base64Writer{w: w} }

// Text writes a text unchanged. It must not be called after the first Write.
func (e *Base64Writer) Text(text string) error {
	for {
		n := copy(e.block[e.used:], text)
		e.used += n
		if text = text[n:]; text == "" {
			return nil
		}
		if err := e.flush(); err != nil {
			return err
		}
	}
}

// Write is io.Writer.
func (e *Base64Writer) Write(p []byte) (int, error) {
	written := len(p)
	for e.carried > 0 && e.carried < len(e.carry) && len(p) > 0 {
		e.carry[e.carried], p = p[0], p[1:]
		e.carried++
	}
	if e.carried == len(e.carry) {
		if err := e.encode(e.carry[:]); err != nil {
			return 0, err
		}
		e.carried = 0
	}
	whole := len(p) / len(e.carry) * len(e.carry)
	if err := e.encode(p[:whole]); err != nil {
		return 0, err
	}
	e.carried += copy(e.carry[e.carried:], p[whole:])
	return written, nil
}

// encode encodes whole groups, and writes each block that is full.
func (e *Base64Writer) encode(p []byte) error {
	for len(p) > 0 {
		took := encodeGroups(e.block[e.used:], p)
		e.used += took / 3 * 4
		if p = p[took:]; len(p) > 0 {
			if err := e.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Base64Writer) flush() error {
	_, err := e.w.Write(e.block[:e.used])
	e.used = 0
	return err
}

// End writes the last group, then the text tail unchanged, and flushes the block.
func (e *Base64Writer) End(tail string) error {
	last := base64.StdEncoding.EncodeToString(e.carry[:e.carried])
	if err := e.Text(last + tail); err != nil {
		return err
	}
	return e.flush()
}

// base64Pairs are the two characters for each value of 12 bits.
var base64Pairs = func() (pairs [1 << 12]uint16) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for bits := range pairs {
		pairs[bits] = uint16(alphabet[bits>>6])<<8 | uint16(alphabet[bits&63])
	}
	return pairs
}()

// encodeGroups encodes groups of three bytes, two at a time and then one, as long as dst has space,
// and gives the number of bytes read. It is about twice as fast as encoding/base64.
func encodeGroups(dst, src []byte) (took int) {
	pairs := &base64Pairs
	for len(src) >= 8 && len(dst) >= 8 { // a load of eight bytes, of which six count
		bits := binary.BigEndian.Uint64(src)
		binary.BigEndian.PutUint64(dst, uint64(pairs[bits>>52])<<48|uint64(pairs[bits>>40&0xfff])<<32|
			uint64(pairs[bits>>28&0xfff])<<16|uint64(pairs[bits>>16&0xfff]))
		src, dst, took = src[6:], dst[8:], took+6
	}
	for len(src) >= 3 && len(dst) >= 4 {
		base64.StdEncoding.Encode(dst, src[:3])
		src, dst, took = src[3:], dst[4:], took+3
	}
	return took
}
