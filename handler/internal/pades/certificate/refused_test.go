package certificate_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades/certificate"
	"influxion/handler/internal/pkitest"
)

// stated is what the extensions of a certificate state.
type stated struct {
	read, critical   int // extensions
	usage            x509.KeyUsage
	constrained, ca  bool
	length           int
	zero             bool
	purposes         int
	ocsp, issuers    []string
	points           []string
	subject, issuing string // key identifiers
}

func statedBy(c *x509.Certificate) stated {
	s := stated{read: len(c.Extensions), usage: c.KeyUsage, constrained: c.BasicConstraintsValid, ca: c.IsCA,
		length: c.MaxPathLen, zero: c.MaxPathLenZero, purposes: len(c.ExtKeyUsage) + len(c.UnknownExtKeyUsage),
		ocsp: c.OCSPServer, issuers: c.IssuingCertificateURL, points: c.CRLDistributionPoints,
		subject: string(c.SubjectKeyId), issuing: string(c.AuthorityKeyId)}
	for _, e := range c.Extensions {
		if e.Critical {
			s.critical++
		}
	}
	return s
}

// refusedWith returns what is read of a certificate that crypto/x509 refuses.
func refusedWith(t *testing.T, extensions ...[]byte) *x509.Certificate {
	t.Helper()
	der, _, _ := issue(t, func(p *pkitest.Parts) { p.Unused, p.Extensions = 9, extensions })
	c, err := certificate.Parse(der)
	if err != nil || !certificate.Refused(c) {
		t.Fatalf("got %v, want a certificate that is refused", err)
	}
	return c
}

