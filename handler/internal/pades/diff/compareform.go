package diff

import (
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// compareForms classes what became of the form: fields filled, signed and added, and the form's own bookkeeping.
func (c *comparison) compareForms(oldCatalog, newCatalog pdf.Dict, before *form.Form) error {
	after, err := c.new.Dict(newCatalog["AcroForm"])
	if err != nil {
		return err
	}
	// A form that moves to an object which was something else would carry content with it.
	if ref, ok := newCatalog["AcroForm"].(pdf.Ref); ok && oldCatalog["AcroForm"] != newCatalog["AcroForm"] {
		if was, err := c.old.Object(ref); err != nil || was != nil {
			c.Add(pades.ChangeOther)
			return err
		}
	}
	keys := map[pdf.Name]pades.Change{"Fields": pades.ChangeNone, "SigFlags": pades.ChangeDSS,
		"DR": pades.ChangeFormFilling, "DA": pades.ChangeFormFilling, "NeedAppearances": pades.ChangeFormFilling}
	for _, dict := range []pdf.Dict{before.Dict, after} {
		for key := range dict {
			change, known := keys[key]
			if !known {
				change = pades.ChangeOther
			}
			if change == pades.ChangeNone {
				continue
			}
			if err := c.classUnless(change, before.Dict[key], after[key]); err != nil {
				return err
			}
		}
	}
	if err := c.touchAll(before, after); err != nil {
		return err
	}
	return c.compareFields(fieldPair{}, before.Dict["Fields"], after["Fields"], 0)
}

// touchAll notes every field as touched if readers are told to make all appearances anew: they show the values then, whatever they
// showed before, and with other fonts they can show others.
func (c *comparison) touchAll(before *form.Form, after pdf.Dict) error {
	changed := false
	for _, key := range []pdf.Name{"NeedAppearances", "DR", "DA"} {
		same, err := c.same(before.Dict[key], after[key])
		if err != nil {
			return err
		}
		changed = changed || !same
	}
	if !changed {
		return nil
	}
	if anew, err := c.new.Resolve(after["NeedAppearances"]); err != nil || anew != true {
		return err
	}
	for _, field := range before.Fields {
		c.Touched = append(c.Touched, field.Name)
	}
	return nil
}

// fieldPair is what fields below inherit from a field in both views.
type fieldPair struct {
	name   string
	kind   pdf.Name
	value  pdf.Object   // in the earlier view
	signed pades.Change // the field got its signature in a later revision: ChangeSignature, or ChangeDSS for a document timestamp; "" = not
}

// compareFields holds two lists of fields against each other: what was there stays, in its order, and what came is a signature.
func (c *comparison) compareFields(parent fieldPair, before, after pdf.Object, depth int) error {
	if depth > form.MaxFieldDepth {
		return &pades.Error{Code: pades.CodeTooComplex, Detail: "the form has too many levels"}
	}
	old, now, err := c.arrays(before, after)
	if err != nil {
		return err
	}
	next := 0
	for _, field := range now {
		if next < len(old) && alike(old[next], field) {
			next++
			if err := c.compareField(parent, field, depth); err != nil {
				return err
			}
			continue
		}
		if depth > 0 {
			if err := c.keepTerminal(old, field); err != nil {
				return err
			}
		}
		if err := c.addedField(parent, field); err != nil {
			return err
		}
	}
	if next < len(old) {
		c.Add(pades.ChangeOther) // a field was taken away
	}
	return c.ctx.Err()
}

// keepTerminal refuses a field below one that had no fields below it: that would be no field of its own any more, and what it shows or
// signs would be told no longer.
func (c *comparison) keepTerminal(kids pdf.Array, added pdf.Object) error {
	dict, err := c.new.Dict(added)
	if err != nil || dict["T"] == nil || c.Gravest == pades.ChangeOther {
		return err
	}
	for _, kid := range kids {
		if was, err := c.old.Dict(kid); err != nil || was["T"] != nil {
			return err
		}
	}
	c.Add(pades.ChangeOther)
	return nil
}

// compareField classes what became of one field or widget that was there before.
func (c *comparison) compareField(parent fieldPair, field pdf.Object, depth int) error {
	if err := c.new.Spend(visitCost); err != nil {
		return err
	}
	// A field that is no object of its own stays as it is, but what is below it need not.
	before, after, err := c.dicts(field, field)
	if err != nil {
		return err
	}
	slots := fieldAndKindred
	if !differOnlyIn(before, after, slots...) || !alike(before["Parent"], after["Parent"]) {
		c.Add(pades.ChangeOther)
		return nil
	}
	for key := range before {
		if slices.Contains(slots, key) {
			continue
		}
		if err := c.classUnless(pades.ChangeOther, before[key], after[key]); err != nil {
			return err
		}
	}
	pair, err := c.inherit(parent, before)
	if err != nil {
		return err
	}
	if err := c.compareSlots(&pair, before, after); err != nil {
		return err
	}
	return c.compareFields(pair, before["Kids"], after["Kids"], depth+1)
}

func (c *comparison) inherit(parent fieldPair, dict pdf.Dict) (fieldPair, error) {
	current, err := form.InheritField(c.old, form.Field{Name: parent.name, Kind: parent.kind, Value: parent.value}, pdf.Ref{}, dict)
	return fieldPair{name: current.Name, kind: current.Kind, value: current.Value, signed: parent.signed}, err
}

// compareSlots classes new values and appearances of a field. An empty signature field may be signed; one that was signed must stay.
func (c *comparison) compareSlots(pair *fieldPair, before, after pdf.Dict) error {
	filled, value := false, false
	for _, slot := range fieldSlots {
		same, err := c.same(before[slot], after[slot])
		if err != nil {
			return err
		}
		filled = filled || !same
		value = value || !same && slot == "V"
	}
	if !filled {
		return nil
	}
	c.Touched = append(c.Touched, pair.name)
	was, err := c.old.Resolve(pair.value)
	if err != nil {
		return err
	}
	switch {
	case pair.kind == "":
		c.Add(pades.ChangeOther) // no field by itself: what is below inherits it, which may be a signature
	case pair.kind != "Sig":
		c.Add(pades.ChangeFormFilling)
	case was != nil:
		c.Add(pades.ChangeOther)
	case value:
		pair.signed, err = c.newSignature(after["V"])
		if pair.signed == "" {
			c.Add(pades.ChangeOther)
		}
		c.Add(pades.ChangeSignature) // of a field that the signer may have meant for others
	case pair.signed != "":
		c.Add(pair.signed) // the widget of a field that was signed
	default:
		c.Add(pades.ChangeAnnotation) // an appearance without a signature
	}
	return err
}

// addedField accepts a field that came later if it is a signature field with its signature. One that can be seen counts as an
// annotation: it may cover what was signed.
func (c *comparison) addedField(parent fieldPair, added pdf.Object) error {
	ref, ok := added.(pdf.Ref)
	if !ok {
		c.Add(pades.ChangeOther)
		return nil
	}
	was, err := c.old.Object(ref)
	if err != nil {
		return err
	}
	dict, err := c.new.Dict(ref)
	if err != nil {
		return err
	}
	current, err := form.InheritField(c.new, form.Field{Name: parent.name, Kind: parent.kind}, ref, dict)
	if err != nil {
		return err
	}
	signed, err := c.newSignature(dict["V"])
	if err != nil {
		return err
	}
	// As another annotation than a widget it would be shown whatever its rectangle; with an action it would do things.
	subtype, err := c.new.Name(dict["Subtype"])
	if err != nil {
		return err
	}
	more := dict["Kids"] != nil || dict["A"] != nil || dict["AA"] != nil || subtype != "" && subtype != "Widget"
	if was != nil || current.Kind != "Sig" || signed == "" || more {
		c.Add(pades.ChangeOther)
		return nil
	}
	c.arrived[ref] = true
	if signed == pades.ChangeDSS {
		c.stamped = append(c.stamped, current.Name)
	} else {
		c.Touched = append(c.Touched, current.Name)
	}
	c.Add(signed)
	rect, err := c.new.Array(dict["Rect"])
	if err != nil {
		return err
	}
	if len(rect) != 4 || !alike(rect[0], rect[2]) && !alike(rect[1], rect[3]) {
		c.Add(pades.ChangeAnnotation)
	}
	return nil
}

// newSignature classes a value if it is a signature dictionary that came with a later revision; "" = it is none.
func (c *comparison) newSignature(value pdf.Object) (pades.Change, error) {
	ref, ok := value.(pdf.Ref)
	if !ok {
		return "", nil
	}
	was, err := c.old.Object(ref)
	if err != nil || was != nil {
		return "", err
	}
	dict, err := c.new.Dict(ref)
	if err != nil || dict["ByteRange"] == nil || dict["Contents"] == nil {
		return "", err
	}
	if subFilter, err := c.new.Name(dict["SubFilter"]); err != nil || subFilter == pades.SubFilterTimestamp {
		return pades.ChangeDSS, err
	}
	return pades.ChangeSignature, nil
}
