package chain

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pkitest"
)

// If a limit leaves out validation data, the report names that limit.
func TestTheStoreTellsWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	distinct := func(size, i int) []byte { return binary.BigEndian.AppendUint64(make([]byte, size-8), uint64(i)) }
	certificates := func(count, size int, more x509.Certificate) func(*Store) {
		return func(s *Store) {
			for i := range count {
				c := more
				c.Raw = distinct(size, i)
				s.addCertificate(&c, Span{})
			}
		}
	}
	many := func(count, size int, add func(*Store, []byte, Span)) func(*Store) {
		return func(s *Store) {
			for i := range count {
				add(s, distinct(size, i), Span{})
			}
		}
	}
	responses := func(count int) func(*Store) {
		return func(s *Store) {
			s.responses = make([]*stored[*revocation.Response], count)
			s.addResponse(distinct(9, 1), Span{})
		}
	}
	lists := func(count int) func(*Store) {
		return func(s *Store) {
			s.lists = make([]*stored[*revocation.List], count)
			s.addList(distinct(9, 1), Span{})
		}
	}
	long := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), maxIssuerKey), E: 65537}
	for _, test := range []struct {
		name string
		fill func(*Store)
		want string // "" = nothing is left out
	}{
		{"certificates", certificates(maxPieces, 9, x509.Certificate{}), ""},
		{"more certificates", certificates(maxPieces+1, 9, x509.Certificate{}), "1000 certificates"},
		{"long certificates", certificates(maxKeyBytes/cms.MaxCertificate+1, cms.MaxCertificate, x509.Certificate{}),
			"4194304 bytes"},
		{"a longer certificate", many(1, cms.MaxCertificate+1, (*Store).addDER), "65536 bytes"},
		{"certificates of many bytes, unread",
			func(s *Store) { s.keys = maxKeyBytes; s.addDER(distinct(9, 1), Span{}) }, "4194304 bytes"},
		{"a long key", certificates(1, 9, x509.Certificate{PublicKey: long}), "8192 bits"},
		{"responders", certificates(maxResponders, 9,
			x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}}), ""},
		{"more responders",
			certificates(maxResponders+1, 9,
				x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}}),
			"64 certificates of OCSP responders"},
		{"responses", responses(maxPieces - 1), ""},
		{"more responses", responses(maxPieces), "1000 OCSP responses"},
		{"a long response", many(1, revocation.MaxResponse+1, (*Store).addResponse), "131072 bytes"},
		{"the longest response", many(1, revocation.MaxResponse, (*Store).addResponse), ""},
		{"responses of many bytes",
			func(s *Store) { s.keys = maxKeyBytes - 9; s.addResponse(distinct(9, 1), Span{}) }, ""},
		{"responses of more bytes", func(s *Store) { s.keys = maxKeyBytes - 8; s.addResponse(distinct(9, 1), Span{}) },
			"4194304 bytes"},
		{"lists", lists(maxLists - 1), ""},
		{"more lists", lists(maxLists), "100 CRLs"},
		{"a long list", many(1, revocation.MaxList+1, (*Store).addList), "33554432 bytes"},
		{"long lists", many(2, revocation.MaxList, (*Store).addList), "50331648 bytes"},
		{"bytes up to the bound",
			func(s *Store) { s.bytes = maxBytes - 9; s.addList(distinct(9, 1), Span{}) }, ""},
		{"one byte more",
			func(s *Store) { s.bytes = maxBytes - 8; s.addList(distinct(9, 1), Span{}) }, "50331648 bytes"},
		{"pieces", many(3*maxPieces, 9, (*Store).addList), ""},
		{"more pieces", many(3*maxPieces+1, 9, (*Store).addList), "3000 pieces"},
		{"questions", func(s *Store) { s.checks = maxQuestions; s.exhausted() }, ""},
		{"more questions", func(s *Store) { s.checks = maxQuestions + 1; s.exhausted() }, "2000 checks"},
		{"effort", func(s *Store) { s.effort = MaxEffort + 1; s.exhausted() }, "20000 units"},
		{"what the reader leaves out",
			func(s *Store) { s.leaveOutFor(&pades.Error{Code: pades.CodeTooComplex, Detail: "16 bytes"}) }, "16 bytes"},
		{"certificates in a response", func(s *Store) { s.addResponse(responseWith(t, 17), Span{}) },
			"16 certificates"},
		{"no response", func(s *Store) { s.addResponse(responseWith(t, 16), Span{}) }, ""},
		{"evidence about a question",
			func(s *Store) { s.leaveOutBeyond(&revocation.Error{Limit: true, Detail: "4 signers"}) }, "4 signers"},
		{"evidence that is malformed", func(s *Store) { s.leaveOutBeyond(&revocation.Error{Detail: "x"}) }, ""},
		{"embedded pieces", embedded(cms.MaxRevocations), ""},
		{"more embedded pieces", embedded(cms.MaxRevocations + 1), "100 pieces"},
		{"what is damaged", func(s *Store) { s.leaveOutFor(&pades.Error{Code: pades.CodeDamaged}) }, ""},
	} {
		s := newStore(anchors{})
		test.fill(s)
		if got := s.limit; (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// embedded adds a signature that embeds a number of CRLs, none of which can be read.
func embedded(count int) func(*Store) {
	return func(s *Store) {
		signed := &cms.SignedData{}
		for i := range count {
			signed.CRLs = append(signed.CRLs, []byte{0x30, 3, 2, 1, byte(i)})
		}
		s.AddCMS(signed, Span{})
	}
}

// responseWith returns the DER of an OCSP response with a number of certificates, none of which can
// be read.
func responseWith(t *testing.T, count int) []byte {
	t.Helper()
	type basic struct {
		Data         struct{}
		Algorithm    pkix.AlgorithmIdentifier
		Signature    asn1.BitString
		Certificates []struct{} `asn1:"explicit,tag:0"`
	}
	type body struct {
		Type     asn1.ObjectIdentifier
		Response []byte
	}
	marshal := func(value any) []byte {
		der, err := asn1.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	return marshal(struct {
		Status asn1.Enumerated
		Body   body `asn1:"explicit,tag:0"`
	}{Body: body{asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}, marshal(basic{
		Algorithm: pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}},
		Signature: asn1.BitString{Bytes: []byte{1}, BitLength: 8}, Certificates: make([]struct{}, count),
	})}})
}

