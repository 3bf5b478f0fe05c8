package pdftest

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// BrokenFiles returns documents of one page whose cross-references lead nowhere or to a wrong
// place. Every common reader repairs them and gets the same document, in which object 4 is a
// dictionary with /New true.
func BrokenFiles() map[string][]byte {
	good := twoRevisions(0)
	older, newer := bytes.Index(good, []byte("xref\n0 ")), bytes.LastIndex(good, []byte("xref\n4 "))
	all := map[string][]byte{
		"previous section is itself":           withPrevious(good, newer),
		"previous section negative":            withPrevious(good, -1),
		"previous section two gigabytes away":  withPrevious(good, 2147483647),
		"previous section is off by two":       withPrevious(good, older+2),
		"sections in a circle":                 sectionCircle(),
		"stream beside the table is the table": replace(good, "/Prev", fmt.Sprintf("/XRefStm %d /Prev", newer)),
		"line ends converted":                  bytes.ReplaceAll(good, []byte("\n"), []byte("\r\n")),
		"table claims too many":                replace(good, "xref\n0 5\n", "xref\n0 9\n"),
		"table claims too few":                 replace(good, "xref\n0 5\n", "xref\n0 3\n"),
		"no keyword before the table":          replace(good, "xref\n4 1", "xxxx\n4 1"),
		"junk that offsets do not count":       append([]byte("HTTP/1.1 200 OK\n\n"), withPrevious(good, older+3)...),
		"no end-of-file marker":                bytes.TrimSuffix(withStart(Sample(0), "7"), []byte("%%EOF\n")),
		"catalog's entry leads to the page tree": bytes.Replace(good, good[older+29:older+39], good[older+49:older+59],
			1),
		"catalog elsewhere":   entryMoved(good, 1),
		"page tree elsewhere": entryMoved(good, 2),
		"page elsewhere":      entryMoved(good, 3),
	}
	for name, offset := range map[string]string{
		"zero": "0", "one": "1", "beyond the end": "999999", "two gigabytes": "2147483648",
		"in the middle of an object": "30",
		"of 18 digits":               "999999999999999999", "one too far": fmt.Sprint(newer + 1),
		"ten too near": fmt.Sprint(newer - 10),
		"at an object": fmt.Sprint(bytes.Index(good, []byte("2 0 obj"))),
	} {
		all["startxref "+name] = withStart(good, offset)
	}
	for _, by := range []int{-10, -2, 1, 2, 100} {
		all[fmt.Sprintf("entries off by %d", by)] = twoRevisions(by)
	}
	return all
}

