package pdf_test

import (
	"bytes"
	"fmt"
	"testing"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// SaysNull holds only for an object that every reader takes for null.
func TestSaysNull(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		object string
		want   bool
	}{
		{"null", true}, {"  null\n", true}, {"nul", false}, {"nullx", false}, {"% c\nnull", false},
		{"<< >>", false}, {"[null]", false}, {"0", false},
	} {
		for _, streams := range []bool{false, true} {
			objects := append(pdftest.Pages(1, ""), c.object, "null")
			number := len(objects) - 1
			document := pdftest.File{Objects: objects, Streams: streams}.Bytes()
			file, err := pdf.Open(t.Context(), bytes.NewReader(document), pdf.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			got, err := file.SaysNull(pdf.Ref{Number: number})
			if err != nil || got != c.want {
				t.Errorf("%q, object streams %v: got %v, %v, want %v", c.object, streams, got, err, c.want)
			}
			for _, other := range []pdf.Ref{{Number: number, Generation: 7}, {Number: 99}, {Number: 1}} {
				if got, err := file.SaysNull(other); err != nil || got {
					t.Errorf("%v of %q: got %v, %v, want not null", other, c.object, got, err)
				}
			}
		}
	}
	table := pdftest.File{Objects: append(pdftest.Pages(1, ""), "null")}.Bytes()
	at := bytes.LastIndex(table, []byte(" 0 obj\nnull")) - 1
	shifted := bytes.Replace(table, fmt.Appendf(nil, "%010d 00000 n", at), fmt.Appendf(nil, "%010d 00000 n", at-2), 1)
	file, err := pdf.Open(t.Context(), bytes.NewReader(shifted), pdf.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := file.SaysNull(pdf.Ref{Number: len(pdftest.Pages(1, "")) + 1}); err != nil || got {
		t.Errorf("an offset in front of the object: got %v, %v, want not null", got, err)
	}
}
