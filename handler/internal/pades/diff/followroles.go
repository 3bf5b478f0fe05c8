package diff

import (
	"slices"

	"influxion/handler/internal/pades/pdf"
)

// fieldSlots are the entries that change when a field is filled: ISO 32000-2, tables 170, 192 and
// 228.
var fieldSlots = []pdf.Name{"V", "AP", "AS", "M", "RV", "I", "MK", "DA", "Q"}

// drawn are the keys of the dictionaries whose objects content streams draw with, under names that
// the document chooses: ISO 32000-2, 7.8.3 and 9.6.4. An object with such a name is drawn, whatever
// else it may be.
var drawn = []pdf.Name{"ColorSpace", "ExtGState", "Font", "Pattern", "Properties", "Shading", "XObject", "CharProcs"}

// refers reports whether an entry names a field, an annotation or the catalog without using it as a
// value: in a structure tree, in an action, from a field to its parent, or from a signature to what
// it is about (ISO 32000-2, table 256). The key alone does not decide, because page trees and name
// trees have the same keys. Any other entry uses the object that it refers to, and in that use the
// object must not change.
func refers(holder pdf.Dict, key pdf.Name, fromField bool) bool {
	switch key {
	case "Obj":
		return holder["Type"] == pdf.Name("OBJR")
	case "T":
		return holder["S"] == pdf.Name("Hide")
	case "Fields":
		return holder["S"] == pdf.Name("SubmitForm") || holder["S"] == pdf.Name("ResetForm")
	case "Data":
		return holder["TransformMethod"] != nil
	case "Parent":
		return fromField
	}
	return false
}

// follow adds the objects that an object refers to, each in the role that it has there, to the
// objects to visit.
func (w *walker) follow(v visit, object pdf.Object) error {
	dict, isDict := object.(pdf.Dict)
	switch v.role {
	case content, resources:
		return w.value(object, v.role, false, 0)
	case fieldList, annotations:
		return nil // the caller that reached the array goes through it
	case metadata, fieldValue, annotated, store, extensions, permissions, formDefaults, structure, treeRoot,
		parentNodes, parentPairs:
		return w.value(object, v.role, false, v.owner)
	case information:
		return w.information(object)
	}
	if !isDict {
		return w.value(object, content, false, 0)
	}
	switch v.role {
	case pageTree:
		return w.followPageTree(dict)
	case catalog:
		return w.followCatalog(dict)
	case page:
		return w.followPage(dict)
	case formDict:
		return w.followForm(dict)
	case field:
		return w.followField(v, dict)
	case annotation:
		return w.followAnnotation(v, dict)
	}
	return nil
}

// value adds the objects that a value refers to. refer = the value names fields and annotations, as
// refers defines it.
func (w *walker) value(value pdf.Object, as role, refer bool, owner int) error {
	switch value := value.(type) {
	case pdf.Ref:
		return w.push(visit{ref: value, role: as, refer: refer, owner: owner})
	case pdf.Array:
		as = as.inArray()
		// The object that is pushed last is read first. In this order, that is mostly the one that
		// stands first in the file.
		for _, element := range slices.Backward(value) {
			if err := w.value(element, as, refer, owner); err != nil {
				return err
			}
		}
	case *pdf.Stream:
		if as == resources {
			as = content
		}
		return w.entries(value.Dict, as, owner)
	case pdf.Dict:
		return w.entries(value, as, owner)
	}
	return nil
}

func (w *walker) entries(dict pdf.Dict, as role, owner int) error {
	return each(dict, func(key pdf.Name, entry pdf.Object) error { return w.entry(dict, key, entry, as, owner) })
}

