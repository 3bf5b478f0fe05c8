package verify

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/diff"
	"influxion/handler/internal/pades/pdf"
)

// compareAll finds out what each sound signature covers: the document to its end, or a complete
// earlier revision that contains the same signature. It classifies what was appended since,
// revision by revision. Forged documents end a signature in the middle of a revision to hide what
// they add.
func (e *examination) compareAll(ctx context.Context, signatures []*signedField) error {
	ends := map[int64][]*signedField{}
	for _, s := range signatures {
		switch {
		case !s.comparable():
		case s.end() > e.file.Size():
			s.recordCoverage(pades.Failed(pades.FormatFailure, "what the signature covers cannot be read"))
		case s.former != nil:
			s.recordCoverage(nil)
			ends[s.end()] = append(ends[s.end()], s)
		case s.end() == e.file.Size():
			s.whole, s.earlier = e.damage == nil, e.damage != nil
		default:
			ends[s.end()] = append(ends[s.end()], s)
		}
	}
	if len(ends) > 0 {
		if err := e.compareRevisions(ctx, ends); err != nil {
			return err
		}
	}
	if e.damage != nil {
		e.steps = append(e.steps, e.unreadableStep())
	}
	return nil
}

// compareRevisions goes through the revisions from the first one that a signature covers. The keys
// are the ends of what the signatures cover.
func (e *examination) compareRevisions(ctx context.Context, ends map[int64][]*signedField) error {
	boundaries, err := e.boundaries(ctx, ends)
	if err != nil {
		return err
	}
	c := diff.NewComparer(e.file)
	for _, end := range boundaries {
		// A signature with a former revision is known to be in that revision.
		current := slices.DeleteFunc(slices.Clone(ends[end]), func(s *signedField) bool { return s.former != nil })
		refs := make([]pdf.Ref, 0, len(current))
		for _, s := range current {
			refs = append(refs, s.field.Value.(pdf.Ref))
		}
		step, missing, err := c.Advance(ctx, end, refs)
		if err != nil {
			return err
		}
		for i, s := range current {
			s.recordCoverage(missing[i])
		}
		if step != nil {
			e.steps = append(e.steps, *step)
		}
	}
	return nil
}

// boundaries gives the offsets at which revisions may end, ascending. These are the ends of the
// signatures, the %%EOF of each cross-reference section behind the first of these ends, and the end
// of the document.
func (e *examination) boundaries(ctx context.Context, signed map[int64][]*signedField) ([]int64, error) {
	ends := slices.Sorted(maps.Keys(signed))
	first := ends[0]
	var offsets []int64
	for _, section := range e.file.Sections() {
		if section.Offset >= first {
			offsets = append(offsets, section.Offset)
		}
	}
	if len(offsets) > maxRevisions {
		return nil, &pades.Error{Code: pades.CodeTooComplex,
			Detail: fmt.Sprintf("more than %d revisions follow the first signature", maxRevisions)}
	}
	slices.Sort(offsets)
	buffer := make([]byte, endWindow)
	for i, offset := range offsets {
		limit := e.file.Size()
		if i+1 < len(offsets) {
			limit = offsets[i+1]
		}
		end, err := findEnd(ctx, e.doc, offset, limit, buffer)
		if err != nil {
			return nil, err
		}
		// Writers differ in whether the line end behind %%EOF belongs to the revision; the end of
		// the signature decides.
		near := func(other int64) bool { return other >= end-2 && other <= end+2 }
		if end != 0 && !slices.ContainsFunc(ends, near) && !near(e.file.Size()) {
			ends = append(ends, end)
		}
	}
	ends = append(ends, e.file.Size())
	slices.Sort(ends)
	return slices.Compact(ends), nil
}

// endWindow is how many bytes are searched for %%EOF at a time. Most sections are shorter.
const endWindow = 4 << 10

// findEnd finds the first %%EOF that begins in [from, to), and gives the offset behind it and its
// line end; 0 = there is none. It reads into buffer, which must be longer than the marker with its
// line end.
func findEnd(ctx context.Context, doc pades.Document, from, to int64, buffer []byte) (int64, error) {
	mark := []byte("%%EOF")
	reach := len(mark) + len("\r\n")
	for from < to {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		piece := buffer[:min(int64(len(buffer)), to-from+int64(reach), doc.Size()-from)]
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
