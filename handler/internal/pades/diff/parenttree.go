package diff

import "influxion/handler/internal/pades/pdf"

// parent is a pair of a parent tree: what a page or an annotation with this key belongs to.
type parent struct {
	key   pdf.Integer
	value pdf.Object
}

// parentSize is the number of bytes that a pair takes.
const parentSize = 48

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
			kept, err = s.belongsToField(is.value, 0)
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
// same pairs: each node has pairs or kids, and the /Limits of each kid are its least and its
// greatest key (ISO 32000-2, 7.9.7). The caller gives back the memory of the pairs.
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
	if err != nil || dict == nil || depth > deepest || (dict["Nums"] == nil) == (dict["Kids"] == nil) {
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
	if depth == 0 {
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
