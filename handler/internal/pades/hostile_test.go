package pades_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// Hostile documents cost their sender an error of the right code, and us little memory.
func TestSignRefusesHostileDocuments(t *testing.T) {
	chain, key := newSigner(t, pkitest.P256)
	files := pdftest.HostileFiles()
	if len(files) < 60 {
		t.Fatalf("got %d hostile files, want at least 60", len(files))
	}
	const most = 128 << 20 // allocated in all, which is more than is held at once
	for _, hostile := range files {
		t.Run(hostile.Name, func(t *testing.T) {
			var increment *pades.Increment
			var err error
			held := allocated(func() {
				increment, err = pades.Sign(t.Context(), bytes.NewReader(hostile.File), chain, key, pades.Options{Time: time.Now()})
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
