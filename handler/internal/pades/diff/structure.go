package diff

import (
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// judgeStructure accepts what an added signature field needs in the structure tree of a tagged
// document (ISO 32000-2, 14.7): elements that refer to its widgets, behind the existing ones. Their
// entries in the parent tree are for judgeParents.
func (s *step) judgeStructure(c change) error {
	if same, err := equal(s.old, s.new, c.was, c.is); err != nil || same {
		return err
	}
	before, wasDict := c.was.(pdf.Dict)
	after, isDict := c.is.(pdf.Dict)
	if !wasDict || !isDict {
		old, wasArray := c.was.(pdf.Array)
		now, isArray := c.is.(pdf.Array)
		if !wasArray || !isArray {
			s.changes.refuse("the structure of the document was changed")
			return nil
		}
		return s.judgeGrown(old, now)
	}
	for _, key := range differing(before, after) {
		var err error
		switch key {
		case "K":
			err = s.judgeKids(before[key], after[key])
		case "ParentTreeNextKey":
			was, _ := before[key].(pdf.Integer)
			if is, ok := after[key].(pdf.Integer); !ok || is < was {
				s.changes.refuse("the structure of the document was changed")
			}
		case "ParentTree":
			err = s.judgeParentTree(before[key], after[key])
		case "RoleMap":
			err = s.judgeRoleMap(before[key], after[key])
		default:
			s.changes.refuse("the structure of the document was changed")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// judgeRoleMap accepts a map of no types where there was none before. Any other map decides what
// the elements are.
func (s *step) judgeRoleMap(before, after pdf.Object) error {
	is, err := s.new.Dict(after)
	if err == nil && (before != nil || is == nil || len(is) > 0) {
		s.changes.refuse("the structure of the document was changed")
	}
	return err
}

// elementsOf gives the elements of an array, or an object that is no array as the only element.
func elementsOf(object pdf.Object) pdf.Array {
	if array, ok := object.(pdf.Array); ok || object == nil {
		return array
	}
	return pdf.Array{object}
}

// judgeKids compares the kids of an element. An array that is an object of its own stands for its
// elements: in another array, readers would not look for kids in it.
func (s *step) judgeKids(before, after pdf.Object) error {
	was, is, err := both(s, (*pdf.File).Resolve, before, after)
	if err != nil {
		return err
	}
	if _, isArray := was.(pdf.Array); isArray {
		before = was
	}
	if _, isArray := is.(pdf.Array); isArray {
		after = is
	}
	return s.judgeGrown(elementsOf(before), elementsOf(after))
}

// isNumbered reports whether an array can be the pairs of a number tree: ISO 32000-2, 7.9.7.
func isNumbered(array pdf.Array) bool {
	for i, element := range array {
		if _, isInteger := element.(pdf.Integer); isInteger != (i%2 == 0) {
			return false
		}
	}
	return len(array)%2 == 0
}

// judgeGrown makes sure that an array keeps its elements, and that each element behind them belongs
// to a signature field that was added. An integer is the identifier of content that was there
// before.
func (s *step) judgeGrown(old, now pdf.Array) error {
	if len(now) < len(old) || !alike(old, now[:len(old)]) {
		s.changes.refuse("the structure of the document was changed")
		return nil
	}
	for _, element := range now[len(old):] {
		if err := s.new.Spend(elementCost); err != nil {
			return err
		}
		belongs, err := s.belongsToField(element, 0, false)
		if err != nil {
			return err
		}
		if !belongs {
			s.changes.refuse("the structure of the document grew by more than signature fields")
			return nil
		}
	}
	return nil
}

// elementEntries are the entries of a structure element that say what and where it is, or name it:
// ISO 32000-2, table 355. Any other entry brings content, or decides how content is read.
var elementEntries = []pdf.Name{"Type", "S", "NS", "P", "K", "Pg", "ID", "R", "T", "Lang", "Alt"}

// referenceEntries are the entries of an object reference: ISO 32000-2, table 358.
var referenceEntries = []pdf.Name{"Type", "Pg", "Obj"}

// belongsToField reports whether a new structure element contains nothing but references to the
// widgets of signature fields that were added. speaks = an element around it has a text that is
// read aloud and is not the name of a field: a comment, unless a signer answers for it.
func (s *step) belongsToField(element pdf.Object, depth int, speaks bool) (bool, error) {
	const deepest = 4
	ref, isRef := element.(pdf.Ref)
	if isRef {
		if was, err := s.old.Object(ref); err != nil || was != nil || depth > deepest {
			return false, err
		}
	}
	dict, err := s.new.Dict(element)
	if err != nil || dict == nil {
		return false, err
	}
	kind, err := s.new.Name(dict["Type"])
	if err != nil {
		return false, err
	}
	allowed := elementEntries
	if kind == "OBJR" {
		allowed = referenceEntries
	}
	for key := range dict {
		if !slices.Contains(allowed, key) {
			return false, nil
		}
	}
	if kind == "OBJR" {
		widget, ok := dict["Obj"].(pdf.Ref)
		as := s.arrived[widget.Number]
		if speaks && as != pades.ChangeSignature {
			s.comment(widget)
		}
		return ok && as != "", nil
	}
	speaks = speaks || (dict["Alt"] != nil || dict["T"] != nil) && dict["S"] != pdf.Name("Form")
	kids, err := s.new.Resolve(dict["K"])
	if err != nil {
		return false, err
	}
	if _, isArray := kids.(pdf.Array); !isArray {
		kids = dict["K"]
	}
	for _, kid := range elementsOf(kids) {
		if belongs, err := s.belongsToField(kid, depth+1, speaks); err != nil || !belongs {
			return false, err
		}
	}
	return len(elementsOf(kids)) > 0, nil
}

// parent is a pair of a parent tree: what a page or an annotation with this key belongs to.
type parent struct {
	key   pdf.Integer
	value pdf.Object
}

// parentSize is the number of bytes that a pair takes.
const parentSize = 48

// judgeParents classifies the change of an object of the parent tree. Which of its nodes readers
// search for a key depends on the others, so the whole tree is compared.
func (s *step) judgeParents(c change) error {
	if same, err := equal(s.old, s.new, c.was, c.is); err != nil || same || s.once[parentNodes] {
		return err
	}
	s.once[parentNodes] = true
	was, err := parentTree(s.old)
	if err != nil {
		return err
	}
	is, err := parentTree(s.new)
	if err != nil {
		return err
	}
	return s.judgeParentTree(was, is)
}

// parentTree gives the parent tree of a revision.
func parentTree(file *pdf.File) (pdf.Object, error) {
	_, catalog, err := file.Catalog()
	if err != nil {
		return nil, err
	}
	root, err := file.OptionalDict(catalog["StructTreeRoot"])
	return root["ParentTree"], err
}

// judgeParentTree accepts a parent tree that was written anew, as writers do that read it into
// memory to add to it: nodes and arrays may be other objects. Every key must have what it had, and
// each further key must belong to a signature field that was added.
func (s *step) judgeParentTree(before, after pdf.Object) error {
	old, wasTree, err := s.pairsOf(s.old, before)
	if err != nil {
		return err
	}
	now, isTree, err := s.pairsOf(s.new, after)
	if err != nil {
		return err
	}
	defer s.new.Give(int64(len(old)+len(now)) * parentSize)
	if !wasTree || !isTree {
		s.changes.refuse("the structure of the document was changed")
		return nil
	}
	for _, is := range now {
		var kept bool
		if len(old) > 0 && old[0].key == is.key {
			kept, err = s.sameParents(old[0].value, is.value)
			old = old[1:]
		} else {
			kept, err = s.belongsToField(is.value, 0, false)
		}
		if err != nil {
			return err
		}
		if !kept {
			s.changes.refuse("the structure of the document was changed")
			return nil
		}
	}
	if len(old) > 0 {
		s.changes.refuse("the structure of the document was changed")
	}
	return nil
}

// sameParents reports whether a key has the same value as before: one element, or the elements of
// an array, which may be another object.
func (s *step) sameParents(was, is pdf.Object) (bool, error) {
	if alike(was, is) {
		return true, nil
	}
	before, after, err := both(s, (*pdf.File).Resolve, was, is)
	if err != nil {
		return false, err
	}
	old, wasArray := before.(pdf.Array)
	now, isArray := after.(pdf.Array)
	if !wasArray || !isArray {
		return false, nil
	}
	return alike(old, now), s.new.Spend(int64(len(old)) * elementCost)
}

// pairsOf gives the pairs of a number tree, in the order of their keys. ok = all readers find the
// same pairs: no node has pairs and kids, and the /Limits of each kid are its least and its
// greatest key (ISO 32000-2, 7.9.7). So are those of the root, if it has any, because PDFium obeys
// them. The caller gives back the memory of the pairs.
func (s *step) pairsOf(file *pdf.File, root pdf.Object) (found []parent, ok bool, err error) {
	found, ok, err = s.appendParents(nil, file, root, 0)
	if err != nil {
		s.new.Give(int64(len(found)) * parentSize)
	}
	return found, ok, err
}

func (s *step) appendParents(found []parent, file *pdf.File, node pdf.Object, depth int) ([]parent, bool, error) {
	const deepest = 8
	dict, err := file.Dict(node)
	if err != nil || dict == nil || depth > deepest || dict["Nums"] != nil && dict["Kids"] != nil {
		return found, false, err
	}
	first := len(found)
	kids, err := file.OptionalArray(dict["Kids"])
	if err != nil {
		return found, false, err
	}
	for _, kid := range kids {
		ok := false
		if found, ok, err = s.appendParents(found, file, kid, depth+1); err != nil || !ok {
			return found, false, err
		}
	}
	nums, err := file.OptionalArray(dict["Nums"])
	if err != nil || !isNumbered(nums) {
		return found, false, err
	}
	for i := 0; i < len(nums); i += 2 {
		one := parent{nums[i].(pdf.Integer), nums[i+1]}
		if len(found) > 0 && one.key <= found[len(found)-1].key {
			return found, false, nil // readers differ in which of the pairs counts
		}
		if err := s.takeParent(); err != nil {
			return found, false, err
		}
		found = append(found, one)
	}
	if depth == 0 && dict["Limits"] == nil {
		return found, true, nil
	}
	limits, err := file.OptionalArray(dict["Limits"])
	if err != nil || len(limits) != 2 || first == len(found) {
		return found, false, err
	}
	return found, limits[0] == found[first].key && limits[1] == found[len(found)-1].key, nil
}

func (s *step) takeParent() error {
	if err := s.new.Spend(elementCost); err != nil {
		return err
	}
	return s.new.Take(parentSize)
}
