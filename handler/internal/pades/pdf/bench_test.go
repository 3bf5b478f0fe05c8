package pdf_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"

	"influxion/handler/internal/pades/pdf"
)

// document is a file of about 100 KB with 500 objects, as a word processor writes it.
func document(stream bool) []byte {
	b := newBuilder()
	b.WriteString("% 500 objects\n")
	content := bytes.Repeat([]byte("BT /F1 12 Tf 72 720 Td (text) Tj ET\n"), 40)
	if stream {
		bodies := []string{catalogBody, pagesBody, pageBody}
		for n := 4; n < 200; n++ {
			bodies = append(bodies, fmt.Sprintf("<</Type /Annot /Rect [0 0 %d 10] /P 3 0 R /T (field %d)>>", n, n))
		}
		b.objectStream(600, 1, bodies...)
	} else {
		body(b)
		for n := 4; n < 200; n++ {
			b.object(n, fmt.Sprintf("<</Type /Annot /Rect [0 0 %d 10] /P 3 0 R /T (field %d)>>", n, n))
		}
	}
	for n := 200; n < 500; n++ {
		b.stream(n, "", content[:260])
	}
	if stream {
		return b.xrefStream("").Bytes()
	}
	return b.table("").Bytes()
}

// BenchmarkOpenAndUpdate does what signing does apart from hashing: open, find the first page,
// write a small update. The hash of the same file is measured too, for comparison.
func BenchmarkOpenAndUpdate(b *testing.B) {
	for _, kind := range []string{"table", "stream"} {
		data := document(kind == "stream")
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				f, err := pdf.Open(b.Context(), bytes.NewReader(data), pdf.Limits{})
				if err != nil {
					b.Fatal(err)
				}
				ref, page, err := f.FirstPage()
				if err != nil {
					b.Fatal(err)
				}
				root, catalog, err := f.Catalog()
				if err != nil {
					b.Fatal(err)
				}
				u := f.NewUpdate()
				signature := u.Add(pdf.Dict{"Contents": &pdf.Hole{Text: make([]byte, 16384)}})
				page, catalog = page.Clone(), catalog.Clone()
				page["Annots"] = pdf.Array{signature}
				catalog["AcroForm"] = pdf.Dict{"Fields": pdf.Array{signature}}
				u.Set(ref, page)
				u.Set(root, catalog)
				if _, err := u.Bytes(nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	data := document(false)
	b.Run("SHA-256 of the file", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			sha256.Sum256(data)
		}
	})
}
