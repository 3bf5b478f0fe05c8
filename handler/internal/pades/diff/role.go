package diff

import (
	"math/bits"

	"influxion/handler/internal/pades/pdf"
)

// role is what an object is in the document. An object can have several roles, and a change of it
// must be permitted in each of them.
type role uint8

const (
	content role = iota // drawn, or otherwise part of what was signed: must not change
	// the same, but the keys are names that the document chose and say nothing about the values
	resources
	pageTree     // a node of the page tree above the pages
	catalog      // the document catalog
	page         // a page
	formDict     // the interactive form
	formDefaults // what the form gives all fields: /DR and /DA
	fieldList    // an array of fields: /Fields or /Kids
	field        // a field or a widget of the form
	fieldValue   // below a value or an appearance of a field
	annotations  // an array of annotations: /Annots
	annotation   // an annotation that is no widget of the form
	annotated    // below an annotation
	store        // /DSS and what is below it
	metadata     // the XMP packet
	information  // the document information dictionary
	extensions   // /Extensions, which names versions
	permissions  // /Perms
	structure    // the structure tree, to which an added signature field may add
	treeRoot     // its root, which alone has a parent tree
	parentNodes  // a node of the parent tree, or an array of nodes
	parentPairs  // the array of the pairs of such a node
	roleCount
)

// roleSet is a set of roles.
type roleSet uint32

func (s roleSet) has(r role) bool { return s&(1<<r) != 0 }

// hasAny reports whether the set has one of the roles.
func (s roleSet) hasAny(roles ...role) bool {
	for _, r := range roles {
		if s.has(r) {
			return true
		}
	}
	return false
}

// each yields the roles of the set, the lowest first.
func (s roleSet) each(yield func(role) bool) {
	for rest := s; rest != 0; rest &= rest - 1 {
		if !yield(role(bits.TrailingZeros32(uint32(rest)))) {
			return
		}
	}
}

const (
	rolePageNumbers = 256
	rolePageSize    = rolePageNumbers * 4
)

// roleMap stores the roles of objects by their numbers. A number that no cross-reference section
// defines can have roles too, because a later section may define it. The memory depends on the
// numbers that have roles, not on the highest number.
type roleMap struct {
	pages map[int]*[rolePageNumbers]roleSet
}

func (m *roleMap) of(number int) roleSet {
	if p := m.pages[number/rolePageNumbers]; p != nil && number >= 0 {
		return p[number%rolePageNumbers]
	}
	return 0
}

// add gives an object one more role, and reports whether the role is new.
func (m *roleMap) add(file *pdf.File, number int, r role) (bool, error) {
	p := m.pages[number/rolePageNumbers]
	if p == nil {
		if err := file.Take(rolePageSize + 64); err != nil {
			return false, err
		}
		if m.pages == nil {
			m.pages = map[int]*[rolePageNumbers]roleSet{}
		}
		p = new([rolePageNumbers]roleSet)
		m.pages[number/rolePageNumbers] = p
	}
	set := &p[number%rolePageNumbers]
	if set.has(r) {
		return false, nil
	}
	*set |= 1 << r
	return true, nil
}
