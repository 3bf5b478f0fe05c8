package chain

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/certificate"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// An algorithm that is too weak today counts if the signature is proved to be from a time when the
// algorithm was reliable.
func TestReliable(t *testing.T) {
	t.Parallel()
	rsaKey := func(bits uint) *x509.Certificate {
		return &x509.Certificate{PublicKey: &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), bits-1), E: 65537}}
	}
	curve := &x509.Certificate{PublicKey: &ecdsa.PublicKey{Curve: elliptic.P224()}}
	weak := &cms.Error{Kind: cms.AlgorithmForbidden, Detail: "weak"}
	at := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, test := range []struct {
		name   string
		weak   *cms.Error
		hash   crypto.Hash
		signer *x509.Certificate
		at     time.Time
		proved bool
		want   pades.SubIndication
	}{
		{"strong", nil, crypto.SHA256, rsaKey(2048), at(2026), false, ""},
		{"SHA-1, proved in time", weak, crypto.SHA1, rsaKey(2048), at(2012), true, ""},
		{"SHA-1, proved too late", weak, crypto.SHA1, rsaKey(2048), at(2013), true, pades.CryptoConstraintsFailure},
		{"SHA-1, not proved", weak, crypto.SHA1, rsaKey(2048), at(2026), false, pades.CryptoConstraintsNoPOE},
		{"MD5, proved too late", weak, crypto.MD5, rsaKey(2048), at(2012), true, pades.CryptoConstraintsFailure},
		{"RSA-1024, proved in time", weak, crypto.SHA256, rsaKey(1024), at(2019), true, ""},
		{"RSA-1024, proved too late", weak, crypto.SHA256, rsaKey(1024), at(2020), true,
			pades.CryptoConstraintsFailure},
		{"SHA-1 and RSA-1024: the earlier end counts", weak, crypto.SHA1, rsaKey(1024), at(2013), true,
			pades.CryptoConstraintsFailure},
		{"P-224, proved in time", weak, crypto.SHA256, curve, at(2021), true, ""},
		{"P-224, proved too late", weak, crypto.SHA256, curve, at(2022), true, pades.CryptoConstraintsFailure},
		{"never reliable", weak, crypto.SHA256, rsaKey(4096), at(2000), true, pades.CryptoConstraintsFailure},
	} {
		got, _ := errors.AsType[*pades.VerdictError](
			Reliable(test.weak, algorithm.DigestOf(test.hash), test.signer, test.at, test.proved))
		if (got == nil) != (test.want == "") ||
			got != nil && (got.Sub != test.want || got.Indication != pades.Indeterminate) {
			t.Errorf("%s: got %v, want %q", test.name, got, test.want)
		}
	}
}

// A piece existed when a timestamp was made if the timestamp covers every byte of it.
func TestProofs(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := proofs{now: now, covers: []cover{
		{gap: Span{100, 200}, end: 300, time: now.Add(-time.Hour)},
		{gap: Span{400, 500}, end: 600, time: now.Add(-time.Minute)},
	}}
	for _, test := range []struct {
		part   Span
		want   time.Duration
		proved bool
	}{
		{Span{0, 100}, -time.Hour, true}, {Span{200, 300}, -time.Hour, true}, {Span{0, 101}, -time.Minute, true},
		{Span{199, 210}, -time.Minute, true},
		{Span{100, 200}, -time.Minute, true}, {Span{250, 301}, -time.Minute, true}, {Span{400, 500}, 0, false},
		{Span{550, 601}, 0, false}, {Span{}, 0, false},
	} {
		if at, proved := p.of(test.part); !at.Equal(now.Add(test.want)) || proved != test.proved {
			t.Errorf("%v: got %v %v, want %v %v", test.part, at, proved, now.Add(test.want), test.proved)
		}
	}
}

// A root in the document that crypto/x509 refuses is no anchor. A root that somebody chose to trust
// is an anchor even then.
func TestAnchorsThatAreRefused(t *testing.T) {
	t.Parallel()
	root, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	der, err := root.IssueParts(pkitest.SigningTemplate("Odd", time.Now()), root.Key.Public(),
		func(p *pkitest.Parts) { p.Subject, p.Unused = p.Issuer, 9 })
	if err != nil {
		t.Fatal(err)
	}
	odd, err := certificate.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	if any := (anchors{anyRoot: true}); !any.has(root.Root()) || any.has(odd) {
		t.Errorf("got the sound root as an anchor: %v, the refused one: %v", any.has(root.Root()), any.has(odd))
	}
	if chosen := (anchors{trusted: []*x509.Certificate{odd}}); !chosen.has(odd) {
		t.Error("got a chosen anchor that is none")
	}
}
