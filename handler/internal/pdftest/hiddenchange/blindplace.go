package hiddenchange

import (
	"fmt"
	"slices"
	"strings"
)

// The later revision defines an object that the signed one refers to and does not define, so that
// readers that see the reference draw it. A verifier that cannot read the object with the reference
// must not pass this.
const (
	blindNumber   = 40
	holdingNumber = 19 // the object with the reference
)

// holder is an object of the signed revision with a reference, and what the later revision defines.
type holder struct {
	name                string
	number              int    // of the object; 0 = holdingNumber
	entry               string // of page 1, in place of the same entry
	before, key, behind string // of the object: what stands around the reference
	draw                string // at the end of the content of page 1
	target              string
}

// holders are objects that are signed even if only some readers can read them.
func holders() []holder {
	const fonts = "<< /Font << /F1 5 0 R >> /XObject "
	return []holder{
		{"resources", 0, "/Resources 19 0 R", fonts + "<<", "/X ", ">> >>", " /X Do", penaltyForm},
		{"named objects", 0, "/Resources " + fonts + "19 0 R >>", "<<", "/X ", ">>", " /X Do", penaltyForm},
		{"contents", 0, "/Contents 19 0 R", "[4 0 R ", "", "]", "", penalty},
	}
}

// furtherHolders are objects that a signer refuses or leaves out if it cannot read them, and one
// that few readers follow.
func furtherHolders() []holder {
	const stamp = "<< /Type /Annot /Subtype /Stamp /F 4 /Rect [0 0 240 120] /AP << "
	const contents = "/Contents 4 0 R "
	before, behind, _ := strings.Cut(pageText, contents)
	return []holder{
		{"a reference alone", 0, "/Contents [4 0 R 19 0 R]", "", "", "", "", penalty},
		{"annotations", 0, "/Annots 19 0 R", "[", "", "]", "", stamp + "/N 41 0 R >> >>"},
		{"an annotation", 0, "/Annots [19 0 R]", stamp, "/N ", ">> >>", "", penaltyForm},
		{"page 1", pageNumber, "", before + "/Contents [4 0 R ", "", "] " + behind, "", penalty},
		{"the page tree", treeNumber, "", "<< /Type /Pages /Count 2 /Kids [", "", "3 0 R 6 0 R] >>", "", penaltyPage},
	}
}

// blindReference is a reference to blindNumber that some reader sees, behind values that only some
// readers can read.
type blindReference struct {
	name   string
	values []string
	text   string
}

func blindReferences() []blindReference {
	const plain = "40 0 R"
	junk := func(more ...string) []string { return append([]string{"1.2.3"}, more...) }
	return []blindReference{
		{"as it is", nil, plain},
		{"behind a number of two points", junk(), plain},
		{"behind a number with a dash", []string{"5-3"}, plain},
		{"behind a number out of range", []string{"99999999999999999999"}, plain},
		{"behind a word", []string{"word"}, plain},
		{"with a comment in it", junk(), "40 %x\n0 R"},
		{"with a comment behind it", junk(), "40 0 %0 R\rR"},
		{"without a gap", nil, "40 0R"},
		{"with a sign within", nil, "4-0 0 R"},
		{"with a sign in front", junk(), "+40 0 R"},
		{"with a fraction", nil, "40.5 0 R"},
		{"with a fraction of nothing", nil, "40.0 0 R"},
		{"with a fraction that rounds", nil, "39.99999999999999999999 0 R"},
		{"with a fraction in the generation", nil, "40 0.0 R"},
		{"that wraps at 32 bits", nil, "4294967336 0 R"},
		{"that wraps at 64 bits", nil, "18446744073709551656 0 R"},
		{"that wraps below nothing", nil, "-4294967256 0 R"},
		{"of more digits than PDFium keeps", nil, strings.Repeat("0", 254) + "407 0 R"},
		{"with a generation out of range", nil, "40 70000 R"},
		{"behind an end in a string", junk("(endobj)"), plain},
		{"behind an end in a comment", junk("%endobj\n1"), plain},
		{"behind an end in a name", junk("/endobj"), plain},
		{"behind an end in digits", junk("<endobj>"), plain},
		{"behind an end in an array", junk("[endobj]"), plain},
		{"behind an end", junk("endobj"), plain},
	}
}

// blindPlaces are each reference in each holder, and a plain one in an object stream with a filter
// that a verifier has no use for.
func blindPlaces() []place {
	var all []place
	for _, h := range holders() {
		for _, b := range blindReferences() {
			all = append(all, h.place("a reference "+b.name, h.with(b), asItIs))
		}
		runs := h.place("a reference in an object stream of runs", h.with(blindReference{text: "40 0 R"}), inRuns)
		runs.only = withPacked
		all = append(all, runs)
	}
	return all
}

// place is a holder of this text, where the later revision defines what the text refers to.
func (h holder) place(name, text string, encode func(container string) string) place {
	return place{
		name: "signed, " + h.name + " with " + name, alone: true, apply: h.define,
		prepare: func(kind Kind) []byte { return h.document(kind, text, encode) },
	}
}

// with returns the text of the object that holds a reference.
func (h holder) with(b blindReference) string {
	text := h.before
	for i, value := range b.values {
		if h.key != "" {
			text += fmt.Sprintf("/J%d ", i)
		}
		text += value + " "
	}
	return text + h.key + b.text + h.behind
}

// document is a document with an object of this text, in an object stream if the kind has them.
func (h holder) document(kind Kind, text string, encode func(container string) string) []byte {
	texts := h.texts()
	if h.number != 0 {
		texts[h.number-1] = text
		return revisionOf(kind, texts, fontNumber, penaltyPageNumber).bytes()
	}
	r := revisionOf(kind, texts, fontNumber, penaltyPageNumber)
	if kind == Tables {
		r.objects = append(r.objects, &object{number: holdingNumber, text: text})
	} else {
		container := r.pack("", 1, member{holdingNumber, text})
		container.text = encode(container.text)
	}
	r.size = holdingNumber + 1
	return r.bytes()
}

// texts are the objects of the document in front of the holder.
func (h holder) texts() []string {
	page := "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 240 120] " + h.entry
	if !strings.Contains(h.entry, "/Contents") {
		page += " /Contents 4 0 R"
	}
	if !strings.Contains(h.entry, "/Resources") {
		page += " /Resources << /Font << /F1 5 0 R >> >>"
	}
	texts := firstTexts()
	texts[pageNumber-1], texts[contentNumber-1] = page+" >>", stream("", agreedText+h.draw)
	return texts
}

// define defines blindNumber and the form of a stamp behind it.
func (h holder) define(r *revision) {
	r.size = max(r.size, blindNumber)
	r.list(h.target)
	r.list(penaltyForm)
}

func asItIs(container string) string { return container }

// inRuns encodes an object stream with RunLengthDecode: ISO 32000-2, 7.4.5.
func inRuns(container string) string {
	head, _, _ := strings.Cut(container, "/Length")
	var runs strings.Builder
	for chunk := range slices.Chunk([]byte(streamData(container)), 128) {
		runs.WriteByte(byte(len(chunk) - 1))
		runs.Write(chunk)
	}
	return stream(strings.TrimPrefix(head, "<< ")+"/Filter /RunLengthDecode", runs.String()+"\x80")
}