// If validation data was left out, missing data is no reason against a certificate. Data that was
// found still is.
func TestReasonsThatALimitMayHaveMade(t *testing.T) {
	t.Parallel()
	for sub, cured := range map[pades.SubIndication]bool{
		pades.NoCertificateChain: true, pades.TryLater: true, pades.RevocationOutOfBounds: true,
		pades.OutOfBoundsNoPOE: true,
		pades.RevokedNoPOE:     false, pades.ChainConstraintsFailure: false, pades.NotYetValid: false,
	} {
		for _, limit := range []string{"", "more than 7 pieces"} {
			v := NewValidator(pades.Trust{}, false, nil)
			v.store = newStore(anchors{})
			v.store.limit = limit
			got, _ := errors.AsType[*pades.VerdictError](v.withinLimits(pades.Undecided(sub, "reason")))
			want := sub
			if cured && limit != "" {
				want = pades.LimitReached
			}
			if got.Sub != want || got.Indication != pades.Indeterminate || !strings.Contains(got.Detail, "reason") ||
				want == pades.LimitReached && !strings.Contains(got.Detail, limit) {
				t.Errorf("%s with limit %q: got %v, want %s", sub, limit, got, want)
			}
		}
	}
}

// One valid chain suffices. If there are more chains, or more candidate certificates, than the
// bounds allow, the question stays open, unless the signer was revoked or has failed.
func TestMoreChainsThanAreLookedAt(t *testing.T) {
	t.Parallel()
	now := time.Now()
	root, err := pkitest.NewRoot("Root", now)
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := root.NewIntermediate("Issuer", now)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := issuer.Issue(pkitest.SigningTemplate("Seal", now), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	copies := func(t *testing.T, count int, until time.Time) (all []*x509.Certificate) {
		for i := range count {
			template := *issuer.Chain[0]
			template.SerialNumber, template.NotAfter = big.NewInt(int64(i+1)), until
			der, err := x509.CreateCertificate(nil, &template, root.Chain[0], issuer.Key.Public(), root.Key)
			if err != nil {
				t.Fatal(err)
			}
			c, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
		return all
	}
	again := func(t *testing.T, count int) []*x509.Certificate { return copies(t, count, now.Add(-time.Minute)) }
	sound := func(t *testing.T, count int) []*x509.Certificate { return copies(t, count, now.Add(time.Hour)) }
	last := func(t *testing.T, count int) []*x509.Certificate { return append(again(t, count-1), issuer.Chain[0]) }
	revoked, err := ocsp.CreateResponse(issuer.Chain[0], issuer.Chain[0], ocsp.Response{Status: ocsp.Revoked,
		SerialNumber: leaf[0].SerialNumber, RevokedAt: now.Add(-time.Minute), ThisUpdate: now}, issuer.Key)
	if err != nil {
		t.Fatal(err)
	}
	namesakes := func(_ *testing.T, count int) []*x509.Certificate {
		all := expensive(t, issuer.Chain[0].RawSubject, count)
		for _, c := range all {
			c.PublicKey, c.BasicConstraintsValid, c.IsCA = key.Public(), true, true
		}
		return all
	}
	for _, test := range []struct {
		name   string
		others func(*testing.T, int) []*x509.Certificate
		count  int
		want   pades.SubIndication
	}{
		{"chains", again, maxPaths, pades.OutOfBoundsNoPOE},
		{"more chains", again, maxPaths + 1, pades.LimitReached},
		{"more chains, and a signature that is older than its certificate", again, maxPaths + 1, pades.NotYetValid},
		{"more chains, and a revoked signer", sound, maxPaths + 1, pades.RevokedNoPOE},
		{"chains of which the last one is valid", last, maxPaths, ""},
		{"more chains of which the last one is valid", last, maxPaths + 1, pades.LimitReached},
		{"namesakes", namesakes, 50, pades.NoCertificateChain},
		{"more namesakes", namesakes, maxChecks + 1, pades.LimitReached},
	} {
		v := NewValidator(pades.Trust{Anchors: root.Chain, Time: now}, false, nil)
		v.store = newStore(anchors{trusted: root.Chain})
		for _, c := range test.others(t, test.count) {
			v.store.addCertificate(c, Span{})
		}
		if test.want == pades.RevokedNoPOE {
			v.store.addResponse(revoked, Span{})
		}
		q := Question{Signer: leaf[0], At: now, Fresh: now}
		indication := pades.Indeterminate
		if test.want == pades.NotYetValid {
			q.At, q.Proved, indication = leaf[0].NotBefore.Add(-time.Hour), true, pades.TotalFailed
		}
		judged, err := v.Validate(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if got, failed := errors.AsType[*pades.VerdictError](judged.Err); failed != (test.want != "") ||
			failed && (got.Sub != test.want || got.Indication != indication) {
			t.Errorf("%s: got %v, want %q", test.name, judged.Err, test.want)
		}
	}
}
