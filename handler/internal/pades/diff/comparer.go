package diff

import (
	"context"
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/pdf"
)

// Step is one incremental update and what it changed.
type Step struct {
	End     int64 // offset behind its last byte
	Changes Changes
}

// Comparer goes through the revisions of a document, the oldest signed one first, and classifies
// what each changed in the revision before. It costs one walk through the objects that the first
// revision reaches and, for each later revision, the objects that it defines. Not safe for
// concurrent use.
type Comparer struct {
	file    *pdf.File           // the whole document
	known   *known              // nil = no revisions were compared yet
	earlier *pdf.File           // the revision before; nil = none yet
	shadow  string              // what only readers that repair the file may find; "" = nothing
	limit   *pades.VerdictError // the limit that ended the comparison; nil = none did
}

// NewComparer returns the Comparer of an open document.
func NewComparer(file *pdf.File) *Comparer { return &Comparer{file: file} }

// Advance opens the revision that ends at the offset end and compares it with the revision before.
// signatures are the signature dictionaries whose /ByteRange ends there. missing has one entry for
// each of them: the *pades.VerdictError that says why the revision does not contain it, or nil.
// done is nil for the first revision, and where no complete revision ends at that offset.
//
// A limit that ends the comparison is no error: from then on the changes are ChangeNotEvaluated.
// Errors are limits of opening the revision and reading the signatures, failures to read the
// document, and the end of the context.
func (c *Comparer) Advance(ctx context.Context, end int64,
	signatures []pdf.Ref) (done *Step, missing []error, err error) {
	later, err := c.file.Revision(ctx, end, budget.For(c.file.Size()).Work)
	sound := err == nil
	if !sound && !isDamaged(err) {
		return nil, nil, err
	}
	missing = make([]error, len(signatures))
	for i, ref := range signatures {
		if !sound {
			missing[i] = pades.Failed(pades.FormatFailure,
				"what the signature covers is not a complete revision of the document")
			continue
		}
		if missing[i], err = c.holds(later, ref); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case !sound && end != c.file.Size():
		return nil, missing, nil
	case !sound:
		return &Step{End: end,
				Changes: Changes{Gravest: pades.ChangeOther, Detail: "what was appended is not a complete update"}},
			missing,
			nil
	case c.earlier == nil:
		c.earlier = later
		return nil, missing, nil
	}
	changes, err := c.step(ctx, later)
	return &Step{End: end, Changes: changes}, missing, err
}

// step compares a revision with the one before. The next call compares with this revision. A limit
// makes the changes ChangeNotEvaluated.
func (c *Comparer) step(ctx context.Context, later *pdf.File) (changes Changes, err error) {
	earlier := c.earlier
	c.earlier = later
	if c.limit == nil {
		changes, err = c.compare(ctx, earlier, later)
		earlier.Close()
	}
	if limit := pades.LimitOf(err); limit != nil {
		c.limit, err = limit, nil
	}
	if c.limit != nil && changes.Gravest != pades.ChangeOther {
		changes = Changes{Gravest: pades.ChangeNotEvaluated, Detail: c.limit.Detail}
	}
	return changes, err
}

func (c *Comparer) compare(ctx context.Context, earlier, later *pdf.File) (Changes, error) {
	irregular, err := later.Irregularity(earlier)
	if err != nil {
		return Changes{}, err
	}
	if c.known == nil {
		if err := c.begin(ctx, earlier); err != nil {
			return Changes{}, err
		}
	}
	if unusual, err := later.Unusual(); err != nil {
		return Changes{}, err
	} else if unusual && c.shadow == "" {
		if err := c.findShadows(earlier); err != nil {
			return Changes{}, err
		}
	}
	changes, err := c.known.compare(ctx, earlier, later)
	for _, why := range []string{irregular, c.shadow} {
		if why != "" {
			changes.refuse(why)
		}
	}
	return changes, err
}

// begin walks through the first revision and records the roles of the objects that it reaches.
func (c *Comparer) begin(ctx context.Context, first *pdf.File) error {
	c.known = newKnown()
	if err := c.known.begin(first); err != nil {
		return err
	}
	if err := c.known.reach(ctx, first); err != nil {
		return err
	}
	// Readers that have to repair the signed revision may show objects that its cross-references do
	// not list. They may show other objects as soon as an update makes the repair unnecessary.
	irregular, err := first.Irregular()
	if err != nil || irregular == "" {
		return err
	}
	return c.findShadows(first)
}

// findShadows looks for objects that a reader finds only if it repairs the revision, and whose
// numbers have a role in the document.
func (c *Comparer) findShadows(revision *pdf.File) error {
	return revision.Shadows(func(number int, offset int64) {
		if c.known.roles.of(number) != 0 {
			c.shadow = fmt.Sprintf("readers that repair the document find another object %d at offset %d of "+
				"what was signed", number, offset)
		}
	})
}

// holds gives the reason why a revision does not contain a signature dictionary; nil = it does. The
// dictionary must be the same object at the same place as in the whole document, and must be
// complete in this revision. Then its /Contents lies where /ByteRange says.
func (c *Comparer) holds(revision *pdf.File, signature pdf.Ref) (missing, err error) {
	dict, err := revision.Dict(signature)
	if err != nil && !isDamaged(err) {
		return nil, err
	}
	was, _ := revision.Entry(signature.Number)
	if now, _ := c.file.Entry(signature.Number); dict == nil || was != now {
		return pades.Failed(pades.FormatFailure,
			"the revision that the signature covers does not hold this signature"), nil
	}
	return nil, nil
}
