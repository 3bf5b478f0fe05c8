package certificate

import (
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
)

// DistinguishedName writes a Name as RFC 4514 does: the last relative name first, attribute types
// by name if they have one, special and invisible characters escaped. Unlike the RFC, it writes a
// string as text even if its type has no name; only values that are not strings have the form #….
// The text ends in "…" if the name is long, or if an attribute cannot be read.
func DistinguishedName(raw []byte) string {
	attributes, whole := attributesOf(raw)
	var names []string
	for _, a := range attributes {
		text := a.describe()
		if a.first || len(names) == 0 {
			names = append(names, text)
			continue
		}
		names[len(names)-1] += "+" + text
	}
	slices.Reverse(names)
	if !whole {
		names = append(names, "…")
	}
	text := strings.Join(names, ",")
	if len(text) > maxText {
		return strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return text
}

func (a attribute) describe() string {
	kind := a.kind.String()
	if name, known := attributeTypes[kind]; known {
		kind = name
	}
	text, ok := a.text()
	if !ok {
		return kind + "=#" + hex.EncodeToString(a.whole[:min(len(a.whole), maxText)])
	}
	return kind + "=" + escape(text)
}

// escape escapes a value: RFC 4514, section 2.4. It also escapes all invisible characters, because
// some of them can reverse the direction of the line.
func escape(text string) string {
	if isPlain(text) {
		return text
	}
	var b strings.Builder
	last := len(text) - 1
	for i, r := range text {
		switch {
		case strings.ContainsRune(`"+,;<>\`, r), i == 0 && (r == '#' || r == ' '), i == last && r == ' ':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			for _, octet := range []byte(string(r)) {
				b.WriteByte('\\')
				b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{octet})))
			}
		}
	}
	return b.String()
}

// isPlain reports whether a text needs no escaping because it has nothing but ASCII letters,
// digits, dots and hyphens, and spaces in between. Other texts may need none either.
func isPlain(text string) bool {
	for i, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-',
			c == ' ' && i > 0 && i < len(text)-1:
		default:
			return false
		}
	}
	return true
}

// attributeTypes are the names of attribute types: RFC 4519 and 4524, ITU-T X.520, RFC 2985, RFC
// 3739, ETSI EN 319 412-1, the CA/Browser Forum's requirements, and what national schemes use.
var attributeTypes = map[string]string{
	"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "STREET", "2.5.4.10": "O",
	"2.5.4.11":                   "OU",
	"0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.3": "mail",

	"2.5.4.4": "surname", "2.5.4.5": "serialNumber", "2.5.4.12": "title", "2.5.4.13": "description",
	"2.5.4.15": "businessCategory",
	"2.5.4.16": "postalAddress", "2.5.4.17": "postalCode", "2.5.4.18": "postOfficeBox",
	"2.5.4.19": "physicalDeliveryOfficeName",
	"2.5.4.20": "telephoneNumber", "2.5.4.41": "name", "2.5.4.42": "givenName", "2.5.4.43": "initials",
	"2.5.4.44": "generationQualifier",
	"2.5.4.45": "uniqueIdentifier", "2.5.4.46": "dnQualifier", "2.5.4.51": "houseIdentifier", "2.5.4.54": "dmdName",
	"2.5.4.65": "pseudonym", "2.5.4.72": "role", "2.5.4.97": "organizationIdentifier",

	"1.2.840.113549.1.9.1": "emailAddress", "1.2.840.113549.1.9.2": "unstructuredName",
	"1.2.840.113549.1.9.8": "unstructuredAddress",

	"1.3.6.1.5.5.7.9.1": "dateOfBirth", "1.3.6.1.5.5.7.9.2": "placeOfBirth", "1.3.6.1.5.5.7.9.3": "gender",
	"1.3.6.1.5.5.7.9.4": "countryOfCitizenship", "1.3.6.1.5.5.7.9.5": "countryOfResidence",

	"1.3.6.1.4.1.311.60.2.1.1": "jurisdictionLocality", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionStateOrProvince",
	"1.3.6.1.4.1.311.60.2.1.3": "jurisdictionCountry",

	"0.2.262.1.10.7.20": "nameDistinguisher", "1.3.36.8.3.14": "nameAtBirth", "1.2.643.3.131.1.1": "INN",
	"1.2.643.100.1": "OGRN",
	"1.2.643.100.3": "SNILS",
}
