package hiddenchange

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// preparedPlaces are places in the signed revision: the author of the document hides content there,
// and a later revision brings it up.
func preparedPlaces() []place {
	suited := []string{
		"before the section", "a page, before the section", "an array, before the section",
		"a catalog, behind the listed one",
		"behind the section", "behind the end", "another generation, before the section",
		"a comment, before the section",
		"the data of a stream", "the data of a stream, behind endstream", "a stream that is longer than it says",
		"a string",
		"behind the value of an object", "an unlisted member of an object stream", "an unlisted object stream",
		"a trailer, behind the end",
		"an object stream that another extends",
	}
	all := append(slices.Concat(rolePlaces(), blindPlaces()), []place{
		{name: "signed, an older revision", prepare: olderRevision},
		{name: "signed, a linearisation of the later length", prepare: linearisation(laterLength), apply: grow},
		{name: "signed, a linearised section of the later length", only: string(Tables), apply: grow,
			prepare: func(kind Kind) []byte {
				return linearisedSection(kind, laterLength, penalty, agreed)
			}},
		{name: "signed, a linearised section of the signed length", only: string(Tables), apply: func(*revision) {},
			sized: func(kind Kind, length int) []byte {
				return linearisedSection(kind, length, agreed, penalty)
			}},
		{name: "signed, a member twice", only: withStreams, prepare: memberTwice},
		{name: "signed, a member twice, listed at the other place", only: withStreams, prepare: memberTwice,
			apply: func(r *revision) {
				r.rows = append(r.rows, row{treeNumber, rowPacked, 8, 5})
			}},
		{name: "signed, a member listed at the place of another", only: withStreams, prepare: memberTwice,
			apply: func(r *revision) {
				r.rows = append(r.rows, row{treeNumber, rowPacked, 8, 4})
			}},
		{name: "signed, content beyond the end", prepare: contentBeyond, apply: func(r *revision) {
			o := r.list("")
			o.reach, o.data = laterOffset, fmt.Sprintf("%d 0 obj\n[%d 0 R]\nendobj\n", beyondNumber, penaltyNumber)
		}},
		{name: "signed, content that is free in the table", only: string(Hybrid), prepare: freeContent,
			apply: copyStream},
		{name: "signed, an older page in the stream beside the table", only: string(Hybrid), prepare: olderPage,
			apply: copyStream},
	}...)
	for _, p := range places() {
		if !slices.Contains(suited, p.name) {
			continue
		}
		all = append(all, place{name: "signed, " + p.name, only: p.only, prepare: func(kind Kind) []byte {
			r := firstRevision(kind)
			p.apply(r)
			return r.bytes()
		}})
	}
	return all
}

const (
	laterLength  = 200_000
	laterOffset  = 40_000
	beyondNumber = 60
)

// linearisation returns a document whose first object makes it linearised, provided that the file
// has the given length. Some readers then take the object that it names for page 1.
func linearisation(length int) func(Kind) []byte {
	return func(kind Kind) []byte {
		r := firstRevision(kind)
		r.linearise(length, penaltyPageNumber)
		return r.bytes()
	}
}

// linearisedSection is such a document with a cross-reference section behind that object, where
// some readers look for it. That section gives page 1 the content early. The sections that readers
// find from the end of the file give it late.
func linearisedSection(kind Kind, length int, early, late string) []byte {
	if kind != Tables {
		return nil
	}
	r := firstRevision(kind)
	for _, o := range r.objects {
		if o.number == contentNumber {
			o.text = late
		}
	}
	hidden := &object{number: contentNumber, text: early}
	first := r.linearise(length, pageNumber)
	head := header + first.String()
	section := func(at int) string {
		rows := []row{{0, rowFree, 0, 65535}, {contentNumber, rowPlain, at, 0}}
		next := at + len(hidden.String())
		for _, o := range r.objects[1:] {
			if o.number != contentNumber {
				rows = append(rows, row{o.number, rowPlain, next, 0})
			}
			next += len(o.String())
		}
		slices.SortFunc(rows, func(a, b row) int { return a.number - b.number })
		return fmt.Sprintf("xref\n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n0\n%%%%EOF\n",
			subsections(rows, false), r.size)
	}
	r.gap[betweenObjects] = section(len(head)+len(section(0))) + hidden.String()
	return r.bytes()
}

