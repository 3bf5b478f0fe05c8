package pades_test

import (
	"bytes"
	"errors"
	"reflect"
	"sync/atomic"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/trusttest"
)

// failing is a document of which one read fails, or also all that follow.
type failing struct {
	*bytes.Reader
	left *atomic.Int64 // reads before that one
	once bool
}

var errRead = errors.New("the storage does not answer")

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if left := f.left.Add(-1); left == -1 || left < 0 && !f.once {
		return 0, errRead
	}
	return f.Reader.ReadAt(p, off)
}

// A read that fails makes no signature pass or fail. If the reads behind it fail too, there is an
// error, or the same report, because the rest of a stream was not needed.
func TestReadsThatFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	trust := w.trust()
	archived := w.extend(t, w.sign(t, pdftest.Sample(0), w.options(pades.LevelBLT)), sign.Extension{})
	placed := w.somewhere(t, "", "/AcroForm << /Fields [6 0 R] >>", "<< /FT /Sig /T (s) /V %d 0 R >>")
	replaced := appendix(t, placed, func(_ *testing.T, _ *pdf.File, u *pdf.Update) { u.Set(number(7), nil) })
	for name, document := range map[string][]byte{
		"archived": archived, "archived and signed": w.sign(t, archived, pades.Options{}), "replaced": replaced,
	} {
		left := new(atomic.Int64)
		left.Store(1 << 40)
		whole, err := verify.Verify(t.Context(), failing{bytes.NewReader(document), left, false}, trust)
		if err != nil {
			t.Fatal(err)
		}
		reads := 1<<40 - left.Load()
		for n := range 2 * reads {
			left.Store(n / 2)
			report, err := verify.Verify(t.Context(), failing{bytes.NewReader(document), left, n%2 == 0}, trust)
			once := n%2 == 0
			if err != nil && !errors.Is(err, errRead) ||
				err == nil && !once && !reflect.DeepEqual(report, whole) {
				t.Errorf("%s: got %v, %v where the reads from %d of %d on fail", name, report, err, n/2, reads)
			}
			if want := whole.Summary; err == nil && (report.Summary.Passed > want.Passed ||
				report.Summary.Failed > want.Failed) {
				t.Errorf("%s: got %v where read %d of %d fails, want %v", name, report.Summary, n/2, reads, want)
			}
		}
	}
}
