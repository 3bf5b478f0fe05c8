package pades_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// withMember writes a document with a cross-reference stream. The given object is in an object
// stream with these entries and data, the others stand by themselves.
func withMember(objects []string, member int, entries, data string) []byte {
	out := bytes.NewBufferString("%PDF-1.7\n")
	container := len(objects) + 1
	rows := []byte{0, 0, 0, 0, 0, 255, 255}
	row := func(kind byte, a uint32, b uint16) {
		rows = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(append(rows, kind), a), b)
	}
	write := func(number int, text string) {
		row(1, uint32(out.Len()), 0)
		fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", number, text)
	}
	for i, text := range objects {
		if i+1 == member {
			row(2, uint32(container), 0)
			continue
		}
		write(i+1, text)
	}
	write(container, pdftest.Stream("/Type /ObjStm /N 1 /First 4 "+entries, data))
	start := out.Len()
	row(1, uint32(start), 0)
	section := pdftest.Stream(fmt.Sprintf("/Type /XRef /Size %d /W [1 4 2] /Root 1 0 R", container+2), string(rows))
	fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", container+1, section, start)
	return out.Bytes()
}

// Readers decode object streams that this package does not. What these hold is not known, so that
// every object that an update defines may be one that was missing there.
func TestDanglingInAStreamThatIsNotDecoded(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	inner := "6 0 << /Font << /F1 5 0 R >> /XObject << /X 20 0 R >> >>"
	var runs strings.Builder // RunLengthDecode: 7.4.5
	for _, c := range inner {
		runs.WriteString("\x00" + string(c))
	}
	document := withMember(payment("/Resources 6 0 R /Contents 7 0 R", "", "", pdftest.Stream("", "/X Do")), 6,
		"/Filter /RunLengthDecode", runs.String()+"\x80")
	signed := s.sign(t, document, pades.Options{})
	got := verified(t, appendix(t, signed, func(_ *testing.T, _ *pdf.File, u *pdf.Update) {
		for u.Add(pdf.NewStream(pdf.Dict{"Subtype": pdf.Name("Form"), "BBox": pdf.Array{}},
			[]byte(shown("PAY 999999")))).Number < 20 {
		}
	}), s.trust())[0]
	if got.Indication != pades.Indeterminate || got.SubIndication != pades.LimitReached ||
		got.ChangesAfter != pades.ChangeNotEvaluated || !strings.Contains(got.Detail, "object stream 8") {
		t.Errorf("got %s %s %q (%s), want the changes not evaluated", got.Indication, got.SubIndication,
			got.ChangesAfter, got.Detail)
	}
	if got := verified(t, signed, s.trust())[0]; got.Indication != pades.TotalPassed {
		t.Errorf("got %s (%s) without an update, want it to pass", got.Indication, got.Detail)
	}
}
