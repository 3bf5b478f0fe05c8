package report

import (
	"fmt"
	"slices"

	"influxion/handler/internal/pades"
)

// cut reports whether a revision may have drawn more than it lists.
func cut(revision pades.Revision) bool { return len(revision.Added) >= pades.MaxAdditions }

// atLeast is what stands in front of the number of things that revisions drew: a report lists only
// so many of each.
func atLeast(revisions []pades.Revision) string {
	if slices.ContainsFunc(revisions, cut) {
		return "at least "
	}
	return ""
}

// things counts what revisions drew over the pages, by kind; "" = nothing.
func things(revisions []pades.Revision) string {
	fields, others := 0, 0
	for _, revision := range revisions {
		for _, one := range revision.Added {
			if one.Kind == "Widget" {
				fields++
			} else {
				others++
			}
		}
	}
	switch {
	case fields+others == 0:
		return ""
	case fields == 0:
		return atLeast(revisions) + plural(others, "comment", "comments")
	case others == 0:
		return atLeast(revisions) + plural(fields, "form field", "form fields")
	}
	return atLeast(revisions) + plural(others, "comment", "comments") + " and " +
		plural(fields, "form field", "form fields")
}

// annotations names the kinds of annotation: ISO 32000-2, table 171.
var annotations = map[string]string{
	"Text":           "note",
	"FreeText":       "text box",
	"Line":           "line",
	"Square":         "rectangle",
	"Circle":         "ellipse",
	"Polygon":        "polygon",
	"PolyLine":       "line",
	"Highlight":      "highlight",
	"Underline":      "underline",
	"Squiggly":       "squiggly underline",
	"StrikeOut":      "strike-out",
	"Caret":          "insertion mark",
	"Stamp":          "stamp",
	"Ink":            "drawing",
	"FileAttachment": "attached file",
	"Popup":          "pop-up note",
	"Link":           "link",
	"Widget":         "form field",
}

func thing(kind string) string {
	switch word := annotations[kind]; {
	case word != "":
		return word
	case kind == "":
		return "something"
	}
	return "annotation of the kind " + quoted(short(kind, maxTitle))
}

func pageOf(one pades.Addition) string {
	if one.Page == 0 {
		return "no page"
	}
	return "page " + grouped(int64(one.Page))
}

// box is the rectangle of something on its page.
func box(one pades.Addition) string {
	return fmt.Sprintf("%.4g, %.4g to %.4g, %.4g pt", one.Box[0], one.Box[1], one.Box[2], one.Box[3])
}

// places says where revisions drew something over the pages, and what that can mean; "" = nowhere.
func places(revisions []pades.Revision) string {
	var places []string
	seen := map[pades.Addition]bool{} // one revision adds a field, and a later one signs it
	for _, revision := range revisions {
		for _, one := range revision.Added {
			if !seen[one] && len(seen) < maxListed {
				places = append(places, thing(one.Kind)+" on "+pageOf(one))
			}
			seen[one] = true
		}
	}
	all := len(seen)
	switch {
	case all == 0:
		return ""
	case all == 1:
		return "Added on the pages: " + places[0] + ". This signature does not cover it, and it can hide what " +
			"was signed."
	case all > maxListed:
		places = append(places, atLeast(revisions)+grouped(int64(all-maxListed))+" more")
	}
	return "Added on the pages: " + enumerate(places) + ". This signature does not cover them, and they can hide " +
		"what was signed."
}
