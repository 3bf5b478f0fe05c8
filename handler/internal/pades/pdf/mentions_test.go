package pdf_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// The cross-references may place an object anywhere, also near the end of the file and behind it.
// Whatever looks like a reference near that place is mentioned.
func TestMentionsNearTheEnd(t *testing.T) {
	t.Parallel()
	document := pdftest.File{Objects: append(pdftest.Pages(1, ""), "null")}.Bytes()
	number := len(pdftest.Pages(1, "")) + 1
	at := bytes.LastIndex(document, []byte(" 0 obj\nnull")) - 1
	reference := bytes.LastIndex(document, []byte("1 0 R")) // in the trailer
	entry := fmt.Appendf(nil, "%010d 00000 n", at)
	for offset := 0; offset < len(document)+2_000; offset += 3 {
		moved := bytes.Replace(document, entry, fmt.Appendf(nil, "%010d 00000 n", offset), 1)
		file, err := pdf.Open(t.Context(), bytes.NewReader(moved), pdf.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		got, err := file.Mentions(number)
		if err != nil {
			t.Fatalf("offset %d: got %v", offset, err)
		}
		if near := offset-1024 <= reference; offset > len(document) && near != slices.Contains(got, 1) {
			t.Errorf("offset %d of %d: got %v, want object 1 in it: %v", offset, len(document), got, near)
		}
		if _, err := file.SaysNull(pdf.Ref{Number: number}); offset < len(document) && err != nil {
			t.Errorf("offset %d: got %v", offset, err)
		}
	}
}
