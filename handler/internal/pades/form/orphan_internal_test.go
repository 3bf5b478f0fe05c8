package form

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// underParents makes a document with count widgets outside the form. text gives each widget. Above
// the widgets is a chain of depth fields, each of which has the partial name.
func underParents(depth int, partial string, count int, text func(above int) string) []byte {
	objects := pdftest.Pages(1, "/AcroForm << /Fields [] >>")
	for i := range depth {
		parent := ""
		if i > 0 {
			parent = fmt.Sprintf("/Parent %d 0 R ", len(objects))
		}
		objects = append(objects, "<< "+parent+"/T "+partial+" >>")
	}
	above := len(objects)
	var references strings.Builder
	for range count {
		objects = append(objects, text(above))
		fmt.Fprintf(&references, "%d 0 R ", len(objects))
	}
	objects[2] = strings.Replace(objects[2], "<<", "<< /Annots ["+references.String()+"]", 1)
	return pdftest.File{Objects: objects}.Bytes()
}

// found searches for an orphan, and gives the work and the memory that the search used.
func found(t *testing.T, document []byte, name string) (orphan *Orphan, spent, allocated int64) {
	t.Helper()
	file := opened(t, document)
	_, catalog, err := file.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	fields, err := Read(file, catalog)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	spent = file.Spent()
	orphan, err = fields.FindOrphan(file, name)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	return orphan, file.Spent() - spent, int64(after.TotalAlloc - before.TotalAlloc)
}

func opened(t *testing.T, document []byte) *pdf.File {
	t.Helper()
	file, err := pdf.Open(t.Context(), bytes.NewReader(document), pdf.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// The search does not examine shared ancestors again for each widget outside the form, and its work
// is charged.
func TestSearchForOrphansIsPaidFor(t *testing.T) { // not parallel: it counts what is allocated
	const count, depth = 200, 30
	widget := func(entries string) func(int) string {
		return func(above int) string {
			return fmt.Sprintf("<< /Subtype /Widget /Parent %d 0 R %s >>", above, entries)
		}
	}
	long := "(" + strings.Repeat("x", 30_000) + ")"
	short := strings.Repeat("x", 100)
	shared := strings.Repeat(short+".", depth-1) + "a"
	const widgets, once = count * (levelCost + AnnotationCost), depth * (levelCost + 2)
	for _, test := range []struct {
		name        string
		document    []byte
		wanted      string
		least, most int64 // units, in addition to reading
	}{
		{"another name", underParents(depth, long, count, widget("/T (a)")), "zzz", widgets, widgets},
		{"too long above", underParents(depth, long, count, widget("/T (zzz)")), "x.zzz", widgets, widgets + once},
		{"nothing but what is above", underParents(depth, long, count, widget("")), "zzz", widgets, widgets + once},
		{"names that agree until the top", underParents(depth, "("+short+")", count, widget("/T (a)")), "x." + shared,
			widgets, widgets + once + depth*100},
		{"a name too long to agree", underParents(0, "", count, widget("/T "+long)), "zzz", widgets, widgets},
		{"a parent of its own for each", underParents(depth, "("+short+")", count, func(above int) string {
			return fmt.Sprintf("<< /Subtype /Widget /T (a) /Parent << /Parent %d 0 R >> >>", above)
		}), "x." + shared, widgets + count*depth*(levelCost+100), 2 * count * depth * (levelCost + 100)},
	} {
		orphan, spent, allocated := found(t, test.document, test.wanted)
		reading := 2*int64(len(test.document)) + count*200 // the end of a string is searched first
		if orphan != nil || spent < test.least || spent > test.most+reading {
			t.Errorf("%s: got %v with %d units spent, want none with %d to %d", test.name, orphan, spent, test.least,
				test.most+reading)
		}
		if most := 32*spent + 1<<20; allocated > most { // as pdf.Limits says
			t.Errorf("%s: got %d bytes allocated, want at most %d", test.name, allocated, most)
		}
	}
}

// Entries that many pages share are charged for each page.
func TestSharedAnnotationsArePaidFor(t *testing.T) {
	t.Parallel()
	const pages, count = 50, 1000
	objects := pdftest.Pages(1, "/AcroForm << /Fields [4 0 R] >>")
	objects[1] = "<< /Type /Pages /Count 50 /Kids [" + strings.Repeat("3 0 R ", pages) + "] >>"
	objects[2] = strings.Replace(objects[2], "<<", "<< /Annots ["+strings.Repeat("4 0 R ", count)+"]", 1)
	document := pdftest.File{Objects: append(objects, "<< /Subtype /Widget /T (a) >>")}.Bytes()
	if orphan, spent, _ := found(t, document, "zzz"); orphan != nil || spent < pages*count*AnnotationCost {
		t.Errorf("got %v with %d units spent, want none with at least %d", orphan, spent, pages*count*AnnotationCost)
	}
}

// A widget is found by the name that NameOf gives it, whatever its ancestors are.
func TestOrphansHaveTheirNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("y", maxFieldName/2-1)
	partials := []string{"", "", "/T ()", "/T (a)", "/T (b)", "/T (a.b)", "/T (.)", "/T 5", "/T <FEFF0061>",
		"/T <FEFF20AC>", "/T <EFBBBFFFFF>", "/T (" + long + ")", "/T (" + long + "yyyyyyyyy)",
		"/T <FEFF" + strings.Repeat("0061", maxFieldName-1) + ">", "/T (" + long + long + ")"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		const nodes = 8
		objects := pdftest.Pages(1, "/AcroForm << /Fields [] >>")
		var references strings.Builder
		for i := range nodes {
			partial := partials[random.IntN(len(partials))]
			objects = append(objects, fmt.Sprintf("<< /Subtype /Widget %s /Parent %d 0 R >>", partial,
				4+random.IntN(nodes+2)))
			fmt.Fprintf(&references, "%d 0 R ", 4+i)
		}
		objects = append(objects, "(none)")
		file := opened(t, pdftest.File{Objects: objects}.Bytes())
		var names []string
		var widgets []pdf.Dict
		for i := range nodes {
			widget, err := file.Dict(pdf.Ref{Number: 4 + i})
			if err != nil {
				t.Fatal(err)
			}
			name, err := NameOf(file, widget)
			if err != nil {
				t.Fatal(err)
			}
			names, widgets = append(names, name), append(widgets, widget)
		}
		for _, wanted := range append(names, "a", "a.b", ".") {
			s := orphanSearch{file: file, name: wanted, without: map[rest]bool{}}
			for i, widget := range widgets {
				if got, err := s.named(widget); err != nil || got != (names[i] == wanted) {
					t.Fatalf("%q: got %v %v for a widget with the name %q in\n%.2000s", wanted, got, err, names[i],
						strings.Join(objects, "\n"))
				}
			}
		}
	}
}

// The cost of a name is at least the number of bytes that are read for it.
func TestNamesArePaidFor(t *testing.T) {
	t.Parallel()
	const depth, size = 30, 100
	document := underParents(depth, "("+strings.Repeat("x", size)+")", 1, func(above int) string {
		return fmt.Sprintf("<< /Parent %d 0 R >>", above)
	})
	limits := pdf.DefaultLimits()
	limits.Work = 100_000
	file, err := pdf.Open(t.Context(), bytes.NewReader(document), limits)
	if err != nil {
		t.Fatal(err)
	}
	widget, err := file.Dict(pdf.Ref{Number: 4 + depth})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time, nothing is read
		before := file.Spent()
		name, err := NameOf(file, widget)
		if want := depth*(size+1) - 1; err != nil || len(name) != want {
			t.Fatalf("got a name of %d bytes and %v, want %d", len(name), err, want)
		}
		if got := file.Spent() - before; got < depth*(size+levelCost) {
			t.Errorf("got %d units spent, want at least %d", got, depth*(size+levelCost))
		}
	}
	for got := error(nil); got == nil; {
		if _, got = NameOf(file, widget); got != nil && !strings.Contains(got.Error(), "work") {
			t.Errorf("got %v, want that it is too much work", got)
		}
	}
}

