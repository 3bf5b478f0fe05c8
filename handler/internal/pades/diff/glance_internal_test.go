package diff

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// glanced are the roles in which an object is followed by its references alone.
var glanced = []role{content, resources, metadata, fieldValue, annotated, store, information, extensions, permissions,
	formDefaults, structure, treeRoot, parentNodes, parentPairs}

// compareGlance compares what a glance finds in an object with what following the whole object
// finds, in each role. It reports whether a glance was enough.
func compareGlance(t *testing.T, text string, compressed bool) (enough bool) {
	t.Helper()
	document := pdftest.File{Objects: append(pdftest.Pages(1, ""), text), Streams: compressed}.Bytes()
	ref := pdf.Ref{Number: 4}
	for _, as := range glanced {
		file, err := pdf.Open(t.Context(), bytes.NewReader(document), pdf.Limits{})
		if err != nil {
			return false
		}
		at := visit{ref: ref, role: as, owner: 7}
		seen := walker{known: newKnown(), file: file}
		done, err := seen.glance(at)
		if err != nil {
			t.Fatalf("%q: got %v, want no error of a small file", text, err)
		}
		if !done || len(seen.doubtful) > 0 {
			if len(seen.todo[2]) > 0 {
				t.Fatalf("%q as %d: got %v from a glance that was not enough", text, as, seen.todo)
			}
			continue
		}
		enough = true
		whole := walker{known: newKnown(), file: file}
		object, err := file.Object(ref)
		if err != nil || file.OpenEnded(4) || file.Ambiguous(4) {
			t.Fatalf("%q as %d: got %v from the parser, and all from a glance", text, as, err)
		}
		if err := whole.follow(at, object); err != nil {
			t.Fatal(err)
		}
		if got, want := inOrder(seen.todo[2]), inOrder(whole.todo[2]); !slices.Equal(got, want) ||
			len(whole.todo[0])+len(whole.todo[1]) > 0 {
			t.Fatalf("%q as %d: got %+v, want %+v", text, as, got, want)
		}
	}
	return enough
}

func inOrder(visits []visit) []visit {
	sorted := slices.Clone(visits)
	slices.SortFunc(sorted, func(a, b visit) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return sorted
}

func TestGlance(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"<< /A 5 0 R /B [6 0 R 7 0 R 1 2 3 0 R] >>":                                     true,
		"<< /Font 5 0 R /XObject << /A 6 0 R /Font << /B 7 0 R >> /C [8 0 R] >> >>":     true,
		"<< /Font << /Font 5 0 R >> /Pattern [<< /P 6 0 R >> 7 0 R] >>":                 true,
		"<< /ParentTree << /Kids [5 0 R] /Nums [0 6 0 R] >> /Kids 7 0 R /Nums 8 0 R >>": true,
		"[5 0 R << /A 6 0 R >> [7 0 R]]":                                                true,
		"<</A(5 0 R \\) (6 0 R))/B<41 42>/C 7 0 R/D -1.5/E null/F true/G false>>":       true,
		"<< /A 5 1 R /B 999999999 0 R >>":                                               true,
		"<<>>":                                                                          true,
		"<< /A [] /B 5 0 R >>" + strings.Repeat(" ", 3000):                              true,
		"<< /A (" + strings.Repeat("x", 20_000) + ") /B 5 0 R >>":                       true,
		"<< /A (" + strings.Repeat("x", 200_000) + ") /B 5 0 R >>":                      false,
		"[" + strings.Repeat("5 0 R ", maxGlance) + "]":                                 true,
		"[" + strings.Repeat("5 0 R ", maxGlance+1) + "]":                               false,
		"<< /S /Hide /T 5 0 R >>":                                                       true, // but as content
		"<< /Type /OBJR /Obj 5 0 R >>":                                                  true,
		"<< /A 5 0 R /A 6 0 R >>":                                                       false,
		"<< /A 5 0 R /#41 6 0 R >>":                                                     false,
		"<< /#46ont << /A 5 0 R >> >>":                                                  false,
		"<< /A 5 % 1 0 R\n 0 R >>":                                                      false,
		"<< /A 5 0 R >> 6 0 R":                                                          false,
		"<< /A 5 0 R":                                                                   false,
		"<< /A 5 0 R /B >>":                                                             false,
		"<< /A 5 0 R 6 >>":                                                              false,
		"<< /A +5 0 R >>":                                                               false,
		"<< /A 5 0 Rx >>":                                                               false,
		"<< /A 5 0R >>":                                                                 false,
		"<< /A 5 99999 R >>":                                                            false,
		"5 0 R":                                                                         false,
		"(5 0 R)":                                                                       false,
		strings.Repeat("[", 120) + "5 0 R" + strings.Repeat("]", 120):                   false,
	} {
		for _, compressed := range []bool{false, true} {
			// In an object stream, no window limits the length of the object, and bytes behind the
			// object do not count.
			want := want || compressed && (len(text) > 100_000 || strings.HasSuffix(text, ">> 6 0 R"))
			if got := compareGlance(t, text, compressed); got != want {
				t.Errorf("%.60q (compressed: %v): got %v, want %v", text, compressed, got, want)
			}
		}
	}
}

// A glance finds the same references as following the whole object, or reports that it was not
// enough.
func TestGlanceSeesWhatIsThere(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(10, 2))
	enough := 0
	for range 3000 {
		text := randomObject(random, 0)
		if random.IntN(3) == 0 { // in one of three, one byte is replaced
			broken := []byte(text)
			broken[random.IntN(len(broken))] = "<>[]()/%R0 #\n\\x"[random.IntN(15)]
			text = string(broken)
		}
		if compareGlance(t, text, random.IntN(2) == 0) {
			enough++
		}
	}
	if enough < 1000 {
		t.Errorf("got %d objects of which a glance was enough, want most", enough)
	}
}

func FuzzGlance(f *testing.F) {
	for _, text := range []string{"<< /A 5 0 R /Font << /B [6 0 R] /C 7 0 R >> >>", "[5 0 R (\\)) <41> 1 2 3 0 R]",
		"<< /A (x) /A 5 0 R % 6 0 R\n >>"} {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, compressed bool) { compareGlance(t, text, compressed) })
}

// randomObject makes an array or a dictionary.
func randomObject(random *rand.Rand, depth int) string {
	keys := []string{"/A", "/B", "/Font", "/XObject", "/CharProcs", "/Type", "/S", "/T", "/Obj", "/Fields", "/Parent",
		"/P", "/Obj#41", "/ParentTree", "/Kids", "/Nums"}
	space := func() string { return []string{" ", "\n", "\r\n", "  ", "\t"}[random.IntN(5)] }
	var out strings.Builder
	isDict := random.IntN(4) > 0
	for range random.IntN(5) {
		if isDict {
			out.WriteString(keys[random.IntN(len(keys))] + space())
		}
		switch n := random.IntN(10); {
		case n < 3 && depth < 4:
			out.WriteString(randomObject(random, depth+1))
		case n < 7:
			fmt.Fprintf(&out, "%d%s%d%sR", random.IntN(200), space(), random.IntN(2), space())
		default:
			scalars := []string{"1", "-2.5", "(a (b) \\) 5 0 R)", "<41 4>", "/OBJR", "/Hide", "true", "false", "null"}
			out.WriteString(scalars[random.IntN(len(scalars))])
		}
		out.WriteString(space())
	}
	if isDict {
		return "<<" + out.String() + ">>"
	}
	return "[" + out.String() + "]"
}
