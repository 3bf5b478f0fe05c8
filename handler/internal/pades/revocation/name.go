package revocation

import (
	"bytes"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// sameName compares two names as RFC 5280, section 7.1 has it: authorities write their own name now as a PrintableString, now as a
// UTF8String, and case and white space do not count. It spares the Unicode mapping of RFC 4518: a name that only that would find equal
// is another one here.
func sameName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	one, ok1 := attributes(a)
	other, ok2 := attributes(b)
	if !ok1 || !ok2 || len(one) != len(other) {
		return false
	}
	for i := range one {
		if !one[i].same(other[i]) {
			return false
		}
	}
	return true
}

// attribute is an AttributeTypeAndValue, and whether it begins a RelativeDistinguishedName.
type attribute struct {
	oid, value cryptobyte.String
	tag        asn1.Tag
	first      bool
}

func (a attribute) same(b attribute) bool {
	if a.first != b.first || !bytes.Equal(a.oid, b.oid) {
		return false
	}
	if textual(a.tag) && textual(b.tag) {
		return strings.EqualFold(squeeze(a.value), squeeze(b.value))
	}
	return a.tag == b.tag && bytes.Equal(a.value, b.value)
}

func textual(tag asn1.Tag) bool {
	return tag == asn1.UTF8String || tag == asn1.PrintableString || tag == asn1.IA5String
}

func squeeze(value cryptobyte.String) string { return strings.Join(strings.Fields(string(value)), " ") }

// attributes reads a Name, in order.
func attributes(name []byte) ([]attribute, bool) {
	s := cryptobyte.String(name)
	var names, relative, pair cryptobyte.String
	if !s.ReadASN1(&names, asn1.SEQUENCE) || !s.Empty() {
		return nil, false
	}
	var all []attribute
	for !names.Empty() {
		if !names.ReadASN1(&relative, asn1.SET) || relative.Empty() {
			return nil, false
		}
		for first := true; !relative.Empty(); first = false {
			a := attribute{first: first}
			if !relative.ReadASN1(&pair, asn1.SEQUENCE) || !pair.ReadASN1(&a.oid, asn1.OBJECT_IDENTIFIER) ||
				!pair.ReadAnyASN1(&a.value, &a.tag) || !pair.Empty() {
				return nil, false
			}
			all = append(all, a)
		}
	}
	return all, true
}
