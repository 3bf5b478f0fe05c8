package certificate_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"slices"
	"testing"

	"influxion/handler/internal/pades/certificate"
	"influxion/handler/internal/pkitest"
)

// Of a certificate that crypto/x509 refuses, no more extensions are read than the bound.
func TestManyExtensions(t *testing.T) {
	t.Parallel()
	for _, count := range []int{64, 65, 1000} {
		der, _, _ := issue(t, func(p *pkitest.Parts) {
			p.Serial = []byte{2, 2, 0x85, 0x01}
			p.Extensions = slices.Repeat([][]byte{pkitest.Extension([]int{1, 2, 3}, nil, nil)}, count)
		})
		c, err := certificate.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Extensions) != 64 {
			t.Errorf("got %d of %d extensions, want 64", len(c.Extensions), count)
		}
	}
}

// Names beyond the bounds are not compared, and never permitted.
func TestManyNames(t *testing.T) {
	t.Parallel()
	directory := func(count int) []byte {
		one := tlv(0xa4, tlv(0x30, tlv(0x31, tlv(0x30, []byte{6, 3, 0x55, 4, 3}, tlv(12, []byte("x"))))))
		return bytes.Repeat(one, count)
	}
	subtrees := func(count int) []byte {
		return bytes.Repeat(tlv(0x30, directory(1)), count)
	}
	with := func(id int, value []byte) *x509.Certificate {
		extension := pkix.Extension{Id: []int{2, 5, 29, id}, Value: value}
		return &x509.Certificate{RawSubject: tlv(0x30), Extensions: []pkix.Extension{extension}}
	}
	for _, test := range []struct {
		names, subtrees int
		want            error
	}{
		{64, 64, nil}, {65, 64, certificate.ErrNamesNotEvaluated}, {64, 65, certificate.ErrNamesNotEvaluated},
	} {
		path := []*x509.Certificate{with(17, tlv(0x30, directory(test.names))),
			with(30, tlv(0x30, tlv(0xa0, subtrees(test.subtrees))))}
		if err := certificate.CheckNames(path); !errors.Is(err, test.want) {
			t.Errorf("%d names and %d subtrees: got %v, want %v", test.names, test.subtrees, err, test.want)
		}
	}
}