// each calls follow with every entry of a dictionary.
func each(dict pdf.Dict, follow func(key pdf.Name, entry pdf.Object) error) error {
	for key, entry := range dict {
		if err := follow(key, entry); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) entry(holder pdf.Dict, key pdf.Name, entry pdf.Object, as role, owner int) error {
	switch {
	case as == resources: // its keys are only names that the document chose
		if ref, ok := entry.(pdf.Ref); ok {
			return w.push(visit{ref: ref, role: content, drawn: true})
		}
		return w.value(entry, content, false, owner)
	}
	return w.value(entry, as.under(key), refers(holder, key, false), owner)
}

// inArray gives the role of the elements of an array that has a role. Only the keys of a dictionary
// are names that the document chose.
func (r role) inArray() role {
	switch r {
	case resources:
		return content
	case treeRoot, parentPairs:
		return structure
	}
	return r
}

// under gives the role of an entry of a dictionary that has a role other than resources.
func (r role) under(key pdf.Name) role {
	switch {
	case r == content && slices.Contains(drawn, key):
		return resources
	case r == treeRoot && key == "ParentTree", r == parentNodes && key == "Kids":
		return parentNodes
	case r == parentNodes && key == "Nums":
		return parentPairs
	case r == treeRoot, r == parentNodes, r == parentPairs:
		return structure
	}
	return r
}

func (w *walker) followCatalog(dict pdf.Dict) error {
	roles := map[pdf.Name]role{
		"DSS": store, "Metadata": metadata, "Extensions": extensions, "Perms": permissions, "StructTreeRoot": treeRoot,
		"Pages": pageTree,
	}
	return each(dict, func(key pdf.Name, entry pdf.Object) error {
		as, known := roles[key]
		switch {
		case key == "AcroForm":
			return w.formOf(entry)
		case known:
			return w.value(entry, as, false, 0)
		}
		return w.entry(dict, key, entry, content, 0)
	})
}

func (w *walker) formOf(entry pdf.Object) error {
	if dict, ok := entry.(pdf.Dict); ok {
		return w.followForm(dict)
	}
	return w.value(entry, formDict, false, 0)
}

func (w *walker) followForm(dict pdf.Dict) error {
	return each(dict, func(key pdf.Name, entry pdf.Object) error {
		switch key {
		case "Fields":
			return w.fields(entry, 0)
		case "DR", "DA":
			return w.value(entry, formDefaults, false, 0)
		}
		return w.entry(dict, key, entry, content, 0)
	})
}

// fields adds the fields or widgets of an array below a node.
func (w *walker) fields(array pdf.Object, parent int) error {
	elements, err := w.list(array, fieldList, parent)
	if err != nil {
		return err
	}
	for _, element := range elements {
		switch element := element.(type) {
		case pdf.Ref:
			err = w.push(visit{ref: element, role: field, owner: parent})
		case pdf.Dict: // a direct object: it changes with the object that contains it
			err = w.followField(visit{role: field, owner: parent}, element)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) followField(v visit, dict pdf.Dict) error {
	at, err := w.addNode(v, dict)
	if err != nil {
		return err
	}
	return w.followNode(at, dict)
}

// followNode adds the objects that a field refers to. What a signed field refers to must not change
// any more, so it gets the role content.
func (w *walker) followNode(at int, dict pdf.Dict) error {
	return each(dict, func(key pdf.Name, entry pdf.Object) error {
		switch {
		case key == "Kids":
			return w.fields(entry, at)
		case slices.Contains(fieldSlots, key) && !w.nodes[at].signed:
			return w.value(entry, fieldValue, false, at)
		}
		return w.value(entry, content, refers(dict, key, true), 0)
	})
}

func (w *walker) followPageTree(dict pdf.Dict) error {
	return each(dict, func(key pdf.Name, entry pdf.Object) error {
		if key != "Kids" {
			return w.ofPage(dict, key, entry)
		}
		kids, err := w.list(entry, content, 0)
		if err != nil {
			return err
		}
		return w.value(kids, pageTree, false, 0)
	})
}

// ofPage follows an entry of a page or of a node above pages. /Parent only says where these stand
// in the page tree. In any other entry, a node of the tree has another use.
func (w *walker) ofPage(holder pdf.Dict, key pdf.Name, entry pdf.Object) error {
	if ref, ok := entry.(pdf.Ref); ok && key == "Parent" && w.roles.of(ref.Number).has(pageTree) {
		return nil
	}
	return w.entry(holder, key, entry, content, 0)
}

func (w *walker) followPage(dict pdf.Dict) error {
	return each(dict, func(key pdf.Name, entry pdf.Object) error {
		if key != "Annots" {
			return w.ofPage(dict, key, entry)
		}
		elements, err := w.list(entry, annotations, 0)
		if err != nil {
			return err
		}
		for _, element := range elements {
			if dict, direct := element.(pdf.Dict); direct {
				err = w.followAnnotation(visit{}, dict)
			} else {
				err = w.value(element, annotation, false, 0)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// followAnnotation adds the objects that an annotation refers to. Nothing in its actions may
// change, because they can do things that its type does not show.
func (w *walker) followAnnotation(v visit, dict pdf.Dict) error {
	if err := w.noteOutside(dict); err != nil {
		return err
	}
	return each(dict, func(key pdf.Name, entry pdf.Object) error {
		switch key {
		case "A", "AA", "PA":
			return w.value(entry, content, false, 0)
		case "Popup", "Parent", "IRT":
			return w.value(entry, annotation, false, 0)
		}
		return w.value(entry, annotated, false, v.ref.Number)
	})
}

// noteOutside records an annotation for which readers use the fonts of the form: ISO 32000-2,
// 12.5.6.6 and 12.7.3.
func (w *walker) noteOutside(dict pdf.Dict) error {
	kind, err := w.file.Name(dict["Subtype"])
	widget := kind == "Widget"
	drawn := !widget && kind != "FreeText" && kind != "Redact"
	if err == nil && !drawn {
		drawn, err = hasAppearance(w.file, dict)
	}
	if isDamaged(err) {
		err = nil
	}
	w.outside.widgets = w.outside.widgets || widget
	w.outside.bare = w.outside.bare || !drawn
	return err
}
