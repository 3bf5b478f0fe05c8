package pades_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

func TestEveryLevelHasItsForm(t *testing.T) {
	t.Parallel()
	for _, delegated := range []bool{false, true} {
		w := newWorld(t, trusttest.Config{Delegated: delegated})
		for n, level := range []pades.Level{pades.LevelBB, pades.LevelBT, pades.LevelBLT, pades.LevelLTA} {
			for _, streams := range []bool{false, true} {
				for _, digest := range []crypto.Hash{crypto.SHA256, crypto.SHA512} {
					t.Run(fmt.Sprintf("%s delegated=%v streams=%v %v", level, delegated, streams, digest),
						func(t *testing.T) {
							t.Parallel()
							document := pdftest.File{Objects: pdftest.Pages(2, ""), Streams: streams}.Bytes()
							options := w.options(level)
							options.Digest = digest
							increment, err := sign.Sign(t.Context(), bytes.NewReader(document), w.chain, w.key, options)
							if err != nil {
								t.Fatal(err)
							}
							signed := slices.Concat(document, increment.Bytes)
							if increment.Level != level || increment.Shortfall != nil {
								t.Errorf("got level %s, shortfall %v; want %s", increment.Level, increment.Shortfall,
									level)
							}
							if increment.DocumentDigest != sha256.Sum256(document) ||
								increment.SignedDigest != sha256.Sum256(signed) {
								t.Error(
									"got digests of something else than the document without and with the increment")
							}
							w.checkForm(t, signed, n, revisions(document))
						})
				}
			}
		}
	}
}

// checkForm checks a document that was signed once, at level n.
func (w *world) checkForm(t *testing.T, signed []byte, n, before int) {
	t.Helper()
	if got, want := revisions(signed)-before, max(1, n); got != want {
		t.Errorf("got %d incremental updates, want %d", got, want)
	}
	all := seals(t, signed)
	want := 1
	if n == 3 {
		want = 2
	}
	if len(all) != want {
		t.Fatalf("got %d signature dictionaries, want %d", len(all), want)
	}
	if n >= 1 {
		all[0].signatureTimestamp(t)
	} else if len(all[0].cms(t).UnsignedAttributes) != 0 {
		t.Error("got unsigned attributes at B-B, want none")
	}
	if n >= 2 {
		w.checkStore(t, signed, all[0])
	} else if readStore(t, signed).dict != nil {
		t.Error("got a security store below B-LT, want none")
	}
	if n == 3 {
		w.checkTimestamp(t, signed, all[1])
	}
}

func (w *world) checkTimestamp(t *testing.T, signed []byte, last seal) {
	t.Helper()
	if !last.isDocumentTimestamp() {
		t.Errorf("got %v, want a document timestamp and no more", last.dict)
	}
	last.token(t)
	if last.end != len(signed) {
		t.Errorf("the document timestamp covers %d bytes, want all %d", last.end, len(signed))
	}
	zero := pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(0), pdf.Integer(0)}
	if fmt.Sprint(last.widget["Rect"]) != fmt.Sprint(zero) {
		t.Errorf("got a timestamp in %v, want it not to be seen", last.widget["Rect"])
	}
}

