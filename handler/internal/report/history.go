package report

import (
	"fmt"
	"slices"
	"strings"

	"influxion/handler/internal/pades"
)

// history is what happened to the document, revision by revision.
type history struct {
	Rows []revision
	Open bool // it is shown unfolded, because a reader should see it
}

// revision is one row of the history.
type revision struct {
	Number  int
	What    string
	Details []string // what was drawn and where; which fields
	Signed  string   // the signatures that cover it to its end
	Against string   // the signatures that do not pass because of it
	End     string
}

func newHistory(r *pades.Report) history {
	var h history
	for _, one := range r.Revisions {
		row := revision{Number: one.Number, What: "Not compared.", End: grouped(one.End)}
		if change := gravity(one.Change); change >= 0 {
			row.What = sentence(changes()[change].text)
		} else if one.Change == "" {
			row.What = "The document as it was first signed."
		}
		if one.Detail != "" {
			row.Details = append(row.Details, sentence(one.Detail))
		}
		for _, field := range one.Fields {
			row.Details = append(row.Details, "Field "+quoted(field))
		}
		for _, added := range one.Added {
			row.Details = append(
				row.Details,
				fmt.Sprintf(
					"%s (%s) on %s, box %s",
					capital(thing(added.Kind)),
					added.Kind,
					pageOf(added),
					box(added),
				),
			)
		}
		if cut(one) {
			row.Details = append(row.Details,
				fmt.Sprintf("At most %d are listed: there may be more", pades.MaxAdditions))
		}
		row.Signed = numbers(r, func(s *pades.Signature) bool { return s.Revision == one.Number })
		row.Against = numbers(
			r,
			func(s *pades.Signature) bool { return slices.Contains(s.ForbiddenRevisions, one.Number) },
		)
		h.Open = h.Open || row.Against != "" || gravity(one.Change) >= gravity(pades.ChangeAnnotation)
		h.Rows = append(h.Rows, row)
	}
	return h
}

// numbers lists the numbers of the signatures that satisfy a condition.
func numbers(r *pades.Report, so func(*pades.Signature) bool) string {
	var list []string
	for i := range r.Signatures {
		if so(&r.Signatures[i]) {
			list = append(list, fmt.Sprint(i+1))
		}
	}
	return strings.Join(list, ", ")
}

// position says where something is in the file.
func position(one pades.Unjudged) string {
	var parts []string
	if one.Object > 0 {
		parts = append(parts, fmt.Sprintf("object %d", one.Object))
	}
	if one.Offset > 0 {
		parts = append(parts, "at byte "+grouped(one.Offset))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
