package diff

import (
	"context"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// Bounds of the comparison of revisions in one verification: hostile documents could ask for one a kilobyte. What goes beyond counts as
// changed in ways that are not known.
const (
	comparisonWork = 512 << 20 // in units of pdf.Limits
	maxTold        = 1024      // bytes of field names that are told of a revision: every signature before it tells them
)

// Step is what one incremental update did, or several that cannot be told apart.
type Step struct {
	End     int64 // behind it
	Changes Changes
}

// comparer goes through the revisions of a document and holds each against the one before.
type comparer struct {
	doc     pades.Document
	file    *pdf.File // the same, read
	work    int64     // that is left
	earlier *pdf.File // the revision before; nil = none yet
	shadows bool      // an earlier revision holds what only readers that repair files show
}

func NewComparer(doc pades.Document, file *pdf.File) *comparer {
	return &comparer{doc: doc, file: file, work: comparisonWork}
}

// Advance opens the revision that ends there and compares it with the one before. The signatures are those that say to cover just it:
// missing says why each is not held by that revision, or nil. The step is nil for the first revision, and for an end that is none.
func (c *comparer) Advance(ctx context.Context, end int64, signatures []pdf.Ref) (done *Step, missing []error, err error) {
	later, err := c.file.Revision(ctx, end, max(c.work, 1))
	if later != nil {
		defer func() { c.work -= later.Spent() }()
	}
	if err != nil && !pades.IsOfDocument(err) {
		return nil, nil, err
	}
	last := end == c.file.Size()
	sound := err == nil
	missing = make([]error, len(signatures))
	for i, ref := range signatures {
		if !sound {
			missing[i] = pades.Failed(pades.FormatFailure, "what the signature covers is not a complete revision of the document")
			continue
		}
		if missing[i], err = c.holds(later, ref); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case !sound && !last:
		return nil, missing, nil
	case !sound || c.work <= 0:
		return &Step{End: end, Changes: Changes{Gravest: pades.ChangeOther}}, missing, nil
	}
	earlier := c.earlier
	c.earlier = later
	if earlier == nil {
		return nil, missing, nil
	}
	before := earlier.Spent()
	found, err := compareRevisions(ctx, earlier, later)
	c.work -= earlier.Spent() - before
	if err == nil {
		err = c.checkSyntax(earlier, later, &found)
	}
	return &Step{End: end, Changes: found}, missing, err
}

// checkSyntax makes sure that no reader has to repair the document to read the later revision, and shows then what no cross-reference lists.
func (c *comparer) checkSyntax(earlier, later *pdf.File, found *Changes) error {
	why, err := later.Irregularity(earlier)
	if why != "" {
		found.refuse(why)
	}
	return err
}

// holds says why a revision does not hold a signature, or gives nil: the same object at the same place, and whole in this revision, has
// its /Contents where /ByteRange says.
func (c *comparer) holds(revision *pdf.File, signature pdf.Ref) (missing, err error) {
	dict, err := revision.Dict(signature)
	if err != nil && !pades.IsOfDocument(err) {
		return nil, err
	}
	was, _ := revision.Entry(signature.Number)
	if now, _ := c.file.Entry(signature.Number); dict == nil || was != now {
		return pades.Failed(pades.FormatFailure, "the revision that the signature covers does not hold this signature"), nil
	}
	return nil, nil
}

// Told gives the names of the fields that a report tells, as many as it has room for.
func (c Changes) Told() []string {
	var names []string
	room := maxTold
	for _, some := range [][]string{c.Touched, c.stamped} {
		for _, name := range some {
			if room -= len(name); room < 0 {
				return names
			}
			names = append(names, name)
		}
	}
	return names
}

// Against says why the changes are not allowed by a signature with these restrictions; nil = they are.
func (c Changes) Against(r *form.Restrictions) error {
	switch {
	case c.Gravest == pades.ChangeOther:
		return pades.Undecided(pades.SigConstraintsFailure, "what was appended after this signature changes the document")
	case !r.Permits(pades.FormFilling) && graver(c.Gravest, pades.ChangeDSS),
		!r.Permits(pades.FormsAndComments) && graver(c.Gravest, pades.ChangeFormFilling):
		return pades.Undecided(pades.SigConstraintsFailure, "what was appended after this signature is more than it permits")
	}
	for _, name := range c.Touched {
		if r.Locked(name, false) { // by the signature: a field's /Lock alone binds signers
			return pades.Undecided(pades.SigConstraintsFailure, "a field that this signature locks was changed")
		}
	}
	return nil
}