// A partial name that would make a name longer than its bound is omitted, whatever its characters
// are.
func TestNamesHaveABound(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		unit string // one byte in UTF-8
		mark string
	}{{"61", ""}, {"0061", "FEFF"}} {
		for size, want := range map[int]int{1: 3, maxFieldName - 2: maxFieldName, maxFieldName - 1: 1} {
			document := underParents(1, "<"+test.mark+strings.Repeat(test.unit, size)+">", 1, func(above int) string {
				return fmt.Sprintf("<< /T (x) /Parent %d 0 R >>", above)
			})
			file := opened(t, document)
			widget, err := file.Dict(pdf.Ref{Number: 5})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := NameOf(file, widget); err != nil || len(got) != want {
				t.Errorf("%d of %s above: got a name of %d bytes and %v, want %d", size, test.unit, len(got), err, want)
			}
		}
	}
}

// Memory for a long list of kids that fields share is charged once for each field that gets one
// more kid.
func TestLinkedKidsAreCounted(t *testing.T) {
	t.Parallel()
	const depth, kids = 10, 5000
	objects := pdftest.Pages(1, "/AcroForm << /Fields [] >>")
	objects[2] = strings.Replace(objects[2], "<<", "<< /Annots [5 0 R]", 1)
	objects = append(objects, "["+strings.Repeat("3 0 R ", kids)+"]",
		"<< /Subtype /Widget /FT /Sig /T (a) /Parent 6 0 R >>")
	for i := range depth {
		objects = append(objects, fmt.Sprintf("<< /Kids 4 0 R /Parent %d 0 R >>", 7+i))
	}
	file := opened(t, pdftest.File{Objects: objects}.Bytes())
	before := file.Budget().InUse()
	orphan, err := (&Form{}).FindOrphan(file, "a")
	if err != nil || orphan == nil || len(orphan.Links) != depth {
		t.Fatalf("got %v %v, want an orphan with %d links", orphan, err, depth)
	}
	if got := file.Budget().InUse() - before; got < depth*kids*kidMemory {
		t.Errorf("got %d bytes held, want at least %d", got, depth*kids*kidMemory)
	}
}
