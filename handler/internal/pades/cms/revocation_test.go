package cms_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

var (
	oidArchival  = oid(1, 2, 840, 113583, 1, 1, 8)
	oidValues    = oid(1, 2, 840, 113549, 1, 9, 16, 2, 24)
	derOCSP      = oid(1, 3, 6, 1, 5, 5, 7, 16, 2)
	derOCSPBasic = oid(1, 3, 6, 1, 5, 5, 7, 48, 1, 1)
)

// item is a SEQUENCE that stands for a CRL or a BasicOCSPResponse.
func item(name string) []byte { return tlv(0x30, tlv(0x30, tlv(12, []byte(name)))) }

// full returns the OCSPResponse around a BasicOCSPResponse.
func full(name string) []byte {
	return tlv(0x30, []byte{10, 1, 0}, tlv(0xa0, tlv(0x30, derOCSPBasic, tlv(4, item(name)))))
}

func lists(crls, ocsps [][]byte) []byte {
	return tlv(0x30, tlv(0xa0, tlv(0x30, crls...)), tlv(0xa1, tlv(0x30, ocsps...)))
}

func TestRevocations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		change      func(f *forgery)
		ocsps, crls [][]byte
	}{
		{"none", func(*forgery) {}, nil, nil},
		{"empty crls", func(f *forgery) { f.crls = tlv(0xa1) }, nil, nil},
		{"crls", func(f *forgery) { f.crls = tlv(0xa1, item("a"), item("b")) }, nil, [][]byte{item("a"), item("b")}},
		{"OCSP responses among the crls", func(f *forgery) {
			f.crls = tlv(0xa1, tlv(0xa1, derOCSP, full("o")), item("a"), tlv(0xa1, derOCSPBasic, item("p")),
				tlv(0xa1, oid(1, 2, 3), item("x")))
		}, [][]byte{full("o"), full("p")}, [][]byte{item("a")}},
		{"other things among the crls", func(f *forgery) {
			f.crls = tlv(0xa1, null, tlv(0xa1), tlv(0xa1, derOCSP), tlv(0xa1, derOCSP, null),
				tlv(0xa1, derOCSP, full("a"), full("b")),
				tlv(0xa1, derOCSPBasic, null), tlv(0xa1, null), tlv(0xa2, derOCSP, full("o")),
				tlv(0xa1, derOCSP, tlv(0x30, null)),
				tlv(0xa1, derOCSP, tlv(0x30)), item("c"))
		}, nil, [][]byte{item("c")}},
		{"crls that end in nonsense", func(f *forgery) { f.crls = tlv(0xa1, item("a"), []byte{0x30, 9}, item("b")) },
			nil, [][]byte{item("a")}},
		{"BER among the crls",
			func(f *forgery) { f.crls = tlv(0xa1, indefinite(0xa1, derOCSP, full("o")), indefinite(0x30, null)) },
			[][]byte{full("o")}, [][]byte{indefinite(0x30, null)}},
		{"adbe-revocationInfoArchival", func(f *forgery) {
			f.more = [][]byte{attr(oidArchival, lists([][]byte{item("a"), item("b")}, [][]byte{full("o")}))}
		}, [][]byte{full("o")}, [][]byte{item("a"), item("b")}},
		{"archival of OCSP responses alone", func(f *forgery) {
			f.more = [][]byte{attr(oidArchival,
				tlv(0x30, tlv(0xa1, tlv(0x30, full("o"), null)), tlv(0xa2, tlv(0x30, full("x")))))}
		}, [][]byte{full("o")}, nil},
		{"archival of nonsense", func(f *forgery) { f.more = [][]byte{attr(oidArchival, null)} }, nil, nil},
		{"archival of nonsense in a list", func(f *forgery) {
			f.more = [][]byte{attr(oidArchival,
				tlv(0x30, tlv(0xa0, null), tlv(0xa1), null, tlv(0xa0, tlv(0x30, item("a")))))}
		}, nil, [][]byte{item("a")}},
		{"revocation-values that end in a list that is cut off", func(f *forgery) {
			f.unsigned = tlv(0xa1, attr(oidValues, tlv(0x30, tlv(0xa0, tlv(0x30, item("a"))), []byte{0xa1, 9})))
		}, nil, [][]byte{item("a")}},
		{"archival that is unsigned", func(f *forgery) {
			f.unsigned = tlv(0xa1, attr(oidArchival, lists([][]byte{item("a")}, nil)))
		}, nil, nil},
		{"revocation-values", func(f *forgery) {
			f.unsigned = tlv(0xa1, attr(oidValues, lists([][]byte{item("a")}, [][]byte{item("o")})))
		}, [][]byte{full("o")}, [][]byte{item("a")}},
		{"each form in the other's place", func(f *forgery) {
			f.more = [][]byte{attr(oidArchival, lists(nil, [][]byte{item("o")}))}
			f.unsigned = tlv(0xa1, attr(oidValues, lists(nil, [][]byte{full("p")})))
		}, [][]byte{full("o"), full("p")}, nil},
		{"all", func(f *forgery) {
			f.crls = tlv(0xa1, item("a"))
			f.more = [][]byte{attr(oidArchival, lists([][]byte{item("b")}, [][]byte{full("o")}))}
			f.unsigned = tlv(0xa1, attr(oidValues, lists([][]byte{item("c")}, [][]byte{item("p")})))
		}, [][]byte{full("o"), full("p")}, [][]byte{item("a"), item("b"), item("c")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newForgery(t, pkitest.P256)
			c.change(f)
			s, err := cms.Parse(f.build(t))
			if err != nil {
				t.Fatal(err)
			}
			ocsps, crls, more := s.Revocations()
			if more || !slices.EqualFunc(ocsps, c.ocsps, bytes.Equal) || !slices.EqualFunc(crls, c.crls, bytes.Equal) {
				t.Errorf("got OCSP responses %q and CRLs %q, want %q and %q", ocsps, crls, c.ocsps, c.crls)
			}
		})
	}
}

func TestRevocationsAreBounded(t *testing.T) {
	t.Parallel()
	var many [][]byte
	for i := range 70 {
		many = append(many, item(fmt.Sprint(i)))
	}
	f := newForgery(t, pkitest.P256)
	f.crls = tlv(0xa1, many...)
	f.more = [][]byte{attr(oidArchival, lists(nil, many))}
	f.unsigned = tlv(0xa1, attr(oidValues, lists(many, many)))
	s, err := cms.Parse(f.build(t))
	if err != nil {
		t.Fatal(err)
	}
	if ocsps, crls, more := s.Revocations(); len(crls) != 70 || len(ocsps) != 30 || !more {
		t.Errorf("got %d CRLs and %d OCSP responses, want 70 and 30", len(crls), len(ocsps))
	}
	f.crls = tlv(0xa1, slices.Concat(many, many)...)
	if s, err = cms.Parse(f.build(t)); err != nil || len(s.CRLs) != 101 {
		t.Errorf("got %v and more or fewer CRLs than 101", err)
	}
}
