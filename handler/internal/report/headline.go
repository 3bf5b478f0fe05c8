package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"influxion/handler/internal/pades"
)

// headline is the verdict for the whole document.
type headline struct {
	State      State
	Word       string
	Indication string // of ETSI EN 319 102-1; "" for an unsigned document
	Lines      []string
	Verified   bool   // there is a signature, and all have passed
	Counts     string // how many have passed
}

func newHeadline(r *pades.Report) headline {
	h := headline{
		State:      Unknown,
		Word:       "Not signed",
		Indication: string(r.Verdict.Indication),
		Counts:     "no signature",
		Verified:   r.Summary.Total > 0 && r.Summary.Passed == r.Summary.Total,
	}
	if r.Summary.Total == 0 {
		h.Lines = []string{"This document has no signature."}
		if len(r.Unjudged) > 0 {
			h.State, h.Word, h.Lines = Doubt, "No signature could be judged", nil
		}
		return h
	}
	h.Counts = fmt.Sprintf("%d of %s passed", r.Summary.Passed, counted(r, r.Summary.Total))
	h.State, h.Word = verdict(r.Verdict.Indication)
	h.Lines = []string{cmp.Or(sentence(short(r.Verdict.Detail, maxLine)), sentence(h.Counts))}
	if plainly := inPlainWords(r); plainly != "" {
		h.Lines = append(h.Lines, plainly)
	}
	return h
}

// inPlainWords explains what a reader could misunderstand about a verdict other than passed; "" =
// nothing.
func inPlainWords(r *pades.Report) string {
	unproved := func(s pades.Signature) bool {
		return s.Kind != pades.KindDocumentTimestamp &&
			(s.Trust == pades.SignerNotTrusted || s.Trust == pades.SignerIndeterminate)
	}
	replaced := func(s pades.Signature) bool {
		return s.ChangesAfter == pades.ChangeOther && s.Indication != pades.TotalPassed
	}
	switch {
	case r.Verdict.Indication == pades.TotalPassed:
		return ""
	case slices.ContainsFunc(r.Signatures, replaced):
		return "What was signed is still in the file, but the file may now show something else."
	case !allIntact(r):
		return ""
	case slices.ContainsFunc(r.Signatures, unproved):
		return "Nothing that was signed has been altered, but who signed is not proved."
	case strings.Contains(r.Verdict.Detail, "intact"):
		return ""
	}
	return "Nothing that was signed has been altered."
}

// verdict gives the state and the word for an indication.
func verdict(indication pades.Indication) (State, string) {
	switch indication {
	case pades.TotalPassed:
		return Good, "Valid"
	case pades.TotalFailed:
		return Bad, "Not valid"
	case pades.Indeterminate:
		return Doubt, "Not confirmed"
	}
	return Unknown, "Unknown"
}

func allIntact(r *pades.Report) bool {
	return !slices.ContainsFunc(
		r.Signatures,
		func(s pades.Signature) bool { return s.Integrity != pades.IntegrityIntact },
	)
}

// counted is a number of signatures, timestamps, or both, depending on which of them the document
// has.
func counted(r *pades.Report, n int) string {
	timestamps := 0
	for _, s := range r.Signatures {
		if s.Kind == pades.KindDocumentTimestamp {
			timestamps++
		}
	}
	switch timestamps {
	case 0:
		return plural(n, "signature", "signatures")
	case len(r.Signatures):
		return plural(n, "timestamp", "timestamps")
	}
	return plural(n, "signature or timestamp", "signatures and timestamps")
}

// counts is the summary of a document in figures.
func counts(s pades.Summary) string {
	return fmt.Sprintf("%d passed, %d indeterminate, %d failed", s.Passed, s.Indeterminate, s.Failed)
}

// overall gives the three answers for all signatures together: the worst answer to each question
// and, if it is not good, how many signatures have it.
func overall(entries []entry) []facet {
	worst := slices.Clone(entries[0].Facets)
	for i := range worst {
		for _, e := range entries {
			if e.Facets[i].graver(worst[i]) {
				worst[i] = e.Facets[i]
			}
		}
		same := 0
		for _, e := range entries {
			if e.Facets[i].State == worst[i].State {
				same++
			}
		}
		if worst[i].Text = ""; worst[i].State != Good && same < len(entries) {
			worst[i].Text = fmt.Sprintf("%d of %d", same, len(entries))
		}
	}
	return worst
}
