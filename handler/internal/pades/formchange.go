package pades

import "influxion/handler/internal/pades/pdf"

// explainForm accepts new signature fields, signed fields, filled fields, and the form's own bookkeeping.
func (c *comparison) explainForm(oldCatalog, newCatalog pdf.Dict) error {
	before, err := readForm(c.old, oldCatalog)
	if err != nil {
		return err
	}
	after, err := readForm(c.new, newCatalog)
	if err != nil {
		return err
	}
	c.explainFormObject(before, after)
	for _, field := range after.fields {
		if err := c.explainField(before.find(field.name), field); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) explainFormObject(before, after *form) {
	change := ChangeOther
	switch {
	case differOnlyIn(before.dict, after.dict):
		change = ChangeNone
	case differOnlyIn(before.dict, after.dict, "Fields", "SigFlags"):
		change = ChangeSignature
	case differOnlyIn(before.dict, after.dict, "Fields", "SigFlags", "DR", "DA", "NeedAppearances"):
		change = ChangeFormFilling
	}
	// A field that went missing is found here and nowhere else.
	for _, field := range before.fields {
		if now := after.find(field.name); field.name != "" && (now == nil || now.ref != field.ref) {
			change = ChangeOther
		}
	}
	if ref, ok := after.holder.(pdf.Ref); ok {
		c.accept(ref.Number, change)
	}
	if ref, ok := after.dict["Fields"].(pdf.Ref); ok {
		c.accept(ref.Number, change)
	}
	// A form that is a direct object of the catalog has no number of its own to be explained.
	if gravity[change] > gravity[c.form] {
		c.form = change
	}
}

// Entries of a field or widget that filling it changes.
var filledEntries = []pdf.Name{"V", "AP", "AS", "M", "RV", "I", "MK"}

func (c *comparison) explainField(before *field, after field) error {
	if after.ref == (pdf.Ref{}) || !c.changed[after.ref.Number] && before != nil {
		return c.explainWidgets(after)
	}
	switch {
	case before == nil && after.kind == "Sig":
		return c.reach(after.ref, ChangeSignature, 0)
	case before == nil:
		return nil
	case after.kind == "Sig" && before.value == nil && differOnlyIn(before.dict, after.dict, filledEntries...):
		c.accept(after.ref.Number, ChangeSignature)
		return c.reachAll(after.dict, ChangeSignature, "V", "AP")
	case after.kind == "Sig":
		return nil // a signature that was there must not change
	case differOnlyIn(before.dict, after.dict, filledEntries...):
		c.accept(after.ref.Number, ChangeFormFilling)
		if err := c.reachAll(after.dict, ChangeFormFilling, filledEntries...); err != nil {
			return err
		}
	}
	return c.explainWidgets(after)
}

// explainWidgets accepts new appearances in the widgets of a field.
func (c *comparison) explainWidgets(f field) error {
	kids, err := c.new.Array(f.dict["Kids"])
	if err != nil {
		return err
	}
	for _, kid := range kids {
		ref, ok := kid.(pdf.Ref)
		if !ok || !c.changed[ref.Number] || f.kind == "Sig" {
			continue
		}
		before, after, err := c.dicts(ref)
		if err != nil {
			return err
		}
		if before == nil || !differOnlyIn(before, after, filledEntries...) {
			continue
		}
		c.accept(ref.Number, ChangeFormFilling)
		if err := c.reachAll(after, ChangeFormFilling, filledEntries...); err != nil {
			return err
		}
	}
	return nil
}
