package hiddenchange

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// place is where the hidden content lies.
type place struct {
	name  string
	apply func(*revision)
	only  string // the kinds that it is for, separated by spaces; "" = all
	alone bool   // it needs no quirk, so that few are combined with it

	// prepare or sized makes the document for a place in the signed revision; apply may be nil
	// then. sized is given the length of the signed document.
	prepare func(Kind) []byte
	sized   func(kind Kind, signed int) []byte
}

// signed reports whether the place is in the signed revision.
func (p place) signed() bool { return p.prepare != nil || p.sized != nil }

func (p place) suits(kind Kind) bool { return p.only == "" || strings.Contains(p.only, string(kind)) }

const (
	withTables  = string(Tables + " " + Hybrid + " " + Linearised)
	withStreams = string(Streams)
	withPacked  = string(Streams + " " + Hybrid)
)

func inGap(name string, g gap, text string) place {
	return place{name: name, apply: func(r *revision) { r.gap[g] += text }}
}

// places are the places in the later revision.
func places() []place {
	return slices.Concat([]place{
		{name: "nowhere", apply: func(*revision) {}},
		inGap("before the objects", beforeObjects, hiddenContent),
		inGap("before the section", beforeSection, hiddenContent),
		inGap("behind the section", behindSection, hiddenContent),
		inGap("behind the end", behindEnd, hiddenContent),
		{name: "before the trailer", apply: func(r *revision) { r.gap[beforeTrailer] += hiddenContent },
			only: withTables},
		inGap("behind startxref", behindKeyword, hiddenContent),
		inGap("behind the offset", behindStart, hiddenContent),
		inGap("a page, before the section", beforeSection, hiddenPage),
		inGap("an array, before the section", beforeSection, hiddenArray),
		inGap("a catalog, behind the listed one", beforeSection, hiddenCatalog),
		inGap("another generation, before the section", beforeSection,
			strings.Replace(hiddenContent, "4 0 obj", "4 1 obj", 1)),
		inGap("a trailer, before the section", beforeSection, decoyObjects+decoyTrailer),
		inGap("a trailer, behind the section", behindSection, decoyObjects+decoyTrailer),
		inGap("a trailer, behind the end", behindEnd, decoyObjects+decoyTrailer),
		{name: "between two ends", apply: func(r *revision) {
			r.editEnd = func(text string, _ int) string { return text + hiddenContent + text }
		}},
		{name: "a section, before the objects",
			apply: func(r *revision) { r.gap[beforeObjects] += r.decoySection(len(r.prefix)) }},
		{name: "between the objects", apply: func(r *revision) {
			r.gap[betweenObjects] += hiddenContent
			r.list("<< >>")
		}},
	}, commentPlaces(), objectPlaces(), packedPlaces(), againPlaces(), []place{stampField})
}

func commentPlaces() []place {
	return []place{
		inGap("a comment, before the objects", beforeObjects, "% "+oneLine(hiddenArray)+"\n"),
		inGap("a comment, before the section", beforeSection, "%"+oneLine(hiddenContent)+"\n"),
		inGap("a comment, behind the section", behindSection, "% \t"+oneLine(hiddenArray)+"\n"),
		inGap("a comment of lines that form feeds end", behindSection, "%\f4 0 obj\f[7 0 R]\fendobj\f\n"),
		inGap("behind a comment that a carriage return ends", behindSection,
			"%\r"+strings.ReplaceAll(hiddenArray, "\n", "\r")),
		inGap("a comment behind the end", behindEnd, "% "+oneLine(hiddenArray)+"\n"),
		{name: "a comment, before the trailer",
			apply: func(r *revision) { r.gap[beforeTrailer] += "% " + oneLine(hiddenArray) + "\n" }, only: withTables},
	}
}