// The extensions of a refused certificate are read one by one. Those that cannot be read are left
// out, and of those that are there twice the first counts.
func TestExtensionsOfRefused(t *testing.T) {
	t.Parallel()
	extension := func(id int, value ...[]byte) []byte {
		return pkitest.Extension([]int{2, 5, 29, id}, nil, bytes.Join(value, nil))
	}
	flagged := func(flag ...byte) []byte { return pkitest.Extension([]int{1, 2, 3}, flag, nil) }
	usage := func(bits ...byte) []byte { return extension(15, tlv(3, bits)) }
	authority := func(parts ...[]byte) []byte { return extension(19, tlv(0x30, parts...)) }
	access := func(parts ...[]byte) []byte {
		return pkitest.Extension([]int{1, 3, 6, 1, 5, 5, 7, 1, 1}, nil, tlv(0x30, parts...))
	}
	ocsp, yes := pkitest.OID(1, 3, 6, 1, 5, 5, 7, 48, 1), []byte{1, 1, 0xff}
	uri := func(text string) []byte { return tlv(0x86, []byte(text)) }
	unread := func(kind []byte) []byte { return tlv(0x30, kind, tlv(4, nil)) }
	long := func(size int) []byte { return unread(tlv(6, bytes.Repeat([]byte{1}, size-2))) }
	within := func(depth int, element []byte) []byte {
		for range depth {
			element = tlv(0x30, element)
		}
		return element
	}
	none := func(read int) stated { return stated{read: read} }
	constrained := func(ca bool, length int) stated {
		return stated{read: 1, constrained: true, ca: ca, length: length, zero: length == 0}
	}
	rows := map[string]struct {
		extensions [][]byte
		want       stated
	}{
		"no SEQUENCE ends them":    {[][]byte{flagged(), {5, 0}, usage(0, 0xff)}, none(1)},
		"no identifier":            {[][]byte{unread(nil), usage(7, 0x80)}, stated{read: 1, usage: 1}},
		"no such identifier":       {[][]byte{unread([]byte{6, 1, 0x80}), usage(7, 0x80)}, stated{read: 1, usage: 1}},
		"a long identifier":        {[][]byte{long(64), flagged()}, none(2)},
		"a longer identifier":      {[][]byte{long(65), flagged()}, none(1)},
		"no OCTET STRING":          {[][]byte{tlv(0x30, ocsp, []byte{5, 0}), flagged()}, none(1)},
		"critical":                 {[][]byte{flagged(1, 1, 0xff), flagged(1, 1, 1)}, stated{read: 2, critical: 2}},
		"not critical":             {[][]byte{flagged(1, 1, 0), flagged(1, 0), flagged(1, 2, 1, 1)}, none(3)},
		"twice":                    {[][]byte{usage(7, 0x80), usage(6, 0x40)}, stated{read: 2, usage: 1}},
		"all uses, and more bits":  {[][]byte{usage(0, 0xff, 0xff)}, stated{read: 1, usage: 0x1ff}},
		"no uses":                  {[][]byte{usage(0)}, none(1)},
		"no constraints":           {[][]byte{extension(19, []byte{5, 0})}, none(1)},
		"empty constraints":        {[][]byte{authority()}, constrained(false, -1)},
		"an authority":             {[][]byte{authority(yes)}, constrained(true, -1)},
		"an authority, oddly":      {[][]byte{authority([]byte{1, 1, 1})}, constrained(true, -1)},
		"no authority":             {[][]byte{authority([]byte{1, 1, 0})}, constrained(false, -1)},
		"a flag without a value":   {[][]byte{authority([]byte{1, 0})}, constrained(false, -1)},
		"length 0":                 {[][]byte{authority(yes, []byte{2, 1, 0})}, constrained(true, 0)},
		"length 1":                 {[][]byte{authority(yes, []byte{2, 1, 1})}, constrained(true, 1)},
		"length 127":               {[][]byte{authority(yes, []byte{2, 1, 0x7f})}, constrained(true, 127)},
		"a negative length":        {[][]byte{authority(yes, []byte{2, 1, 0x80})}, constrained(true, -1)},
		"a length of two bytes":    {[][]byte{authority(yes, []byte{2, 2, 0, 0x80})}, constrained(true, -1)},
		"a length of none":         {[][]byte{authority(yes, []byte{2, 0})}, constrained(true, -1)},
		"an authority's key alone": {[][]byte{extension(35, tlv(0x80, []byte("x")))}, none(1)},
		"more purposes than are read": {[][]byte{extension(37, within(1, bytes.Repeat(ocsp, 65)))},
			stated{read: 1, purposes: 64}},
		"access": {[][]byte{access(within(1, slices.Concat(ocsp, uri("a"))), within(1, ocsp))},
			stated{read: 1, ocsp: []string{"a"}}},
		"access for an issuer, deeper within": {[][]byte{access(tlv(0x30, pkitest.OID(1, 3, 6, 1, 5, 5, 7, 48, 2),
			within(2, uri("a"))))}, none(1)},
		"as many accesses as are read": {[][]byte{access(bytes.Repeat(within(1, slices.Concat(ocsp, uri("a"))), 64))},
			stated{read: 1, ocsp: slices.Repeat([]string{"a"}, 64)}},
		"an access behind as many others": {[][]byte{access(bytes.Repeat(within(1, ocsp), 64),
			within(1, slices.Concat(ocsp, uri("a"))))}, none(1)},
		"access within": {[][]byte{access(tlv(0x30, ocsp, within(1, uri("a"))))},
			stated{read: 1, ocsp: []string{"a"}}},
		"access deeper within": {[][]byte{access(tlv(0x30, ocsp, within(2, uri("a"))))}, none(1)},
		"an address deep within": {[][]byte{extension(31, within(10, uri("a")))},
			stated{read: 1, points: []string{"a"}}},
		"as many addresses as are read": {[][]byte{extension(31, within(1, bytes.Repeat(uri("a"), 65)))},
			stated{read: 1, points: slices.Repeat([]string{"a"}, 64)}},
		"what is no address": {[][]byte{extension(31, within(1, slices.Concat(tlv(0x82, []byte("x")),
			tlv(0x81, []byte("y")),
			tlv(0x81, uri("a")), tlv(4, uri("b")),
			uri("\xff"), uri("c"), []byte{0x86, 9})))}, stated{read: 1, points: []string{"c"}}},
	}
	for i := range 9 {
		rows[fmt.Sprint("use ", i)] = struct {
			extensions [][]byte
			want       stated
		}{[][]byte{usage(0, byte(0x80>>i), byte(0x8000>>i&0x80*(i/8)))}, stated{read: 1, usage: 1 << i}}
	}
	for name, test := range rows {
		if got := statedBy(refusedWith(t, test.extensions...)); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

// The parts of a refused certificate must be there in their order, but may be odd ones.
func TestPartsOfRefused(t *testing.T) {
	t.Parallel()
	zeros := func(size int) []byte { return tlv(2, make([]byte, size)) }
	dates := func(from []byte) []byte { return tlv(0x30, from, tlv(0x17, []byte("500101000000Z"))) }
	from := func(tag byte, spaces int) []byte {
		return dates(tlv(tag, []byte("20260102030405Z"+strings.Repeat(" ", spaces))))
	}
	third := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	good := func(c *x509.Certificate) bool { return c.Version == 3 && c.KeyUsage != 0 && len(c.Signature) > 60 }
	since := func(at time.Time) func(*x509.Certificate) bool {
		return func(c *x509.Certificate) bool { return c.NotBefore.Equal(at) && c.NotAfter.Year() == 1950 }
	}
	first := func(c *x509.Certificate) bool { return c.Version == 1 }
	extensions := func(count int) func(*x509.Certificate) bool {
		return func(c *x509.Certificate) bool { return len(c.Extensions) == count }
	}
	unsigned := func(c *x509.Certificate) bool { return c.Signature == nil }
	twoSignatures := func(p *pkitest.Parts) { p.Outer = slices.Concat(p.Outer, []byte{3, 0}) }
	behindKey := func(element []byte) func(*pkitest.Parts) {
		return func(p *pkitest.Parts) { p.Key = slices.Concat(p.Key, element) }
	}
	another := pkitest.Extension([]int{2, 5, 29, 15}, nil, tlv(3, []byte{7, 0x80}))
	for name, test := range map[string]struct {
		alter func(p *pkitest.Parts)
		want  func(*x509.Certificate) bool // nil = an error
	}{
		"as they should be":          {func(*pkitest.Parts) {}, good},
		"no version":                 {func(p *pkitest.Parts) { p.Version = nil }, first},
		"a version of no byte":       {func(p *pkitest.Parts) { p.Version = tlv(0xa0, tlv(2)) }, first},
		"no serial number":           {func(p *pkitest.Parts) { p.Serial = nil }, nil},
		"a serial number of 256":     {func(p *pkitest.Parts) { p.Serial = zeros(256) }, good},
		"a serial number of 257":     {func(p *pkitest.Parts) { p.Serial = zeros(257) }, nil},
		"a unique identifier":        {behindKey([]byte{0x81, 2, 0, 1}), good},
		"an element that is cut":     {behindKey([]byte{0x81, 0x84, 9, 9, 9, 9}), extensions(0)},
		"extensions twice":           {behindKey(tlv(0xa3, tlv(0x30, another))), extensions(1)},
		"a signature of no byte":     {twoSignatures, unsigned},
		"a date":                     {func(p *pkitest.Parts) { p.Validity = from(0x18, 0) }, since(third)},
		"a date as a text":           {func(p *pkitest.Parts) { p.Validity = from(12, 0) }, since(time.Time{})},
		"a date with much space":     {func(p *pkitest.Parts) { p.Validity = from(0x18, 49) }, since(third)},
		"a date with too much space": {func(p *pkitest.Parts) { p.Validity = from(0x18, 50) }, since(time.Time{})},
	} {
		der, _, _ := issue(t, func(p *pkitest.Parts) { p.Unused = 9; test.alter(p) })
		c, err := certificate.Parse(der)
		if (err == nil) != (test.want != nil) || err == nil && (!certificate.Refused(c) || !test.want(c)) {
			t.Errorf("%s: got %+v, %v", name, c, err)
		}
	}
}

// A certificate may have MaxSize bytes, whether crypto/x509 reads it or not.
func TestLargestCertificate(t *testing.T) {
	t.Parallel()
	of := func(size int) (der []byte) {
		padding := 0
		for tries := 0; len(der) != size && tries < 1000; tries++ { // a signature has 70 to 72 bytes
			padding += size - len(der)
			der, _, _ = issue(t, func(p *pkitest.Parts) {
				p.Unused = 9
				p.With([]int{1, 2, 3}, nil, make([]byte, padding))
			})
		}
		return der
	}
	if der := of(certificate.MaxSize); len(der) != certificate.MaxSize {
		t.Errorf("got a certificate of %d bytes, want %d", len(der), certificate.MaxSize)
	} else if _, err := certificate.Parse(der); err != nil {
		t.Errorf("got %v for the largest certificate", err)
	}
	if c, err := certificate.Parse(of(certificate.MaxSize + 1)); err == nil {
		t.Errorf("got %v, want no certificate larger than the largest", c)
	}
	for size, long := range map[int]bool{certificate.MaxSize: false, certificate.MaxSize + 1: true} {
		_, err := certificate.ParseSound(tlv(0x30, make([]byte, size-4)))
		if err == nil || strings.Contains(err.Error(), "more than 65536 bytes") != long {
			t.Errorf("got %v for %d bytes", err, size)
		}
	}
}

// The contents of an INTEGER are a number in two's complement, even if they are too long or empty.
func TestInteger(t *testing.T) {
	t.Parallel()
	for contents, want := range map[string]int64{"": 0, "\x00": 0, "\x01": 1, "\x7f": 127, "\x80": -128, "\xff": -1,
		"\x00\x80": 128, "\x80\x00": -32768, "\xff\x7f": -129, "\xff\xff": -1} {
		if got := certificate.Integer([]byte(contents)); got.Int64() != want {
			t.Errorf("%x: got %v, want %d", contents, got, want)
		}
	}
}

// An authority's constraints are for the certificates below it, not for its own.
func TestConstraintsOfTheSignerItself(t *testing.T) {
	t.Parallel()
	signer, issuer := *refusedWith(t, pkitest.Extension([]int{2, 5, 29, 30}, nil, []byte{5, 0})), &x509.Certificate{}
	if err := certificate.CheckNames([]*x509.Certificate{&signer, issuer}); err != nil {
		t.Errorf("got %v for constraints of the signer, want none", err)
	}
	if err := certificate.CheckNames([]*x509.Certificate{issuer, &signer}); !errors.Is(err,
		certificate.ErrNamesNotEvaluated) {
		t.Errorf("got %v for constraints of the issuer, want that they are not evaluated", err)
	}
}
