package certificate_test

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"influxion/handler/internal/pades/certificate"
	"influxion/handler/internal/pkitest"
)

var (
	tlv        = pkitest.TLV
	commonName = pkitest.OID(2, 5, 4, 3)
	email      = pkitest.OID(1, 2, 840, 113549, 1, 9, 1)
)

// name returns a Name of relative names. Each relative name has the attributes of one row.
func name(relative ...[][]byte) []byte {
	var all []byte
	for _, attributes := range relative {
		all = append(all, tlv(0x31, attributes...)...)
	}
	return tlv(0x30, all)
}

func attribute(kind, value []byte) []byte { return tlv(0x30, kind, value) }

func utf8String(text string) []byte { return tlv(0x0c, []byte(text)) }

func TestDistinguishedName(t *testing.T) {
	t.Parallel()
	one := func(value []byte) []byte { return name([][]byte{attribute(commonName, value)}) }
	for _, c := range []struct {
		label string
		raw   []byte
		want  string
	}{
		{"nothing", name(), ""},
		{"the last relative name first", name([][]byte{attribute(pkitest.OID(2, 5, 4, 6), tlv(0x13, []byte("DE")))},
			[][]byte{attribute(commonName, utf8String("Seal"))}), "CN=Seal,C=DE"},
		{"several values",
			name([][]byte{attribute(commonName, utf8String("Seal")), attribute(email, tlv(0x16, []byte("a@b")))}),
			"CN=Seal+emailAddress=a@b"},
		{"an organisation's identifier", name([][]byte{attribute(pkitest.OID(2, 5, 4, 97), utf8String("VATDE-123"))}),
			"organizationIdentifier=VATDE-123"},
		{"a person's names", name([][]byte{attribute(pkitest.OID(2, 5, 4, 4), utf8String("Müller"))},
			[][]byte{attribute(pkitest.OID(2, 5, 4, 42), utf8String("Änne"))}), "givenName=Änne,surname=Müller"},
		{"special characters", one(utf8String(`a,b+c"d\e<f>g;h=i`)), `CN=a\,b\+c\"d\\e\<f\>g\;h=i`},
		{"space and number sign at the ends", one(utf8String(" #a ")), `CN=\ #a\ `},
		{"number sign at the beginning", one(utf8String("#a")), `CN=\#a`},
		{"a single space", one(utf8String(" ")), `CN=\ `},
		{"no text", one(utf8String("")), "CN="},
		{"invisible characters", one(utf8String("a\x00b\n\u202ec")), `CN=a\00b\0A\E2\80\AEc`},
		{"T61String", one(tlv(0x14, []byte("M\xfcller"))), "CN=Müller"},
		{"BMPString", one(tlv(0x1e, []byte{0, 'M', 0, 0xfc, 0xd8, 0x3d, 0xde, 0})), "CN=Mü😀"},
		{"UniversalString", one(tlv(0x1c, []byte{0, 0, 0, 'M', 0, 1, 0xf6, 0})), "CN=M😀"},
		{"UniversalString beyond Unicode", one(tlv(0x1c, []byte{0xff, 0xff, 0xff, 0xff})), "CN=\ufffd"},
		{"PrintableString in UTF-8", one(tlv(0x13, []byte("Müller"))), "CN=Müller"},
		{"IA5String in ISO 8859-1", one(tlv(0x16, []byte("M\xfcller"))), "CN=Müller"},
		{"a type without a name", name([][]byte{attribute(pkitest.OID(1, 2, 3, 4), utf8String("text"))}),
			"1.2.3.4=text"},
		{"no string", name([][]byte{attribute(pkitest.OID(2, 5, 4, 45), []byte{3, 2, 0, 0xaa})}),
			"uniqueIdentifier=#030200aa"},
		{"a date",
			name([][]byte{attribute(pkitest.OID(1, 3, 6, 1, 5, 5, 7, 9, 1), tlv(0x18, []byte("19700101120000Z")))}),
			"dateOfBirth=19700101120000Z"},
		{"an attribute that cannot be read",
			name([][]byte{attribute(commonName, utf8String("Seal"))}, [][]byte{{5, 0}}), "CN=Seal,…"},
		{"no name at all", []byte{5, 0}, "…"},
	} {
		if got := certificate.DistinguishedName(c.raw); got != c.want {
			t.Errorf("%s: got %q, want %q", c.label, got, c.want)
		}
	}
	long := certificate.DistinguishedName(one(utf8String(strings.Repeat("ü", 40_000))))
	if len(long) > 5000 || !strings.HasSuffix(long, "…") || !utf8.ValidString(long) {
		t.Errorf("got %d bytes for a long name, want them cut", len(long))
	}
}

