package diff

import (
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
)

// maxReported bounds the bytes of the field names that a report lists for a revision. maxAdditions
// bounds the additions that it lists.
const (
	maxReported  = 1024
	maxAdditions = 100
)

// Changes classifies what one incremental update changed.
type Changes struct {
	Gravest pades.Change
	Detail  string           // the reason for ChangeOther or ChangeNotEvaluated
	Touched []string         // fully qualified names of the fields that were filled, signed or added
	Added   []pades.Addition // what is drawn now and was not before; at most maxAdditions

	timestamps []string // fields that were added with a document timestamp; no lock applies
	comments   int      // number of annotations that were added, changed or removed
	renamed    bool     // readers may give one of the fields another name
	shown      bool     // a visible signature field was added: it may cover what was signed
}

func (c *Changes) add(change pades.Change) {
	if change.Graver(c.Gravest) {
		c.Gravest = change
	}
}

// refuse records a change that no signature permits. The first reason becomes the detail.
func (c *Changes) refuse(why string) {
	c.add(pades.ChangeOther)
	if c.Detail == "" {
		c.Detail = why
	}
}

// FieldNames gives the field names that a report lists for the revision, the touched fields first.
// It stops before maxReported bytes are exceeded.
func (c Changes) FieldNames() []string {
	var names []string
	left := maxReported
	for _, some := range [][]string{c.Touched, c.timestamps} {
		for _, name := range some {
			if left -= len(name); left < 0 {
				return names
			}
			names = append(names, name)
		}
	}
	return names
}

// AlwaysAllowed reports whether every signature permits the changes: only validation data and
// document timestamps were added, and no visible field (ISO 32000-2, table 257).
func (c Changes) AlwaysAllowed() bool {
	return !c.shown && (c.Gravest == pades.ChangeNone || c.Gravest == pades.ChangeDSS)
}

// Against gives the reason why a signature with these restrictions does not permit the changes, as
// a *pades.VerdictError; nil = it permits them. Comments may cover what was signed, so only a
// certification can permit them.
func (c Changes) Against(r *form.Restrictions) error {
	refused := func(detail string) error { return pades.Undecided(pades.SigConstraintsFailure, detail) }
	switch {
	case c.Gravest == pades.ChangeNotEvaluated:
		return pades.Undecided(pades.LimitReached, "what was appended after this signature: "+c.Detail)
	case c.Gravest == pades.ChangeOther:
		return refused("what was appended after this signature changes the document: " + c.Detail)
	case c.Gravest == pades.ChangeAnnotation && !r.Certified(pades.FormsAndComments):
		return refused("signed content intact, " + c.commentsAdded())
	case !r.Permits(pades.FormFilling) && c.Gravest.Graver(pades.ChangeMetadata):
		return refused("what was appended after this signature is more than it permits")
	case c.shown && !r.Permits(pades.FormsAndComments):
		return refused("a visible signature field was added after this signature, which does not permit annotations")
	}
	for _, name := range c.Touched {
		if r.Locked(name, false) { // by FieldMDP: a /Lock that is not repeated there binds only signers
			return refused("a field that this signature locks was changed")
		}
	}
	if c.renamed && r.LocksSome() {
		return refused("a field was changed to which readers may give the name of a field that this signature locks")
	}
	return nil
}

func (c Changes) commentsAdded() string {
	if c.comments == 1 {
		return "1 comment added or changed"
	}
	return fmt.Sprintf("%d comments added or changed", c.comments)
}
