package encryption

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxPassword is the number of bytes of a password that count in revisions 5 and 6.
const maxPassword = 127

// encodings are the possible encodings of a password, the likely ones first. Revisions up to 4
// demand PDFDocEncoding, which not all writers use. Later revisions demand UTF-8 after SASLprep
// (RFC 4013), which some writers omit.
func encodings(password string, revision int) [][]byte {
	var all [][]byte
	add := func(encoded []byte) {
		for _, known := range all {
			if bytes.Equal(known, encoded) {
				return
			}
		}
		all = append(all, encoded)
	}
	if revision >= 5 {
		add(truncated([]byte(password)))
		add(truncated(prepare(password)))
		return all
	}
	if encoded, ok := docEncoding(password); ok {
		add(encoded)
	}
	add([]byte(password))
	return all
}

func truncated(password []byte) []byte { return password[:min(len(password), maxPassword)] }

// prepare applies the mapping and the normalization of RFC 4013.
func prepare(password string) []byte {
	mapped := make([]rune, 0, len(password))
	for _, r := range password {
		switch {
		case unicode.Is(unicode.Zs, r):
			mapped = append(mapped, ' ')
		case r == 0xad || r == 0x34f || r == 0x1806 || r >= 0x180b && r <= 0x180d || r >= 0x200b && r <= 0x200d ||
			r == 0x2060 ||
			r >= 0xfe00 && r <= 0xfe0f || r == 0xfeff: // RFC 3454, table B.1
		default:
			mapped = append(mapped, r)
		}
	}
	return norm.NFKC.Bytes([]byte(string(mapped)))
}

// docEncoded are the characters that have another code in PDFDocEncoding (ISO 32000-2, annex D.3)
// than in Latin-1, in the order of their codes from 0x80 on.
const docEncoded = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž"

// docEncoding encodes a password in PDFDocEncoding; ok is false if the encoding lacks a character.
func docEncoding(password string) (encoded []byte, ok bool) {
	for _, r := range password {
		switch at := indexRune(docEncoded, r); {
		case at >= 0:
			encoded = append(encoded, byte(0x80+at))
		case r == '€':
			encoded = append(encoded, 0xa0)
		case r < 0x7f || r > 0xa0 && r <= 0xff:
			encoded = append(encoded, byte(r))
		default:
			return nil, false
		}
	}
	return encoded, utf8.ValidString(password)
}

// indexRune returns the place of a character in a text, counted in characters; -1 = it is not
// there.
func indexRune(text string, wanted rune) int {
	at := 0
	for _, r := range text {
		if r == wanted {
			return at
		}
		at++
	}
	return -1
}
