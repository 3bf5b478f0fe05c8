package ber

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Definite encodes one element anew as DER demands of lengths and octet strings: definite, shortest
// lengths on all levels, and octet strings in one piece. It keeps the order of a SET and the
// contents of primitive elements, so that the result need not be DER. It looks at most depth levels
// deep. If the element has this encoding already, Definite does not copy it.
func Definite(data []byte, depth int) ([]byte, bool) {
	if isDefinite(data, depth) {
		return data, true
	}
	e, ok := Measure(data, depth)
	if !ok || e.Total != len(data) {
		return nil, false
	}
	contents := data[e.Contents:e.End]
	tag := asn1.Tag(data[0])
	switch {
	case tag == asn1.OCTET_STRING|constructed:
		c := NewCursor(data)
		if contents, ok = c.TakeOctets(); !ok {
			return nil, false
		}
		tag = asn1.OCTET_STRING
	case data[0]&constructed != 0:
		if depth == 0 {
			return nil, false
		}
		if contents, ok = definiteRow(contents, depth-1); !ok {
			return nil, false
		}
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, len(contents)+8))
	b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes(contents) })
	der, err := b.Bytes()
	return der, err == nil
}

// isDefinite reports whether data is one element in the encoding that Definite makes.
func isDefinite(data []byte, depth int) bool {
	e, ok := Measure(data, 0)
	return ok && e.DER && e.Total == len(data) && isDefiniteWithin(data, e, depth)
}

// isDefiniteWithin reports the same about the contents of an element.
func isDefiniteWithin(data []byte, e Element, depth int) bool {
	if data[0]&constructed == 0 {
		return true
	}
	if depth == 0 || data[0] == byte(asn1.OCTET_STRING|constructed) {
		return false
	}
	for rest := data[e.Contents:e.End]; len(rest) > 0; {
		inner, ok := Measure(rest, 0)
		if !ok || !inner.DER || !isDefiniteWithin(rest[:inner.Total], inner, depth-1) {
			return false
		}
		rest = rest[inner.Total:]
	}
	return true
}

func definiteRow(data []byte, depth int) ([]byte, bool) {
	var all []byte
	for len(data) > 0 {
		e, ok := Measure(data, depth)
		if !ok {
			return nil, false
		}
		one, ok := Definite(data[:e.Total], depth)
		if !ok {
			return nil, false
		}
		all = append(all, one...)
		data = data[e.Total:]
	}
	return all, true
}

// Deep reports whether data was refused because of a bound and not because of a fault: somewhere
// elements are nested deeper than MaxDepth. If frame is set, only elements of indefinite length
// count.
func Deep(data []byte, frame bool) bool {
	const levels = 4 * MaxDepth // of definite length; deeper ones are not examined
	return deep(data, MaxDepth, levels, frame)
}

func deep(data []byte, left, levels int, frame bool) bool {
	for len(data) >= 2 && data[0] != 0 {
		end := len(data)
		start, indefinite := 2, data[1] == 0x80
		if data[1] > 0x80 {
			start += int(data[1] & 0x7f)
		}
		if e, ok := Measure(data, MaxDepth); ok {
			start, end = e.Contents, e.Total
		} else if !indefinite {
			return false
		}
		if data[0]&constructed != 0 && start <= end {
			inner := left
			if indefinite || !frame {
				inner--
			}
			if inner < 0 || levels > 0 && deep(data[start:end], inner, levels-1, frame) {
				return true
			}
		}
		data = data[end:]
	}
	return false
}
