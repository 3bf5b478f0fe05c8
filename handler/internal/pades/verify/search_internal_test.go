package verify

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The search finds a name in every spelling, with the object that begins before it, wherever the
// windows of the reading end.
func TestSearch(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"/ByteRange", "/Byte#52ange", "/#42#79#74#65#52#61#6e#67#65", "/ObjStm",
		"/Obj#53tm"} {
		for _, header := range []string{"12 0 obj\n<<", "12  0\robj<<", ""} {
			for _, before := range []int{0, 1, 100, windowSize - 80, windowSize, 3*windowSize + 5} {
				for shift := range 80 {
					padding := strings.Repeat(" ", before+shift)
					document := "%PDF\n" + padding + header + text + " [0 1]>>" + padding + "obj endobj 13 0 obj"
					found, err := search(t.Context(), strings.NewReader(document))
					if err != nil {
						t.Fatal(err)
					}
					all := slices.Concat(found.found[nameByteRange], found.found[nameObjectStream])
					want := sighting{at: int64(len("%PDF\n") + len(padding) + len(header)), name: nameByteRange}
					if strings.HasPrefix(text, "/O") {
						want.name = nameObjectStream
					}
					if header != "" {
						want.number, want.object = 12, int64(len("%PDF\n")+len(padding))
					}
					if len(all) != 1 || all[0] != want {
						t.Fatalf("%q behind %q, %d bytes before: got %+v, want %+v", text, header, len(padding), all,
							want)
					}
				}
			}
		}
	}
}

func TestSearchPassesOver(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"/ByteRanges", "ByteRange", "/Byte#5range", "/Byte#xxange", "/ByteRang",
		"/ByteRange#20", "/XByteRange", "/#", "#42yteRange", ""} {
		found, err := search(t.Context(), strings.NewReader(text))
		if err != nil || len(found.found) != 0 {
			t.Errorf("%q: got %+v %v, want nothing", text, found, err)
		}
	}
}

// Names in any order and number are found, each once, up to the bound.
func FuzzSearch(f *testing.F) {
	f.Add(uint64(1), 10)
	f.Add(uint64(2), 3000)
	f.Add(uint64(3), 20_000)
	f.Fuzz(func(t *testing.T, seed uint64, pieces int) {
		if pieces < 0 || pieces > 50_000 {
			return
		}
		random := rand.New(rand.NewPCG(seed, seed))
		var document bytes.Buffer
		var want []sighting
		number, object := 0, int64(0)
		for range pieces {
			switch random.IntN(4) {
			case 0:
				want = append(want, sighting{int64(document.Len()), nameByteRange, number, object})
				document.WriteString([]string{"/ByteRange ", "/#42yteRange/", "/ByteR#61nge<"}[random.IntN(3)])
			case 1:
				number, object = 1+random.IntN(1000), int64(document.Len()+1)
				fmt.Fprintf(&document, "\n%d 0 obj", number)
			case 2:
				document.WriteString(strings.Repeat("\x00#x/ obj", random.IntN(5)))
			default:
				document.WriteString(" endobj /By /Byte#")
			}
		}
		found, err := search(t.Context(), bytes.NewReader(document.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if want = want[:min(len(want), maxSightings)]; !slices.Equal(found.found[nameByteRange], want) ||
			found.full(nameByteRange) != (len(want) == maxSightings) {
			t.Errorf("got %d sightings, want %d", len(found.found[nameByteRange]), len(want))
		}
	})
}
