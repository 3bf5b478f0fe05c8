package pades

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"slices"

	"influxion/handler/internal/pades/pdf"
)

// gravity orders the changes; what is not in it is graver than all.
var gravity = map[Change]int{ChangeNone: 0, ChangeSignature: 1, ChangeFormFilling: 2, ChangeAnnotation: 3, ChangeOther: 4}

// comparison explains each object that later revisions wrote: by walking from the places where a change is known to be harmless, and
// giving every object that is new and reached only from there the class of that place. What stays unexplained is ChangeOther.
type comparison struct {
	ctx       context.Context
	old, new  *pdf.File
	changed   map[int]bool   // numbers that later revisions define
	explained map[int]Change // the least grave explanation found
	form      Change         // how the form as such changed
}

// compareRevisions gives the gravest change between an earlier revision and the document. Objects that cannot be read count as
// ChangeOther; only failures to read the file, and the context's end, are errors.
func compareRevisions(ctx context.Context, old, new *pdf.File) (Change, error) {
	c := &comparison{ctx: ctx, old: old, new: new, changed: map[int]bool{}, explained: map[int]Change{}, form: ChangeNone}
	complete, err := c.explain()
	if isReadError(err) {
		return ChangeOther, nil
	}
	if err != nil || !complete {
		return ChangeOther, err
	}
	gravest := c.form
	for number := range c.changed {
		change, ok := c.explained[number]
		if !ok {
			return ChangeOther, nil
		}
		if gravity[change] > gravity[gravest] {
			gravest = change
		}
	}
	return gravest, nil
}

// isReadError says whether the document is at fault, rather than the reading of it.
func isReadError(err error) bool {
	_, ofFile := errors.AsType[*pdf.Error](err)
	_, ofForm := errors.AsType[*Error](err)
	return ofFile || ofForm
}

func (c *comparison) explain() (complete bool, err error) {
	if !c.collect() {
		return false, nil
	}
	if err := c.explainRewrites(); err != nil {
		return false, err
	}
	oldRoot, oldCatalog, err := c.old.Catalog()
	if err != nil {
		return false, err
	}
	newRoot, newCatalog, err := c.new.Catalog()
	if err != nil || newRoot != oldRoot {
		return false, err
	}
	if err := c.explainCatalog(oldRoot, oldCatalog, newCatalog); err != nil {
		return false, err
	}
	if err := c.explainForm(oldCatalog, newCatalog); err != nil {
		return false, err
	}
	// A page tree that cannot be walked leaves its pages unexplained, which is enough.
	if err := c.explainPages(); !isReadError(err) {
		return true, err
	}
	return true, nil
}

// collect notes what the later sections define. The chain of sections must hold the earlier one whole.
func (c *comparison) collect() bool {
	before := map[int64]bool{}
	for _, section := range c.old.Sections() {
		before[section.Offset] = true
	}
	known := 0
	for _, section := range c.new.Sections() {
		if before[section.Offset] {
			known++
			continue
		}
		for number := range section.Numbers() {
			c.changed[number] = true
		}
	}
	return known == len(before)
}

// explainRewrites explains objects that say what they said before, and the containers of objects and cross-references.
func (c *comparison) explainRewrites() error {
	for number := range c.changed {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		before, err := c.object(c.old, number)
		if err != nil {
			return err
		}
		after, err := c.object(c.new, number)
		if err != nil {
			return err
		}
		same, err := c.equal(before, after)
		if err != nil {
			return err
		}
		stream, ok := after.(*pdf.Stream)
		container := ok && before == nil && (stream.Dict["Type"] == pdf.Name("ObjStm") || stream.Dict["Type"] == pdf.Name("XRef"))
		if same || container {
			c.explained[number] = ChangeNone
		}
	}
	// Writers stamp the time of a change into the document information; it is no content.
	if info, ok := c.new.Trailer()["Info"].(pdf.Ref); ok && c.old.Trailer()["Info"] == c.new.Trailer()["Info"] {
		c.accept(info.Number, ChangeSignature)
	}
	return nil
}

