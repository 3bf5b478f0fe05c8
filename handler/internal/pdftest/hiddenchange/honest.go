package hiddenchange

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// honest are later revisions in the form that common writers use. A certification permits
// everything that they list, and they hide nothing.
func honest() []quirk {
	edit := func(name string, apply func(*revision)) quirk { return quirk{name: name, apply: apply} }
	tables := func(name string, change func(string) string) quirk { return table(name, false, change) }
	ends := func(name string, change func(text string, start int) string) quirk { return end(name, false, change) }
	streams := func(name string, change func(*crossStream)) quirk {
		return quirk{name: name, only: withStreams, apply: func(r *revision) { change(&r.stream) }}
	}
	comment := func(size int) quirk {
		return edit(fmt.Sprintf("a comment of %d bytes before startxref", size), func(r *revision) {
			r.gap[behindSection] += "%" + strings.Repeat("c", size-2) + "\n"
		})
	}
	lines := func(name, with string) quirk {
		return quirk{name: name, only: withTables, apply: func(r *revision) {
			r.gap[beforeObjects] = with
			r.lineEnd = with
		}}
	}
	return []quirk{
		edit("as it is", func(*revision) {}),
		comment(10), comment(45), comment(127),
		lines("carriage returns and line feeds", "\r\n"),
		lines("carriage returns", "\r"),
		tables("entries that a carriage return and a line feed end", replaced(" n \n", " n\r\n")),
		tables("entries that a space and a carriage return end", replaced(" n \n", " n \r")),
		tables("the head of the free objects", func(text string) string {
			return strings.Replace(text, "xref\n", "xref\n0 1\n0000000000 65535 f \n", 1)
		}),
		tables("an empty line behind the entries", replaced("trailer\n", "\ntrailer\n")),
		tables("trailer on the line of its dictionary", replaced("trailer\n", "trailer ")),
		tables("trailer beside its dictionary", replaced("trailer\n", "trailer")),
		{"the dictionary of the trailer over many lines", func(r *revision) {
			then(&r.editTrailer, func(text string, _ int) string { return strings.ReplaceAll(text, " /", "\n/") })
		}, "", false, false},
		edit("an empty line before the objects", func(r *revision) { r.gap[beforeObjects] += "\n" }),
		edit("10 bytes of white space before the objects",
			func(r *revision) { r.gap[beforeObjects] += strings.Repeat(" \n", 5) }),
		edit("a comment before the objects",
			func(r *revision) { r.gap[beforeObjects] += "\n% Written by a program\n\n" }),
		edit("an empty line between the objects", func(r *revision) { r.list("<< >>"); r.gap[betweenObjects] += "\n" }),
		edit("an empty line before the section", func(r *revision) { r.gap[beforeSection] += "\n" }),
		edit("an empty line before startxref", func(r *revision) { r.gap[behindSection] += "\n" }),
		edit("objects of one line",
			func(r *revision) { r.objects[0].head, r.objects[0].tail = "1 0 obj ", " endobj\n" }),
		edit("an object beside its value",
			func(r *revision) { r.objects[0].head, r.objects[0].tail = "1 0 obj", "endobj\n" }),
		edit("further objects", func(r *revision) {
			r.list("[ 1 (text) <616263> /Name null true 1.5 ]")
			r.list(stream("", "a stream"))
			length := r.list("8")
			r.list(fmt.Sprintf("<< /Length %d 0 R >>\nstream\na stream\nendstream", length.number))
			r.list("<< /Length 8 >>\nstream\r\na stream\r\nendstream")
			r.list("<< /Length 8 >> stream\na streamendstream")
		}),
		{"members of an object stream", func(r *revision) {
			r.pack("", 2, member{r.newNumber(), "<< >>"}, member{r.newNumber(), "[]"})
		}, withStreams, false, false},
		edit("an object that is free",
			func(r *revision) { r.rows = append(r.rows, row{r.newNumber(), rowFree, 0, 0}) }),
		tables("entries of the line end before", func(text string) string {
			return offsetOfEntry.ReplaceAllStringFunc(text, func(entry string) string {
				var offset int
				_, _ = fmt.Sscan(strings.TrimLeft(entry[:10], "0"), &offset) // digits
				return fmt.Sprintf("%010d", offset-1) + entry[10:]
			})
		}),
		ends("startxref of the line end before", func(text string, start int) string {
			return strings.Replace(text, fmt.Sprintf("%d\n", start), fmt.Sprintf("%d\n", start-1), 1)
		}),
		ends("no line end behind the end", func(text string, _ int) string { return strings.TrimSuffix(text, "\n") }),
		ends("a carriage return and a line feed behind the end",
			func(text string, _ int) string { return strings.TrimSuffix(text, "\n") + "\r\n" }),
		ends("an empty line behind the end", func(text string, _ int) string { return text + "\n" }),
		streams("rows with predictors", func(c *crossStream) { c.more, c.data = predictorEntries, withPredictor }),
		streams("narrow rows", func(c *crossStream) { c.widths = [3]int{1, 3, 1} }),
	}
}

var offsetOfEntry = regexp.MustCompile(`[0-9]{10} 00000 n`)

const predictorEntries = "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 7 >>"

// withPredictor compresses rows as most writers do: each row as its difference from the row before
// (ISO 32000-2, 7.4.4.4).
func withPredictor(data []byte, width int) []byte {
	var out bytes.Buffer
	deflate := zlib.NewWriter(&out)
	before := make([]byte, width)
	for chunk := range slices.Chunk(data, width) {
		line := []byte{2}
		for i, value := range chunk {
			line = append(line, value-before[i])
		}
		deflate.Write(line) // to memory, which does not fail
		before = chunk
	}
	deflate.Close()
	return out.Bytes()
}

// Honest yields documents with later revisions that a verifier must accept: for each kind and each
// such revision, one document with that revision and one with two of them.
func Honest(sign Sign, yield func(File) error) error {
	s := &signer{sign: sign, known: map[string]*base{}}
	for _, kind := range Kinds() {
		for _, q := range honest() {
			if !q.suits(kind) {
				continue
			}
			b, err := s.base(kind, place{}, q)
			if err != nil {
				return err
			}
			file := b.file(place{name: "honest", apply: func(*revision) {}}, q)
			file.Honest = true
			if err := yield(file); err != nil {
				return err
			}
			again := *b
			again.signed = file.Bytes
			next := again.file(place{name: "honest, twice", apply: func(*revision) {}}, q)
			next.Signed, next.Honest = file.Signed, true
			if err := yield(next); err != nil {
				return err
			}
		}
	}
	return nil
}
