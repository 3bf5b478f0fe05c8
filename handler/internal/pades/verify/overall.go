package verify

import (
	"fmt"
	"slices"
	"strings"

	"influxion/handler/internal/pades"
)

// overall is the verdict for the document: that of its worst signature, with a first line for a
// person.
func overall(r *pades.Report) pades.Verdict {
	v := pades.Verdict{Detail: "no signature"}
	if r.Summary.Total > 0 {
		v = pades.Verdict{Indication: worst(r.Summary), Detail: strings.Join(firstLine(r), "; ")}
	}
	switch n := len(r.Unjudged); n {
	case 0:
	case 1:
		v.Detail += "; the file holds something that looks like a signature and is not judged"
	default:
		v.Detail += fmt.Sprintf("; the file holds %d things that look like signatures and are not judged", n)
	}
	return v
}

func worst(s pades.Summary) pades.Indication {
	switch {
	case s.Failed > 0:
		return pades.TotalFailed
	case s.Indeterminate > 0:
		return pades.Indeterminate
	}
	return pades.TotalPassed
}

// firstLine says whether the signed content is intact, which a reader wants to know first, and then
// what is wrong.
func firstLine(r *pades.Report) []string {
	if r.Summary.Passed == r.Summary.Total {
		all := "all valid"
		if r.Summary.Total == 1 {
			all = "valid"
		}
		return []string{kinds(r.Signatures) + ", " + all}
	}
	detail := ""
	for _, s := range r.Signatures {
		if s.Indication == worst(r.Summary) {
			detail = s.Detail
			break
		}
	}
	switch {
	case r.Summary.Failed > 0:
		return []string{fmt.Sprintf("%d of %s failed", r.Summary.Failed, kinds(r.Signatures)), detail}
	case intact(r) && !strings.HasPrefix(detail, contentIntact):
		return []string{contentIntact, strings.ReplaceAll(detail, contentIntact+", ", "")} // stated once
	}
	return []string{detail}
}

const contentIntact = "signed content intact"

// kinds says how many signatures and timestamps there are.
func kinds(signatures []pades.Signature) string {
	timestamps := 0
	for _, s := range signatures {
		if s.Kind == pades.KindDocumentTimestamp {
			timestamps++
		}
	}
	switch count := len(signatures) - timestamps; {
	case timestamps == 0:
		return counted(count, "signature")
	case count == 0:
		return counted(timestamps, "timestamp")
	default:
		return counted(count, "signature") + " and " + counted(timestamps, "timestamp")
	}
}

// intact reports whether what was signed is intact and still what the document shows.
func intact(r *pades.Report) bool {
	return !slices.ContainsFunc(r.Signatures, func(s pades.Signature) bool {
		return s.Integrity != pades.IntegrityIntact || s.ChangesAfter.Graver(pades.ChangeAnnotation)
	})
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
