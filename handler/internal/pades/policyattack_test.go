package pades_test

import (
	"bytes"
	"encoding/asn1"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pkitest"
)

var critical = []byte{1, 1, 0xff}

func with(id []int, flag []byte, value []byte) func(p *pkitest.Parts) {
	return func(p *pkitest.Parts) { p.With(asn1.ObjectIdentifier(id), flag, value) }
}

func all(changes ...func(p *pkitest.Parts)) func(p *pkitest.Parts) {
	return func(p *pkitest.Parts) {
		for _, c := range changes {
			c(p)
		}
	}
}

func without(id ...int) func(p *pkitest.Parts) {
	return func(p *pkitest.Parts) {
		for i, e := range p.Extensions {
			if bytes.Contains(e[:min(len(e), 16)], pkitest.OID(id...)) {
				p.Extensions = append(append([][]byte{}, p.Extensions[:i]...), p.Extensions[i+1:]...)
				return
			}
		}
	}
}

// A chain is valid if it keeps to the policies (RFC 5280, section 6.1, with RFC 9618), the usages
// and the other extensions of its certificates. pyHanko judges most of these chains in the same
// way. It accepts qualified statements that are critical, and refuses other identifiers of keys.
func TestPoliciesAndExtensionsOfChains(t *testing.T) {
	t.Parallel()
	const passed, constrained, unchained, unasked = "TOTAL-PASSED", "INDETERMINATE CHAIN_CONSTRAINTS_FAILURE",
		"INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND", "INDETERMINATE TRY_LATER"
	policies := func(flag []byte, oids ...[]byte) func(p *pkitest.Parts) {
		var parts [][]byte
		for _, o := range oids {
			parts = append(parts, tlv(0x30, o))
		}
		return with([]int{2, 5, 29, 32}, flag, tlv(0x30, parts...))
	}
	constraints := func(parts ...[]byte) func(p *pkitest.Parts) {
		return with([]int{2, 5, 29, 36}, critical, tlv(0x30, parts...))
	}
	require := func(n byte) []byte { return tlv(0x80, []byte{n}) }
	inhibitMap := func(n byte) []byte { return tlv(0x81, []byte{n}) }
	inhibitAny := func(n byte) func(p *pkitest.Parts) { return with([]int{2, 5, 29, 54}, critical, []byte{2, 1, n}) }
	mapping := func(flag []byte, a, b []byte) func(p *pkitest.Parts) {
		return with([]int{2, 5, 29, 33}, flag, tlv(0x30, tlv(0x30, a, b)))
	}
	any, p1, p2 := oid(2, 5, 29, 32, 0), oid(1, 2, 3, 4, 1), oid(1, 2, 3, 4, 2)
	eku := func(flag []byte, oids ...[]byte) func(p *pkitest.Parts) {
		return with([]int{2, 5, 29, 37}, flag, tlv(0x30, oids...))
	}
	ku := func(bits ...byte) func(p *pkitest.Parts) { return with([]int{2, 5, 29, 15}, critical, tlv(3, bits)) }
	bc := func(parts ...[]byte) func(p *pkitest.Parts) {
		return with([]int{2, 5, 29, 19}, critical, tlv(0x30, parts...))
	}
	rows := []struct {
		name  string
		of    link
		lower string
		want  string
	}{
		{"plain", link{}, "", passed},
		{"require 0, none", link{authority: constraints(require(0))}, "", constrained},
		{"require 0, leaf p1, ca p1",
			link{authority: all(constraints(require(0)), policies(nil, p1)), signer: policies(nil, p1)}, "", passed},
		{"require 0, leaf p2, ca p1",
			link{authority: all(constraints(require(0)), policies(nil, p1)), signer: policies(nil, p2)}, "",
			constrained},
		{"require 0, leaf none, ca p1",
			link{authority: all(constraints(require(0)), policies(nil, p1))}, "", constrained},
		{"require 0, leaf p1, ca any",
			link{authority: all(constraints(require(0)), policies(nil, any)), signer: policies(nil, p1)}, "", passed},
		{"require 0, leaf any, ca p1",
			link{authority: all(constraints(require(0)), policies(nil, p1)), signer: policies(nil, any)}, "", passed},
		{"require 0, leaf any, ca any, inhibit any 0",
			link{authority: all(constraints(require(0)), policies(nil, any), inhibitAny(0)), signer: policies(nil,
				any)}, "", constrained},
		{"require 1, none", link{authority: constraints(require(1))}, "", constrained},
		{"require 2, none, lower", link{authority: constraints(require(2))}, "Lower", constrained},
		{"require 1, none, lower", link{authority: constraints(require(1))}, "Lower", constrained},
		{"require 0 in leaf", link{signer: constraints(require(0))}, "", constrained},
		{"require 0, mapped",
			link{authority: all(constraints(require(0)), policies(nil, p1), mapping(critical, p1, p2)),
				signer: policies(nil, p2)}, "", passed},
		{"require 0, mapped, mild",
			link{authority: all(constraints(require(0)), policies(nil, p1), mapping(nil, p1, p2)), signer: policies(nil,
				p2)}, "", passed},
		{"require 0, mapped, unmapped leaf",
			link{authority: all(constraints(require(0)), policies(nil, p1), mapping(critical, p1, p2)),
				signer: policies(nil, p1)}, "", constrained},
		{"require 0, mapping inhibited",
			link{authority: all(constraints(require(0), inhibitMap(0)), policies(nil, p1), mapping(critical, p1, p2)),
				signer: policies(nil, p2)}, "", passed},
		{"critical policies no require",
			link{authority: policies(critical, p1), signer: policies(critical, p2)}, "", passed},
		{"ca eku serverAuth", link{authority: eku(nil, oid(1, 3, 6, 1, 5, 5, 7, 3, 1))}, "", passed},
		{"ca eku serverAuth critical", link{authority: eku(critical, oid(1, 3, 6, 1, 5, 5, 7, 3, 1))}, "", passed},
		{"ca eku ocsp critical", link{authority: eku(critical, oid(1, 3, 6, 1, 5, 5, 7, 3, 9))}, "", passed},
		{"leaf eku serverAuth", link{signer: eku(nil, oid(1, 3, 6, 1, 5, 5, 7, 3, 1))}, "", passed},
		{"leaf eku serverAuth critical", link{signer: eku(critical, oid(1, 3, 6, 1, 5, 5, 7, 3, 1))}, "", passed},
		{"leaf eku codeSigning critical", link{signer: eku(critical, oid(1, 3, 6, 1, 5, 5, 7, 3, 3))}, "", passed},
		{"leaf eku timestamp+ocsp",
			link{signer: eku(critical, oid(1, 3, 6, 1, 5, 5, 7, 3, 8), oid(1, 3, 6, 1, 5, 5, 7, 3, 9))}, "",
			constrained},
		{"leaf eku empty", link{signer: eku(nil)}, "", passed},
		{"ca no bc", link{authority: without(2, 5, 29, 19)}, "", unchained},
		{"ca bc empty", link{authority: bc()}, "", unchained},
		{"ca ku crlsign", link{authority: ku(1, 2)}, "", unchained},
		{"ca ku none", link{authority: without(2, 5, 29, 15)}, "", passed},
		{"ca ku sign only", link{authority: ku(7, 0x80)}, "", unchained},
		{"leaf ku encipher", link{signer: ku(5, 0x20)}, "", constrained},
		{"leaf ku keyAgreement", link{signer: ku(3, 0x08)}, "", constrained},
		{"leaf ku certSign", link{signer: ku(2, 0x04)}, "", constrained},
		{"leaf bc ca", link{signer: bc(critical)}, "", passed},
		{"ca version 1",
			link{authority: func(p *pkitest.Parts) { p.Version, p.Extensions = nil, nil }}, "", constrained},
		{"leaf version 1", link{signer: func(p *pkitest.Parts) { p.Version, p.Extensions = nil, nil }}, "", passed},
		{"ca critical unknown", link{authority: with([]int{1, 2, 3}, critical, null)}, "", constrained},
		{"leaf critical unknown", link{signer: with([]int{1, 2, 3}, critical, null)}, "", constrained},
		{"leaf critical qcStatements",
			link{signer: with([]int{1, 3, 6, 1, 5, 5, 7, 1, 3}, critical, tlv(0x30, tlv(0x30, oid(0, 4, 0, 1862, 1,
				1))))}, "", constrained},
		{"leaf critical crldp",
			link{signer: with([]int{2, 5, 29, 31}, critical, tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa0, tlv(0x86,
				[]byte("http://localhost:1/")))))))}, "", unasked},
		{"leaf critical policies with qualifier",
			link{signer: with([]int{2, 5, 29, 32}, critical, tlv(0x30, tlv(0x30, p1, tlv(0x30, tlv(0x30, oid(1, 3, 6, 1,
				5, 5, 7, 2, 1), tlv(22, []byte("http://a/")))))))}, "", passed},
		{"leaf aki of another key",
			link{signer: with([]int{2, 5, 29, 35}, nil, tlv(0x30, tlv(0x80, []byte("another"))))}, "", passed},
		{"leaf aki of another issuer",
			link{signer: with([]int{2, 5, 29, 35}, nil, tlv(0x30, tlv(0xa1, tlv(0xa4, tlv(0x30, tlv(0x31, tlv(0x30,
				oid(2, 5, 4, 3), tlv(12, []byte("Other"))))))), tlv(0x82, []byte{5})))}, "", passed},
		{"leaf no subject", link{signer: func(p *pkitest.Parts) { p.Subject = tlv(0x30) }}, "", passed},
		{"ca no subject", link{authority: func(p *pkitest.Parts) { p.Subject = tlv(0x30) }}, "", passed},
		{"leaf private key usage period past",
			link{signer: with([]int{2, 5, 29, 16}, nil, tlv(0x30, tlv(0x80, []byte("20000101000000Z")), tlv(0x81,
				[]byte("20010101000000Z"))))}, "", passed},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := pathOf(t, row.of, row.lower)
			document := formed(pades.SubFilterPAdES, "", func(content []byte) []byte {
				return newMessage(s, content).bytes()
			})
			got := verified(t, document, s.trust())[0]
			if said, want := saidOf(got), row.want+" intact B-B"; said != want {
				t.Errorf("got %s (%s), want %s", said, got.Detail, want)
			}
		})
	}
}
