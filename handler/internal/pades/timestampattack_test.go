package pades_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/trusttest"
)

// revisionOf is an incremental update of these objects, by their numbers, in sound syntax.
func revisionOf(document []byte, size int, objects map[int]string) []byte {
	var body, entries strings.Builder
	numbers := make([]int, 0, len(objects))
	for n := range objects {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		fmt.Fprintf(&entries, "%d 1\n%010d 00000 n \n", n, len(document)+body.Len())
		fmt.Fprintf(&body, "%d 0 obj\n%s\nendobj\n", n, objects[n])
	}
	return rawRevision(document, body.String(), entries.String(), size)
}

// stamp puts a token of the TSA into a document whose only unsigned signature dictionary is from
// unsigned.
func (e *estate) stamp(t *testing.T, document []byte) {
	t.Helper()
	start := bytes.Index(document, []byte(holeContents))
	end := start + len(holeContents)
	copy(document[bytes.Index(document, []byte(holeRange)):],
		fmt.Sprintf("[0 %010d %010d %010d]", start, end, len(document)-end))
	digest := sha256.Sum256(slices.Concat(document[:start], document[end:]))
	token, err := e.Timestamp(t.Context(), crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	hex.Encode(document[start+1:], token.Raw)
}

// A timestamp proves a time and names nobody who answers for what its field shows. Anybody can get
// one. So what a document timestamp draws is a comment, in an added field and in an existing one.
func TestTimestampsThatShowSomething(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	const page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] " + resources + "/Contents 4 0 R /Annots " +
		"[8 0 R] >>"
	const catalog = "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R %d 0 R] >> >>"
	const widget = "<< /Type /Annot /Subtype /Widget /Rect %s /P 3 0 R %s >>"
	const named = "/FT /Sig /T (x) "
	stamped := strings.Replace(unsigned(""), "/ETSI.CAdES.detached", "/ETSI.RFC3161", 1)
	looks := pdftest.Stream(formXObject, "1 g 0 0 595 842 re f 0 g "+shown("PAY 999999"))
	none := pdftest.Stream(formXObject, "")
	for _, test := range []struct {
		name, rect, entries, look string
		shows                     bool
	}{
		{"the whole page", "[0 0 595 842]", "/AP << /N 10 0 R >>", looks, true},
		{"a corner", "[0 0 90 9]", "/AP << /N 10 0 R >>", looks, true},
		{"in another state", "[0 0 90 9]", "/AP << /N << /Off 10 0 R >> >>", looks, true},
		{"a caption", "[0 0 90 9]", "/MK << /CA (PAY 999999) /BG [1] >>", none, true},
		{"nothing, in an area", "[0 0 90 9]", "/AP << /N 10 0 R >>", none, false},
		{"nothing, in no area", "[0 0 0 0]", "/AP << /N 10 0 R >>", none, false},
		{"nothing at all", "[0 0 0 0]", "", none, false},
	} {
		for _, field := range []string{"new", "waiting", "waiting, with a widget of its own"} {
			for p := range 4 {
				t.Run(fmt.Sprintf("%s, %s, P %d", test.name, field, p), func(t *testing.T) {
					t.Parallel()
					entries, waits, fields, node := "", "null", "6 0 R", 8
					shape, value := fmt.Sprintf(widget, test.rect, named), "/V 11 0 R "
					if p > 0 {
						entries = certified(fmt.Sprint(p))
					}
					more := map[int]string{10: test.look, 11: stamped}
					annotations := "[]"
					if field != "new" {
						fields, annotations = "6 0 R 8 0 R", "[8 0 R]"
					}
					more[8] = fmt.Sprintf(widget, test.rect, named+value+test.entries)
					if strings.HasSuffix(field, "own") {
						node, fields = 7, "6 0 R 7 0 R"
						shape = fmt.Sprintf(widget, test.rect, "/Parent 7 0 R")
						waits = "<< " + named + "/Kids [8 0 R] >>"
						more[7] = "<< " + named + value + "/Kids [8 0 R] >>"
						more[8] = fmt.Sprintf(widget, test.rect, "/Parent 7 0 R "+test.entries)
					}
					objects := payment(resources+"/Contents 4 0 R /Annots "+annotations,
						"/AcroForm << /Fields ["+fields+"] >>", "<< /FT /Sig /T (Signature1) /V 9 0 R >>", waits, shape)
					if field == "new" {
						objects[7] = "null"
						more[1], more[3] = fmt.Sprintf(catalog, node), page
					}
					attacked := revisionOf(signer{e.chain, e.key}.byHand(t, objects, entries), 12, more)
					e.stamp(t, attacked)
					found := verified(t, attacked, e.online())
					got := found[0]
					// A field that is seen may be added only where annotations may.
					visible := field == "new" && test.rect != "[0 0 0 0]"
					want := !test.shows && (p == 0 || p == 3 || p == 2 && !visible || !visible && field == "new") ||
						test.shows && p == 3
					if (got.Indication == pades.TotalPassed) != want || found[1].Indication != pades.TotalPassed {
						t.Errorf("got %s %q (%s), timestamp %s; want passed %v", got.Indication, got.ChangesAfter,
							got.Detail, found[1].Indication, want)
					}
				})
			}
		}
	}
}
