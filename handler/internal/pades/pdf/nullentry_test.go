package pdf_test

import (
	"bytes"
	"testing"

	"influxion/handler/internal/pades/pdf"
)

// Objects have the same null entries if these are at the same places, wherever the object stands
// and whatever else it has. Null entries of the object stream around it are not its own.
func TestNullEntriesOfAnObject(t *testing.T) {
	t.Parallel()
	nullsOf := func(text string, packed bool) uint64 {
		b := newBuilder()
		b.object(1, catalogBody)
		b.object(2, pagesBody)
		b.object(3, pageBody)
		if packed {
			b.stream(7, "/Type /ObjStm /N 1 /First 4 /A null", []byte("8 0 "+text))
			b.inside[8], b.size = [2]int{7, 0}, 9
		} else {
			b.object(8, text)
		}
		f, err := pdf.Open(t.Context(), bytes.NewReader(b.xrefStream("").Bytes()), pdf.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if object, err := f.Object(pdf.Ref{Number: 8}); err != nil || object == nil && text != "null" {
			t.Fatalf("%s: got %v, %v", text, object, err)
		}
		return uint64(f.Nulls(8))
	}
	places := map[uint64]string{}
	for _, same := range [][]string{
		{"<< >>", "[null]", "null", "<< /A [null null] >>", "<< /A 1 >>"},
		{"<< /A null >>", "<< /B 1 /A null >>", "<< /#41 null /B << /C [1] >> >>"},
		{"<< /B null >>"},
		{"<< /A null /B null >>", "<< /B null /A null >>"},
		{"<< /B << /A null >> >>", "<< /C 1 /B << /A null >> >>"},
		{"<< /C << /A null >> >>"},
		{"<< /B << /B << /A null >> >> >>"},
		{"[<< /A null >> << >>]", "[<< /A null /B 1 >>]"},
		{"[<< >> << /A null >>]", "[5 0 R << /A null >> 1]"},
		{"[<< /A null >> << /A null >>]"},
		{"<< /B [<< /A null >>] >>"},
	} {
		first := nullsOf(same[0], false)
		if other, again := places[first]; again {
			t.Errorf("%s has the null entries of %s", same[0], other)
		}
		places[first] = same[0]
		for _, text := range same {
			for _, packed := range []bool{false, true} {
				if got := nullsOf(text, packed); got != first {
					t.Errorf("%s, in a stream: %v: got other null entries than of %s", text, packed, same[0])
				}
			}
		}
	}
}
