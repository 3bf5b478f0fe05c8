package structure

import (
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// Bounds for reading a structure tree.
const (
	maxTreeKids = 20_000
	maxTreeKey  = 1<<31 - 2
)

// Tree is the structure tree of a tagged document (ISO 32000-2, 14.7) to which elements for widgets
// are added. PDF/UA requires an element for every visible widget: ISO 14289-1, 7.18.4.
type Tree struct {
	ref       pdf.Ref
	root      pdf.Dict
	parent    pdf.Ref // of the added elements: the only element at the top, or the root
	element   pdf.Dict
	namespace pdf.Object  // of the added elements; nil = that of PDF 1.7
	next      pdf.Integer // key of the parent tree
	added     []pdf.Object
	numbers   pdf.Array // pairs to add to the parent tree
}

// Read reads what is needed to extend the structure tree; nil = there is no tree, or the type Form
// cannot be used for forms in it.
func Read(file *pdf.File, catalog pdf.Dict) (*Tree, error) {
	ref, ok := catalog["StructTreeRoot"].(pdf.Ref)
	if !ok {
		return nil, nil
	}
	root, err := file.Dict(ref)
	if err != nil || root == nil {
		return nil, err
	}
	s := &Tree{ref: ref, root: root, parent: ref, element: root}
	if err := s.findParent(file); err != nil {
		return nil, err
	}
	if ok, err := s.chooseNamespace(file); err != nil || !ok {
		return nil, err
	}
	return s, s.findKey(file)
}

// findParent chooses the top element as the parent if there is exactly one, because PDF 2.0 allows
// no second one.
func (s *Tree) findParent(file *pdf.File) error {
	kids, err := file.Resolve(s.root["K"])
	if err != nil {
		return fmt.Errorf("read /K: %w", err)
	}
	top, ok := s.root["K"].(pdf.Ref)
	if array, isArray := kids.(pdf.Array); isArray {
		if len(array) != 1 {
			return nil
		}
		top, ok = array[0].(pdf.Ref)
	}
	if !ok {
		return nil
	}
	element, err := file.Dict(top)
	if err != nil {
		return fmt.Errorf("read structure element: %w", err)
	}
	if element["S"] != nil {
		s.parent, s.element = top, element
	}
	return nil
}

// findKey finds a key of the parent tree above all existing ones.
func (s *Tree) findKey(file *pdf.File) error {
	next, err := file.Integer(s.root["ParentTreeNextKey"])
	if err != nil {
		return fmt.Errorf("read /ParentTreeNextKey: %w", err)
	}
	tree, err := file.Dict(s.root["ParentTree"])
	if err != nil {
		return fmt.Errorf("read /ParentTree: %w", err)
	}
	leaves, err := file.Array(tree["Kids"])
	if err != nil {
		return fmt.Errorf("read /ParentTree: %w", err)
	}
	if len(leaves) > maxTreeKids {
		return &pades.Error{Code: pades.CodeTooComplex, Detail: "the structure tree has too many parts"}
	}
	nodes := []pdf.Dict{tree}
	for _, leaf := range leaves {
		node, err := file.Dict(leaf)
		if err != nil {
			return fmt.Errorf("read /ParentTree: %w", err)
		}
		nodes = append(nodes, node)
	}
	for _, node := range nodes {
		last, err := lastKey(file, node)
		if err != nil {
			return err
		}
		next = max(next, last+1)
	}
	if next < 0 || next > maxTreeKey {
		return &pades.Error{Code: pades.CodeDamaged, Detail: "the keys of the parent tree are out of range"}
	}
	s.next = next
	return nil
}

// lastKey returns the largest key of a node of a number tree, or -1: ISO 32000-2, 7.9.7.
func lastKey(file *pdf.File, node pdf.Dict) (pdf.Integer, error) {
	last := pdf.Integer(-1)
	numbers, err := file.Array(node["Nums"])
	if err != nil {
		return 0, fmt.Errorf("read /Nums: %w", err)
	}
	limits, err := file.Array(node["Limits"])
	if err != nil {
		return 0, fmt.Errorf("read /Limits: %w", err)
	}
	if len(limits) == 2 {
		numbers = append(numbers[:len(numbers):len(numbers)], limits[1], nil)
	}
	for i := 0; i+1 < len(numbers); i += 2 {
		key, err := file.Integer(numbers[i])
		if err != nil {
			return 0, fmt.Errorf("read key of a number tree: %w", err)
		}
		last = max(last, key)
	}
	return last, nil
}

// Add makes a Form element for a widget and returns the key for the widget's /StructParent.
func (s *Tree) Add(update *pdf.Update, widget, page pdf.Ref) pdf.Integer {
	element := pdf.Dict{
		// /Lang is the language of the widget's /TU.
		"Type": pdf.Name("StructElem"), "S": pdf.Name("Form"), "P": s.parent, "Pg": page, "Lang": pdf.Text("en"),
		"K": pdf.Dict{"Type": pdf.Name("OBJR"), "Obj": widget, "Pg": page},
	}
	if s.namespace != nil {
		element["NS"] = s.namespace
	}
	ref := update.Add(element)
	key := s.next
	s.next++
	s.added = append(s.added, ref)
	s.numbers = append(s.numbers, key, ref)
	return key
}

// Write appends the new elements to the existing ones.
func (s *Tree) Write(file *pdf.File, update *pdf.Update) error {
	if len(s.added) == 0 {
		return nil
	}
	changes := pdf.Dict{"ParentTreeNextKey": s.next}
	if err := s.growTree(file, update, changes); err != nil {
		return err
	}
	kids, err := appendTo(file, update, s.element["K"], s.added)
	if err != nil {
		return fmt.Errorf("read /K: %w", err)
	}
	if s.parent == s.ref {
		changes["K"] = kids
	} else {
		update.Set(s.parent, s.element.With(pdf.Dict{"K": kids}))
	}
	update.Set(s.ref, s.root.With(changes))
	return nil
}

// growTree extends the parent tree: it appends to /Nums or, if the tree has leaves, adds a leaf.
func (s *Tree) growTree(file *pdf.File, update *pdf.Update, changes pdf.Dict) error {
	tree, err := file.Dict(s.root["ParentTree"])
	if err != nil {
		return fmt.Errorf("read /ParentTree: %w", err)
	}
	key, more := pdf.Name("Nums"), s.numbers
	if tree["Kids"] != nil {
		first, last := s.numbers[0], s.next-1
		key, more = "Kids", pdf.Array{update.Add(pdf.Dict{"Limits": pdf.Array{first, last}, "Nums": s.numbers})}
	}
	grown, err := appendTo(file, update, tree[key], more)
	if err != nil {
		return fmt.Errorf("read /ParentTree: %w", err)
	}
	tree = tree.With(pdf.Dict{key: grown})
	if ref, ok := s.root["ParentTree"].(pdf.Ref); ok {
		update.Set(ref, tree)
	} else {
		changes["ParentTree"] = update.Add(tree)
	}
	return nil
}

// appendTo appends objects to the value of an entry: null, one object, a direct array or an
// indirect one.
func appendTo(file *pdf.File, update *pdf.Update, entry pdf.Object, more []pdf.Object) (pdf.Object, error) {
	resolved, err := file.Resolve(entry)
	if err != nil {
		return nil, err
	}
	array, isArray := resolved.(pdf.Array)
	ref, isRef := entry.(pdf.Ref)
	switch {
	case resolved == nil:
		return pdf.Array(more), nil
	case !isArray:
		return append(pdf.Array{entry}, more...), nil
	case isRef:
		update.Set(ref, append(array[:len(array):len(array)], more...))
		return ref, nil
	}
	return append(array[:len(array):len(array)], more...), nil
}