// linearise puts a linearization parameter dictionary in front, which states the length of the file
// and page 1.
func (r *revision) linearise(length, page int) *object {
	first := r.list(fmt.Sprintf("<< /Linearized 1 /L %010d /H [100 100] /O %d /E 1000 /N 2 /T 1000 >>", length, page))
	r.objects = append([]*object{first}, r.objects[:len(r.objects)-1]...)
	return first
}

// memberTwice is a document whose object stream holds two page trees under one number. The second
// has the pages in reverse order.
func memberTwice(kind Kind) []byte {
	r := firstRevision(kind)
	container := r.objects[len(r.objects)-1]
	container.text = objectStream("", member{catalogNumber, "<< /Type /Catalog /Pages 2 0 R >>"},
		member{treeNumber, treeText}, member{pageNumber, pageText},
		member{fontNumber, fontText}, member{penaltyPageNumber, penaltyPage},
		member{treeNumber, "<< /Type /Pages /Count 2 /Kids [6 0 R 3 0 R] >>"})
	return r.bytes()
}

// contentBeyond is a document whose page has a second content, at an offset after the end of the
// file.
func contentBeyond(kind Kind) []byte {
	r := firstRevision(kind)
	for _, o := range r.objects {
		o.text = strings.Replace(o.text, "/Contents 4 0 R ", fmt.Sprintf("/Contents %d 0 R ", r.size), 1)
	}
	r.list(fmt.Sprintf("[%d 0 R %d 0 R]", contentNumber, beyondNumber))
	r.rows = append(r.rows, row{beyondNumber, rowPlain, laterOffset, 0})
	r.size = beyondNumber + 1
	return r.bytes()
}

// olderRevision is a document whose page 1 showed the text of page 2 in a revision before the
// signed one.
func olderRevision(kind Kind) []byte {
	first := firstRevision(kind)
	for _, o := range first.objects {
		if o.number == contentNumber {
			o.text = penalty
		}
	}
	before := first.bytes()
	next := laterRevision(kind, before)
	next.objects = []*object{{number: contentNumber, text: agreed}}
	return next.bytes()
}

// freeContent is a hybrid document whose page has object 60 as its content: an array in an object
// stream, which the table lists as free. Some readers take the array, and others the free entry. If
// a writer copies /XRefStm to a table without that entry, all readers agree.
func freeContent(kind Kind) []byte {
	r := packedRevision(kind, fontNumber, penaltyPageNumber)
	for _, o := range r.objects {
		o.text = strings.Replace(o.text, "/Contents 4 0 R", "/Contents 60 0 R", 1)
	}
	r.rows = append(r.rows, row{60, rowPacked, r.size - 1, 2})
	for _, o := range r.objects {
		if o.number == r.size-1 {
			o.text = objectStream("", member{fontNumber, fontText}, member{penaltyPageNumber, penaltyPage},
				member{60, "[4 0 R 7 0 R]"})
		}
	}
	r.freed, r.size = true, 61
	return r.bytes()
}

// olderPage is a hybrid document whose page 1 was in an object stream in an older revision. If a
// writer copies /XRefStm, that page comes back.
func olderPage(kind Kind) []byte {
	first := packedRevision(kind, pageNumber, fontNumber)
	for _, o := range first.objects {
		o.text = strings.Replace(o.text, pageText, penaltyPage, 1)
	}
	before := first.bytes()
	next := laterRevision(kind, before)
	next.objects = []*object{{number: pageNumber, text: pageText}}
	return next.bytes()
}

// copyStream copies /XRefStm of a hybrid document to the later revision. The trailer of the
// signature's revision does not have it.
func copyStream(r *revision) { r.copied = lastNumber(r.prefix, "/XRefStm") }

// grow fills the file to laterLength bytes.
func grow(r *revision) { r.length = laterLength }

// oldest returns the offset of the section of the first revision, or 0 if a quirk of that revision
// hides it.
func oldest(file []byte) int {
	first, _, _ := bytes.Cut(file, []byte("%%EOF"))
	number, _ := findNumber(first, "startxref")
	return number
}
