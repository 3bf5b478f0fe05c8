package pdf_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
)

// sound is an update in correct syntax, which follows the file of body. AT with a number stands for
// the offset of the object with that number, LE with a number for the offset of the byte before it.
// PREV and START stand for the offsets of the sections.
const sound = "5 0 obj\n<< /A (text) >>\nendobj\n" +
	"6 0 obj\n<< /Length 4 >>\nstream\nabcd\nendstream\nendobj\n" +
	"xref\n5 2\nAT00000005 00000 n \nAT00000006 00000 n \n" +
	"trailer\n<< /Size 7 /Root 1 0 R /Prev PREV >>\n" +
	"startxref\nSTART\n%%EOF\n"

var offsetOf = regexp.MustCompile(`(AT|LE)[0-9]{8}`)

// withUpdate returns a file with an update behind it.
func withUpdate(file []byte, update string) []byte {
	base := len(file)
	previous := string(file[bytes.LastIndex(file, []byte("startxref\n"))+len("startxref\n"):])
	previous, _, _ = strings.Cut(previous, "\n")
	update = strings.ReplaceAll(update, "PREV", previous)
	update = offsetOf.ReplaceAllStringFunc(update, func(mark string) string {
		at := 0
		head := regexp.MustCompile(`(?:^|[^0-9])(` + strings.TrimLeft(mark[2:], "0") + `)\s+[0-9]+\s*obj`)
		if found := head.FindStringSubmatchIndex(update); found != nil {
			at = found[2]
		}
		if mark[:2] == "LE" {
			at--
		}
		return fmt.Sprintf("%010d", base+at)
	})
	start := strings.Index(strings.ReplaceAll(update, "startxref", "START----"), "xref")
	return append(bytes.Clone(file), strings.ReplaceAll(update, "START", strconv.Itoa(base+start))...)
}

// irregularity returns the irregularity of an update.
func irregularity(t *testing.T, file, whole []byte) string {
	t.Helper()
	f, err := pdf.Open(t.Context(), bytes.NewReader(whole), pdf.DefaultLimits())
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	earlier, err := f.Revision(t.Context(), int64(len(file)), 1<<24)
	if err != nil {
		t.Fatal(err)
	}
	why, err := f.Irregularity(earlier)
	if err != nil {
		t.Fatal(err)
	}
	return why
}

// edited replaces the first occurrence of a text in an update by another text.
type edited struct{ old, new string }

// The syntax of ISO 32000-2 to the last byte, with the white space and comments that honest writers
// leave. TestHiddenObjectsNeverPass of package pades checks how other readers read everything else.
func TestIrregularity(t *testing.T) {
	t.Parallel()
	file := body(newBuilder()).table("").Bytes()
	for want, rows := range map[bool][]edited{false: regularEdits(), true: irregularEdits()} {
		for _, e := range rows {
			if !strings.Contains(sound, e.old) {
				t.Fatalf("%q is not in the update", e.old)
			}
			why := irregularity(t, file, withUpdate(file, strings.Replace(sound, e.old, e.new, 1)))
			if (why != "") != want {
				t.Errorf("%.60q for %q: got %q, want an irregularity: %v", e.new, e.old, why, want)
			}
		}
	}
}

const (
	firstObject = "5 0 obj\n<<"
	firstTwo    = "5 0 obj\n<< /A (text) >>\nendobj\n6 0 obj"
	text        = "(text)"
)

// values returns the rows for a value within an object, and for the same value in the trailer.
func values(texts ...string) (rows []edited) {
	for _, one := range texts {
		rows = append(rows, edited{text, one}, edited{"/Root 1 0 R", "/Root 1 0 R /Odd " + one})
	}
	return rows
}

