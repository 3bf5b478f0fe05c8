package syntax

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// pdfDoc holds the characters of PDFDocEncoding (ISO 32000-2, annex D.3) at 0x18-0x1F and at
// 0x80-0xA0. Elsewhere PDFDocEncoding is Latin-1.
var pdfDoc = map[byte]rune{
	0x18: '˘', 0x19: 'ˇ', 0x1a: 'ˆ', 0x1b: '˙', 0x1c: '˝', 0x1d: '˛', 0x1e: '˚', 0x1f: '˜',
	0x80: '•', 0x81: '†', 0x82: '‡', 0x83: '…', 0x84: '—', 0x85: '–', 0x86: 'ƒ', 0x87: '⁄', 0x88: '‹', 0x89: '›',
	0x8a: '−',
	0x8b: '‰', 0x8c: '„', 0x8d: '“', 0x8e: '”', 0x8f: '‘', 0x90: '’', 0x91: '‚', 0x92: '™', 0x93: 'ﬁ', 0x94: 'ﬂ',
	0x95: 'Ł',
	0x96: 'Œ', 0x97: 'Š', 0x98: 'Ÿ', 0x99: 'Ž', 0x9a: 'ı', 0x9b: 'ł', 0x9c: 'œ', 0x9d: 'š', 0x9e: 'ž', 0xa0: '€',
}

// Text makes a text string (ISO 32000-2, 7.9.2.2): ASCII or Latin-1 if PDFDocEncoding has the same
// bytes, else UTF-16BE with its byte order mark. Bytes that are not valid UTF-8 become U+FFFD.
func Text(s string) String {
	plain := make(String, 0, len(s))
	for _, r := range s {
		if r > 0xff || decodeByte(byte(r)) != r {
			return utf16Text(s)
		}
		plain = append(plain, byte(r))
	}
	if kind, _ := byteOrder(plain); kind != "" {
		return utf16Text(s)
	}
	return plain
}

func utf16Text(s string) String {
	out := String{0xfe, 0xff}
	for _, unit := range utf16.Encode([]rune(s)) {
		out = append(out, byte(unit>>8), byte(unit))
	}
	return out
}

// Text decodes a text string: UTF-16 or UTF-8 after a byte order mark, else PDFDocEncoding. Bytes
// that cannot be decoded become U+FFFD.
func (s String) Text() string {
	kind, rest := byteOrder(s)
	switch kind {
	case "utf-16be", "utf-16le":
		units := make([]uint16, 0, len(rest)/2+1)
		for len(rest) >= 2 {
			unit := uint16(rest[0])<<8 | uint16(rest[1])
			if kind == "utf-16le" {
				unit = unit<<8 | unit>>8
			}
			units, rest = append(units, unit), rest[2:]
		}
		if len(rest) > 0 {
			units = append(units, utf8.RuneError)
		}
		return string(utf16.Decode(units))
	case "utf-8":
		return strings.ToValidUTF8(string(rest), string(utf8.RuneError))
	}
	var out strings.Builder
	for _, c := range s {
		out.WriteRune(decodeByte(c))
	}
	return out.String()
}

// byteOrder finds a byte order mark.
func byteOrder(s String) (kind string, rest String) {
	switch {
	case len(s) >= 2 && s[0] == 0xfe && s[1] == 0xff:
		return "utf-16be", s[2:]
	case len(s) >= 2 && s[0] == 0xff && s[1] == 0xfe:
		return "utf-16le", s[2:]
	case len(s) >= 3 && s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf:
		return "utf-8", s[3:]
	}
	return "", s
}

// decodeByte returns the character of a byte in PDFDocEncoding.
func decodeByte(c byte) rune {
	if r, ok := pdfDoc[c]; ok {
		return r
	}
	if c < 0x18 && c != '\t' && c != '\n' && c != '\r' || c == 0x7f || c == 0x9f || c == 0xad {
		return utf8.RuneError
	}
	return rune(c)
}
