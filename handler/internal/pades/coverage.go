package pades

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"influxion/handler/internal/pades/pdf"
)

// Bounds of the comparison of revisions in one verification: hostile documents could ask for one a kilobyte. What goes beyond counts as
// changed in ways that are not known.
const (
	comparisonWork = 512 << 20 // in units of pdf.Limits
	maxSteps       = 100       // revisions without signatures that are told apart; further ones are taken together
	maxTold        = 1024      // bytes of field names that are told of a revision: every signature before it tells them
	maxLockWork    = 2_000_000 // fields that were touched, each held against each lock of each signature before
)

// step is what one incremental update did, or several that cannot be told apart.
type step struct {
	end int64 // behind it
	changes
}

// compareAll finds out whether each sound signature covers the document to its end or else a complete earlier revision that holds the
// same signature, and what was appended since, revision by revision. An end in the middle of a revision is how forged documents hide
// what they add.
func (e *examination) compareAll(ctx context.Context, signatures []*signedField) error {
	ends := map[int64][]*signedField{}
	for _, s := range signatures {
		if s.fault != nil {
			continue
		}
		if s.end() == e.doc.Size() {
			s.finding.CoversWholeDocument, s.finding.ChangesAfter = true, ChangeNone
			continue
		}
		ends[s.end()] = append(ends[s.end()], s)
	}
	if len(ends) == 0 {
		return nil
	}
	boundaries, err := e.boundaries(ctx, ends)
	if err != nil {
		return err
	}
	c := comparer{doc: e.doc, file: e.file, work: comparisonWork}
	for _, end := range boundaries {
		step, err := c.advance(ctx, end, ends[end])
		if err != nil {
			return err
		}
		if step != nil {
			e.steps = append(e.steps, *step)
		}
	}
	return nil
}

// boundaries gives the offsets at which revisions may end, ascending: where signatures end, where %%EOF follows a cross-reference section
// behind the first of these, and the end of the document.
func (e *examination) boundaries(ctx context.Context, signed map[int64][]*signedField) ([]int64, error) {
	ends := slices.Sorted(maps.Keys(signed))
	first := ends[0]
	var offsets []int64
	for _, section := range e.file.Sections() {
		if section.Offset >= first {
			offsets = append(offsets, section.Offset)
		}
	}
	slices.Sort(offsets)
	for i, offset := range offsets[:min(len(offsets), maxSteps)] {
		limit := e.doc.Size()
		if i+1 < len(offsets) {
			limit = offsets[i+1]
		}
		end, err := findEnd(ctx, e.doc, offset, limit)
		if err != nil {
			return nil, err
		}
		// Writers differ in whether the line end behind %%EOF belongs to the revision; the signature knows.
		near := func(other int64) bool { return other >= end-2 && other <= end+2 }
		if end != 0 && !slices.ContainsFunc(ends, near) && !near(e.doc.Size()) {
			ends = append(ends, end)
		}
	}
	ends = append(ends, e.doc.Size())
	slices.Sort(ends)
	return slices.Compact(ends), nil
}

// findEnd gives the offset behind the first %%EOF in [from, to) and its line end; 0 = there is none.
func findEnd(ctx context.Context, doc Document, from, to int64) (int64, error) {
	mark := []byte("%%EOF")
	reach := len(mark) + len("\r\n")
	buffer := make([]byte, min(to-from+int64(reach), 4<<10)) // most sections are shorter
	for from < to {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		piece := buffer[:min(int64(len(buffer)), doc.Size()-from)]
		if n, err := doc.ReadAt(piece, from); n < len(piece) {
			return 0, err
		}
		i := bytes.Index(piece, mark)
		if i > 0 && i+reach > len(piece) {
			from += int64(i) // the line end may lie behind the piece
			continue
		}
		if i >= 0 && from+int64(i) < to {
			end := from + int64(i+len(mark))
			tail := piece[i+len(mark):]
			switch {
			case bytes.HasPrefix(tail, []byte("\r\n")):
				end += 2
			case bytes.HasPrefix(tail, []byte("\n")), bytes.HasPrefix(tail, []byte("\r")):
				end++
			}
			return end, nil
		}
		from += int64(max(len(piece)-len(mark)+1, 1))
	}
	return 0, nil
}

