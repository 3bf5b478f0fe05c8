package chain

import (
	"context"
	"crypto/x509"
	"math/big"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pkitest"
)

// The store keeps to its bounds for validation data from any source, and verifies evidence a
// bounded number of times.
func TestStoreKeepsItsBounds(t *testing.T) {
	t.Parallel()
	now := time.Now()
	root, err := pkitest.NewRoot("Root", now)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := root.Issue(pkitest.SigningTemplate("Seal", now), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	response := func(serial int64) []byte {
		template := ocsp.Response{Status: ocsp.Good, SerialNumber: big.NewInt(serial), ThisUpdate: now,
			NextUpdate: now.Add(time.Hour)}
		if serial == 0 {
			template.SerialNumber = chain[0].SerialNumber
		}
		der, err := ocsp.CreateResponse(root.Chain[0], root.Chain[0], template, root.Key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	s := newStore(anchors{})
	genuine := response(0)
	s.addResponse(genuine, Span{1, 2})
	s.addResponse(genuine, Span{3, 4})
	if got := s.EvidenceAbout(chain[0], chain[1]); len(got) != 1 ||
		!slices.Equal(got[0].places, []Span{{1, 2}, {3, 4}}) {
		t.Errorf("got %+v, want one answer in two places", got)
	}
	if asked := s.checks; len(s.EvidenceAbout(chain[0], chain[1])) != 1 || s.checks != asked {
		t.Errorf("got %d checks of evidence that was checked before, want none", s.checks-asked)
	}
	for i := range maxPieces + 10 {
		s.addResponse(response(int64(i+1)), Span{})
	}
	if len(s.responses) != maxPieces {
		t.Errorf("got %d responses, want %d", len(s.responses), maxPieces)
	}
	before := len(s.lists)
	s.addList(make([]byte, maxBytes), Span{})
	if len(s.lists) != before || s.bytes > maxBytes {
		t.Errorf("got %d bytes held, want at most %d", s.bytes, maxBytes)
	}
	other, err := root.Issue(&x509.Certificate{SerialNumber: big.NewInt(7), NotAfter: now.Add(time.Hour)}, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	s.checks = maxQuestions + 1
	if got := s.EvidenceAbout(other[0], other[1]); len(got) != 0 {
		t.Errorf("got %d answers, want none any more", len(got))
	}
	s.checks = 0
	s.effort = 0
	if got := s.search(other[0], other[1]); len(got) != 1 || s.checks != 1 || s.effort != Effort(root.Chain[0]) {
		t.Errorf("got %d answers for %d questions and an effort of %d, want one", len(got), s.checks, s.effort)
	}
	s.effort = MaxEffort + 1
	if got := s.search(other[0], other[1]); len(got) != 0 {
		t.Errorf("got %d answers, want none any more", len(got))
	}
}

// Chains are built for a bounded number of signers.
func TestSignersAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	root, err := pkitest.NewRoot("Root", now)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	v := NewValidator(pades.Trust{Anchors: root.Chain, Time: now}, false,
		func(context.Context, *Store) error { return nil })
	var first *x509.Certificate
	for i := range maxSigners + 2 {
		chain, err := root.Issue(pkitest.SigningTemplate("Seal", now), key.Public())
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = chain[0]
		}
		if i == maxSigners+1 { // the chains of the first are known
			if judged, err := v.Validate(t.Context(), Question{Signer: first, At: now, Fresh: now}); err != nil ||
				judged.Err != nil {
				t.Errorf("got %v %v for a signer whose chains are known", judged, err)
			}
			break
		}
		judged, err := v.Validate(t.Context(), Question{Signer: chain[0], At: now, Fresh: now})
		if err != nil || (judged.Err == nil) != (i < maxSigners) {
			t.Fatalf("signer %d: got %v %v, want a chain for the first %d", i+1, judged.Err, err, maxSigners)
		}
		if judged.Err != nil && pades.LimitOf(judged.Err) == nil {
			t.Errorf("signer %d: got %v, want a limit", i+1, judged.Err)
		}
	}
}

// A path ends at the first anchor, even if the document holds that anchor and another one that
// certifies it.
func TestPathsEndAtAnchors(t *testing.T) {
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
	chain, err := issuer.Issue(pkitest.SigningTemplate("Seal", now), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		anchors []*x509.Certificate
		want    int // certificates of the path
	}{"the root": {chain[2:], 3}, "the issuer": {chain[1:2], 2}, "both": {chain[1:], 2}} {
		v := NewValidator(pades.Trust{Anchors: test.anchors, Time: now}, false, nil)
		s := newStore(v.anchors)
		for _, c := range chain {
			s.addCertificate(c, Span{})
		}
		v.store = s
		paths, err := v.build(chain[0], s)
		if err != nil || len(paths) != 1 || len(paths[0]) != test.want {
			t.Errorf("%s: got %d paths %v, want one of %d certificates", name, len(paths), err, test.want)
		}
		for _, c := range s.issuers.originals {
			if c == chain[0] {
				t.Errorf("%s: got the signer's certificate as an issuer", name)
			}
		}
		if len(s.Certificates) != len(chain) {
			t.Errorf("%s: got %d certificates, want %d", name, len(s.Certificates), len(chain))
		}
	}
}
