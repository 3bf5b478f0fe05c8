package diff

import (
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
)

// maxTold bounds the bytes of field names that are told of a revision, and maxAdditions what it
// draws.
const (
	maxTold      = 1024
	maxAdditions = 100
)

// Changes is what a later revision did to a document.
type Changes struct {
	Gravest pades.Change
	Detail  string           // why it is that, where one sentence can say it
	Touched []string         // fully qualified names of the fields that were filled, signed or added
	Added   []pades.Addition // what is drawn that was not drawn before; the first of many

	stamped  []string // fields that were added with a document timestamp, which no lock is held against
	comments int      // annotations that were added, changed or removed
	shown    bool     // a signature field was added that can be seen: it may cover what was signed
}

func (c *Changes) add(change pades.Change) {
	if change.Graver(c.Gravest) {
		c.Gravest = change
	}
}

// refuse notes a change that no signature allows.
func (c *Changes) refuse(why string) {
	c.add(pades.ChangeOther)
	if c.Detail == "" {
		c.Detail = why
	}
}

// FieldNames gives the names of the fields that a report tells, as many as fit.
func (c Changes) FieldNames() []string {
	var names []string
	left := maxTold
	for _, some := range [][]string{c.Touched, c.stamped} {
		for _, name := range some {
			if left -= len(name); left < 0 {
				return names
			}
			names = append(names, name)
		}
	}
	return names
}

// AlwaysAllowed says whether every signature allows the changes: validation data and document
// timestamps that draw nothing (ISO 32000-2, table 257).
func (c Changes) AlwaysAllowed() bool {
	return !c.shown && (c.Gravest == pades.ChangeNone || c.Gravest == pades.ChangeDSS)
}

// Against says why the changes are not allowed by a signature with these restrictions; nil = they
// are. Comments may cover what was signed: they are allowed only where a certification says so.
func (c Changes) Against(r *form.Restrictions) error {
	refused := func(detail string) error { return pades.Undecided(pades.SigConstraintsFailure, detail) }
	switch {
	case c.Gravest == pades.ChangeNotEvaluated:
		return pades.Undecided(pades.LimitReached, "what was appended after this signature: "+c.Detail)
	case c.Gravest == pades.ChangeOther && c.Detail != "":
		return refused("what was appended after this signature changes the document: " + c.Detail)
	case c.Gravest == pades.ChangeOther:
		return refused("what was appended after this signature changes the document")
	case c.Gravest == pades.ChangeAnnotation && !r.Certified(pades.FormsAndComments):
		return refused("signed content intact, " + c.commentsAdded())
	case !r.Permits(pades.FormFilling) && c.Gravest.Graver(pades.ChangeMetadata):
		return refused("what was appended after this signature is more than it permits")
	case c.shown && !r.Permits(pades.FormsAndComments):
		return refused("a visible signature field was added after this signature, which does not permit annotations")
	}
	for _, name := range c.Touched {
		if r.Locked(name, false) { // by the signature: a field's /Lock alone binds signers
			return refused("a field that this signature locks was changed")
		}
	}
	return nil
}

func (c Changes) commentsAdded() string {
	if c.comments == 1 {
		return "1 comment added or changed"
	}
	return fmt.Sprintf("%d comments added or changed", c.comments)
}
