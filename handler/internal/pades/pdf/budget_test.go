package pdf_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// readWhole reads everything in a file, rebuilds the file if needed, and continues after errors, as
// an attacker would make a caller do.
func readWhole(ctx context.Context, src pdf.Source, limits pdf.Limits) (spent int64) {
	f, err := pdf.Open(ctx, src, limits)
	if err != nil {
		if f, err = pdf.Rebuild(ctx, src, limits); err != nil {
			return 0
		}
	}
	_, _, _ = f.FirstPage()
	_ = f.Pages(func(pdf.Ref, pdf.Dict) bool { return true })
	for round := 0; round < 2; round++ { // the second round costs again what the cache has not kept
		for _, section := range f.Sections() {
			for number := range section.Numbers() {
				entry, _ := f.Entry(number)
				ref := pdf.Ref{Number: number, Generation: entry.Generation}
				object, err := f.Resolve(ref)
				if stream, ok := object.(*pdf.Stream); ok && err == nil {
					_, _ = f.Decode(stream)
				}
				_, _ = f.Span(ref, "Contents")
			}
		}
	}
	u := f.NewUpdate()
	u.Add(pdf.Dict{})
	_, _ = u.Bytes(nil)
	return f.Spent()
}

// exhausting are files that might cost more than they should.
func exhausting(t *testing.T) map[string][]byte {
	all := pdftest.Exhausting()
	for _, hostile := range pdftest.HostileFiles() {
		all["refused: "+hostile.Name] = hostile.File
	}
	for _, hostile := range slices.Concat(hostileOpens(t), hostileObjects(t)) {
		all["faulty: "+hostile.name] = hostile.data
	}
	if len(all) < 200 {
		t.Fatalf("got %d files, want at least 200", len(all))
	}
	return all
}

// Reading any file costs at most Limits.Work. The bytes that are read from the source and the
// memory that is allocated grow with the units spent, and a tenfold budget costs at most about ten
// times as much.
func TestBudget(t *testing.T) {
	files := exhausting(t)
	worst := pdftest.Exhausting()
	for _, work := range []int64{1 << 16, 1 << 20} {
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if _, ok := worst[name]; !ok && work > 1<<16 {
				continue
			}
			t.Run(fmt.Sprintf("%d/%s", work, name), func(t *testing.T) {
				src := &meteredSource{Reader: bytes.NewReader(files[name])}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				spent := readWhole(t.Context(), src, pdf.Limits{Work: work})
				runtime.ReadMemStats(&after)
				if spent > work {
					t.Errorf("got %d units spent, want at most %d", spent, work)
				}
				// Open and Rebuild each have a budget of their own.
				if got, limit := src.read, 2*(readRate*work+2<<20); got > limit {
					t.Errorf("got %d bytes read, want at most %d", got, limit)
				}
				got, limit := int64(after.TotalAlloc-before.TotalAlloc), 2*(allocationRate*work+4<<20)
				if got > limit {
					t.Errorf("got %d bytes allocated, want at most %d", got, limit)
				}
			})
		}
	}
}

const (
	readRate       = 16 // bytes of the source a unit: a window of 2 KB for a jump
	allocationRate = 48 // bytes of memory a unit, in all, not at a time
)

// Asking for objects that do not exist also comes to an end.
func TestBudgetOfNothing(t *testing.T) {
	t.Parallel()
	f, err := pdf.Open(t.Context(), bytes.NewReader(files()["table"]), pdf.Limits{Work: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	for range 10_000 {
		if _, err = f.Object(pdf.Ref{Number: 99}); err != nil {
			break
		}
	}
	wantFault(t, err, pdf.TooComplex)
}

// qpdf, poppler and pyHanko do not read a cross-reference stream without a size.
func TestXRefStreamSize(t *testing.T) {
	t.Parallel()
	_, err := pdf.Open(t.Context(), bytes.NewReader(withXRef("/W [1 1 1] /Index [0 1]", []byte{0, 0, 0})), pdf.Limits{})
	wantFault(t, err, pdf.Damaged)
}
