package pades_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/trusttest"
)

// The memory of the objects that are read is given back at the end of each pass, because reaching a
// level takes several passes over the document. The memory of certificates and validation data
// stays charged until the request ends.
func TestWhatIsReadIsGivenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	document := pdftest.File{Objects: pdftest.Pages(3000, "")}.Bytes()
	broken := bytes.Replace(document, []byte("startxref\n"), []byte("startxref\n7"), 1)
	archived := w.sign(t, document, w.options(pades.LevelLTA))
	for name, test := range map[string]struct {
		most int64
		work func(ctx context.Context) error
	}{
		"sign": {0, func(ctx context.Context) error {
			_, err := w.try(ctx, document, w.options(pades.LevelBB))
			return err
		}},
		"sign what is repaired": {0, func(ctx context.Context) error {
			_, err := w.try(ctx, broken, w.options(pades.LevelBB))
			return err
		}},
		"archive": {256 << 10, func(ctx context.Context) error {
			_, err := w.try(ctx, document, w.options(pades.LevelLTA))
			return err
		}},
		"extend": {512 << 10, func(ctx context.Context) error {
			_, err := w.tryExtend(ctx, archived, sign.Extension{})
			return err
		}},
		"verify": {256 << 10, func(ctx context.Context) error {
			_, err := verify.Verify(ctx, bytes.NewReader(archived), pades.Trust{Anchors: w.chain[2:], Time: time.Now()})
			return err
		}},
		"conformance": {0, func(ctx context.Context) error {
			_, err := sign.Conformance(ctx, bytes.NewReader(document))
			return err
		}},
	} {
		b := budget.New(budget.For(0), nil)
		if err := test.work(budget.With(t.Context(), b)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := b.InUse(); got > test.most || got < 0 || b.Peak() < 64<<10 {
			t.Errorf("%s: got %d bytes held of %d, want at most %d", name, got, b.Peak(), test.most)
		}
	}
}

// Large forms and long documents stay below their limits, with and without object streams.
func TestOrdinaryDocumentsStayWithinTheirBudget(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const fields = 10_000
	var refs strings.Builder
	objects := []string{"<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "", "",
		pdftest.Stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9]", "q Q")}
	for i := range fields {
		fmt.Fprintf(&refs, "%d 0 R ", len(objects)+1)
		objects = append(objects,
			fmt.Sprintf(
				"<< /FT /Tx /T (field%d) /V (value %d) /Type /Annot /Subtype /Widget /Rect [10 %d 100 %d] /P "+
					"3 0 R /F 4 "+
					"/DA (/Helv 0 Tf 0 g) /MK << >> /AP << /N 5 0 R >> >>", i, i, i, i+10))
	}
	objects[2] = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Annots [" + refs.String() + "] >>"
	objects[3] = "<< /Fields [" + refs.String() + "] /DA (/Helv 0 Tf 0 g) >>"
	for _, streams := range []bool{false, true} {
		for name, file := range map[string]pdftest.File{
			"form":  {Objects: objects, Streams: streams},
			"pages": {Objects: pdftest.Pages(20_000, ""), Streams: streams},
		} {
			document := file.Bytes()
			for range 5 {
				document = s.sign(t, document, pades.Options{})
			}
			b := budget.New(budget.For(int64(len(document))), nil)
			report, err := verify.Verify(budget.With(t.Context(), b), bytes.NewReader(document), s.trust())
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for _, found := range report.Signatures {
				if found.Indication != pades.TotalPassed {
					t.Errorf("%s: got %s %s", name, found.Indication, found.Detail)
				}
			}
			if l := b.Limits(); b.Peak() > l.Memory*4/5 || b.Spent() > l.Work*4/5 {
				t.Errorf("%s of %d bytes: got %d bytes and %d units, want at most four fifths of %+v", name,
					len(document), b.Peak(), b.Spent(), l)
			}
		}
	}
}
