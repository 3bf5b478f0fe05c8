package pkitest

import (
	"bytes"
	"encoding/asn1"
)

// Oddity is a way in which real certificates deviate from what crypto/x509 reads, although other
// software can read their keys and names.
type Oddity struct {
	Name  string
	Alter func(p *Parts)
	// NoDates means that readers cannot tell when the certificate is valid.
	NoDates bool
	// NoIssuer means that readers cannot tell by which algorithm the certificate is signed.
	NoIssuer bool
}

// value returns a change of the subject: one more attribute of a type, whose value is an element.
func value(kind, element []byte) func(p *Parts) {
	return func(p *Parts) {
		var name asn1.RawValue
		if _, err := asn1.Unmarshal(p.Subject, &name); err != nil {
			panic("internal error: " + err.Error())
		}
		p.Subject = TLV(0x30, name.Bytes, TLV(0x31, TLV(0x30, kind, element)))
	}
}

// extension returns a change of an extension.
func extension(value []byte, arcs ...int) func(p *Parts) {
	return func(p *Parts) { p.With(arcs, nil, value) }
}

// validity returns a change of the dates.
func validity(tag byte, from, until string) func(p *Parts) {
	return func(p *Parts) { p.Validity = TLV(0x30, TLV(tag, []byte(from)), TLV(tag, []byte(until))) }
}

// alternative returns a change of the subject's alternative names.
func alternative(tag byte, name string) func(p *Parts) {
	return extension(TLV(0x30, TLV(tag, []byte(name))), 2, 5, 29, 17)
}

// Oddities returns all known kinds of deviation. crypto/x509 refuses a certificate with any of
// them.
func Oddities() []Oddity {
	all := append(oddNames(), oddExtensions()...)
	return append(all, []Oddity{
		{Name: "negative serial number", Alter: func(p *Parts) { p.Serial = []byte{2, 2, 0x85, 0x01} }},
		{Name: "serial number not minimal", Alter: func(p *Parts) { p.Serial = []byte{2, 3, 0, 0, 7} }},
		{Name: "serial number without octets", Alter: func(p *Parts) { p.Serial = []byte{2, 0} }},
		{Name: "version 4", Alter: func(p *Parts) { p.Version = TLV(0xa0, []byte{2, 1, 3}) }},
		{Name: "negative version", Alter: func(p *Parts) { p.Version = TLV(0xa0, []byte{2, 1, 0xff}) }},
		{Name: "version not minimal", Alter: func(p *Parts) { p.Version = TLV(0xa0, []byte{2, 2, 0, 2}) }},
		{Name: "other algorithm beside the signature",
			Alter: func(p *Parts) { p.Outer = TLV(0x30, OID(1, 2, 840, 10045, 4, 3, 3)) }, NoIssuer: true},
		{Name: "algorithm with NULL inside alone",
			Alter: func(p *Parts) { p.Outer = TLV(0x30, OID(1, 2, 840, 10045, 4, 3, 2), []byte{5, 0}) }},
		{Name: "unused bits in the signature", Alter: func(p *Parts) { p.Unused = 9 }},
		{Name: "long length", Alter: func(p *Parts) { p.Serial = []byte{2, 0x81, 1, 7} }},
		{Name: "UTCTime with a fraction", Alter: validity(0x17, "200101000000.5Z", "491231235959.5Z")},
		{Name: "GeneralizedTime with a fraction", Alter: validity(0x18, "20200101000000.5Z", "20991231235959.5Z")},
		{Name: "GeneralizedTime without a zone", Alter: validity(0x18, "20200101000000", "20991231235959")},
		{Name: "dates in a PrintableString", Alter: validity(0x13, "20200101000000Z", "20991231235959Z"),
			NoDates: true},
		{Name: "a thirteenth month", Alter: validity(0x17, "201301000000Z", "491301000000Z"), NoDates: true},
		{Name: "empty dates", Alter: validity(0x17, "", ""), NoDates: true},
		{Name: "no dates", Alter: func(p *Parts) { p.Validity = TLV(0x30) }, NoDates: true},
	}...)
}

