package pades

import (
	"reflect"

	"influxion/handler/internal/pades/pdf"
)

// comparePages classes what became of the annotations of each page.
func (c *comparison) comparePages() error {
	for ref := range c.pages {
		if err := c.ctx.Err(); err != nil || c.gravest == ChangeOther {
			return err
		}
		before, after, err := c.dicts(ref, ref)
		if err != nil {
			return err
		}
		if _, isDate := after["LastModified"].(pdf.String); !isDate && after["LastModified"] != nil {
			c.add(ChangeOther)
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
	if !reflect.DeepEqual(wasDirect, isDirect) {
		c.add(ChangeAnnotation)
	}
	for _, annotation := range wasDirect {
		if err := c.compareAnnotation(annotation); err != nil {
			return err
		}
	}
	for ref := range was {
		if _, kept := is[ref]; !kept && c.fields[ref] {
			c.add(ChangeOther)
		}
	}
	var kept pdf.Array
	for _, annotation := range now {
		ref, ok := annotation.(pdf.Ref)
		if !ok {
			kept = append(kept, annotation)
			continue
		}
		if !was[ref] {
			err = c.addedAnnotation(ref)
		} else {
			kept = append(kept, annotation)
			err = c.compareAnnotation(ref)
		}
		if err != nil {
			return err
		}
	}
	if !reflect.DeepEqual(old, kept) && len(old)+len(kept) > 0 {
		c.add(ChangeAnnotation) // one was taken away, or they changed their order
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
	return c.addedAnnotation(annotation)
}

// addedAnnotation classes an annotation that came, or came to be shown, later. A widget that the form does not account for is none.
func (c *comparison) addedAnnotation(annotation pdf.Object) error {
	if ref, ok := annotation.(pdf.Ref); ok && c.arrived[ref] {
		return nil
	}
	dict, err := c.new.Dict(annotation)
	if err != nil {
		return err
	}
	if dict["Subtype"] == pdf.Name("Widget") {
		c.add(ChangeOther)
		return nil
	}
	c.add(ChangeAnnotation)
	return nil
}
