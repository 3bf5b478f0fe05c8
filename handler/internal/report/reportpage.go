package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"influxion/handler/internal/pades"
)

// page is what a reader is shown, in this order, in every template. All its texts are cleaned.
type page struct {
	Name       string // of the document; "Document without a name" where it has none
	Headline   headline
	Facets     []facet // of all signatures together; none for an unsigned document
	Overview   bool    // there are several signatures: a table lists them
	Document   []row
	Unjudged   unjudged
	Signatures []entry
	History    history
	Method     []row // how it was verified
	Terms      []row // what the words mean
}

// State says how a reader should take a statement. Templates give each state a sign and a colour.
type State string

// The states of a statement.
const (
	Good    State = "good"    // no action is needed
	Doubt   State = "doubt"   // the reader must decide
	Bad     State = "bad"     // the statement is false
	Unknown State = "unknown" // not checked
)

// facet is the answer to one of the three questions: content, signer, afterwards.
type facet struct {
	Label string
	State State
	Word  string // the answer in a word or two
	Text  string // the answer in sentences; "" for the document as a whole

	weight int // orders answers of the same state: the document as a whole shows the heaviest
}

// graver reports whether an answer is worse than another.
func (f facet) graver(other facet) bool {
	order := []State{Good, Unknown, Doubt, Bad}
	return cmp.Or(
		cmp.Compare(slices.Index(order, f.State), slices.Index(order, other.State)),
		cmp.Compare(f.weight, other.weight),
	) > 0
}

// row is a label with its values, one a line. Code marks digits that people compare rather than
// read.
type row struct {
	Label  string
	Values []string
	Code   bool
}

// unjudged is something in the file that looks like a signature but is not judged as one.
type unjudged struct {
	Title string // "" if there is nothing
	Items []string
}

func newPage(report *pades.Report) *page {
	r := harmless(report)
	p := &page{
		Name:     short(r.Document.Name, maxTitle),
		Headline: newHeadline(r),
		Document: documentRows(r),
		Unjudged: newUnjudged(r.Unjudged),
		History:  newHistory(r),
		Method:   methodRows(r),
	}
	if p.Name == "" {
		p.Name = "Document without a name"
	}
	for i := range r.Signatures {
		p.Signatures = append(p.Signatures, newEntry(i+1, &r.Signatures[i], r))
	}
	if len(p.Signatures) > 0 {
		p.Facets, p.Overview, p.Terms = overall(p.Signatures), len(p.Signatures) > 1, terms()
	}
	return p
}

// rows is a list that leaves out rows without a value.
type rows []row

func (r *rows) add(label string, values ...string) { r.append(row{Label: label, Values: values}) }

func (r *rows) code(label string, values ...string) {
	r.append(row{Label: label, Values: values, Code: true})
}

func (r *rows) append(added row) {
	added.Values = slices.DeleteFunc(
		slices.Clone(added.Values),
		func(value string) bool { return strings.TrimSpace(value) == "" },
	)
	if len(added.Values) > 0 {
		*r = append(*r, added)
	}
}

func documentRows(r *pades.Report) []row {
	var list rows
	list.add("Document", short(r.Document.Name, maxName))
	if r.Document.SHA256 != "" {
		list.add("Size", size(r.Document.Size))
	}
	list.code("SHA-256", r.Document.SHA256)
	list.add("Verified", date(r.VerifiedAt))
	if r.Summary.Total > 0 {
		list.add("Signatures", counts(r.Summary))
	}
	return list
}

func newUnjudged(list []pades.Unjudged) unjudged {
	if len(list) == 0 {
		return unjudged{}
	}
	u := unjudged{Title: plural(len(list), "thing in this file looks like a signature and was not judged",
		"things in this file look like signatures and were not judged")}
	for _, one := range list {
		u.Items = append(u.Items, sentence(strings.TrimSuffix(short(one.Detail, maxLine), ".")+position(one)))
	}
	return u
}

func methodRows(r *pades.Report) []row {
	var list rows
	list.add("Verified by", r.Verifier)
	list.add("Time", instant(r.VerifiedAt))
	list.add("Rules", "ETSI EN 319 102-1 (validation), ETSI EN 319 142-1 (PAdES), ISO 32000-2 (later changes)")
	if len(r.TrustAnchors) == 0 {
		list.add("Anchors", "none: no signer can be trusted")
	}
	list.code("Anchors (SHA-256)", r.TrustAnchors...)
	var limits []string
	for _, name := range slices.Sorted(maps.Keys(r.Limits)) {
		limits = append(limits, strings.ReplaceAll(name, "_", " ")+": "+grouped(r.Limits[name]))
	}
	list.add("Limits", limits...)
	return list
}

// terms explains the words that the verdict uses.
func terms() []row {
	var list rows
	list.add("Content", "Intact: this file still holds what was signed, bit for bit. "+
		"That is computed, and needs no trust in anybody.")
	list.add("Signer", "Trusted: the signer's certificate was issued under one of the trust anchors of this "+
		"verification, and was valid and not revoked at the time that counts. "+
		"Without that, anybody could have made a certificate with this name.")
	list.add("Afterwards", "What was added to the file after the signature. "+
		"The signed content is still there, but what was added can lie over it or take its place.")
	list.add("Valid", "TOTAL-PASSED: all three are in order.")
	list.add("Not valid", "TOTAL-FAILED: the signature does not hold, "+
		"or something that it depends on is known to be bad.")
	list.add("Not confirmed", "INDETERMINATE: the available evidence proves neither. "+
		"See which of the three is not in order.")
	return list
}