func oddNames() []Oddity {
	email, common := OID(1, 2, 840, 113549, 1, 9, 1), OID(2, 5, 4, 3)
	return []Oddity{
		{Name: "IA5String with an umlaut", Alter: value(email, TLV(0x16, []byte("m\xfcller@example.org")))},
		{Name: "IA5String in UTF-8", Alter: value(email, TLV(0x16, []byte("müller@example.org")))},
		{Name: "PrintableString with an at sign", Alter: value(email, TLV(0x13, []byte("a@example.org")))},
		{Name: "PrintableString with an underscore", Alter: value(common, TLV(0x13, []byte("a_b")))},
		{Name: "NumericString with letters", Alter: value(OID(2, 5, 4, 5), TLV(0x12, []byte("12ab")))},
		{Name: "UTF8String that is none", Alter: value(common, TLV(0x0c, []byte("M\xfcller")))},
		{Name: "UniversalString", Alter: value(common, TLV(0x1c, []byte{0, 0, 0, 'M', 0, 0, 0, 0xfc, 0, 1, 0xf6, 0}))},
		{Name: "VisibleString", Alter: value(common, TLV(0x1a, []byte("visible")))},
		{Name: "GeneralString", Alter: value(common, TLV(0x1b, []byte("general")))},
		{Name: "BMPString with a surrogate pair", Alter: value(common, TLV(0x1e, []byte{0xd8, 0x3d, 0xde, 0}))},
		{Name: "BMPString of an odd length", Alter: value(common, TLV(0x1e, []byte{0, 'a', 0}))},
		{Name: "BIT STRING as an attribute", Alter: value(OID(2, 5, 4, 45), TLV(3, []byte{0, 0xaa}))},
		{Name: "date of birth", Alter: value(OID(1, 3, 6, 1, 5, 5, 7, 9, 1), TLV(0x18, []byte("19700101120000Z")))},
		{Name: "postal address",
			Alter: value(OID(2, 5, 4, 16), TLV(0x30, TLV(0x0c, []byte("Street")), TLV(0x0c, []byte("City"))))},
		{Name: "INTEGER as an attribute", Alter: value(OID(1, 2, 3), []byte{2, 1, 7})},
	}
}

func oddExtensions() []Oddity {
	var deep []byte
	for range 30 {
		deep = TLV(0x30, deep)
	}
	return []Oddity{
		{Name: "extension twice", Alter: func(p *Parts) { p.Extensions = append(p.Extensions, p.Extensions[0]) }},
		{Name: "critical not TRUE of DER",
			Alter: func(p *Parts) { p.With([]int{2, 5, 29, 15}, []byte{1, 1, 0x17}, []byte{3, 2, 6, 0xc0}) }},
		{Name: "address with an umlaut", Alter: alternative(0x81, "m\xfcller@example.org")},
		{Name: "address in UTF-8", Alter: alternative(0x81, "müller@example.org")},
		{Name: "host name with an umlaut", Alter: alternative(0x82, "b\xfccher.example")},
		{Name: "URI that is none", Alter: alternative(0x86, "http://[::1")},
		{Name: "URI with an umlaut", Alter: alternative(0x86, "http://b\xfccher.example")},
		{Name: "IP address of 5 bytes", Alter: alternative(0x87, "12345")},
		{Name: "alternative names that are none", Alter: extension([]byte{5, 0}, 2, 5, 29, 17)},
		{Name: "negative path length", Alter: extension(TLV(0x30, []byte{2, 1, 0xff}), 2, 5, 29, 19)},
		{Name: "huge path length", Alter: extension(TLV(0x30, TLV(2, bytes.Repeat([]byte{0x7f}, 12))), 2, 5, 29, 19)},
		{Name: "basic constraints with 01 for TRUE", Alter: extension(TLV(0x30, []byte{1, 1, 1}), 2, 5, 29, 19)},
		{Name: "key purposes that are none", Alter: extension(TLV(0x30, []byte{2, 1, 1}), 2, 5, 29, 37)},
		{Name: "relative distribution point", Alter: extension(
			TLV(0x30, TLV(0x30, TLV(0xa0, TLV(0xa1, TLV(0x30, OID(2, 5, 4, 3), TLV(0x0c, []byte("CRL1"))))))), 2, 5, 29,
			31)},
		{Name: "distribution points that are none", Alter: extension([]byte{5, 0}, 2, 5, 29, 31)},
		{Name: "authority information that is none",
			Alter: extension(TLV(0x30, []byte{5, 0}), 1, 3, 6, 1, 5, 5, 7, 1, 1)},
		{Name: "policies that are none", Alter: extension(TLV(0x30, []byte{5, 0}), 2, 5, 29, 32)},
		{Name: "critical authority key identifier", Alter: func(p *Parts) {
			p.With([]int{2, 5, 29, 35}, []byte{1, 1, 0xff}, TLV(0x30))
		}},
		{Name: "subject key identifier that is none", Alter: extension([]byte{5, 0}, 2, 5, 29, 14)},
		{Name: "name constraints that are none", Alter: extension([]byte{5, 0}, 2, 5, 29, 30)},
		{Name: "extension without value",
			Alter: func(p *Parts) { p.Extensions = append(p.Extensions, TLV(0x30, OID(1, 2, 3))) }},
		{Name: "extension of another kind",
			Alter: func(p *Parts) { p.Extensions = append(p.Extensions, []byte{5, 0}) }},
		{Name: "extension nested deep", Alter: extension(deep, 2, 5, 29, 15)},
	}
}
