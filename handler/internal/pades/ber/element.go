package ber

import "bytes"

// MaxDepth is how deep elements may be nested for callers that look at all of them.
const MaxDepth = 16

const constructed = 0x20 // bit of a tag

// Element is the place of one BER element at the beginning of some data.
type Element struct {
	Contents, End int // where the contents begin and end
	Total         int // where the whole element ends: after the end-of-contents octets if there are any
	DER           bool
}

// Measure finds the first element of data. It accepts two kinds of length that BER allows and DER
// forbids: indefinite lengths, whose end it looks for at most depth levels deep, and lengths
// written with more octets than needed. Tags have one byte, as all tags of CMS have.
func Measure(data []byte, depth int) (Element, bool) {
	if len(data) < 2 || data[0] == 0 || data[0]&0x1f == 0x1f {
		return Element{}, false
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
		return Element{}, false
	}
	length = 0
	for _, b := range data[2 : 2+octets] {
		length = length<<8 | int(b)
	}
	minimal := length >= 0x80 && data[2] != 0
	return definite(data, 2+octets, length, minimal)
}

func definite(data []byte, start, length int, minimal bool) (Element, bool) {
	if length > len(data)-start {
		return Element{}, false
	}
	return Element{Contents: start, End: start + length, Total: start + length, DER: minimal}, true
}

func measureIndefinite(data []byte, depth int) (Element, bool) {
	if data[0]&constructed == 0 || depth == 0 {
		return Element{}, false
	}
	at := 2
	for {
		if bytes.HasPrefix(data[at:], []byte{0, 0}) {
			return Element{Contents: 2, End: at, Total: at + 2}, true
		}
		inner, ok := Measure(data[at:], depth-1)
		if !ok {
			return Element{}, false
		}
		at += inner.Total
	}
}

// IsDER reports whether data is a sequence of elements with definite, shortest lengths on all
// levels.
func IsDER(data []byte, depth int) bool {
	for len(data) > 0 {
		e, ok := Measure(data, 0)
		if !ok || !e.DER {
			return false
		}
		if data[0]&constructed != 0 && (depth == 0 || !IsDER(data[e.Contents:e.End], depth-1)) {
			return false
		}
		data = data[e.Total:]
	}
	return true
}
