package pdf_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// A chain of references to references ends in one of three ways: at an object; in a circle, which
// is the document's fault; or at a limit, which is not.
func TestReferencesToReferences(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		length int
		last   string
		want   pdf.ErrorKind // 0 = it is read
	}{
		{30, "(end)", 0}, {31, "(end)", pdf.TooComplex}, {200, "(end)", pdf.TooComplex}, {30, "4 0 R", pdf.Damaged},
		{10, "9 0 R", pdf.Damaged}, {0, "4 0 R", pdf.Damaged},
	} {
		objects := pdftest.Pages(1, "")
		for i := range test.length {
			objects = append(objects, fmt.Sprintf("%d 0 R", i+5))
		}
		file := open(t, pdftest.File{Objects: append(objects, test.last)}.Bytes())
		got, err := file.Resolve(pdf.Ref{Number: 4})
		fault, _ := errors.AsType[*pdf.Error](err)
		if (fault == nil) != (test.want == 0) || fault != nil && fault.Kind != test.want {
			t.Errorf("%d references to %s: got %v %v, want %v", test.length, test.last, got, err, test.want)
		}
		if test.want == pdf.TooComplex && !strings.Contains(err.Error(), "32") {
			t.Errorf("got %v, want the limit to be named", err)
		}
	}
}
