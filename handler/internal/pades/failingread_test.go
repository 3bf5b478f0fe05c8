package pades_test

import (
	"bytes"
	"errors"
	"sync/atomic"
	"testing"
	"time"

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

// A read that fails is the error of whatever needed it, also if all later ones succeed: it makes no
// signature pass or fail, and no document damaged or changed.
func TestReadsThatFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	trust := w.trust()
	archived := w.extend(t, w.sign(t, pdftest.Sample(0), w.options(pades.LevelBLT)), sign.Extension{})
	placed := w.somewhere(t, "", "/AcroForm << /Fields [6 0 R] >>", "<< /FT /Sig /T (s) /V %d 0 R >>")
	replaced := appendix(t, placed, func(_ *testing.T, _ *pdf.File, u *pdf.Update) { u.Set(number(7), nil) })
	verbs := map[string]func(pades.Document) (any, error){
		"verify":      func(doc pades.Document) (any, error) { return verify.Verify(t.Context(), doc, trust) },
		"verify from": func(doc pades.Document) (any, error) { return verify.VerifyFrom(t.Context(), doc, 1, trust) },
		"conformance": func(doc pades.Document) (any, error) { return sign.Conformance(t.Context(), doc) },
		"sign": func(doc pades.Document) (any, error) {
			return sign.Sign(t.Context(), doc, w.signer.chain, w.key, pades.Options{Time: time.Now()})
		},
		"extend": func(doc pades.Document) (any, error) {
			return sign.Extend(t.Context(), doc,
				sign.Extension{Level: pades.LevelBT, Services: w.clients, Time: time.Now()})
		},
		"timestamp": func(doc pades.Document) (any, error) {
			return sign.TimestampDocument(t.Context(), doc, w.clients)
		},
	}
	for name, document := range map[string][]byte{
		"archived": archived, "archived and signed": w.sign(t, archived, pades.Options{}), "replaced": replaced,
		"rebuilt": append([]byte("%PDF-1.7\n"), pdftest.Sample(0)...),
	} {
		for verb, run := range verbs {
			left := new(atomic.Int64)
			left.Store(1 << 40)
			_, _ = run(failing{bytes.NewReader(document), left, false})
			reads := 1<<40 - left.Load()
			for n := range 2 * reads {
				left.Store(n / 2)
				got, err := run(failing{bytes.NewReader(document), left, n%2 == 0})
				if left.Load() < 0 && (!errors.Is(err, errRead) || pades.IsOfDocument(err)) {
					t.Errorf("%s, %s: got %v, %v where read %d of %d fails, want its error", verb, name, got, err,
						n/2, reads)
				}
			}
			if reads == 0 {
				t.Errorf("%s, %s: nothing is read", verb, name)
			}
		}
	}
}
