package pades_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest/hiddenchange"
	"influxion/handler/internal/pkitest"
)

// hiddenSign signs for package hiddenchange.
func hiddenSign(t testing.TB, s signer) hiddenchange.Sign {
	return func(document []byte, certify bool) ([]byte, error) {
		options := pades.Options{}
		if certify {
			options.Certify = pades.NoChanges
		}
		signed, err := s.try(t.Context(), document, options)
		if err != nil {
			return nil, err
		}
		if got, detail := judged(t, s, signed); got != pades.TotalPassed {
			return nil, errors.New(detail)
		}
		return signed, nil
	}
}

// judged gives the result for the signature before the later revision; "" = none, because the
// document is refused.
func judged(t testing.TB, s signer, document []byte) (pades.Indication, string) {
	report, err := verify.Verify(t.Context(), bytes.NewReader(document), s.trust())
	if err != nil {
		return "", err.Error()
	}
	for _, found := range report.Signatures {
		if found.Field == "Signature1" {
			return found.Indication, found.Detail
		}
	}
	return "", "the signature is not reported"
}

// Readers have shown other content for examples of each place and of each quirk. Therefore no
// combination of a place and a quirk may pass: a later revision may contain listed objects in sound
// syntax, and little else.
func TestHiddenObjectsNeverPass(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	count, all := 0, 0
	err := hiddenchange.Files(hiddenSign(t, s), hiddenchange.Core, func(file hiddenchange.File) error {
		if file.Lenient() {
			return nil
		}
		all++
		if got, _ := judged(t, s, file.Bytes); got == pades.TotalPassed {
			if count++; count <= 40 {
				t.Errorf("%s: got %s", file.Name(), got)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if all < 900 {
		t.Errorf("got %d documents, want at least 900", all)
	}
	if count > 0 {
		t.Errorf("%d of %d documents pass", count, all)
	}
}

func TestHonestRevisionsPass(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	err := hiddenchange.Honest(hiddenSign(t, s), func(file hiddenchange.File) error {
		if got, detail := judged(t, s, file.Bytes); got != pades.TotalPassed {
			t.Errorf("%s: got %s (%s), want %s", file.Name(), got, detail, pades.TotalPassed)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// FuzzLaterRevision: if appended bytes pass after a certification, they no longer pass with an
// unlisted object in them.
func FuzzLaterRevision(f *testing.F) {
	chain, key := newSigner(f, pkitest.P256)
	s := signer{chain, key}
	signed := map[hiddenchange.Kind][]byte{}
	seeds := 0
	add := func(file hiddenchange.File) error {
		if file.Certified && (file.Honest || seeds%16 == 0) {
			kept := signed[file.Kind]
			if kept == nil {
				kept = file.Bytes[:file.Signed]
				signed[file.Kind] = kept
			}
			if bytes.Equal(kept, file.Bytes[:file.Signed]) {
				f.Add(string(file.Kind), file.Bytes[file.Signed:])
			}
		}
		seeds++
		return nil
	}
	if err := errors.Join(hiddenchange.Honest(hiddenSign(f, s), add),
		hiddenchange.Files(hiddenSign(f, s), hiddenchange.Core, add)); err != nil {
		f.Fatal(err)
	}
	if len(signed) != len(hiddenchange.Kinds()) {
		f.Fatalf("got seeds of %d kinds, want %d", len(signed), len(hiddenchange.Kinds()))
	}
	object := []byte("\n4 0 obj\n[7 0 R]\nendobj\n")
	f.Fuzz(func(t *testing.T, kind string, appended []byte) {
		document := slices.Concat(signed[hiddenchange.Kind(kind)], appended)
		if got, _ := judged(t, s, document); got != pades.TotalPassed {
			return
		}
		if got, _ := judged(t, s, slices.Concat(document, object)); got == pades.TotalPassed {
			t.Errorf("got %s for an object behind %q", got, appended)
		}
		at := len(document) - len(appended) + max(0, bytes.LastIndex(appended, []byte("startxref")))
		if got, _ := judged(t, s, slices.Concat(document[:at], object, document[at:])); got == pades.TotalPassed {
			t.Errorf("got %s for an object in front of startxref in %q", got, appended)
		}
	})
}
