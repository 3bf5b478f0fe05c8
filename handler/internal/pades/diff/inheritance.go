package diff

import (
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// node is a field or a widget of the form.
type node struct {
	form.Field
	parent int
	depth  int
	signed bool // it has a signature
	own    bool // its value is not the one of the field above
	// its /Parent is not the node above: readers that follow /Parent know it by another name
	renamed bool
}

// addNode adds a field to the nodes, below its parent. It returns an error if the form has too many
// fields or levels.
func (w *walker) addNode(v visit, dict pdf.Dict) (int, error) {
	if err := w.file.Spend(form.FieldCost); err != nil {
		return 0, err
	}
	parent := w.nodes[v.owner]
	current, err := form.InheritField(w.file, parent.Field, v.ref, dict)
	if isDamaged(err) {
		current, err = form.Field{Ref: v.ref, Dict: dict, Name: parent.Name}, nil
	}
	if err != nil {
		return 0, err
	}
	if parent.depth >= form.MaxFieldDepth || len(w.nodes) == maxNodes {
		return 0, &pades.Error{Code: pades.CodeTooComplex, Detail: "the form has too many fields or levels"}
	}
	if err := w.file.Take(nodeSize + int64(len(current.Name))); err != nil {
		return 0, err
	}
	current.Dict = nil // to save memory
	signed, err := w.isSigned(&current)
	if err != nil {
		return 0, err
	}
	w.nodes = append(w.nodes, node{Field: current, parent: v.owner, depth: parent.depth + 1, signed: signed,
		own: dict["V"] != nil, renamed: isRenamed(parent, dict)})
	at := len(w.nodes) - 1
	if v.ref.Number > 0 {
		w.nodeOf[v.ref.Number] = at
	}
	return at, nil
}

// isRenamed reports whether the /Parent of a field (ISO 32000-2, table 226) is not the node above.
func isRenamed(above node, dict pdf.Dict) bool {
	ref, isRef := dict["Parent"].(pdf.Ref)
	return dict["Parent"] != nil && !isRef || ref.Number != above.Ref.Number
}

// isSigned reports whether a field has a signature. If the type of the field is not /Sig, a
// dictionary that looks like a signature counts as one, because readers and reports find it there,
// too.
func (w *walker) isSigned(one *form.Field) (bool, error) {
	if one.Value == nil {
		return false, nil
	}
	if one.Kind == "Sig" {
		value, err := w.file.Resolve(one.Value)
		if err != nil && !isDamaged(err) {
			return false, err
		}
		return value != nil || err != nil, nil
	}
	dict, err := one.Signature(w.file)
	if isDamaged(err) {
		return false, nil // judged as the value of the field
	}
	return dict != nil, err
}

// isSpecial reports whether an owner may be, or include, a field that is not filled in: a signature
// field or a field without a type.
func (k *known) isSpecial(owner int) bool {
	if owner < 0 {
		return owner == severalSpecial
	}
	switch k.nodes[owner].Kind {
	case "Tx", "Btn", "Ch":
		return false
	}
	return true
}

// noteSigned marks the fields that the update signed, and the signature fields below them, as
// signed.
func (s *step) noteSigned() {
	if len(s.signed) == 0 {
		return
	}
	for at := 1; at < len(s.nodes); at++ {
		one := &s.nodes[at]
		_, now := s.signed[at]
		one.signed = one.signed || now || one.Kind == "Sig" && s.nodes[one.parent].signed
	}
}

// judgeInherited judges the fields below those whose value or flags changed, because they may
// inherit the value or the flags (ISO 32000-2, table 226): they count as filled, too. The value
// that a signature field inherits is its signature.
func (s *step) judgeInherited() error {
	if len(s.filling.passed) == 0 && !s.filling.shared {
		return nil
	}
	if err := s.new.Spend(int64(len(s.nodes))); err != nil {
		return err
	}
	for at := 1; at < len(s.nodes); at++ { // a node comes after its parent
		one := s.nodes[at]
		above := s.nodes[one.parent]
		if s.filling.passed[one.parent] {
			s.filling.passed[at] = true
			if one.Name != above.Name {
				s.touch(at)
			}
		} else if !s.filling.shared || above.Kind == "" {
			continue
		}
		if one.Kind == "Sig" && above.Kind != "Sig" && !one.own {
			s.changes.refuse("a value was changed that a signature field inherits")
		}
	}
	return nil
}
