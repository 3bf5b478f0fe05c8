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

// members appends an update whose objects are members of an object stream. Their text is written
// unchanged.
func members(t *testing.T, document []byte, root int, objects map[int]string) []byte {
	t.Helper()
	return membersWith(t, document, root, objects, nil)
}

// packed is an object stream before it is laid out.
type packed struct {
	dict       string // in addition to /Length
	head, body string
	first      int
}

// membersWith is members with a function that changes the object stream.
func membersWith(t *testing.T, document []byte, root int, objects map[int]string, change func(*packed)) []byte {
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
	p := packed{fmt.Sprintf("/Type /ObjStm /N %d /First FIRST", place), head.String(), body.String(), head.Len()}
	if change != nil {
		change(&p)
		p.first += len(p.head) - head.Len()
	}
	dict := strings.Replace(p.dict, "FIRST", fmt.Sprint(p.first), 1)
	fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", container, pdftest.Stream(dict, p.head+p.body))
	start := out.Len()
	row(section)
	fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", section, pdftest.Stream(fmt.Sprintf(
		"/Type /XRef /W [1 4 2] /Index [%s] /Size %d /Prev %d /Root %d 0 R", index.String(), section+1,
		f.Sections()[0].Offset, root), rows.String()), start)
	return out.Bytes()
}

// If a new object has a duplicate key, some readers use one value and others the other.
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

// The data of an object stream in an update must consist only of its objects, each in sound syntax,
// and its dictionary must not need other objects, because readers repair or refuse any other object
// stream.
func TestObjectStreamsOfAnUpdate(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	// Objects 6 and 7 are values for /N and /Type of an object stream that refers to them.
	signed := s.sign(t, pdftest.File{Streams: true,
		Objects: payment(resources+"/Contents 4 0 R", "", "2", "/ObjStm", "12")}.Bytes(), pades.Options{})
	f, _ := open(t, signed)
	catalog, err := f.Object(number(1))
	if err != nil {
		t.Fatal(err)
	}
	written, err := pdf.Append(nil, catalog)
	if err != nil {
		t.Fatal(err)
	}
	objects := map[int]string{1: strings.TrimSuffix(string(written), ">>") + "/DSS 40 0 R >>", 40: "<< /Certs [] >>"}
	dict := func(old, new string) func(*packed) {
		return func(p *packed) { p.dict = strings.Replace(p.dict, old, new, 1) }
	}
	body := func(old, new string) func(*packed) {
		return func(p *packed) { p.body = strings.Replace(p.body, old, new, 1) }
	}
	for name, test := range map[string]struct {
		change func(*packed)
		passes bool
	}{
		"as it should be":         {nil, true},
		"white space at its end":  {func(p *packed) { p.body += " \n " }, true},
		"white space in its head": {func(p *packed) { p.head += "\n  \n" }, true},
		"a count elsewhere":       {dict("/N 2", "/N 6 0 R"), false},
		"a beginning elsewhere":   {dict("/First FIRST", "/First 8 0 R"), false},
		"a type elsewhere":        {dict("/Type /ObjStm", "/Type 7 0 R"), false},
		"a count that is a real":  {dict("/N 2", "/N 2.0"), false},
		"an object more":          {func(p *packed) { p.body += "<< /Certs [] >>" }, false},
		"an object more, told": {
			func(p *packed) { p.head += fmt.Sprintf("4 %d ", len(p.body)); p.body += "[7 0 R]" }, false},
		"a keyword at its end":     {func(p *packed) { p.body += "endobj" }, false},
		"a comment at its end":     {func(p *packed) { p.body += "% a comment" }, false},
		"a comment in its head":    {func(p *packed) { p.head += "% a comment\n" }, false},
		"a word in its head":       {func(p *packed) { p.head += "obj " }, false},
		"a comment in an object":   {body("/Certs []", "% /C\n[]"), false},
		"a comment for a value":    {body("/Certs [] >>\n", "/Certs[]%>>\n>>"), false},
		"a number of two signs":    {body("/Certs []", "/Cer --5 "), false},
		"a number with a dash":     {body("/Certs []", "/Cer 5-3 "), false},
		"a name with a null":       {body("/Certs []", "/Ce#00 []"), false},
		"a name half escaped":      {body("/Certs []", "/Cert# []"), false},
		"a string without its end": {body("/Certs []", "/Cert (] "), false},
		"an object that ends late": {body("/Certs [] >>", "/Certs []   "), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, detail := judged(t, s, membersWith(t, signed, 1, objects, test.change))
			if passes := got == pades.TotalPassed; passes != test.passes {
				t.Errorf("got %s (%s), want it to pass: %v", got, detail, test.passes)
			}
		})
	}
}