// comparer goes through the revisions of a document and holds each against the one before.
type comparer struct {
	doc     Document
	file    *pdf.File // the same, read
	work    int64     // that is left
	earlier *pdf.File // the revision before; nil = none yet
	end     int64     // behind it
}

// advance opens the revision that ends there and compares it with the one before. The signatures are those that say to cover just it. It
// gives nil for the first revision, and for an end that is none.
func (c *comparer) advance(ctx context.Context, end int64, signatures []*signedField) (*step, error) {
	later, err := c.file.Revision(ctx, end, max(c.work, 1))
	if later != nil {
		defer func() { c.work -= later.Spent() }()
	}
	if err != nil && !isReadError(err) {
		return nil, err
	}
	last := end == c.file.Size()
	sound := err == nil
	for _, s := range signatures {
		if !sound {
			s.fault = failed(FormatFailure, "what the signature covers is not a complete revision of the document")
			continue
		}
		// The same object at the same place, and whole in this revision, has its /Contents where ByteRange says.
		ref := s.field.value.(pdf.Ref)
		dict, err := later.Dict(ref)
		if err != nil && !isReadError(err) {
			return nil, err
		}
		was, _ := later.Entry(ref.Number)
		if now, _ := c.file.Entry(ref.Number); dict == nil || was != now {
			s.fault = failed(FormatFailure, "the revision that the signature covers does not hold this signature")
		}
	}
	switch {
	case !sound && !last:
		return nil, nil
	case !sound || c.work <= 0:
		return &step{end: end, changes: changes{gravest: ChangeOther}}, nil
	}
	earlier, from := c.earlier, c.end
	c.earlier, c.end = later, end
	if earlier == nil {
		return nil, nil
	}
	before := earlier.Spent()
	found, err := compareRevisions(ctx, earlier, later)
	c.work -= earlier.Spent() - before
	if err == nil && unrevised(earlier, later) {
		var stray bool
		if stray, err = strays(ctx, c.doc, from, end); stray {
			found.add(ChangeOther)
		}
	}
	return &step{end: end, changes: found}, err
}

// allowed judges what was appended after a sound signature, and tells it: the document must still show what was signed, and a
// certification or a lock of this signature must have been obeyed (ISO 32000-2, 12.8.2). Validation data and document timestamps are
// always allowed: ISO 32000-2, table 257.
func (e *examination) allowed(s *signedField) error {
	later := changes{gravest: ChangeNone}
	var fault error
	for _, step := range e.steps {
		if step.end <= s.end() {
			continue
		}
		later.add(step.gravest)
		why := error(undecided(SigConstraintsFailure, "more fields were touched than can be held against the locks of the signatures"))
		if e.lockWork += len(step.touched) * len(s.own.locks); e.lockWork <= maxLockWork {
			why = s.own.against(step.changes)
		}
		if fault == nil {
			fault = why
		}
		s.finding.LaterRevisions = append(s.finding.LaterRevisions, Revision{
			End: step.end, Change: step.gravest, Fields: step.told(), Allowed: why == nil,
		})
	}
	s.finding.ChangesAfter = later.gravest
	return fault
}

// told gives the names of the fields that a report tells, as many as it has room for.
func (c changes) told() []string {
	var names []string
	room := maxTold
	for _, some := range [][]string{c.touched, c.stamped} {
		for _, name := range some {
			if room -= len(name); room < 0 {
				return names
			}
			names = append(names, name)
		}
	}
	return names
}

// against says why changes are not allowed by a signature with these restrictions; nil = they are.
func (r *restrictions) against(c changes) error {
	switch {
	case c.gravest == ChangeOther:
		return undecided(SigConstraintsFailure, "what was appended after this signature changes the document")
	case !r.permits(FormFilling) && graver(c.gravest, ChangeDSS),
		!r.permits(FormsAndComments) && graver(c.gravest, ChangeFormFilling):
		return undecided(SigConstraintsFailure, "what was appended after this signature is more than it permits")
	}
	for _, name := range c.touched {
		if r.locked(name, false) { // by the signature: a field's /Lock alone binds signers
			return undecided(SigConstraintsFailure, "a field that this signature locks was changed")
		}
	}
	return nil
}
