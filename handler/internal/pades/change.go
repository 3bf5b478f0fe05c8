package pades

import (
	"context"
	"errors"

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
