package pades_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// members appends an update whose objects are members of an object stream, written as they are
// given.
func members(t *testing.T, document []byte, root int, objects map[int]string) []byte {
	t.Helper()
	f, _ := open(t, document)
	size := int(f.Trailer()["Size"].(pdf.Integer))
	for n := range objects {
		size = max(size, n+1)
	}
	var head, body, rows, index strings.Builder
	place := 0
	container, section := size, size+1
	for n := range size {
		if text, has := objects[n]; has {
			fmt.Fprintf(&head, "%d %d ", n, body.Len())
			body.WriteString(text + "\n")
			fmt.Fprintf(&index, "%d 1 ", n)
			rows.Write([]byte{2, byte(container >> 24), byte(container >> 16), byte(container >> 8), byte(container), 0,
				byte(place)})
			place++
		}
	}
	out := bytes.NewBuffer(bytes.Clone(document))
	row := func(n int) {
		at := out.Len()
		fmt.Fprintf(&index, "%d 1 ", n)
		rows.Write([]byte{1, byte(at >> 24), byte(at >> 16), byte(at >> 8), byte(at), 0, 0})
	}
	row(container)
	fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", container, pdftest.Stream(
		fmt.Sprintf("/Type /ObjStm /N %d /First %d", place, head.Len()), head.String()+body.String()))
	start := out.Len()
	row(section)
	fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", section, pdftest.Stream(fmt.Sprintf(
		"/Type /XRef /W [1 4 2] /Index [%s] /Size %d /Prev %d /Root %d 0 R", index.String(), section+1,
		f.Sections()[0].Offset, root), rows.String()), start)
	return out.Bytes()
}

// A key that stands twice in a new object is the one value for some readers and the other for
// others.
func TestKeysTwiceInAnUpdate(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.sign(t, pdftest.File{Streams: true, Objects: payment(resources+"/Contents 4 0 R", "")}.Bytes(),
		pades.Options{})
	text := func(n int) string {
		f, _ := open(t, signed)
		object, err := f.Object(number(n))
		if err != nil {
			t.Fatal(err)
		}
		written, err := pdf.Append(nil, object)
		if err != nil {
			t.Fatal(err)
		}
		return string(written)
	}
	catalog := text(1)
	if !strings.Contains(catalog, "/Pages 2 0 R") {
		t.Fatal(catalog)
	}
	pages := func(twice string) string { return strings.Replace(catalog, "/Pages 2 0 R", twice, 1) }
	for name, test := range map[string]struct {
		root    int
		objects map[int]string
		want    pades.Change
	}{
		"a catalog of another number": {40, map[int]string{40: catalog}, pades.ChangeNone},
		"pages twice, the first others": {40, map[int]string{40: pages("/Pages 41 0 R /Pages 2 0 R")},
			pades.ChangeOther},
		"pages twice, the last others": {40, map[int]string{40: pages("/Pages 2 0 R /Pages 41 0 R")},
			pades.ChangeOther},
		"a catalog that is there, twice": {1, map[int]string{1: pages("/Pages 41 0 R /Pages 2 0 R")},
			pades.ChangeOther},
		"validation data, twice": {1, map[int]string{1: strings.TrimSuffix(catalog, ">>") + "/DSS 41 0 R >>",
			41: "<< /Certs [] /Certs [] >>"}, pades.ChangeOther},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkAttack(t, s, members(t, signed, test.root, test.objects), test.want)
		})
	}
}