func regularEdits() []edited {
	space := func(n int) string { return strings.Repeat(" ", n) }
	rows := []edited{
		{"", ""},
		{"5 0 obj", space(32) + "5 0 obj"}, {"6 0 obj", space(31) + "6 0 obj"},
		{"5 0 obj", "5" + space(32) + "0 obj"}, {"5 0 obj", "5 0" + space(32) + "obj"},
		{firstObject, "%c\n5 0 obj\n<<"}, {firstObject, "\n%" + strings.Repeat("c", 126) + "\r\n\n5 0 obj\n<<"},
		{firstObject, "5 0 obj<<"}, {">>\nendobj", ">>endobj"}, {">>\nendobj", ">>" + space(500) + "\nendobj"},
		{"AT00000006 00000 n ", "AT00000006 00000 n\r"},
		{"xref\n5", "xref \n5"}, {"xref\n5", "xref\r\n5"}, {"xref\n5", "xref\r5"}, {"5 2\n", "5 2 \r\n"},
		{"xref\n5", "xref\n0 1\n0000000000 65535 f \n5"},
		{" n \ntrailer", " n\r\ntrailer"}, {" n \ntrailer", " n \rtrailer"},
		{"trailer\n", "trailer"}, {"trailer\n", "trailer" + space(500)},
		{"trailer\n", "\ntrailer\n"}, {" n \ntrailer", " n\r\n\ntrailer"},
		{"xref\n5", space(31) + "xref\n5"},
		{">>\nstartxref", ">>" + space(32) + "startxref"}, {">>\nstartxref", ">>startxref"},
		{"\nstartxref", "\n%" + strings.Repeat("c", 126) + "\nstartxref"},
		{"\nstartxref", "\n%" + strings.Repeat("c", 62) + "\r%" + strings.Repeat("c", 63) + "\nstartxref"},
		{"START\n", "START \r\n"}, {"startxref\n", "startxref\r"}, {"%%EOF\n", "%%EOF"},
		{"%%EOF\n", "%%EOF" + space(32)},
		{"stream\nabcd", "stream\r\nabcd"}, {"abcd\nendstream", "abcdendstream"},
		{"abcd\nendstream", "abcd\r\nendstream"},
		{"endstream\nendobj", "endstream" + space(32) + "endobj"},
		{">>\nstream", ">>stream"},
		{"/Length 4", "/Length 5"}, // with the line end
		{"/Length 4", "/Length 4 /A (a\\r)"}, {"/Root 1 0 R", "/Root 1 0 R /ID [(a\r) (b\r\n)]"},
		{firstTwo, strings.NewReplacer("5 0 obj", "6 0 obj", "6 0 obj", "5 0 obj").Replace(firstTwo)},
		{"AT00000005", "LE00000005"}, {"AT00000006", "LE00000006"}, {sound, ""}, {sound, space(32)},
		{text, "null"}, {"<< /A (text) >>", "null"}, {"<< /A (text) >>", "[null]"},
	}
	return append(rows,
		values("1", "-1", "+1", "1.5", ".5", "4.", "-.5", "0"+strings.Repeat("1", 17), "1."+strings.Repeat("2", 125),
			"true", "false", "/Name", "/", "/A#42", "/A#30", "/A#4f", "/#5A#5a", "(a(b)c)", `(\))`, "()", "<>", "<4A4b>", "<4 1\n>", "<414>", "[]",
			"[1/A(b)<41>[true]<<>>]", "<<>>", "<</A 1/B[2]>>", "[ 1 0 R 2 0 R]", "[1 0 2 0 R]",
			"1"+space(32)+"0 R", "1 0"+space(32)+"R", "[1 65535 R]")...)
}

