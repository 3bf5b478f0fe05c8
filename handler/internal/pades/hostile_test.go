package pades_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// Hostile documents give an error with the right code, and take little memory.
func TestSignRefusesHostileDocuments(t *testing.T) {
	chain, key := newSigner(t, pkitest.P256)
	files := pdftest.HostileFiles()
	if len(files) < 60 {
		t.Fatalf("got %d hostile files, want at least 60", len(files))
	}
	const most = 128 << 20 // allocated in total, which is more than is held at once
	for _, hostile := range files {
		t.Run(hostile.Name, func(t *testing.T) {
			var increment *pades.Increment
			var err error
			held := allocated(func() {
				increment, err = sign.Sign(t.Context(), bytes.NewReader(hostile.File), chain, key,
					pades.Options{Time: time.Now()})
			})
			fault, ok := errors.AsType[*pades.Error](err)
			if !ok || increment != nil {
				t.Fatalf("got %v %v, want an *Error and no increment", increment, err)
			}
			if fault.Code != hostile.Code {
				t.Errorf("got %v, want %s", err, hostile.Code)
			}
			if held > most {
				t.Errorf("got %d bytes allocated, want at most %d", held, most)
			}
		})
	}
}

// Documents that every reader repairs in the same way are signed, and get cross-references that
// need no repair.
func TestSignRepairs(t *testing.T) {
	chain, key := newSigner(t, pkitest.P256)
	for name, file := range pdftest.BrokenFiles() {
		t.Run(name, func(t *testing.T) {
			increment, err := sign.Sign(t.Context(), bytes.NewReader(file), chain, key, pades.Options{Time: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			if claimed, err := sign.Conformance(t.Context(), bytes.NewReader(file)); err != nil ||
				claimed != (pades.Declared{}) {
				t.Errorf("got conformance %q (%v), want none", claimed, err)
			}
			once := append(bytes.Clone(file), increment.Bytes...)
			wantValid(t, once, chain, 1)
			second, err := sign.Sign(t.Context(), bytes.NewReader(once), chain, key, pades.Options{Time: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			wantValid(t, append(once, second.Bytes...), chain, 2)
			if _, err := sign.Sign(t.Context(), bytes.NewReader(file), chain, key,
				pades.Options{Time: time.Now(), Field: "Named"}); err != nil {
				t.Errorf("with a name: %v", err)
			}
		})
	}
}

// wantValid checks that there are count signatures and that all are valid.
func wantValid(t *testing.T, document []byte, chain []*x509.Certificate, count int) {
	t.Helper()
	found := verified(t, document, pades.Trust{Anchors: chain[2:], Time: time.Now()})
	if len(found) != count {
		t.Fatalf("got %d signatures, want %d", len(found), count)
	}
	for _, signature := range found {
		if signature.Indication != pades.TotalPassed {
			t.Errorf("got %s (%s), want a valid signature", signature.Indication, signature.Detail)
		}
	}
}

// A repair of a signed document would hide its signature from readers, and verifying never repairs.
func TestSignedDocumentsAreNotRepaired(t *testing.T) {
	chain, key := newSigner(t, pkitest.P256)
	sample := pdftest.Sample(0)
	increment, err := sign.Sign(t.Context(), bytes.NewReader(sample), chain, key, pades.Options{Time: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	signed := append(bytes.Clone(sample), increment.Bytes...)
	at := bytes.LastIndex(signed, []byte("startxref"))
	broken := append(bytes.Clone(signed[:at]), "startxref\n7\n%%EOF\n"...)
	_, err = sign.Sign(t.Context(), bytes.NewReader(broken), chain, key, pades.Options{Time: time.Now()})
	if fault, ok := errors.AsType[*pades.Error](err); !ok || fault.Code != pades.CodeDamaged {
		t.Errorf("sign: got %v, want %s", err, pades.CodeDamaged)
	}
	_, err = verify.Verify(t.Context(), bytes.NewReader(broken), pades.Trust{Anchors: chain[2:], Time: time.Now()})
	if fault, ok := errors.AsType[*pades.Error](err); !ok || fault.Code != pades.CodeDamaged {
		t.Errorf("verify: got %v, want %s", err, pades.CodeDamaged)
	}
}
