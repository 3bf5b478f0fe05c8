package pades_test

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// seeds are files of every kind, good and hostile, small enough to mutate.
func seeds(f *testing.F) {
	f.Helper()
	count := 0
	add := func(file []byte) {
		if len(file) < 64<<10 {
			f.Add(file)
			count++
		}
	}
	for _, streams := range []bool{false, true} {
		add(pdftest.File{Objects: pdftest.Pages(2, ""), Streams: streams}.Bytes())
		add(
			pdftest.File{Objects: append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R] >>"),
				"<< /FT /Sig /T (seal) >>"), Streams: streams}.Bytes())
	}
	for _, hostile := range pdftest.HostileFiles() {
		add(hostile.File)
	}
	if count < 40 {
		f.Fatalf("got %d seeds, want at least 40", count)
	}
}

// FuzzSign: every document that can be signed verifies afterwards, and the result begins with the
// original bytes.
func FuzzSign(f *testing.F) {
	chain, key := newSigner(f, pkitest.P256)
	seeds(f)
	f.Fuzz(func(t *testing.T, document []byte) {
		increment, err := sign.Sign(t.Context(), bytes.NewReader(document), chain, key, pades.Options{Time: time.Now()})
		if err != nil {
			if _, ok := errors.AsType[*pades.Error](err); !ok {
				t.Errorf("got %v, want an *Error: the document is at fault", err)
			}
			return
		}
		signed := pades.Join(bytes.NewReader(document), increment.Bytes)
		found, err := verify.VerifyFrom(t.Context(), signed, int64(len(document)),
			pades.Trust{Anchors: chain[2:], Time: time.Now()})
		if err != nil {
			t.Fatalf("got %v for a document that was just signed", err)
		}
		if len(found) != 1 || found[0].Indication != pades.TotalPassed || !coversAll(found[0]) {
			t.Errorf("got %+v for a document that was just signed, want it to pass", found)
		}
	})
}

// FuzzVerify: no changed signed document passes with a signature that covers the whole document.
func FuzzVerify(f *testing.F) {
	chain, key := newSigner(f, pkitest.P256)
	count := 0
	for _, streams := range []bool{false, true} {
		document := pdftest.File{Objects: pdftest.Pages(1, ""), Streams: streams}.Bytes()
		for range 2 {
			increment, err := sign.Sign(f.Context(), bytes.NewReader(document), chain, key,
				pades.Options{Time: time.Now()})
			if err != nil {
				f.Fatal(err)
			}
			document = slices.Concat(document, increment.Bytes)
			f.Add(document)
			count++
		}
	}
	if count == 0 {
		f.Fatal("no seeds")
	}
	// The keys exist only in this run, and only the seeds are signed by them: no signature may
	// cover the whole of a changed file.
	genuine := map[string]bool{}
	f.Fuzz(func(t *testing.T, document []byte) {
		report, err := verify.Verify(t.Context(), bytes.NewReader(document),
			pades.Trust{Anchors: chain[2:], Time: time.Now()})
		if err != nil {
			if _, ok := errors.AsType[*pades.Error](err); !ok {
				t.Errorf("got %v, want an *Error: the document is at fault", err)
			}
			return
		}
		for _, signature := range report.Signatures {
			if signature.Indication == pades.TotalPassed && coversAll(signature) {
				covered := string(document[:signature.ByteRange[1]]) + string(document[signature.ByteRange[2]:])
				genuine[covered] = true
			}
		}
		if len(genuine) > count {
			t.Errorf("got %d different documents that pass as a whole, want the %d that were signed", len(genuine),
				count)
		}
	})
}

// FuzzEvidence: only evidence that the authority has signed counts, and nothing in /DSS breaks the
// verification.
func FuzzEvidence(f *testing.F) {
	e := newEstate(f, trusttest.Config{})
	signed := e.signAt(f, sample(), pades.LevelBB, pades.Options{})
	genuine, issuer := e.fetch(f, e.chain), e.fetch(f, e.chain[1:])
	list, err := ask(f.Context(), http.MethodGet, e.chain[0].CRLDistributionPoints[0], "", nil)
	if err != nil {
		f.Fatal(err)
	}
	e.advance(time.Hour)
	e.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.Forged})
	for _, seed := range [][]byte{genuine, issuer, list, e.chain[1].Raw, e.fetch(f, e.chain), {}} {
		f.Add(seed)
	}
	trust := e.offline()
	f.Fuzz(func(t *testing.T, der []byte) {
		document := withStore(t, signed, e.chain[1:], issuer, der)
		got := verified(t, document, trust)[0]
		told := got.Chain[0].Revocation
		if got.Indication == pades.TotalPassed &&
			(told.Source != "document" || told.ThisUpdate.After(trust.Time.Add(-30*time.Minute))) {
			t.Errorf("got %+v, want only what the authority has signed to be believed", told)
		}
		if got.SubIndication == pades.RevokedNoPOE {
			t.Errorf("got %+v, want no revocation", told)
		}
	})
}
