package hiddenchange

import (
	"fmt"
	"strings"
)

// The hidden content: objects that show the text of page 2 on page 1, if a reader takes them for
// objects of the document.
var (
	hiddenContent = fmt.Sprintf("%d 0 obj\n%s\nendobj\n", contentNumber, penalty)
	// An array of streams is a /Contents too (ISO 32000-2, table 31). It fits on one line, and has
	// no parenthesis that could end a string.
	hiddenArray  = fmt.Sprintf("%d 0 obj\n[%d 0 R]\nendobj\n", contentNumber, penaltyNumber)
	hiddenPage   = fmt.Sprintf("%d 0 obj\n%s\nendobj\n", pageNumber, penaltyPage)
	hiddenMember = member{pageNumber, penaltyPage}
)

// A complete page tree, under object numbers that no document here uses.
const (
	decoyCatalog = 70
	hiddenTree   = "71 0 obj\n<< /Type /Pages /Count 1 /Kids [72 0 R] >>\nendobj\n" +
		"72 0 obj\n<< /Type /Page /Parent 71 0 R /MediaBox [0 0 240 120] /Contents 7 0 R /Resources << " +
		"/Font << /F1 5 " +
		"0 R >> >> >>\nendobj\n"
	hiddenCatalog = "1 0 obj\n<< /Type /Catalog /Pages 71 0 R >>\nendobj\n" + hiddenTree
	decoyTrailer  = "trailer\n<< /Size 73 /Root 70 0 R >>\n"
	decoyObjects  = "70 0 obj\n<< /Type /Catalog /Pages 71 0 R >>\nendobj\n" + hiddenTree
)

// oneLine returns a text without line ends, for comments.
func oneLine(text string) string { return strings.ReplaceAll(strings.TrimSpace(text), "\n", " ") }

// decoySection returns an object with a correct section that lists it, both to be put at an offset.
func (r *revision) decoySection(at int) string {
	o := &object{number: contentNumber, text: penalty, at: at}
	section := at + len(o.String())
	return o.String() + fmt.Sprintf("xref\n%strailer\n<< /Size %d /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n",
		subsections([]row{{contentNumber, rowPlain, at, 0}}, false), r.size, r.prev, section)
}