// checkStore checks that the store has the validation data for the chains of the signer and the
// TSA, and nothing else.
func (w *world) checkStore(t *testing.T, signed []byte, of seal) {
	t.Helper()
	found := readStore(t, signed)
	entry, ok := found.related[of.key()]
	if !ok || len(found.related) != 1 {
		t.Fatalf("got /VRI %v, want one entry %s", found.related, of.key())
	}
	if len(entry.certs) != len(found.certs) || len(entry.ocsps) != len(found.ocsps) || len(found.crls) != 0 {
		t.Error("the entry in /VRI and the arrays of /DSS differ")
	}
	var known []*x509.Certificate
	for _, der := range found.certs {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		known = append(known, certificate)
	}
	chains := slices.Concat(w.chain, w.TSAChain())
	for _, certificate := range chains {
		if !holds(found.certs, certificate.Raw) || !holds(entry.certs, certificate.Raw) {
			t.Errorf("the certificate of %s is missing", certificate.Subject.CommonName)
		}
	}
	for _, certificate := range slices.Concat(w.chain[:len(w.chain)-1], w.TSAChain()[:len(w.TSAChain())-1]) {
		if evidence := evidenceOf(t, found, certificate, known); evidence == nil {
			t.Errorf("evidence of %s is missing", certificate.Subject.CommonName)
		} else if !holds(found.certs, evidence.Signer.Raw) {
			t.Errorf("who vouches for %s is missing", certificate.Subject.CommonName)
		}
	}
	if len(found.ocsps) != 4 {
		t.Errorf("got %d OCSP responses, want 4", len(found.ocsps))
	}
}

func evidenceOf(t *testing.T, s store, certificate *x509.Certificate, known []*x509.Certificate) *revocation.Evidence {
	t.Helper()
	for _, issuer := range known {
		for _, der := range s.ocsps {
			response, err := revocation.ParseResponse(der)
			if err != nil {
				t.Fatal(err)
			}
			if evidence, err := response.About(certificate, issuer); err == nil && evidence.Status == revocation.Good {
				return evidence
			}
		}
		for _, der := range s.crls {
			list, err := revocation.ParseList(der)
			if err != nil {
				t.Fatal(err)
			}
			if evidence, err := list.About(certificate, issuer); err == nil && evidence.Status == revocation.Good {
				return evidence
			}
		}
	}
	return nil
}

// CRLs are stored in the array for CRLs.
func TestCRLsAreStoredAsSuch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{Without: []trusttest.Service{trusttest.OCSP}})
	signed := w.sign(t, sample(), w.options(pades.LevelBLT))
	found := readStore(t, signed)
	entry := found.related[seals(t, signed)[0].key()]
	if len(found.crls) != 3 || len(found.ocsps) != 0 || len(entry.crls) != 3 { // one of each authority
		t.Errorf("got %d CRLs, %d OCSP responses, %d CRLs of the signature; want 3, 0, 3", len(found.crls),
			len(found.ocsps), len(entry.crls))
	}
}

// A self-signed certificate, which Key Vault makes by default, needs no validation data.
func TestSelfSignedSignerReachesEveryLevel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	root, err := pkitest.NewRoot("Self", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	self := signer{root.Chain, root.Key}
	signed := self.sign(t, sample(), w.options(pades.LevelLTA))
	found := readStore(t, signed)
	if !holds(found.certs, root.Chain[0].Raw) || len(found.ocsps) != 2 {
		t.Errorf("got %d certificates and %d OCSP responses, want the signer's and the TSA's alone", len(found.certs),
			len(found.ocsps))
	}
}

// Issuers that the signer's chain lacks are fetched, or taken from the known certificates.
func TestIssuersAreCompleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	for _, test := range []struct {
		name  string
		known []*x509.Certificate
		asked bool
	}{
		{"fetched", nil, true},
		{"at hand", w.chain[1:], false},
	} {
		before := w.Requests(trusttest.Issuers)
		clients := newClients(t, w.Services)
		clients.Known = test.known
		options := w.options(pades.LevelBLT)
		options.Services = clients
		short := signer{w.chain[:1], w.key}
		found := readStore(t, short.sign(t, sample(), options))
		for _, certificate := range w.chain {
			if !holds(found.certs, certificate.Raw) {
				t.Errorf("%s: the certificate of %s is missing", test.name, certificate.Subject.CommonName)
			}
		}
		if got := w.Requests(trusttest.Issuers) - before; got > 0 != test.asked {
			t.Errorf("%s: got %d requests for issuers, want some = %v", test.name, got, test.asked)
		}
	}
}
