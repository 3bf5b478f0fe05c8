package hiddenchange

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	subsectionHead = regexp.MustCompile(`(?m)^(\d+) (\d+)$`)
	usedEntry      = regexp.MustCompile(`(?m)^(\d{10}) (\d{5}) n $`)
)

func replaced(old, new string) func(string) string {
	return func(text string) string { return strings.ReplaceAll(text, old, new) }
}

// plain is the name of the quirk in a revision without a quirk.
const plain = "none"

// entryQuirks are quirks in entries of a table, which then are not the 20 bytes of ISO 32000-2,
// 7.5.4.
func entryQuirks() []quirk {
	return []quirk{
		{name: plain, apply: func(*revision) {}, core: true},
		table("entries of 19 bytes", true, replaced(" n \n", " n\n")),
		table("entries of 19 bytes, the free ones", false, func(text string) string {
			return replaced(" f \n", " f\n")(strings.Replace(text, "xref\n", "xref\n0 1\n0000000000 65535 f \n", 1))
		}),
		table("entries of 19 bytes that carriage returns end", false, replaced(" n \n", " n\r")),
		table("entries of 21 bytes", false, replaced(" n \n", " n \r\n")),
		table("entries of 22 bytes", false, replaced(" n \n", " n   \n")),
		table("entries that two line feeds end", false, replaced(" n \n", " n\n\n")),
		table("entries that two carriage returns end", false, replaced(" n \n", " n\r\r")),
		table("entries that spaces end", false, replaced(" n \n", " n  ")),
		table("entries that a line feed and a carriage return end", false, replaced(" n \n", " n\n\r")),
		table("entries that a tab ends", false, replaced(" n \n", " n\t\n")),
		table("entries that a NUL ends", false, replaced(" n \n", " n\x00\n")),
		table("entries that a form feed ends", false, replaced(" n \n", " n\f\n")),
		table("entries with tabs", false,
			func(text string) string { return usedEntry.ReplaceAllString(text, "$1\t$2\tn ") }),
		table("entries with two spaces", false,
			func(text string) string { return usedEntry.ReplaceAllString(text, "$1  $2 n") }),
		table("entries of few digits", false, func(text string) string {
			return regexp.MustCompile(`(?m)^0+(\d+) 00000 n $`).ReplaceAllString(text, "$1 0 n ")
		}),
		table("entries of eleven digits", false,
			func(text string) string { return usedEntry.ReplaceAllString(text, "0$1 $2 n") }),
		table("entries behind a space", false,
			func(text string) string { return usedEntry.ReplaceAllString(text, " $1 $2 n") }),
		table("entries with a comment", false,
			func(text string) string { return usedEntry.ReplaceAllString(text, "$1 $2 n %") }),
		table("an entry beyond the end", true, func(text string) string {
			return strings.Replace(text, "trailer", "60 1\n0009999999 00000 n \ntrailer", 1)
		}),
		table("an entry at the beginning", false, func(text string) string {
			return strings.Replace(text, "trailer", "60 1\n0000000000 00000 n \ntrailer", 1)
		}),
		table("an entry in the middle of nowhere", false, func(text string) string {
			return strings.Replace(text, "trailer", "60 1\n0000000100 00000 n \ntrailer", 1)
		}),
		table("an entry of generation 65535", false, func(text string) string {
			return strings.Replace(text, "trailer", "60 1\n0000000017 65535 n \ntrailer", 1)
		}),
		table("an entry of generation 99999", false, func(text string) string {
			return strings.Replace(text, "trailer", "60 1\n0000000000 99999 f \ntrailer", 1)
		}),
		table("object 0 in use", true, func(text string) string {
			return strings.Replace(text, "xref\n", "xref\n0 1\n0000000017 00000 n \n", 1)
		}),
		table("object 0 of generation 0", false, func(text string) string {
			return strings.Replace(text, "xref\n", "xref\n0 1\n0000000000 00000 f \n", 1)
		}),
	}
}

// subsectionQuirks are quirks in a table outside of its entries.
func subsectionQuirks() []quirk {
	each := func(edit func(first, count int) string) func(string) string {
		return func(text string) string {
			return subsectionHead.ReplaceAllStringFunc(text, func(head string) string {
				var first, count int
				fmt.Sscan(head, &first, &count)
				return edit(first, count)
			})
		}
	}
	return []quirk{
		table("more entries than there are", false,
			each(func(first, count int) string { return fmt.Sprint(first, count+3) })),
		table("fewer entries than there are", false, each(func(first, _ int) string { return fmt.Sprint(first, 0) })),
		table("a million entries", false, each(func(first, _ int) string { return fmt.Sprint(first, 1000000) })),
		table("subsections of other numbers", false,
			each(func(first, count int) string { return fmt.Sprint(first+40, count) })),
		table("subsections with leading zeros", false,
			each(func(first, count int) string { return fmt.Sprintf("%010d %05d", first, count) })),
		table("subsections with a sign", false,
			each(func(first, count int) string { return fmt.Sprintf("+%d %d", first, count) })),
		table("subsections over two lines", false,
			each(func(first, count int) string { return fmt.Sprintf("%d\n%d", first, count) })),
		table("subsections that a space ends", false,
			each(func(first, count int) string { return fmt.Sprintf("%d %d ", first, count) })),
		table("subsections on the line of their entries", false, func(text string) string {
			return regexp.MustCompile(`(?m)^(\d+ \d+)\n`).ReplaceAllString(text, "$1 ")
		}),
		table("subsections with a comment", true,
			each(func(first, count int) string { return fmt.Sprintf("%d %d %%", first, count) })),
		table("an empty subsection", false, replaced("trailer", "5 0\ntrailer")),
		table("a subsection of large numbers", false, replaced("trailer", "8000000 1\n0000000017 00000 n \ntrailer")),
		table("a subsection of numbers out of bounds", false,
			replaced("trailer", "4294967300 1\n0000000017 00000 n \ntrailer")),
		table("a comment before the entries", false, replaced("xref\n", "xref\n% a comment\n")),
		table("a comment behind xref", true, replaced("xref\n", "xref % a comment\n")),
		table("a comment behind the entries", false, replaced("trailer", "% a comment\ntrailer")),
		table("a comment in the line of trailer", false, replaced("trailer\n", "trailer % a comment\n")),
		table("a comment in front of xref", false, replaced("xref\n", "% a comment\nxref\n")),
		table("a comment behind the trailer", false, func(text string) string { return text + "% a comment\n" }),
		table("spaces behind xref", false, replaced("xref\n", "xref     \n")),
		table("words behind xref", false, replaced("xref\n", "xref of this document\n")),
		table("nothing behind xref", false, replaced("xref\n", "xref ")),
		table("xref in capitals", false, replaced("xref\n", "XREF\n")),
		table("white space in front of xref", false, replaced("xref\n", "\n\n  xref\n")),
		table("an obj in front of xref", false, replaced("xref\n", "60 0 obj\nxref\n")),
		table("empty lines behind the entries", false, replaced("trailer", "\n\n\ntrailer")),
		table("an empty line behind the entries", true, replaced("trailer", "\ntrailer")),
		table("no trailer keyword", false, replaced("trailer\n", "")),
		table("a misspelt trailer keyword", false, replaced("trailer\n", "trai1er\n")),
		table("trailer on the line of its dictionary", false, replaced("trailer\n", "trailer")),
		table("two trailers", false, func(text string) string { return text + from(text, "trailer") }),
		table("an endobj behind the trailer", false, func(text string) string { return text + "endobj\n" }),
		table("a number behind the trailer", false, func(text string) string { return text + "4 0\n" }),
	}
}
