package form

import (
	"fmt"
	"slices"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// Restrictions says which later changes the signatures of a document permit: certification
// (DocMDP), field locks (FieldMDP) and the permission of a signed field's /Lock. ISO 32000-2,
// 12.8.2.
type Restrictions struct {
	signed        bool             // there is a signature
	Certification pades.Permission // of the certification signature; NoCertification = none
	// the strictest /P in the /Lock of a signed field; NoCertification = there is none
	left  pades.Permission
	Locks []lock
	names int              // in all locks
	Seen  map[pdf.Ref]bool // signature dictionaries, which fields can share
}

// Bounds of all locks of a document.
const (
	maxLocks       = 200
	maxLockedNames = 10_000
	MaxLockedDepth = 64 // levels of a name that is compared with a lock; a deeper name counts as locked
)

// lock is a FieldMDP transform or a field's /Lock: which fields may not change.
type lock struct {
	action pdf.Name // All, Include, Exclude
	fields map[string]bool
	signed bool // a transform of the signature: readers check new fields against these locks alone
}

func (l lock) covers(name string) bool {
	if l.action != "Include" && l.action != "Exclude" || strings.Count(name, ".") > MaxLockedDepth {
		return true // All, and any unknown action: the strictest reading
	}
	listed := l.fields[name]
	for i := 0; i < len(name) && !listed; i++ {
		listed = name[i] == '.' && l.fields[name[:i]] // a lock on a field also covers the fields below it
	}
	return listed == (l.action == "Include")
}

// ReadRestrictions reads the restrictions of every signature in the form and of the catalog's
// /Perms.
func ReadRestrictions(file *pdf.File, catalog pdf.Dict, form *Form) (*Restrictions, error) {
	r := &Restrictions{Seen: map[pdf.Ref]bool{}}
	permissions, err := file.OptionalDict(catalog["Perms"])
	if err != nil {
		return nil, fmt.Errorf("read /Perms: %w", err)
	}
	if err := r.AddSignature(file, permissions["DocMDP"]); err != nil {
		return nil, err
	}
	for _, field := range form.Fields {
		if field.Kind != "Sig" || field.Value == nil {
			continue
		}
		if empty, err := field.Empty(file); err != nil {
			return nil, err
		} else if empty {
			continue
		}
		if err := r.AddSignature(file, field.Value); err != nil {
			return nil, err
		}
		if err := r.AddLock(file, field.Dict["Lock"], false); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// AddSignature adds the /Reference transforms of one signature dictionary.
func (r *Restrictions) AddSignature(file *pdf.File, signature pdf.Object) error {
	if ref, ok := signature.(pdf.Ref); ok {
		if r.Seen[ref] {
			return nil
		}
		r.Seen[ref] = true
	}
	dict, err := file.Dict(signature)
	if err != nil {
		return fmt.Errorf("read signature dictionary: %w", err)
	}
	if dict == nil {
		return nil
	}
	r.signed = true
	references, err := file.Array(dict["Reference"])
	if err != nil {
		return fmt.Errorf("read /Reference: %w", err)
	}
	for _, entry := range references {
		reference, err := file.Dict(entry)
		if err != nil {
			return fmt.Errorf("read signature reference: %w", err)
		}
		method, err := file.Name(reference["TransformMethod"])
		if err != nil {
			return fmt.Errorf("read /TransformMethod: %w", err)
		}
		parameters, err := file.Dict(reference["TransformParams"])
		if err != nil {
			return fmt.Errorf("read /TransformParams: %w", err)
		}
		if err := r.addTransform(file, method, parameters); err != nil {
			return err
		}
	}
	return nil
}

func (r *Restrictions) addTransform(file *pdf.File, method pdf.Name, parameters pdf.Dict) error {
	switch method {
	case "DocMDP":
		permission := pades.FormFilling // the default of table 257
		if _, ok := parameters["P"]; ok {
			p, err := file.Integer(parameters["P"])
			if err != nil {
				return fmt.Errorf("read /P: %w", err)
			}
			permission = pades.Permission(p)
		}
		if permission < pades.NoChanges || permission > pades.FormsAndComments {
			permission = pades.NoChanges
		}
		if r.Certification == pades.NoCertification || permission < r.Certification {
			r.Certification = permission
		}
	case "FieldMDP":
		return r.AddLock(file, parameters, true)
	}
	return nil
}

// lockMemory is the memory of the name of a locked field in bytes, without its text.
const lockMemory = 64

// AddLock adds a FieldMDP parameter dictionary or a signature field's lock dictionary, which has
// the same entries and /P.
func (r *Restrictions) AddLock(file *pdf.File, entry pdf.Object, signed bool) error {
	dict, err := file.Dict(entry)
	if err != nil || dict == nil {
		return err
	}
	action, err := file.Name(dict["Action"])
	if err != nil {
		return fmt.Errorf("read /Action: %w", err)
	}
	names, err := file.Array(dict["Fields"])
	if err != nil {
		return fmt.Errorf("read /Fields: %w", err)
	}
	if r.names += len(names); r.names > maxLockedNames {
		return &pades.Error{Code: pades.CodeTooComplex,
			Detail: fmt.Sprintf("the signatures lock more than %d names", maxLockedNames)}
	}
	if len(r.Locks) == maxLocks {
		return &pades.Error{Code: pades.CodeTooComplex,
			Detail: fmt.Sprintf("the signatures have more than %d locks", maxLocks)}
	}
	if err := file.Take(pdf.Footprint(names) + int64(len(names))*lockMemory); err != nil {
		return err
	}
	added := lock{action: action, fields: make(map[string]bool, len(names)), signed: signed}
	for _, name := range names {
		text, err := file.String(name)
		if err != nil {
			return fmt.Errorf("read /Fields: %w", err)
		}
		added.fields[text.Text()] = true
	}
	r.Locks = append(r.Locks, added)
	permission, err := file.Integer(dict["P"])
	if err != nil {
		return fmt.Errorf("read /P: %w", err)
	}
	// Permissions can be denied but not added: table 236. A larger /P than there is denies nothing.
	if p := pades.Permission(permission); p >= pades.NoChanges && (r.left == pades.NoCertification || p < r.left) {
		r.left = p
	}
	return nil
}

// Signed reports whether the document has a signature already. If it has one, existing objects must
// not change.
func (r *Restrictions) Signed() bool { return r.signed }

// Permits reports whether changes of that kind are still permitted.
func (r *Restrictions) Permits(change pades.Permission) bool {
	return (r.Certification == pades.NoCertification || r.Certification >= change) &&
		(r.left == pades.NoCertification || r.left >= change)
}

// Certified reports whether a certification permits changes of that kind and no lock forbids them.
func (r *Restrictions) Certified(change pades.Permission) bool {
	return r.Certification != pades.NoCertification && r.Permits(change)
}

// Locked reports whether a field of that name must not change or, if it does not exist yet, must
// not be added.
func (r *Restrictions) Locked(name string, existing bool) bool {
	return slices.ContainsFunc(r.Locks, func(l lock) bool { return (existing || l.signed) && l.covers(name) })
}

// LocksSome reports whether there is a field name that a transform of the signatures locks.
func (r *Restrictions) LocksSome() bool {
	return slices.ContainsFunc(r.Locks, func(l lock) bool { return l.signed })
}

// Allow returns an error where no signature may be added in the named field; existing = the field
// exists already.
func (r *Restrictions) Allow(options pades.Options, existing bool) error {
	if !r.Permits(pades.FormFilling) {
		return &pades.Error{Code: pades.CodeChangesForbidden,
			Detail: "an earlier signature forbids every change of this document"}
	}
	// Readers treat a new visible field as an annotation.
	if options.Appearance != nil && !existing && !r.Permits(pades.FormsAndComments) {
		return &pades.Error{Code: pades.CodeChangesForbidden,
			Detail: "an earlier signature forbids new visible fields: sign an existing field, or sign invisibly"}
	}
	if options.Certify != pades.NoCertification && r.signed {
		return &pades.Error{Code: pades.CodeAlreadySigned,
			Detail: "only the first signature of a document can certify it"}
	}
	if options.Field != "" && r.Locked(options.Field, existing) {
		return &pades.Error{Code: pades.CodeChangesForbidden, Detail: "an earlier signature has locked this field"}
	}
	return nil
}
