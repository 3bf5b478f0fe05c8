package certificate

import (
	"bytes"
	encoding_asn1 "encoding/asn1"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// attribute is an AttributeTypeAndValue: RFC 5280, section 4.1.2.4.
type attribute struct {
	kind  encoding_asn1.ObjectIdentifier
	whole cryptobyte.String // the value, one element
	value cryptobyte.String // its contents
	tag   asn1.Tag
	first bool // it begins a RelativeDistinguishedName
}

// attributesOf reads the attributes of a Name in their order. ok is false if the Name cannot be
// read to its end.
func attributesOf(name []byte) (all []attribute, ok bool) {
	s := cryptobyte.String(name)
	var names, relative, pair cryptobyte.String
	if !s.ReadASN1(&names, asn1.SEQUENCE) || !s.Empty() {
		return nil, false
	}
	for !names.Empty() {
		if !names.ReadASN1(&relative, asn1.SET) || relative.Empty() {
			return all, false
		}
		for first := true; !relative.Empty(); first = false {
			a := attribute{first: first}
			var kind cryptobyte.String
			if !relative.ReadASN1(&pair, asn1.SEQUENCE) || !pair.ReadASN1Element(&kind, asn1.OBJECT_IDENTIFIER) ||
				len(kind) > maxOID ||
				!kind.ReadASN1ObjectIdentifier(&a.kind) || !pair.ReadAnyASN1Element(&a.whole, &a.tag) ||
				!pair.Empty() ||
				len(all) == maxAttributes {
				return all, false
			}
			element := a.whole
			element.ReadAnyASN1(&a.value, &a.tag)
			all = append(all, a)
		}
	}
	return all, true
}

// SameName compares two names by RFC 5280, section 7.1. The string type, case and white space do
// not matter, because authorities vary them in their own names. SameName does not apply the Unicode
// mapping of RFC 4518: names that only this mapping makes equal differ here.
func SameName(a, b []byte) bool { return sameAttributes(a, b, attribute.same) }

// SameText compares two names character for character. It ignores only whether a string is a
// PrintableString or a UTF8String, the types of RFC 5280, section 4.1.2.4.
func SameText(a, b []byte) bool {
	return sameAttributes(a, b, func(one, other attribute) bool {
		return one.first == other.first && one.kind.Equal(other.kind) && bytes.Equal(one.value, other.value) &&
			(one.tag == other.tag || one.ofDirectory() && other.ofDirectory())
	})
}

func (a attribute) ofDirectory() bool {
	return a.tag == asn1.PrintableString || a.tag == asn1.UTF8String
}

func sameAttributes(a, b []byte, same func(one, other attribute) bool) bool {
	if bytes.Equal(a, b) {
		return true
	}
	one, ok1 := attributesOf(a)
	other, ok2 := attributesOf(b)
	if !ok1 || !ok2 || len(one) != len(other) {
		return false
	}
	for i := range one {
		if !same(one[i], other[i]) {
			return false
		}
	}
	return true
}

func (a attribute) same(b attribute) bool {
	if a.first != b.first || !a.kind.Equal(b.kind) {
		return false
	}
	one, ok1 := a.text()
	other, ok2 := b.text()
	if ok1 && ok2 {
		return strings.EqualFold(squeeze(one), squeeze(other))
	}
	return a.tag == b.tag && bytes.Equal(a.value, b.value)
}

func squeeze(value string) string { return strings.Join(strings.Fields(value), " ") }

// Tags of strings that cryptobyte does not name: ITU-T X.680, section 41.
const (
	numericString   = asn1.Tag(18)
	videotexString  = asn1.Tag(21)
	graphicString   = asn1.Tag(25)
	visibleString   = asn1.Tag(26)
	universalString = asn1.Tag(28)
	bmpString       = asn1.Tag(30)
)

// text decodes a value that is a string; ok is false for any other value. Bytes that the type does
// not allow are read as producers mean them: as UTF-8 if they are valid, else as ISO 8859-1.
func (a attribute) text() (text string, ok bool) {
	switch a.tag {
	case bmpString:
		return wide(a.value, 2), true
	case universalString:
		return wide(a.value, 4), true
	case asn1.UTF8String, asn1.PrintableString, asn1.IA5String, asn1.T61String, asn1.GeneralString, asn1.UTCTime,
		asn1.GeneralizedTime,
		numericString, videotexString, graphicString, visibleString:
		if asn1.T61String != a.tag && utf8.Valid(a.value) {
			return string(a.value), true
		}
		var latin []byte
		for _, b := range a.value {
			latin = utf8.AppendRune(latin, rune(b))
		}
		return string(latin), true
	}
	return "", false
}

// wide decodes characters of 2 or 4 bytes each. It ignores an incomplete last one.
func wide(value []byte, size int) string {
	var runes []rune
	var units []uint16
	for ; len(value) >= size; value = value[size:] {
		if size == 2 {
			units = append(units, uint16(value[0])<<8|uint16(value[1]))
			continue
		}
		runes = append(runes, rune(value[0])<<24|rune(value[1])<<16|rune(value[2])<<8|rune(value[3]))
	}
	if size == 2 {
		runes = utf16.Decode(units)
	}
	return string(runes)
}