// explainCatalog accepts a catalog that differs only in its form, validation data, permissions, extensions and metadata.
func (c *comparison) explainCatalog(root pdf.Ref, before, after pdf.Dict) error {
	if !differOnlyIn(before, after, "AcroForm", "DSS", "Perms", "Extensions", "Version", "Metadata") {
		return nil
	}
	c.accept(root.Number, ChangeSignature)
	for _, key := range []pdf.Name{"DSS", "Perms", "Extensions", "Metadata"} {
		if err := c.reach(after[key], ChangeSignature, 0); err != nil {
			return err
		}
	}
	return nil
}

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

// accept explains one object, keeping an earlier and less grave explanation.
func (c *comparison) accept(number int, change Change) {
	if earlier, ok := c.explained[number]; ok && gravity[earlier] <= gravity[change] {
		return
	}
	c.explained[number] = change
}

func (c *comparison) reachAll(dict pdf.Dict, change Change, keys ...pdf.Name) error {
	for _, key := range keys {
		if err := c.reach(dict[key], change, 0); err != nil {
			return err
		}
	}
	return nil
}

// reach explains every object that is new and reached from o. An object that the earlier revision had is not explained by being
// referred to.
func (c *comparison) reach(o pdf.Object, change Change, depth int) error {
	if depth > maxFieldDepth {
		return &Error{Code: CodeTooComplex, Detail: "an appended structure is too deep"}
	}
	switch o := o.(type) {
	case pdf.Ref:
		earlier, done := c.explained[o.Number]
		if !c.changed[o.Number] || done && gravity[earlier] <= gravity[change] {
			return nil
		}
		before, err := c.object(c.old, o.Number)
		if err != nil || before != nil {
			return err
		}
		c.accept(o.Number, change)
		target, err := c.object(c.new, o.Number)
		if err != nil {
			return err
		}
		return c.reach(target, change, depth+1)
	case pdf.Array:
		for _, element := range o {
			if err := c.reach(element, change, depth+1); err != nil {
				return err
			}
		}
	case *pdf.Stream:
		return c.reach(o.Dict, change, depth+1)
	case pdf.Dict:
		for key, value := range o {
			if key == "P" || key == "Parent" {
				continue // upwards, out of what was appended
			}
			if err := c.reach(value, change, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// object gives the object of a number in whatever generation a revision has it; nil when it is free or absent.
func (c *comparison) object(file *pdf.File, number int) (pdf.Object, error) {
	entry, ok := file.Entry(number)
	if !ok || entry.Kind == pdf.EntryFree {
		return nil, nil
	}
	return file.Object(pdf.Ref{Number: number, Generation: entry.Generation})
}

func (c *comparison) dicts(ref pdf.Ref) (before, after pdf.Dict, err error) {
	if before, err = c.old.Dict(ref); err != nil {
		return nil, nil, err
	}
	after, err = c.new.Dict(ref)
	return before, after, err
}

// equal compares two objects without following references; streams by their dictionaries and their bytes as they stand.
func (c *comparison) equal(a, b pdf.Object) (bool, error) {
	before, ok := a.(*pdf.Stream)
	after, also := b.(*pdf.Stream)
	if !ok || !also {
		return reflect.DeepEqual(a, b), nil
	}
	if !reflect.DeepEqual(before.Dict, after.Dict) {
		return false, nil
	}
	left, err := c.old.Raw(before)
	if err != nil {
		return false, err
	}
	right, err := c.new.Raw(after)
	if err != nil {
		return false, err
	}
	return sameBytes(left, right)
}

func sameBytes(a, b *io.SectionReader) (bool, error) {
	if a.Size() != b.Size() {
		return false, nil
	}
	left, right := make([]byte, 32<<10), make([]byte, 32<<10)
	for {
		n, err := io.ReadFull(a, left)
		if _, other := io.ReadFull(b, right[:n]); other != nil && n > 0 {
			return false, other
		}
		if !bytes.Equal(left[:n], right[:n]) {
			return false, nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// differOnlyIn says whether two dictionaries agree in every entry but the named ones.
func differOnlyIn(a, b pdf.Dict, keys ...pdf.Name) bool {
	ignored := map[pdf.Name]bool{}
	for _, key := range keys {
		ignored[key] = true
	}
	for key, value := range a {
		if !ignored[key] && !reflect.DeepEqual(value, b[key]) {
			return false
		}
	}
	for key := range b {
		if _, ok := a[key]; !ok && !ignored[key] {
			return false
		}
	}
	return true
}
