package pades

import (
	"slices"
	"time"
)

// Report is what Verify found in a document. It can be archived: it says what was verified, when,
// by which program and against which anchors.
type Report struct {
	Document     DocumentIdentity `json:"document"`
	VerifiedAt   time.Time        `json:"verified_at"`
	Verifier     string           `json:"verifier,omitempty"` // program and version
	TrustAnchors []string         `json:"trust_anchors"`      // SHA-256 fingerprints of the anchors that were configured, lower-case hex
	Limits       map[string]int64 `json:"limits"`             // the limits of this verifier, by name: LimitReached refers to one of them

	Verdict    Verdict     `json:"verdict"`
	Summary    Summary     `json:"summary"`
	Revisions  []Revision  `json:"revisions"`  // oldest first; empty if no signature covers one
	Signatures []Signature `json:"signatures"` // in the order of their revisions; empty for an unsigned document
	Unjudged   []Unjudged  `json:"unjudged"`   // objects that look like signatures and are not judged
}

// DocumentIdentity says which document a report is about.
type DocumentIdentity struct {
	Name   string `json:"name,omitempty"` // as the caller gave it
	SHA256 string `json:"sha256"`         // lower-case hex
	Size   int64  `json:"size"`           // bytes
}

// Verdict is the outcome for a document: the worst of its signatures.
type Verdict struct {
	Indication Indication `json:"indication"` // "" for a document without signatures
	Detail     string     `json:"detail"`     // the first line for a person
}

// Summary counts signatures by indication.
type Summary struct {
	Total         int `json:"total"`
	Passed        int `json:"passed"`
	Indeterminate int `json:"indeterminate"`
	Failed        int `json:"failed"`
}

// Summarize counts signatures. One that neither passed nor failed is indeterminate.
func Summarize(signatures []Signature) Summary {
	counts := Summary{Total: len(signatures)}
	for _, signature := range signatures {
		switch signature.Indication {
		case TotalPassed:
			counts.Passed++
		case TotalFailed:
			counts.Failed++
		default:
			counts.Indeterminate++
		}
	}
	return counts
}

// Revision is the document after an incremental update, and what the update changed. All revisions
// up to the oldest signature whose place is known count as one, the first, since no signature
// covers them separately.
type Revision struct {
	Number int        `json:"number"`           // from 1
	End    int64      `json:"end"`              // offset behind its last byte
	Change Change     `json:"change,omitempty"` // the gravest change of the update; "" for the first revision
	Fields []string   `json:"fields,omitempty"` // fields that were filled, signed or added; of many, the first
	Added  []Addition `json:"added,omitempty"`  // what it draws over the existing pages; at most MaxAdditions
	Detail string     `json:"detail,omitempty"` // one sentence, where the change needs one
}

// MaxAdditions is how many additions a report lists for a revision.
const MaxAdditions = 100

// Addition is something that a later revision draws: an annotation, or the appearance of a field.
type Addition struct {
	Page int        `json:"page"` // from 1; 0 = on no page
	Kind string     `json:"kind"` // /Subtype of the annotation
	Box  [4]float64 `json:"box"`  // /Rect in points: left, bottom, right, top
}

// Unjudged is an object that looks like a signature and is not judged.
type Unjudged struct {
	Object int    `json:"object,omitempty"` // object number; 0 = unknown
	Offset int64  `json:"offset,omitempty"` // of the object, or of what looks like a signature; 0 = it lies within an object stream
	Detail string `json:"detail"`           // why it is not judged
}

// Change is a class of changes: that of a revision or, for a signature, the gravest of all later
// revisions.
type Change string

// The changes, from harmless to grave.
const (
	ChangeNone        Change = "none"
	ChangeDSS         Change = "dss"          // validation data and document timestamps only
	ChangeMetadata    Change = "metadata"     // dates and the producer only
	ChangeSignature   Change = "signature"    // another signature
	ChangeFormFilling Change = "form_filling" // values of form fields
	ChangeAnnotation  Change = "annotation"   // annotations added, changed or removed
	ChangeOther       Change = "other"        // anything else: pages, contents, structure
	// ChangeNotEvaluated is not a class: it says that the changes are not known.
	ChangeNotEvaluated Change = "not_evaluated"
)

// Graver reports whether c is graver than other. Unknown changes count as graver than all but
// ChangeOther.
func (c Change) Graver(other Change) bool {
	order := []Change{ChangeNone, ChangeDSS, ChangeMetadata, ChangeSignature, ChangeFormFilling, ChangeAnnotation,
		ChangeNotEvaluated, ChangeOther}
	return slices.Index(order, c) > slices.Index(order, other)
}