// Names have the same text as in crypto/x509, except for attribute types for which crypto/x509 has
// no name.
func TestDistinguishedNameOfPKIX(t *testing.T) {
	t.Parallel()
	written := pkix.Name{
		CommonName: "Seal, GmbH", Organization: []string{"Example + Sons"}, OrganizationalUnit: []string{"A", "B"},
		Country:  []string{"DE"},
		Locality: []string{"Köln"}, Province: []string{"NRW"},
	}
	raw, err := asn1.Marshal(written.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := certificate.DistinguishedName(raw), written.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSameName(t *testing.T) {
	t.Parallel()
	seal := name([][]byte{attribute(commonName, utf8String("Example Seal"))})
	for _, c := range []struct {
		label string
		other []byte
		want  bool
	}{
		{"itself", seal, true},
		{"as a PrintableString", name([][]byte{attribute(commonName, tlv(0x13, []byte("Example Seal")))}), true},
		{"as a BMPString",
			name(
				[][]byte{attribute(commonName,
					tlv(0x1e, []byte("\x00E\x00x\x00a\x00m\x00p\x00l\x00e\x00 \x00S\x00e\x00a\x00l")))}), true},
		{"in other case and white space", name([][]byte{attribute(commonName, utf8String(" example  SEAL "))}), true},
		{"another", name([][]byte{attribute(commonName, utf8String("Example Seals"))}), false},
		{"another type", name([][]byte{attribute(email, utf8String("Example Seal"))}), false},
		{"more", name([][]byte{attribute(commonName, utf8String("Example Seal"))},
			[][]byte{attribute(commonName, utf8String("B"))}), false},
		{"no string", name([][]byte{attribute(commonName, []byte{2, 1, 1})}), false},
		{"nothing", name(), false},
		{"no name", []byte{5, 0}, false},
	} {
		if got := certificate.SameName(seal, c.other); got != c.want {
			t.Errorf("%s: got %v, want %v", c.label, got, c.want)
		}
	}
	numbered := func(value ...byte) []byte { return name([][]byte{attribute(commonName, value)}) }
	for label, other := range map[string][]byte{
		"another number": numbered(2, 1, 2), "another type": numbered(4, 1, 1), "an empty text": numbered(12, 0),
	} {
		if certificate.SameName(numbered(2, 1, 1), other) || certificate.SameName(other, numbered(2, 1, 1)) {
			t.Errorf("%s: got the same name", label)
		}
	}
	// the same number, in a name with another difference
	one := [][]byte{attribute(commonName, []byte{2, 1, 1})}
	if !certificate.SameName(name(one, [][]byte{attribute(email, utf8String("A"))}),
		name(one, [][]byte{attribute(email, utf8String("a"))})) {
		t.Error("got another name where the case of a text differs beside a number")
	}
	flat := name([][]byte{attribute(commonName, utf8String("A")), attribute(commonName, utf8String("B"))})
	split := name([][]byte{attribute(commonName, utf8String("A"))}, [][]byte{attribute(commonName, utf8String("B"))})
	if certificate.SameName(flat, split) {
		t.Error("got a relative name of two attributes for two relative names")
	}
}

// Names that cannot be read are the same only byte for byte. A T61String is ISO 8859-1.
func TestSameNameOfOddBytes(t *testing.T) {
	t.Parallel()
	if !certificate.SameName([]byte{5, 0}, []byte{5, 0}) {
		t.Error("got another name for the same bytes")
	}
	latin := name([][]byte{attribute(commonName, tlv(0x14, []byte{0xc3, 0xb6}))})
	if !certificate.SameName(latin, name([][]byte{attribute(commonName, utf8String("\u00c3\u00b6"))})) {
		t.Error("got another name for the same characters")
	}
	long := func(size int) []byte { return tlv(6, bytes.Repeat([]byte{1}, size-2)) } // the type of an attribute
	one, other := attribute(commonName, utf8String("x")), attribute(commonName, tlv(0x13, []byte("x")))
	for label, pair := range map[string][2][]byte{
		"a long type":       {name([][]byte{attribute(long(64), utf8String("x"))}), nil},
		"a longer type":     {name([][]byte{attribute(long(65), utf8String("x"))}), nil},
		"more behind":       {append(name([][]byte{one}), 5, 0), name([][]byte{other})},
		"more in the pair":  {name([][]byte{tlv(0x30, one[2:], []byte{5, 0})}), name([][]byte{other})},
		"an empty relative": {name([][]byte{one}, nil), name([][]byte{other})},
		"half a relative":   {name([][]byte{one, {5, 0}}), name([][]byte{other})},
	} {
		if pair[1] == nil {
			pair[1] = bytes.ReplaceAll(pair[0], utf8String("x"), tlv(0x13, []byte("x")))
		}
		want := label == "a long type"
		if certificate.SameName(pair[0], pair[1]) != want || certificate.SameName(pair[1], pair[0]) != want {
			t.Errorf("%s: want the same name: %v", label, want)
		}
	}
}

// SameText ignores only a difference between the string types of RFC 5280, section 4.1.2.4.
func TestSameText(t *testing.T) {
	t.Parallel()
	of := func(tag byte, text string) []byte {
		return name([][]byte{attribute(commonName, tlv(tag, []byte(text)))})
	}
	beside := func(one, other []byte) []byte { return tlv(0x30, one[2:], other[2:]) }
	for _, test := range []struct {
		label      string
		one, other []byte
		want       bool
	}{
		{"itself", of(12, "Seal"), of(12, "Seal"), true},
		{"as a PrintableString", of(12, "Seal"), of(19, "Seal"), true},
		{"as an IA5String", of(12, "Seal"), of(22, "Seal"), false},
		{"of an IA5String", of(22, "Seal"), of(12, "Seal"), false},
		{"both IA5Strings", of(22, "Seal"), of(22, "Seal"), true},
		{"another text", of(12, "Seal"), of(19, "Sea1"), false},
		{"an IA5String beside", beside(of(22, "x"), of(12, "Seal")), beside(of(22, "x"), of(19, "Seal")), true},
		{"in one relative name",
			name([][]byte{attribute(commonName, utf8String("A")), attribute(email, utf8String("B"))}),
			name([][]byte{attribute(commonName, utf8String("A"))}, [][]byte{attribute(email, utf8String("B"))}), false},
		{"another case", of(12, "Seal"), of(19, "SEAL"), false},
		{"another attribute", of(12, "Seal"), name([][]byte{attribute(email, tlv(19, []byte("Seal")))}), false},
	} {
		if got := certificate.SameText(test.one, test.other); got != test.want {
			t.Errorf("%s: got %v, want %v", test.label, got, test.want)
		}
	}
}

// FuzzDistinguishedName: the text is short, is valid UTF-8, and contains no invisible character.
func FuzzDistinguishedName(f *testing.F) {
	for _, odd := range pkitest.Oddities() {
		der, _, _ := issue(f, odd.Alter)
		c, err := certificate.Parse(der)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(c.RawSubject)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		text := certificate.DistinguishedName(raw)
		if len(text) > 5000 || !utf8.ValidString(text) {
			t.Errorf("got %d bytes, valid: %v", len(text), utf8.ValidString(text))
		}
		if i := slices.IndexFunc([]rune(text), func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("got an invisible character in %q", text)
		}
		if certificate.DistinguishedName(raw) != text || !certificate.SameName(raw, raw) {
			t.Error("got another reading of the same bytes")
		}
	})
}
