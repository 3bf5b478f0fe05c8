package pdf_test

import (
	"slices"
	"testing"

	"influxion/handler/internal/pades/pdf"
)

func TestOpenKinds(t *testing.T) {
	t.Parallel()
	for name, data := range files() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, data)
			ref, catalog, err := f.Catalog()
			if err != nil || ref != (pdf.Ref{Number: 1}) || catalog["Pages"] != (pdf.Ref{Number: 2}) {
				t.Fatalf("catalog: got %v %v %v", ref, catalog, err)
			}
			ref, page, err := f.FirstPage()
			if err != nil || ref != (pdf.Ref{Number: 3}) || page["Type"] != pdf.Name("Page") {
				t.Fatalf("first page: got %v %v %v", ref, page, err)
			}
			wantObject(t, f, pdf.Ref{Number: 4}, "(four)")
			wantObject(t, f, pdf.Ref{Number: 4, Generation: 1}, "null")
			wantObject(t, f, pdf.Ref{Number: 400}, "null")
		})
	}
}

func TestSections(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		kinds   []pdf.SectionKind
		numbers []int // of the newest
	}{
		{"table", []pdf.SectionKind{pdf.KindTable}, []int{0, 1, 2, 3, 4}},
		{"stream", []pdf.SectionKind{pdf.KindStream}, []int{0, 1, 2, 3, 4, 5, 6}},
		{"hybrid", []pdf.SectionKind{pdf.KindHybrid, pdf.KindTable}, []int{4, 5, 6}},
		{"revised", []pdf.SectionKind{pdf.KindTable, pdf.KindTable}, []int{4, 5}},
		{"mixed", []pdf.SectionKind{pdf.KindStream, pdf.KindTable}, []int{4, 6, 7}},
	}
	all := files()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sections := open(t, all[test.name]).Sections()
			var kinds []pdf.SectionKind
			for _, s := range sections {
				kinds = append(kinds, s.Kind)
			}
			if !slices.Equal(kinds, test.kinds) {
				t.Errorf("kinds: got %v, want %v", kinds, test.kinds)
			}
			if got := slices.Collect(sections[0].Numbers()); !slices.Equal(got, test.numbers) {
				t.Errorf("numbers: got %v, want %v", got, test.numbers)
			}
			for n := range 10 {
				if got, want := sections[0].Defines(n), slices.Contains(test.numbers, n); got != want {
					t.Errorf("defines %d: got %v, want %v", n, got, want)
				}
			}
		})
	}
}
