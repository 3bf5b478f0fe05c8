package hiddenchange

import (
	"fmt"
	"strings"
)

// rolePlaces need no quirk of the syntax: the later revision lists all its objects, and changes
// only entries that a certification permits to change. But one of the changed objects has a second
// role, in which readers draw it.
func rolePlaces() []place {
	stamped := func(entries string, more ...string) func(Kind) []byte {
		return func(kind Kind) []byte { return stampedPage(kind, entries, more...) }
	}
	return []place{
		{name: "signed, an annotation that is listed again", alone: true, only: string(Tables),
			prepare: stamped("/AP << /N 9 0 R >>", stream("/Subtype /Form /BBox [0 0 240 120] /Resources << "+
				"/ExtGState << /G << /BM /Difference >> >> >>", "/G gs 1 g 0 0 240 120 re f")),
			apply: func(r *revision) { r.relist(pageNumber, "/Annots [", "/Annots [8 0 R ") }},
		{name: "signed, the catalog as states", alone: true, only: string(Tables),
			prepare: stamped("/AP << /N 1 0 R >> /AS /Extensions"), apply: extend},
		{name: "signed, the catalog as resources", alone: true, only: string(Tables),
			prepare: stamped("/AP << /N 9 0 R >>", stream("/Subtype /Form /BBox [0 0 240 120] /Resources << "+
				"/XObject 1 0 R >>", "/Extensions Do")), apply: extend},
	}
}

// stampField is a place without a prepared document: the later revision adds a signature field that
// has a widget and is also a stamp.
var stampField = place{name: "a signature field that is a stamp", alone: true, apply: func(r *revision) {
	widget, form := r.list("<< /Subtype /Widget /Rect [0 0 0 0] >>"), r.list(penaltyForm)
	value := r.list("<< /Type /DocTimeStamp /SubFilter /ETSI.RFC3161 /ByteRange [] /Contents <00> >>")
	field := r.list(fmt.Sprintf("<< /FT /Sig /T (x) /V %d 0 R /Kids [%d 0 R] /Subtype /Stamp /F 4 "+
		"/Rect [0 0 240 120] /AP << /N %d 0 R >> >>", value.number, widget.number, form.number))
	r.relist(pageNumber, "/Annots [", fmt.Sprintf("/Annots [%d 0 R ", field.number))
	catalog := r.objects[0]
	catalog.text = strings.Replace(catalog.text, "/Fields [", fmt.Sprintf("/Fields [%d 0 R ", field.number), 1)
}}

// penaltyForm shows the text of the penalty as a form XObject.
var penaltyForm = strings.Replace(penalty, "<<", fmt.Sprintf("<< /Type /XObject /Subtype /Form /BBox [0 0 240 120] "+
	"/Resources << /Font << /F1 %d 0 R >> >>", fontNumber), 1)

// stampedPage is a document whose page 1 has a stamp, object 8, with these entries. Further objects
// follow.
func stampedPage(kind Kind, entries string, more ...string) []byte {
	r := firstRevision(kind)
	r.list("<< /Type /Annot /Subtype /Stamp /F 4 /Rect [0 0 240 120] " + entries + " >>")
	for _, text := range more {
		r.list(text)
	}
	for _, o := range r.objects {
		if o.number == pageNumber {
			o.text = strings.Replace(o.text, "<<", "<< /Annots [8 0 R]", 1)
		}
	}
	return r.bytes()
}

// extend adds an entry to the catalog that certifications permit, and that shows the penalty.
func extend(r *revision) {
	form, catalog := r.list(penaltyForm), r.objects[0]
	catalog.text = strings.Replace(catalog.text, "<<", fmt.Sprintf("<< /Extensions %d 0 R", form.number), 1)
}

// relist lists an object of the document again, with one text replaced by another.
func (r *revision) relist(number int, old, new string) {
	text := strings.Replace(lastObject(r.prefix, number), old, new, 1)
	r.objects = append(r.objects, &object{number: number, text: text})
}
