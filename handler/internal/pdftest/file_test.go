package pdftest_test

import (
	"bytes"
	"testing"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

func TestFilesCanBeRead(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{
		"table":   pdftest.File{Objects: pdftest.Pages(3, "")}.Bytes(),
		"streams": pdftest.File{Objects: pdftest.Pages(3, ""), Streams: true}.Bytes(),
		"sample":  pdftest.Sample(100 << 10),
		"small":   pdftest.Sample(0),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read, err := pdf.Open(t.Context(), bytes.NewReader(file), pdf.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if _, page, err := read.FirstPage(); err != nil || page["Type"] != pdf.Name("Page") {
				t.Errorf("got %v %v, want a page", page, err)
			}
		})
	}
	if size := len(pdftest.Sample(100 << 10)); size < 99<<10 || size > 101<<10 {
		t.Errorf("got a sample of %d bytes, want about 102400", size)
	}
}
