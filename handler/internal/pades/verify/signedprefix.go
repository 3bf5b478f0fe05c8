package verify

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/diff"
)

// examineSigned is examine for a document whose later revisions may be unreadable. Such revisions
// must never hide the signatures before them. If the document cannot be read, examineSigned tries
// the ends of the signatures, the last one first, and reads the document up to the first end at
// which that succeeds. The rest counts as one revision that changes the document. If no end
// succeeds, the error is that of the whole document.
func examineSigned(ctx context.Context, doc pades.Document, trust pades.Trust) (*examination, error) {
	e, damage := examine(ctx, doc, trust, false)
	if !isUnreadable(damage) {
		return e, damage
	}
	ends, err := signedEnds(ctx, doc)
	if err != nil {
		return nil, err
	}
	for i, end := range ends {
		if i == maxPrefixes {
			return nil, &pades.Error{Code: pades.CodeTooComplex, Detail: fmt.Sprintf(
				"the document cannot be read, neither whole nor up to any of the last %d signatures", maxPrefixes)}
		}
		e, err := examine(ctx, io.NewSectionReader(doc, 0, end), trust, false)
		if err == nil {
			e.doc, e.damage = doc, damage
			return e, nil
		}
		if !isUnreadable(err) {
			return nil, err
		}
	}
	return nil, damage
}

// isUnreadable reports whether an error says that a document cannot be read, for a reason that an
// appended revision can cause.
func isUnreadable(err error) bool {
	typed, ok := errors.AsType[*pades.Error](err)
	return ok && slices.Contains([]string{
		pades.CodeDamaged, pades.CodeNotPDF, pades.CodeEncrypted, pades.CodePasswordNeeded, pades.CodePasswordWrong,
	}, typed.Code)
}

// signedEnds gives the ends of what seem to be signatures before the end of the document, each once
// and the last one first. It takes them from all that looks like a /ByteRange.
func signedEnds(ctx context.Context, doc pades.Document) ([]int64, error) {
	s, err := search(ctx, doc)
	if err != nil {
		return nil, err
	}
	var ends []int64
	for _, one := range s.found[nameByteRange] {
		end, err := s.endAt(ctx, one.at)
		if err != nil {
			return nil, err
		}
		if end > 0 && end < doc.Size() {
			ends = append(ends, end)
		}
	}
	slices.SortFunc(ends, func(a, b int64) int { return cmp.Compare(b, a) })
	return slices.Compact(ends), nil
}

// endAt gives the end of what seems to be a /ByteRange at an offset; 0 = it has none.
func (s *searcher) endAt(ctx context.Context, at int64) (int64, error) {
	const longest = 256 // bytes of the name and its array
	text, err := s.read(ctx, at, at+longest)
	return endOf(text), err
}

// endOf gives the end of the second range in the first array of a text; 0 = it has none.
func endOf(text []byte) int64 {
	_, text, _ = bytes.Cut(text, []byte("["))
	text, _, closed := bytes.Cut(text, []byte("]"))
	numbers := bytes.Fields(text)
	if !closed || len(numbers) != 4 {
		return 0
	}
	start, startErr := strconv.ParseInt(string(numbers[2]), 10, 48)
	length, lengthErr := strconv.ParseInt(string(numbers[3]), 10, 48)
	if startErr != nil || lengthErr != nil {
		return 0
	}
	return start + length
}

// unreadableStep is the step for the bytes behind the readable part of the document.
func (e *examination) unreadableStep() diff.Step {
	detail := e.damage.Error()
	if typed, ok := errors.AsType[*pades.Error](e.damage); ok {
		detail = typed.Detail
	}
	return diff.Step{End: e.doc.Size(), Changes: diff.Changes{
		Gravest: pades.ChangeOther, Detail: "what was appended makes the document unreadable: " + detail}}
}