func irregularEdits() []edited {
	space := func(n int) string { return strings.Repeat(" ", n) }
	rows := []edited{
		{"5 0 obj", space(33) + "5 0 obj"}, {"6 0 obj", space(32) + "6 0 obj"},
		{"5 0 obj", "5" + space(33) + "0 obj"}, {"5 0 obj", "5 0" + space(33) + "obj"},
		{"5 0 obj", "5 0obj"}, {"5 0 obj", "5 1 obj"}, {"5 0 obj", "+5 0 obj"}, {"5 0 obj", "5 0 objx"},
		{"5 0 obj", "5 0 Obj"},
		{"obj\n<< /A (text) >>", "obj1"}, {"/Root 1 0 R", "/Root 1 0 R /A null"},
		{"/Root 1 0 R", "/Root 1 0 R /A [null]"},
		{firstObject, "7 0 obj\n<< >>\nendobj\n5 0 obj\n<<"}, {firstObject, "x\n5 0 obj\n<<"},
		{firstObject, "%%EOF\n5 0 obj\n<<"}, {firstObject, "% %PDF-1.7\n5 0 obj\n<<"},
		{firstObject, "% startxref 9\n5 0 obj\n<<"}, {firstObject, "% 4 0 obj\n5 0 obj\n<<"},
		{firstObject, "% endstream\n5 0 obj\n<<"}, {firstObject, "% trailer<<>>\n5 0 obj\n<<"},
		{firstObject, "%c\n%c\n5 0 obj\n<<"}, {firstObject, "%" + strings.Repeat("c", 127) + "\n5 0 obj\n<<"},
		{firstObject, "%c\n" + space(32) + "5 0 obj\n<<"}, {"6 0 obj", "%c\n6 0 obj"}, {firstObject, "%c 5 0 obj\n<<"},
		{">>\nendobj", ">>\nendobjx"}, {">>\nendobj", ">>"}, {">>\nendobj", ">>\n>>\nendobj"},
		{">>\nendobj", ">> %c\nendobj"},
		{"xref\n5", "xref  \n5"}, {"xref\n5", "xref\f5"}, {"xref\n5", "xref 5"}, {"5 2\n", "5 2"}, {"5 2\n", "5  2\n"},
		{"5 2\n", "5\n2\n"}, {"5 2\n", "5 2\n\n"}, {"5 2\n", "5 2 %c\n"},
		{" n \nAT", " n\nAT"}, {" n \nAT", " n  \nAT"}, {" n \nAT", " n\n\nAT"}, {" n \nAT", " n\f\nAT"},
		{" n \nAT", " n \fAT"},
		{"00000 n \nAT", "0000 n  \nAT"}, {" 00000 n \nAT", "  0000 n \nAT"}, {" 00000 n \nAT", "_00000 n \nAT"},
		{"00000 n \nAT", "00000_n \nAT"}, {"00000 n \nAT", "00000 x \nAT"}, {"00000 n \nAT", "0000a n \nAT"},
		{"AT00000006 00000 n", "0000000000 00000 n"}, {"5 2\n", "5 1\n"}, {"5 2\n", "5 3\n"}, {"5 2\n", "6 2\n"},
		{"5 2\n", "0 2\n"},
		{"xref\n5", "xref\n0 1\nAT00000005 00000 n \n5"}, {"5 2\n", "3 1\n0000000015 00000 n \n5 2\n"},
		{sound, space(33)}, {sound, "%c\n"}, {sound, "4 0 obj\n1\nendobj\n"},
		{"trailer\n", "trailerx\n"}, {"trailer\n", "trailer\n%c\n"}, {"trailer\n", ""},
		{"trailer\n", "\n\ntrailer\n"}, {"trailer\n", "\r\ntrailer\n"}, {"trailer\n", " \ntrailer\n"},
		{"trailer\n", " trailer\n"}, {"trailer\n", "\x00trailer\n"}, {"trailer\n", "\nxtrailer\n"},
		{" n \ntrailer", " n \r\ntrailer"}, {" n \ntrailer", " n \r\n\ntrailer"},
		{"5 2\n", "3 0\n\n5 2\n"}, {"xref\n5", "xref\n\n5"},
		{"trailer\n<<", "trailer\n<<>> <<"},
		{"xref\n5", space(32) + "xref\n5"}, {"xref\n5", "7 0 obj\n1\nendobj\nxref\n5"}, {"xref\n5", "%c\nxref\n5"},
		{">>\nstartxref", ">>" + space(33) + "startxref"}, {">>\nstartxref", ">> x\nstartxref"},
		{"\nstartxref", "\n%" + strings.Repeat("c", 127) + "\nstartxref"},
		{"\nstartxref", "\n%" + strings.Repeat("c", 62) + "\r%" + strings.Repeat("c", 64) + "\nstartxref"},
		{"startxref\n", "startxref "}, {"startxref\n", "startxref\n\n"}, {"START\n", "START x\n"}, {"START\n", "START"},
		{"START\n", "START\n\n"}, {"%%EOF", "%EOF"}, {"%%EOF\n", "%%EOF\n%c\n"}, {"%%EOF\n", "%%EOF x"},
		{"%%EOF\n", "%%EOF" + space(33)}, {"%%EOF\n", "%%EOF\n%%EOF\n"},
		{"\nstream\n", "\nstream \n"}, {"\nstream\n", "\nstream\r"}, {"\nstream\n", "\nstream"},
		{"\nstream\n", "\nstream\n\n"},
		{"/Length 4", "/Length 3"}, {"/Length 4", "/Length 6"}, {"/Length 4", "/Length -1"},
		{"/Length 4", "/Length 4000"}, {"/Length 4", "/Length null"}, {"/Length 4", "/Length 4 /A null"},
		{"/Length 4", ""}, {"/Length 4", "/Length 4 /A (a\r)"}, {"/Length 4", "/Length 4 /A << /B [(\\400)] >>"},
		{"abcd\nendstream", "abcd\n\nendstream"}, {"abcd\nendstream", "abcd endstream"},
		{"endstream\nendobj", "endstreamendobj"},
		{"endstream\nendobj", "endstream" + space(33) + "endobj"}, {"endstream\nendobj", "endstream"},
		{"/Size 7", "/Size 6"}, {"/Size 7", "/Size 3"}, {"/Size 7", "/Size 1100"}, {"/Size 7", ""},
		{"/Prev PREV", "/Prev 1PREV"}, {"/Prev PREV", "/Prev PREV.0"}, {"/Prev PREV", ""}, {"/Prev PREV", "/Prev 0"},
		{"/Prev PREV", "/Prev PREV /XRefStm 0"}, {"/Prev PREV", "/Prev PREV /Prev PREV"},
		{"(text) >>\nendobj", "4 0 obj 1 endobj (text) >>\nendobj"}, {"abcd", "\n4 0 obj\n"}, {"abcd", "trailer<<>>"},
	}
	for _, within := range []string{"%c", "% 4 0 obj 1 endobj", "4 0 obj\n1\nendobj", "trailer<<>>", "xref",
		"startxref\n9", "%%EOF", "4 1\n0000000015 00000 n ", "0000000015 00000 n ", "0 0"} { // beside the empty line
		rows = append(rows, edited{"trailer\n", "\n" + within + "\ntrailer\n"},
			edited{"trailer\n", within + "\n\ntrailer\n"})
	}
	for i, e := range rows { // what is longer than the stream said
		if e.old == "abcd" {
			rows[i] = edited{"/Length 4 >>\nstream\nabcd", fmt.Sprintf("/Length %d >>\nstream\n%s", len(e.new), e.new)}
		}
	}
	return append(rows, values("1-1", "--1", "1.2.3", "-", ".", "+", "1e5", "1x", strings.Repeat("1", 128),
		"1."+strings.Repeat("2", 126),
		"trueX", "tru", "nul", "/A#4", "/A#4g", "/A#g4", "/A#", "/A#00", "(text", "(a(b)", "<4g>", "<4", "[1", "[1>>",
		"<<", "<</A", "<</A>>",
		"<<1 2>>", "<</A 1 /A 2>>", "<</A 1 /#41 2>>", "<</A 1>", "<< /A 1 > >", "%c\n1", "R", "]", ">>", "{}",
		"1"+space(33)+"0 R",
		"1 0"+space(33)+"R", "1 000000 R", "00000000001 0 R", "[1 0 Rx]", "[1 0 R1 0 R]", "\x00x", "")...)
}
