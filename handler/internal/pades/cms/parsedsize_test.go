package cms_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"runtime"
	"testing"
	"time"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// The memory that is charged for a certificate is at least the memory that crypto/x509 then holds
// for it. For an ordinary certificate it is not much more.
func TestParsedSize(t *testing.T) {
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	extension := func(id asn1.ObjectIdentifier, value []byte) pkix.Extension {
		der, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: value})
		if err != nil {
			t.Fatal(err)
		}
		return pkix.Extension{Id: id, Value: der}
	}
	names := asn1.ObjectIdentifier{2, 5, 29, 17}
	usages := asn1.ObjectIdentifier{2, 5, 29, 37}
	policies := asn1.ObjectIdentifier{2, 5, 29, 32}
	for name, test := range map[string]struct {
		extensions []pkix.Extension
		subject    pkix.Name
	}{
		"ordinary": {nil, pkix.Name{CommonName: "Seal", Organization: []string{"Example"}}},
		"addresses": {[]pkix.Extension{extension(names, bytes.Repeat([]byte{0x86, 2, 'a', ':'}, 10_000))},
			pkix.Name{}},
		"names": {[]pkix.Extension{extension(names, bytes.Repeat([]byte{0x82, 1, 'a'}, 10_000))}, pkix.Name{}},
		"networks": {[]pkix.Extension{extension(names, bytes.Repeat([]byte{0x87, 4, 1, 2, 3, 4}, 8000))},
			pkix.Name{}},
		"usages":      {[]pkix.Extension{extension(usages, bytes.Repeat([]byte{6, 1, 42}, 10_000))}, pkix.Name{}},
		"policies":    {[]pkix.Extension{extension(policies, distinct(8000))}, pkix.Name{}},
		"a long name": {nil, pkix.Name{CommonName: string(bytes.Repeat([]byte("x"), 30_000))}},
		"units":       {nil, pkix.Name{OrganizationalUnit: many(2000)}},
		"extensions":  {unknown(1500), pkix.Name{}},
		"one large": {[]pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: make([]byte, 50_000)}},
			pkix.Name{}},
	} {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: test.subject, NotBefore: time.Now(),
			NotAfter: time.Now().Add(time.Hour), ExtraExtensions: test.extensions,
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			t.Fatal(name, err)
		}
		const count = 20
		held := make([]*x509.Certificate, count)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range held {
			if held[i], err = x509.ParseCertificate(der); err != nil {
				t.Fatal(name, err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		got, charged := int64(after.HeapAlloc-before.HeapAlloc)/count, cms.ParsedSize(der)
		if got > charged {
			t.Errorf("%s: got %d bytes held for %d, want at most the %d that are taken", name, got, len(der), charged)
		}
		if name == "ordinary" && charged > 16<<10 {
			t.Errorf("%s: got %d bytes taken, want at most 16 KiB", name, charged)
		}
		runtime.KeepAlive(held)
	}
}

func many(count int) []string {
	all := make([]string, count)
	for i := range all {
		all[i] = string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))
	}
	return all
}

// distinct returns different certificate policies: crypto/x509 refuses a policy that comes twice.
func distinct(count int) (der []byte) {
	for i := range count {
		der = append(der, 0x30, 5, 6, 3, 42, byte((i+128)>>7)|0x80, byte(i&0x7f))
	}
	return der
}

func unknown(count int) (all []pkix.Extension) {
	for i := range count {
		all = append(all, pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, i}, Value: []byte{5, 0}})
	}
	return all
}
