package diff

import "influxion/handler/internal/pades/pdf"

// followChanged follows the objects that the update changed or added, and records the roles of what
// they reach now.
func (s *step) followChanged() error {
	w := walker{known: s.known, file: s.new}
	s.noteSigned()
	for _, c := range s.changed {
		ref := pdf.Ref{Number: c.number}
		entry, _ := s.new.Entry(c.number)
		ref.Generation = entry.Generation
		if c.is == nil {
			continue
		}
		var err error
		c.roles.each(func(r role) bool {
			err = w.again(visit{ref: ref, role: r}, c.is)
			return err == nil
		})
		if err != nil {
			return err
		}
	}
	if err := w.information(s.new.Trailer()["Info"]); err != nil {
		return err
	}
	return s.reach(s.ctx, s.new)
}

// again follows an object that already has the role.
func (w *walker) again(v visit, object pdf.Object) error {
	if stream, ok := object.(*pdf.Stream); ok {
		if exact, err := w.file.Exact(stream); err != nil && !isDamaged(err) {
			return err
		} else if !exact {
			return w.doubt(v.ref.Number, true)
		}
	}
	switch v.role {
	case fieldList:
		return w.elements(object, field, w.parents[v.ref.Number])
	case annotations:
		return w.elements(object, annotation, 0)
	case field:
		return w.refollowField(v, object)
	case fieldValue:
		v.owner = w.owners[v.ref.Number]
	case annotated:
		v.owner = w.annotationOf[v.ref.Number]
	}
	return w.follow(v, object)
}

func (w *walker) elements(array pdf.Object, as role, owner int) error {
	elements, _ := array.(pdf.Array)
	for _, element := range elements {
		if err := w.value(element, as, false, owner); err != nil {
			return err
		}
	}
	return nil
}

// refollowField follows a field that has a node already. It keeps the node, which may be signed
// now.
func (w *walker) refollowField(v visit, object pdf.Object) error {
	dict, ok := object.(pdf.Dict)
	at, known := w.nodeOf[v.ref.Number]
	if !ok || !known {
		return w.value(object, content, false, 0)
	}
	w.nodes[at].own = dict["V"] != nil
	return w.followNode(at, dict)
}
