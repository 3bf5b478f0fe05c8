package hidden

import (
	"bytes"
	"slices"
	"strings"
)

// preparedPlaces are in the signed revision: whoever makes the document hides there what a later revision brings to light.
func preparedPlaces() []place {
	suited := []string{
		"before the section", "a page, before the section", "an array, before the section", "a catalog, behind the listed one",
		"behind the section", "behind the end", "another generation, before the section", "a comment, before the section",
		"the data of a stream", "the data of a stream, behind endstream", "a stream that is longer than it says", "a string",
		"behind the value of an object", "an unlisted member of an object stream", "an unlisted object stream", "a trailer, behind the end",
		"an object stream that another extends",
	}
	all := []place{
		{name: "signed, an older revision", prepare: olderRevision},
		{name: "signed, content that is free in the table", only: string(Hybrid), prepare: freeContent, apply: copyStream},
		{name: "signed, an older page in the stream beside the table", only: string(Hybrid), prepare: olderPage, apply: copyStream},
	}
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

// olderRevision is a document whose page 1 showed the second text before the revision that is signed.
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

// freeContent is a hybrid document whose page has a second content, which is an array in an object stream and free in the table. There
// readers take one or the other; who copies /XRefStm to a table that lacks it makes them agree.
func freeContent(kind Kind) []byte {
	r := packedRevision(kind, fontNumber, penaltyPageNumber)
	for _, o := range r.objects {
		o.text = strings.Replace(o.text, "/Contents 4 0 R", "/Contents 60 0 R", 1)
	}
	r.rows = append(r.rows, row{60, rowPacked, r.size - 1, 2})
	for _, o := range r.objects {
		if o.number == r.size-1 {
			o.text = objectStream("", member{fontNumber, fontText}, member{penaltyPageNumber, penaltyPage}, member{60, "[4 0 R 7 0 R]"})
		}
	}
	r.freed, r.size = true, 61
	return r.bytes()
}

// olderPage is a hybrid document whose page 1 lay in an object stream before: who copies /XRefStm takes it back.
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

// copyStream copies /XRefStm of a hybrid document, which the trailer of the signature lacks.
func copyStream(r *revision) { r.copied = lastNumber(r.prefix, "/XRefStm") }

// oldest is the offset of the section of the first revision.
func oldest(file []byte) int {
	at := bytes.Index(file, []byte("startxref\n"))
	return lastNumber(file[:at+bytes.Index(file[at:], []byte("%%EOF"))], "startxref")
}
