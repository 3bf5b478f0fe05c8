package pades_test

import (
	"bytes"
	"errors"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest/hidden"
)

// hiddenSign signs for package hidden.
func hiddenSign(t *testing.T, s signer) hidden.Sign {
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

// judged is what is said of the signature that was there before the later revision; "" = nothing, for a document that is refused.
func judged(t *testing.T, s signer, document []byte) (pades.Indication, string) {
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

// Readers were seen to show other content in members of each place and of each quirk, so that none of their combinations may pass: a
// later revision is listed objects in sound syntax, and little else.
func TestHiddenObjectsNeverPass(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	count, all := 0, 0
	err := hidden.Files(hiddenSign(t, s), hidden.Core, func(file hidden.File) error {
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
	err := hidden.Honest(hiddenSign(t, s), func(file hidden.File) error {
		if got, detail := judged(t, s, file.Bytes); got != pades.TotalPassed {
			t.Errorf("%s: got %s (%s), want %s", file.Name(), got, detail, pades.TotalPassed)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