// objectPlaces are the places in listed objects.
func objectPlaces() []place {
	endless := "q\nendstream\nendobj\n" + hiddenContent
	return []place{
		{name: "the data of a stream", apply: func(r *revision) { r.list(stream("", "\n"+hiddenContent)) }},
		{name: "the data of a stream, behind endstream", apply: func(r *revision) { r.list(stream("", endless)) }},
		acrossWindows("the data of a stream, across windows", strings.Replace(hiddenContent, " 0 ", wide+"0 ", 1)),
		{name: "a stream, with its length elsewhere", apply: func(r *revision) {
			length := r.list(fmt.Sprint(len(endless)))
			r.list(fmt.Sprintf("<< /Length %d 0 R >>\nstream\n%s\nendstream", length.number, endless))
		}},
		{name: "a stream that is longer than it says", apply: func(r *revision) {
			r.list("<< /Length 1 >>\nstream\nq\n" + hiddenContent + "\nendstream")
		}},
		{name: "a stream that is shorter than it says", apply: func(r *revision) {
			r.list(fmt.Sprintf("<< /Length %d >>\nstream\n%s", len(endless)+2, endless))
		}},
		{name: "a stream without length",
			apply: func(r *revision) { r.list("<< >>\nstream\n" + endless + "\nendstream") }},
		{name: "a string", apply: func(r *revision) { r.list("(\n" + hiddenArray + ")") }},
		{name: "a string with a stream", apply: func(r *revision) {
			r.list("(\n" + strings.NewReplacer("(", `\(`, ")", `\)`).Replace(hiddenContent) + ")")
		}},
		{name: "a hexadecimal string", apply: func(r *revision) { r.list("<\n" + hiddenArray + ">") }},
		{name: "a comment in an object", apply: func(r *revision) { r.list("<< % " + oneLine(hiddenArray) + "\n>>") }},
		{name: "behind the value of an object", apply: func(r *revision) { r.list("<< >>\n" + hiddenContent) }},
		{name: "a string of the trailer", apply: func(r *revision) { r.entries += " /Note (\n" + hiddenArray + ")" }},
		{name: "on the line of an end",
			apply: func(r *revision) { r.list("<< >>").tail = "\nendobj " + hiddenContent }},
		{name: "the number of a listed object", apply: func(r *revision) {
			// The cross-references list object 30 where "3 0 obj" stands: readers that search the
			// file find object 3.
			o := r.list(penaltyPage)
			o.head, o.number, o.shift = "3 0 obj\n", pageNumber*10, 0
			r.size = max(r.size, pageNumber*10+1)
		}},
		{name: "a listed object of a longer number", apply: func(r *revision) {
			// The header is "81 0 obj", and the cross-references point to "1 0 obj" within it.
			r.gap[beforeSection] += hiddenCatalog
			catalog := r.objects[0]
			catalog.head, catalog.shift = "81 0 obj\n", 1
		}},
		{name: "listed elsewhere, beside the object", apply: func(r *revision) {
			r.gap[beforeSection] += hiddenCatalog
			r.objects[0].head, r.objects[0].shift = " \n\n1 0 obj\n", 1
		}},
		{name: "listed as free, but there", apply: func(r *revision) {
			r.rows = append(r.rows, row{contentNumber, rowFree, 0, 1})
			r.gap[beforeSection] += hiddenContent
		}},
		{name: "listed", apply: func(r *revision) {
			r.objects = append(r.objects, &object{number: contentNumber, text: penalty})
		}},
		{name: "listed twice, of which one is what it was", apply: func(r *revision) {
			r.objects = append(r.objects, &object{number: contentNumber, text: penalty},
				&object{number: contentNumber, text: agreed})
		}},
	}
}

// wide is more white space between the numbers of an object than a search keeps of the window
// before.
var wide = strings.Repeat(" ", 600)

// acrossWindows puts content into the data of a stream where its first byte is 520 bytes in front
// of the second window of a search through the revision. What follows wide is in that window.
func acrossWindows(name, content string) place {
	return place{name: name, apply: func(r *revision) {
		o := r.list("")
		o.reach, o.data = len(r.prefix)+64<<10-8, content+strings.Repeat("x", 2<<10)
	}}
}

