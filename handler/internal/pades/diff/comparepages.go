package diff

import (
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// comparePages classes what became of the annotations of each page.
func (c *comparison) comparePages() error {
	for ref := range c.pages {
		if err := c.ctx.Err(); err != nil || c.Gravest == pades.ChangeOther {
			return err
		}
		before, after, err := c.dicts(ref, ref)
		if err != nil {
			return err
		}
		if _, isDate := after["LastModified"].(pdf.String); !isDate && after["LastModified"] != nil {
			c.Add(pades.ChangeOther)
		}
		if err := c.compareAnnotations(before["Annots"], after["Annots"]); err != nil {
			return err
		}
	}
	return nil
}

// compareAnnotations holds a page's annotations in both views against each other. The widgets of fields were judged with the form.
func (c *comparison) compareAnnotations(before, after pdf.Object) error {
	old, now, err := c.arrays(before, after)
	if err != nil {
		return err
	}
	was, wasDirect := references(old)
	is, isDirect := references(now)
	if !alike(wasDirect, isDirect) {
		c.Add(pades.ChangeAnnotation)
		for _, annotation := range isDirect {
			if err := c.addedAnnotation(annotation, nil); err != nil {
				return err
			}
		}
	}
	for _, annotation := range wasDirect {
		if err := c.compareAnnotation(annotation); err != nil {
			return err
		}
	}
	for ref := range was {
		if _, kept := is[ref]; !kept && c.fields[ref] {
			c.Add(pades.ChangeOther)
		}
	}
	var kept pdf.Array
	for _, annotation := range now {
		if err := c.new.Spend(visitCost); err != nil {
			return err
		}
		ref, ok := annotation.(pdf.Ref)
		if !ok {
			kept = append(kept, annotation)
			continue
		}
		if !was[ref] {
			err = c.addedAnnotation(ref, nil)
		} else {
			kept = append(kept, annotation)
			err = c.compareAnnotation(ref)
		}
		if err != nil {
			return err
		}
	}
	if !alike(old, kept) && len(old)+len(kept) > 0 {
		c.Add(pades.ChangeAnnotation) // one was taken away, or they changed their order
	}
	return nil
}

// references parts an array into the references in it and the rest.
func references(array pdf.Array) (refs map[pdf.Ref]bool, direct pdf.Array) {
	refs = map[pdf.Ref]bool{}
	for _, element := range array {
		if ref, ok := element.(pdf.Ref); ok {
			refs[ref] = true
			continue
		}
		direct = append(direct, element)
	}
	return refs, direct
}

func (c *comparison) compareAnnotation(annotation pdf.Object) error {
	if ref, ok := annotation.(pdf.Ref); ok && c.fields[ref] {
		return nil
	}
	same, err := c.same(annotation, annotation)
	if err != nil || same {
		return err
	}
	before, err := c.old.Dict(annotation)
	if err != nil {
		return err
	}
	return c.addedAnnotation(annotation, before)
}

// addedAnnotation classes an annotation that came, or came to be shown, later, or that was another before. A widget that the form does
// not account for is none.
func (c *comparison) addedAnnotation(annotation pdf.Object, before pdf.Dict) error {
	if ref, ok := annotation.(pdf.Ref); ok && c.arrived[ref] {
		return nil
	}
	dict, err := c.new.Dict(annotation)
	if err != nil {
		return err
	}
	if dict["Subtype"] == pdf.Name("Widget") {
		c.Add(pades.ChangeOther)
		return nil
	}
	c.Add(pades.ChangeAnnotation)
	return c.compareActions(before, dict)
}

// compareActions refuses new actions of an annotation but for links: scripts and their like, some of which wait for no click, change
// what is shown anywhere in the document.
func (c *comparison) compareActions(before, after pdf.Dict) error {
	if err := c.classUnless(pades.ChangeOther, before["AA"], after["AA"]); err != nil {
		return err
	}
	if same, err := c.same(before["A"], after["A"]); err != nil || same || after["A"] == nil {
		return err
	}
	action, err := c.new.Dict(after["A"])
	if err != nil {
		return err
	}
	kind, err := c.new.Name(action["S"])
	if err != nil {
		return err
	}
	if action["Next"] != nil || !slices.Contains([]pdf.Name{"URI", "GoTo", "GoToR"}, kind) {
		c.Add(pades.ChangeOther)
	}
	return nil
}
