package diff

import (
	"context"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// Changes is what later revisions did to a document.
type Changes struct {
	Gravest pades.Change
	Touched []string // fully qualified names of the fields that were filled, signed or added
	stamped []string // of those that were added with a document timestamp, which no lock is held against
	Detail  string   // why the change is ChangeOther, as far as one sentence can say it
}

// gravity orders the changes; what is not in it is graver than all.
var gravity = []pades.Change{pades.ChangeNone, pades.ChangeDSS, pades.ChangeSignature, pades.ChangeFormFilling, pades.ChangeAnnotation, pades.ChangeOther}

// graver says whether a is graver than b.
func graver(a, b pades.Change) bool { return slices.Index(gravity, a) > slices.Index(gravity, b) }

func (c *Changes) refuse(why string) {
	c.Add(pades.ChangeOther)
	if c.Detail == "" {
		c.Detail = why
	}
}

func (c *Changes) Add(change pades.Change) {
	if graver(change, c.Gravest) {
		c.Gravest = change
	}
}

// comparison holds an earlier revision against a later one. What a reader shows is what it reaches from the catalog, so all
// that the earlier revision reaches must read the same in both views, but for a few slots (the form, annotations, validation data),
// whose changes are classed one by one. Objects that nothing reaches change nothing.
type comparison struct {
	ctx      context.Context
	old, new *pdf.File
	Changes

	root    pdf.Ref
	pages   map[pdf.Ref]bool // of the earlier revision
	fields  map[pdf.Ref]bool // its fields and their widgets
	notes   map[pdf.Ref]bool // its other annotations
	arrived map[pdf.Ref]bool // signature fields that were added and are accepted
}

// compareRevisions gives what happened between an earlier revision and a later one. What cannot be compared counts as
// changed in other ways; only failures to read the file, and the context's end, are errors.
func compareRevisions(ctx context.Context, old, new *pdf.File) (Changes, error) {
	c := &comparison{
		ctx: ctx, old: old, new: new, Changes: Changes{Gravest: pades.ChangeNone},
		pages: map[pdf.Ref]bool{}, fields: map[pdf.Ref]bool{}, notes: map[pdf.Ref]bool{}, arrived: map[pdf.Ref]bool{},
	}
	err := c.run()
	if pades.IsOfDocument(err) {
		c.Add(pades.ChangeOther)
		err = nil
	}
	return c.Changes, err
}

func (c *comparison) run() error {
	var before, after pdf.Dict
	var newRoot pdf.Ref
	var err error
	if c.root, before, err = c.old.Catalog(); err != nil {
		return err
	}
	if newRoot, after, err = c.new.Catalog(); err != nil {
		return err
	}
	if newRoot != c.root || !c.continues() {
		c.Add(pades.ChangeOther)
		return nil
	}
	oldForm, err := form.Read(c.old, before)
	if err != nil {
		return err
	}
	for _, ref := range oldForm.Nodes {
		c.fields[ref] = true
	}
	if err := c.notePages(); err != nil {
		return err
	}
	if err := c.walk(); err != nil || c.Gravest == pades.ChangeOther {
		return err
	}
	if err := c.compareCatalogs(before, after); err != nil {
		return err
	}
	if err := c.compareForms(before, after, oldForm); err != nil {
		return err
	}
	if err := c.comparePages(); err != nil {
		return err
	}
	c.checkAmbiguities()
	return nil
}

// checkAmbiguities holds what was read of the later revision against readers that read it otherwise.
func (c *comparison) checkAmbiguities() {
	for number := range c.new.Ambiguities() {
		if c.moved(number) {
			c.Add(pades.ChangeOther)
		}
	}
}

// continues says whether the document's chain of cross-reference sections holds the earlier one whole, its numbers too, and whether
// every reader takes the later sections alike.
func (c *comparison) continues() bool {
	earlier, beside := map[int64]bool{}, map[pdf.Integer]bool{}
	for _, section := range c.old.Sections() {
		earlier[section.Offset] = true
		if stream, ok := section.Trailer["XRefStm"].(pdf.Integer); ok {
			beside[stream] = true
		}
	}
	kept := 0
	for _, section := range c.new.Sections() {
		stream, _ := section.Trailer["XRefStm"].(pdf.Integer)
		copied := section.Kind == pdf.KindHybrid && beside[stream] // writers copy it from the older trailer
		switch {
		case earlier[section.Offset]:
			kept++
		case section.Ambiguous && !copied:
			return false
		}
	}
	oldSize, _ := c.old.Trailer()["Size"].(pdf.Integer)
	newSize, _ := c.new.Trailer()["Size"].(pdf.Integer)
	return kept == len(earlier) && newSize >= oldSize
}

// notePages notes the pages and annotations of the earlier revision.
func (c *comparison) notePages() error {
	var fault error
	err := c.old.Pages(func(ref pdf.Ref, page pdf.Dict) bool {
		if c.pages[ref] {
			return true
		}
		c.pages[ref] = true
		annotations, err := c.old.Array(page["Annots"])
		if err != nil {
			fault = err
			return false
		}
		for _, annotation := range annotations {
			if ref, ok := annotation.(pdf.Ref); ok && !c.fields[ref] {
				c.notes[ref] = true
			}
		}
		return true
	})
	if fault != nil {
		return fault
	}
	if pades.IsOfDocument(err) {
		return nil // pages behind a fault of the tree are no pages to us, and must not change at all
	}
	return err
}

// compareCatalogs classes the slots of the catalog that hold no content, and the document information, which writers stamp with the
// time of a change.
func (c *comparison) compareCatalogs(before, after pdf.Dict) error {
	for _, key := range []pdf.Name{"DSS", "Extensions", "Version", "Metadata"} {
		if err := c.classUnless(pades.ChangeDSS, before[key], after[key]); err != nil {
			return err
		}
	}
	if err := c.classUnless(pades.ChangeSignature, before["Perms"], after["Perms"]); err != nil {
		return err
	}
	was, is, err := c.dicts(before["Perms"], after["Perms"])
	if err != nil {
		return err
	}
	if was["DocMDP"] != nil && was["DocMDP"] != is["DocMDP"] {
		c.Add(pades.ChangeOther)
	}
	return c.classUnless(pades.ChangeDSS, c.old.Trailer()["Info"], c.new.Trailer()["Info"])
}

// classUnless adds a change unless a value reads the same in both views.
func (c *comparison) classUnless(change pades.Change, before, after pdf.Object) error {
	same, err := c.same(before, after)
	if err == nil && !same {
		c.Add(change)
	}
	return err
}
