package hiddenchange

import (
	"fmt"
	"strings"
)

// objectQuirks are quirks in the syntax of a listed object, the catalog.
func objectQuirks() []quirk {
	head := func(name, text string) quirk {
		return quirk{name: name, apply: func(r *revision) {
			if r.objects[0].head == "" {
				r.objects[0].head = text
			}
		}}
	}
	tail := func(name, text string) quirk {
		return quirk{name: name, apply: func(r *revision) {
			if r.objects[0].tail == "" {
				r.objects[0].tail = text
			}
		}}
	}
	text := func(name string, edit func(string) string) quirk {
		return quirk{name: name, apply: func(r *revision) { r.objects[0].text = edit(r.objects[0].text) }}
	}
	large := func(number int) quirk {
		return quirk{name: fmt.Sprintf("an object of number %d", number), apply: func(r *revision) {
			r.size = max(r.size, number)
			r.list("<< >>")
		}}
	}
	return []quirk{
		large(70_000), large(4_200_000), large(8_388_600), large(9_000_000),
		head("an object on one line", "1 0 obj "),
		head("an object glued to its value", "1 0 obj"),
		head("an object with wide spaces", "1   0   obj\n"),
		head("an object with leading zeros", "0001 00000 obj\n"),
		head("an object with a sign", "+1 0 obj\n"),
		head("an object with a comment in front of its value", "1 0 obj % a comment\n"),
		head("an object with a comment in its head", "1 % a comment\n0 obj\n"),
		head("an object over three lines", "1\n0\nobj\n"),
		head("an object without obj", "1 0\n"),
		head("an object of another generation", "1 1 obj\n"),
		head("an object behind white space", "  \n1 0 obj\n"),
		head("an object behind a comment", "% a comment\n1 0 obj\n"),
		head("an object twice begun", "1 0 obj\n1 0 obj\n"),
		head("an object with a misspelt obj", "1 0 objx\n"),
		tail("an object without end", "\n"),
		tail("an object with two ends", "\nendobj\nendobj\n"),
		tail("an object with a misspelt end", "\nendobjx\n"),
		tail("an object with a comment behind its value", " % a comment\nendobj\n"),
		tail("an object with a bracket too many", " >>\nendobj\n"),
		tail("an object with words behind its value", "\nmore words\nendobj\n"),
		tail("an object with an end on its line", " endobj "),
		tail("an object with endstream", "\nendstream\nendobj\n"),
		tail("an object that xref ends", "\nxref\n"),
		text("an object with a key twice",
			func(s string) string { return strings.TrimSuffix(s, ">>") + "/Type /Catalog /Pages 2 0 R >>" }),
		text("an object with an escaped key", func(s string) string { return strings.Replace(s, "/DSS", "/D#53S", 1) }),
		text("an object with an escaped page tree",
			func(s string) string { return strings.Replace(s, "/Pages", "/P#61ges", 1) }),
		text("an object with an unknown word",
			func(s string) string { return strings.Replace(s, "/DSS << >>", "/DSS << >> /Odd 1-2", 1) }),
		text("an object with a NUL in a name",
			func(s string) string { return strings.Replace(s, "/DSS", "/#00 1 /DSS", 1) }),
		text("an object with an odd dictionary",
			func(s string) string { return strings.TrimSuffix(s, ">>") + "/Odd >>" }),
		text("an object without brackets at its end", func(s string) string { return strings.TrimSuffix(s, ">>") }),
		text("an object with a string that does not end",
			func(s string) string { return strings.TrimSuffix(s, ">>") + "/Odd (>>" }),
		text("an object with a comment of its end",
			func(s string) string { return strings.TrimSuffix(s, ">>") + "% >>\n>>" }),
		text("an object deep in arrays", func(s string) string {
			return strings.Replace(s, "/DSS << >>", "/DSS << >> /Odd "+strings.Repeat("[", 90)+strings.Repeat("]", 90),
				1)
		}),
		text("an object deeper in arrays", func(s string) string {
			return strings.Replace(s, "/DSS << >>",
				"/DSS << >> /Odd "+strings.Repeat("[", 600)+strings.Repeat("]", 600), 1)
		}),
		text("an object with a long name", func(s string) string {
			return strings.Replace(s, "/DSS << >>", "/DSS << >> /Odd /"+strings.Repeat("n", 5000), 1)
		}),
		text("an object with a large number", func(s string) string {
			return strings.Replace(s, "/DSS << >>", "/DSS << >> /Odd 99999999999999999999", 1)
		}),
		text("an object with a reference to a large number", func(s string) string {
			return strings.Replace(s, "/DSS << >>", "/DSS << >> /Odd 99999999999 0 R", 1)
		}),
	}
}
