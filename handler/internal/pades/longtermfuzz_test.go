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
	"influxion/handler/internal/trusttest"
)

// FuzzSignLTA: every document that can be signed at B-LTA, whatever its security store contains,
// verifies at that level and can be renewed.
func FuzzSignLTA(f *testing.F) {
	w := newWorld(f, trusttest.Config{})
	seeds(f)
	stores := []string{
		"/DSS << /Certs [4 0 R] >>", "/DSS 5 0 R", "/DSS 5 0 R /Extensions << /ESIC << /ExtensionLevel 1 >> >>",
		"/DSS << /Certs 6 0 R /OCSPs [] /CRLs [4 0 R] /VRI 7 0 R >>", "/DSS << /VRI << /A 7 0 R >> >> /Version /1.7",
	}
	for i, entries := range stores {
		f.Add(pdftest.File{Objects: append(pdftest.Pages(1, entries), pdftest.Stream("", "x"),
			"<< /Certs [4 0 R 4 0 R 99 0 R] /VRI 7 0 R >>", "[4 0 R]", "<< /A << >> >>"), Streams: i%2 == 0}.Bytes())
	}
	trust := pades.Trust{Anchors: []*x509.Certificate{w.Root}}
	f.Fuzz(func(t *testing.T, document []byte) {
		increment, err := sign.Sign(t.Context(), bytes.NewReader(document), w.chain, w.key, w.options(pades.LevelLTA))
		if err != nil {
			if _, ok := errors.AsType[*pades.Error](err); !ok {
				t.Errorf("got %v, want an *Error: the document is at fault", err)
			}
			return
		}
		signed := pades.Join(bytes.NewReader(document), increment.Bytes)
		trust := trust
		trust.Time = time.Now()
		found, err := verify.VerifyFrom(t.Context(), signed, int64(len(document)), trust)
		if err != nil || len(found) != 2 {
			t.Fatalf("got %d signatures, %v for a document that was just signed; want the signature and its "+
				"archive timestamp", len(found), err)
		}
		for _, one := range found {
			if one.Indication != pades.TotalPassed {
				t.Errorf("got %+v for a document that was just signed, want it to pass", one)
			}
		}
		if found[0].Level != pades.LevelLTA || !coversAll(found[1]) {
			t.Errorf("got level %s, whole = %v; want B-LTA and all covered", found[0].Level, coversAll(found[1]))
		}
		_, err = sign.Extend(t.Context(), signed, sign.Extension{Services: w.clients, Time: time.Now()})
		if _, ok := errors.AsType[*pades.Error](err); err != nil && !ok {
			t.Errorf("got %v, want an *Error: earlier signatures are at fault", err)
		}
	})
}
