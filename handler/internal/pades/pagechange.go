package pades

import (
	"reflect"
	"slices"

	"influxion/handler/internal/pades/pdf"
)

// explainPages accepts pages that differ only in their annotations, and classes those.
func (c *comparison) explainPages() error {
	var fault error
	err := c.old.Pages(func(ref pdf.Ref, before pdf.Dict) bool {
		fault = c.explainPage(ref, before)
		return fault == nil
	})
	if fault != nil {
		return fault
	}
	return err
}

func (c *comparison) explainPage(ref pdf.Ref, before pdf.Dict) error {
	after, err := c.new.Dict(ref)
	if err != nil {
		return err
	}
	if !differOnlyIn(before, after, "Annots", "LastModified") {
		return nil
	}
	array, _ := after["Annots"].(pdf.Ref)
	if !c.changed[ref.Number] && !c.changed[array.Number] {
		return c.explainKept(before)
	}
	change, err := c.explainAnnotations(before, after)
	if err != nil {
		return err
	}
	c.accept(ref.Number, change)
	c.accept(array.Number, change)
	return nil
}

// explainKept classes the annotations of a page whose list of them stayed as it was.
func (c *comparison) explainKept(page pdf.Dict) error {
	annotations, err := c.new.Array(page["Annots"])
	if err != nil {
		return err
	}
	for _, annotation := range annotations {
		if ref, ok := annotation.(pdf.Ref); ok {
			if _, err := c.explainAnnotation(ref, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// explainAnnotations classes the difference between a page's annotations: a signature's widget alone is harmless.
func (c *comparison) explainAnnotations(before, after pdf.Dict) (Change, error) {
	old, err := c.old.Array(before["Annots"])
	if err != nil {
		return ChangeOther, err
	}
	now, err := c.new.Array(after["Annots"])
	if err != nil {
		return ChangeOther, err
	}
	was := map[pdf.Ref]bool{}
	for _, annotation := range old {
		if ref, ok := annotation.(pdf.Ref); ok {
			was[ref] = true
		}
	}
	change := ChangeNone
	var kept pdf.Array
	for _, annotation := range now {
		ref, ok := annotation.(pdf.Ref)
		if !ok || was[ref] {
			kept = append(kept, annotation)
		}
		if !ok {
			continue
		}
		class, err := c.explainAnnotation(ref, was[ref])
		if err != nil {
			return ChangeOther, err
		}
		if gravity[class] > gravity[change] {
			change = class
		}
	}
	if !slices.EqualFunc(old, kept, func(a, b pdf.Object) bool { return reflect.DeepEqual(a, b) }) && gravity[change] < gravity[ChangeAnnotation] {
		change = ChangeAnnotation
	}
	return change, nil
}

func (c *comparison) explainAnnotation(ref pdf.Ref, known bool) (Change, error) {
	if change, ok := c.explained[ref.Number]; ok || !c.changed[ref.Number] {
		return change, nil
	}
	before, after, err := c.dicts(ref)
	if err != nil {
		return ChangeOther, err
	}
	switch {
	case after["Subtype"] == pdf.Name("Widget"):
		return ChangeOther, nil // one that the form does not explain
	case known != (before != nil), known && before["Subtype"] != after["Subtype"]:
		return ChangeOther, nil // an object that was something else
	}
	c.accept(ref.Number, ChangeAnnotation)
	return ChangeAnnotation, c.reach(after, ChangeAnnotation, 0)
}