// pack lists members of an object stream as far as they have a row.
func (r *revision) pack(more string, listed int, members ...member) *object {
	o := r.list(objectStream(more, members...))
	for i, m := range members[:listed] {
		r.rows = append(r.rows, row{m.number, rowPacked, o.number, i})
	}
	return o
}

func packedPlaces() []place {
	all := []place{
		{name: "an unlisted member of an object stream", apply: func(r *revision) {
			r.pack("", 1, member{r.newNumber(), "<< >>"}, hiddenMember)
		}},
		{name: "a member before the listed ones", apply: func(r *revision) {
			o := r.list(objectStream("", hiddenMember, member{r.newNumber(), "<< >>"}))
			r.rows = append(r.rows, row{r.size - 1, rowPacked, o.number, 1})
		}},
		{name: "a member beyond the count", apply: func(r *revision) {
			o := r.pack("", 1, member{r.newNumber(), "<< >>"}, hiddenMember)
			o.text = strings.Replace(o.text, "/N 2", "/N 1", 1)
		}},
		{name: "a member in the place of another", apply: func(r *revision) {
			o := r.list(objectStream("", hiddenMember))
			r.rows = append(r.rows, row{r.newNumber(), rowPacked, o.number, 0})
		}},
		{name: "members that begin elsewhere", apply: func(r *revision) {
			inner := member{r.newNumber(), "<< >> 4 0 obj [7 0 R] endobj << >>"}
			o := r.pack("", 1, inner)
			o.text = strings.Replace(o.text, "/First ", "/First 0", 1)
		}},
		{name: "text of an object within a member", apply: func(r *revision) {
			r.pack("", 1, member{r.newNumber(), "<< >>\n" + hiddenContent})
		}},
		{name: "an object stream that another extends", apply: func(r *revision) {
			unlisted := &object{number: 74, text: objectStream("", hiddenMember)}
			r.gap[beforeSection] += unlisted.String()
			r.pack("/Extends 74 0 R", 1, member{r.newNumber(), "<< >>"})
		}},
		{name: "the stream beside a table that lists it as it was", apply: func(r *revision) {
			if r.kind == Hybrid {
				r.rows = append(r.rows, row{contentNumber, rowPlain, bytes.Index(r.prefix, []byte("4 0 obj")), 0})
			}
			r.pack("", 1, member{contentNumber, "[7 0 R]"})
		}},
		{name: "an unlisted cross-reference stream", apply: func(r *revision) {
			number := r.newNumber()
			at := len(r.prefix)
			content := (&object{number: contentNumber, text: penalty}).String()
			data := crossStream{}.encode([]row{{contentNumber, rowPlain, at, 0}})
			r.gap[beforeObjects] += content + (&object{number: number, text: stream(fmt.Sprintf(
				"/Type /XRef /Size %d /Root 1 0 R /W [1 4 2] /Index [4 1] /Prev %d", r.size, r.prev),
				string(data))}).String()
		}},
	}
	for i := range all {
		all[i].only = withPacked
	}
	unlisted := &object{number: 74, text: objectStream("", hiddenMember)}
	return append(all,
		inGap("an unlisted object stream", beforeSection, unlisted.String()),
		inGap("an unlisted object stream, behind the end", behindEnd, unlisted.String()),
		place{name: "the data of the section", only: withStreams, apply: func(r *revision) {
			r.stream.data = func(data []byte, _ int) []byte { return append(data, "\n"+hiddenContent...) }
		}},
		place{name: "the section itself", only: withStreams,
			apply: func(r *revision) { r.stream.number, r.stream.unlisted = contentNumber, true }},
		place{name: "the dictionary of the section", only: withStreams, apply: func(r *revision) {
			r.stream.more = "/Note (\n" + hiddenArray + ")"
		}},
	)
}
