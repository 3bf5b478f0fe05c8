package hostiletest

import (
	"fmt"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// revised returns signed files whose later revisions are expensive.
func revised(s *signer) (map[string][]byte, error) {
	all := map[string][]byte{}
	for name, text := range values() {
		document := pdftest.File{Objects: append(pdftest.Pages(1, "/Names 4 0 R"), text)}.Bytes()
		made, err := s.signUpTo(document, MaxSize, 3, pades.Options{})
		if err != nil { // over one of the limits of a single object
			continue
		}
		all["revised: "+name] = made
	}
	base, err := s.sign(pdftest.File{Objects: pdftest.Pages(300, "")}.Bytes(), pades.Options{})
	if err != nil {
		return nil, err
	}
	addRepeated(all, base)
	graph := pdftest.File{Objects: append(pdftest.Pages(1, "/Names 4 0 R"), repeatedTexts(8000, func(i int) string {
		return fmt.Sprintf("[%d 0 R %d 0 R %d 0 R]", 4+(i+1)%8000, 4+(i*7+1)%8000, 4+(i*13+5)%8000)
	})...)}.Bytes()
	if all["revised: thirty times above a graph"], err = s.signUpTo(graph, MaxSize, 30, pades.Options{}); err != nil {
		return nil, err
	}
	packed := pdftest.File{Streams: true,
		Objects: append(pdftest.Pages(1, "/Names 4 0 R"), repeatedTexts(30_000, func(i int) string {
			return fmt.Sprintf("[%d 0 R]", 4+(i+1)%30_000)
		})...)}.Bytes()
	all["revised: above a graph in a stream"], err = s.signUpTo(packed, MaxSize, 10, pades.Options{})
	return all, err
}

// addRepeated adds files with as many later revisions above a signed one as there is space for.
func addRepeated(all map[string][]byte, base []byte) {
	l := newLayout(base)
	for l.Len() < MaxSize-200 {
		l.rawTable("0 0\n", "")
	}
	all["revised: empty, as often as there is room"] = l.Bytes()
	pages := "<</Type/Pages/Count 1/Kids[" +
		repeated(300, func(i int) string { return fmt.Sprintf("%d 0 R ", i+3) }) + "]>>"
	l = newLayout(base)
	for l.Len() < MaxSize-8000 {
		l.object(2, pages)
		l.table("")
	}
	all["revised: pages again and again"] = l.Bytes()
	l = newLayout(base)
	for i := 0; l.Len() < MaxSize-2000; i++ {
		l.object(5000+i, "<</T(f)/FT/Tx/V("+strings.Repeat("x", i%50)+")>>")
		l.table("")
	}
	all["revised: by objects that nothing refers to"] = l.Bytes()
	l = newLayout(base)
	rows := make([]byte, 5*4_000_000)
	for l.Len() < MaxSize-30_000 {
		l.section("2000 4000000", rows, "")
	}
	all["revised: by free objects"] = l.Bytes()
}

// certified returns files with a certification or locks that limit later changes.
func certified(s *signer) (map[string][]byte, error) {
	all := map[string][]byte{}
	const fields = 3000
	names := repeated(fields, func(i int) string { return fmt.Sprintf("(f%d)", i) })
	lock := "<</T(seal)/FT/Sig/Lock<</Action/Include/Fields[" + names + "]>>>>"
	refs := repeated(fields+1, func(i int) string { return fmt.Sprintf("%d 0 R ", i+4) })
	texts := append([]string{lock},
		repeatedTexts(fields, func(i int) string { return fmt.Sprintf("<</T(f%d)/FT/Tx>>", i) })...)
	document := pdftest.File{Objects: append(pdftest.Pages(1, "/AcroForm<</Fields["+refs+"]>>"), texts...)}.Bytes()
	locked, err := s.sign(document, pades.Options{Field: "seal"})
	if err != nil {
		return nil, err
	}
	for !(len(locked) > MaxSize-200_000) {
		if locked, err = update(locked, func(_ *pdf.File, u *pdf.Update) error {
			for i := range fields {
				u.Set(pdf.Ref{Number: 5 + i},
					pdf.Dict{"T": pdf.String(fmt.Sprintf("f%d", i)), "FT": pdf.Name("Tx"), "V": pdf.String("x")})
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	all["certified: locked fields that all change"] = locked
	first, err := s.sign(pdftest.Sample(0), pades.Options{Certify: pades.FormFilling})
	if err != nil {
		return nil, err
	}
	all["certified: and signed as often as there is room"], err = s.signUpTo(first, MaxSize, 250, pades.Options{})
	return all, err
}