// DisputedFiles returns documents with unusable cross-references. In these, readers that repair
// files find different objects, or none.
func DisputedFiles() map[string][]byte {
	good := twoRevisions(0)
	behind := func(text string) []byte {
		return withStart(replace(good, "trailer\n<< /Size 5 /Root 1 0 R /Prev",
			text+"trailer\n<< /Size 5 /Root 1 0 R /Prev"), "7")
	}
	inner := File{Objects: Pages(1, "/Inner true")}.Bytes()
	return map[string][]byte{
		"objects in streams":         withStart(File{Objects: Pages(1, ""), Streams: true}.Bytes(), "7"),
		"a cross-reference stream":   behind("9 0 obj\n" + Stream("/Type /XRef", "") + "\nendobj\n"),
		"an object stream":           behind("9 0 obj\n" + Stream("/Type /ObjStm", "") + "\nendobj\n"),
		"a document within a stream": behind("9 0 obj\n" + Stream("", string(inner)) + "\nendobj\n"),
		"the same, its length elsewhere": behind(
			"9 0 obj\n" +
				strings.Replace(Stream("", string(inner)), fmt.Sprintf("/Length %d", len(inner)), "/Length 8 0 R", 1) +
				"\nendobj\n"),
		"an object within a string":  behind("9 0 obj\n(\n4 0 obj null endobj\n)\nendobj\n"),
		"an object within a comment": behind("% 4 0 obj\n"),
		"an object behind another":   behind("9 0 obj null endobj 4 0 obj null endobj\n"),
		"a trailer within a stream": behind(
			"9 0 obj\n" + Stream("", "\ntrailer\n<< /Root 3 0 R >>\n") + "\nendobj\n"),
		"a trailer that cannot be read": behind("trailer\n<< /Encrypt"),
		"two generations":               behind("4 1 obj\nnull\nendobj\n"),
		"two catalogs":                  behind("trailer\n<< /Root 3 0 R >>\n"),
		"a catalog in the trailer": replace(replace(withStart(good, "7"), "/Root 1 0 R", "/Root <<>>"),
			"/Root 1 0 R", "/Root <<>>"),
		"no catalog": bytes.ReplaceAll(withStart(good, "7"), []byte("/Root"), []byte("/Toor")),
		"no trailer": bytes.ReplaceAll(withStart(good, "7"), []byte("trailer"),
			[]byte("retrail")),
		"a stream without end":             behind("9 0 obj\n<< /Length 3 >>\nstream\nabc\nendobj\n"),
		"no number behind startxref":       withStart(good, "abc"),
		"negative startxref":               withStart(good, "-9"),
		"startxref of twenty digits":       withStart(good, "18446744073709551616"),
		"an end behind the marker missing": bytes.TrimSuffix(withStart(good, "7"), []byte("%%EOF\n")),
		"an object behind the end":         append(withStart(good, "7"), "4 0 obj\nnull\nendobj\n"...),
	}
}

// twoRevisions returns a document of one page and an object 4, which the second revision replaces.
// The offsets in all entries are wrong by the given number of bytes.
func twoRevisions(by int) []byte {
	file := File{Objects: append(Pages(1, ""), "<< /Old true >>")}.Bytes()
	previous := bytes.LastIndex(file, []byte("xref\n0 "))
	at := len(file)
	file = append(file, "4 0 obj\n<< /New true >>\nendobj\n"...)
	start := len(file)
	file = fmt.Appendf(file, "xref\n4 1\n%010d 00000 n \ntrailer\n<< /Size 5 /Root 1 0 R /Prev %d "+
		">>\nstartxref\n%d\n%%%%EOF\n", at, previous, start)
	return regexp.MustCompile(`\d{10} 00000 n`).ReplaceAllFunc(file, func(entry []byte) []byte {
		var offset int
		fmt.Sscanf(string(entry), "%d", &offset)
		return fmt.Appendf(nil, "%010d 00000 n", offset+by)
	})
}

// entryMoved adds 5 bytes to the offset in the cross-reference entry of one object.
func entryMoved(file []byte, number int) []byte {
	at := bytes.Index(file, fmt.Appendf(nil, "\n%d 0 obj", number)) + 1
	return replace(file, fmt.Sprintf("%010d", at), fmt.Sprintf("%010d", at+5))
}

func withPrevious(file []byte, offset int) []byte {
	return regexp.MustCompile(`/Prev \d+`).ReplaceAll(file, fmt.Appendf(nil, "/Prev %d", offset))
}

// replace replaces the first occurrence of a text, which must be there.
func replace(file []byte, old, new string) []byte {
	if !bytes.Contains(file, []byte(old)) {
		panic("internal error: the text to replace is absent")
	}
	return bytes.Replace(file, []byte(old), []byte(new), 1)
}

// sectionCircle returns a file of two tables, each of which names the other as the previous one.
func sectionCircle() []byte {
	base := File{Objects: Pages(1, "")}.Bytes()
	first := bytes.LastIndex(base, []byte("xref\n0 "))
	section := func(previous int) string {
		return fmt.Sprintf("xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 4 /Root 1 0 R /Prev %010d >>\n", previous)
	}
	out := bytes.Clone(base[:first])
	second := len(out) + len(section(0))
	out = append(out, section(second)...)
	out = append(out, section(first)...)
	return fmt.Appendf(out, "startxref\n%d\n%%%%EOF\n", second)
}
