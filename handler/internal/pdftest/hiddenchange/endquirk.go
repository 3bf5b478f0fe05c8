package hiddenchange

import (
	"bytes"
	"fmt"
	"strings"
)

// startQuirks are quirks in startxref and its offset.
func startQuirks() []quirk {
	by := func(n int) func(int) string { return func(start int) string { return fmt.Sprint(start + n) } }
	return []quirk{
		start("startxref one too far", true, by(1)),
		start("startxref two too near", false, by(-2)),
		start("startxref one too near", true, by(-1)),
		start("startxref ten too far", false, by(10)),
		start("startxref ten too near", false, by(-10)),
		start("startxref 0", false, func(int) string { return "0" }),
		start("startxref beyond the end", false, func(int) string { return "9999999" }),
		start("startxref out of bounds", false, func(int) string { return "99999999999999999999" }),
		start("startxref negative", false, func(int) string { return "-1" }),
		start("startxref a real", false, func(start int) string { return fmt.Sprintf("%d.0", start) }),
		start("startxref with leading zeros", false, func(start int) string { return fmt.Sprintf("%012d", start) }),
		start("startxref with a sign", false, func(start int) string { return fmt.Sprintf("+%d", start) }),
		start("startxref with a word behind", false, func(start int) string { return fmt.Sprintf("%d bytes", start) }),
		start("startxref with a comment behind", false,
			func(start int) string { return fmt.Sprintf("%d %% bytes", start) }),
		end("startxref behind a comment", false, func(text string, _ int) string {
			return strings.Replace(text, "startxref\n", "startxref\n% a comment\n", 1)
		}),
		end("startxref on one line", false,
			func(text string, _ int) string { return strings.Replace(text, "startxref\n", "startxref ", 1) }),
		end("startxref glued to its offset", false,
			func(text string, _ int) string { return strings.Replace(text, "startxref\n", "startxref", 1) }),
		end("startxref behind empty lines", false, func(text string, _ int) string {
			return strings.Replace(text, "startxref\n", "startxref\n\n\n\n", 1)
		}),
		end("startxref twice, the first wrong", false,
			func(text string, _ int) string { return "startxref\n17\n" + text }),
		end("startxref twice", false,
			func(text string, start int) string { return fmt.Sprintf("startxref\n%d\n", start) + text }),
		end("startxref in front of junk", false, func(text string, _ int) string { return "junk " + text }),
		end("no startxref", false, func(text string, _ int) string { return from(text, "%%EOF") }),
		end("startxref behind 200 spaces", true,
			func(text string, _ int) string { return strings.Repeat(" ", 200) + text }),
		end("startxref behind a long comment", false,
			func(text string, _ int) string { return "%" + strings.Repeat("-", 2000) + "\n" + text }),
		end("startxref behind a comment that it ends", false,
			func(text string, _ int) string { return "% " + text + text }),
	}
}

// endQuirks are quirks in the end-of-file marker and after it.
func endQuirks() []quirk {
	behind := func(name string, core bool, more string) quirk {
		return end(name, core, func(text string, _ int) string { return text + more })
	}
	marker := func(name, other string) quirk {
		return end(name, false, func(text string, _ int) string { return strings.Replace(text, "%%EOF\n", other, 1) })
	}
	return []quirk{
		behind("5000 spaces behind the end", true, strings.Repeat(" ", 5000)),
		behind("1500 spaces behind the end", false, strings.Repeat(" ", 1500)),
		behind("200 spaces behind the end", false, strings.Repeat(" ", 200)),
		behind("5000 line feeds behind the end", false, strings.Repeat("\n", 5000)),
		behind("2000 carriage returns and line feeds behind the end", false, strings.Repeat("\r\n", 2000)),
		behind("5000 NULs behind the end", false, strings.Repeat("\x00", 5000)),
		behind("100 NULs behind the end", false, strings.Repeat("\x00", 100)),
		behind("70000 spaces behind the end", false, strings.Repeat(" ", 70000)),
		behind("2000 letters behind the end", true, strings.Repeat("x", 2000)),
		behind("words behind the end", false, "The end\n"),
		behind("a long comment behind the end", false, "%"+strings.Repeat("-", 3000)+"\n"),
		behind("a short comment behind the end", false, "% the end\n"),
		behind("markup behind the end", false, "<html></html>\n"),
		behind("a second end", false, "%%EOF\n"),
		behind("startxref 0 behind the end", false, "startxref\n0\n%%EOF\n"),
		behind("an empty startxref behind the end", false, "startxref\n"),
		behind("a header behind the end", false, "%PDF-1.4\n"),
		behind("an end that is a table", false, "xref\n0 0\ntrailer\n<< >>\n"),
		marker("no end", ""),
		marker("no line end behind the end", "%%EOF"),
		marker("an end of one sign", "%EOF\n"),
		marker("an end with a space", "%% EOF\n"),
		marker("an end in small letters", "%%eof\n"),
		marker("an end with words", "%%EOFmore\n"),
		marker("an end behind spaces", strings.Repeat(" ", 60)+"%%EOF\n"),
		marker("an end behind a comment", "% %%EOF\n"),
		end("an end behind 2000 spaces", false, func(text string, _ int) string {
			return strings.Replace(text, "%%EOF", strings.Repeat(" ", 2000)+"%%EOF", 1)
		}),
	}
}

// lineQuirks are white space and headers throughout the revision.
func lineQuirks() []quirk {
	all := func(name, with string) quirk {
		return quirk{name: name, only: withTables, apply: func(r *revision) {
			r.editAll = func(appended []byte) []byte { return bytes.ReplaceAll(appended, []byte("\n"), []byte(with)) }
		}}
	}
	between := func(name string, g gap, text string) quirk {
		return quirk{name: name, apply: func(r *revision) { r.gap[g] = text + r.gap[g] }}
	}
	return []quirk{
		all("carriage returns alone", "\r"),
		all("form feeds alone", "\f"),
		all("NULs alone", "\x00"),
		all("tabs alone", "\t"),
		between("a header before the objects", beforeObjects, "%PDF-1.4\n"),
		between("a header before the section", beforeSection, "%PDF-2.0\n%\xe2\xe3\xcf\xd3\n"),
		between("a header of another kind before the objects", beforeObjects, "%FDF-1.2\n"),
		between("an end before the objects", beforeObjects, "%%EOF\n"),
		between("an end before the section", beforeSection, "%%EOF\n"),
		between("an end behind the section", behindSection, "%%EOF\n"),
		between("white space before the objects", beforeObjects, strings.Repeat(" \n", 100)),
		between("white space before the section", beforeSection, strings.Repeat(" \n", 100)),
		between("NULs before the section", beforeSection, strings.Repeat("\x00", 20)),
		between("letters before the objects", beforeObjects, "letters\n"),
		between("letters before the section", beforeSection, "letters\n"),
		between("letters behind the section", behindSection, "letters\n"),
		between("an endobj before the objects", beforeObjects, "endobj\n"),
		between("an endstream before the section", beforeSection, "endstream\nendobj\n"),
		between("an obj before the section", beforeSection, "60 0 obj\n"),
		between("a stream without end before the section", beforeSection, "60 0 obj\n<< /Length 9 >>\nstream\n"),
		between("a string without end before the section", beforeSection, "60 0 obj\n(\n"),
		between("a string without end before the objects", beforeObjects, "(\n"),
		between("a dictionary without end before the section", beforeSection, "<<\n"),
	}
}
