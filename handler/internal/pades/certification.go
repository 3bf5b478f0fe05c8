package pades

import (
	"fmt"
	"slices"
	"strings"

	"influxion/handler/internal/pades/pdf"
)

// restrictions is what the signatures of a document allow to come after them: certification (DocMDP), field locks (FieldMDP) and the
// permission of a signed field's /Lock. ISO 32000-2, 12.8.2.
type restrictions struct {
	signed        bool       // there is a signature
	certification Permission // of the certification signature; NoCertification = none
	left          Permission // the least that the /Lock of a signed field leaves with its /P; NoCertification = no such lock
	locks         []lock
	names         int              // in all locks
	seen          map[pdf.Ref]bool // signature dictionaries, which fields can share
}

// Bounds of all locks of a document.
const (
	maxLocks       = 200
	maxLockedNames = 10_000
	maxLockedDepth = 64 // levels of a name that is held against a lock; a deeper one counts as locked
)

// lock is a FieldMDP transform or a field's /Lock: which fields may not change.
type lock struct {
	action pdf.Name // All, Include, Exclude
	fields map[string]bool
	signed bool // a transform of the signature: readers hold new fields against those alone
}

func (l lock) covers(name string) bool {
	if l.action != "Include" && l.action != "Exclude" || strings.Count(name, ".") > maxLockedDepth {
		return true // All, and what we do not know: the strictest reading
	}
	listed := l.fields[name]
	for i := 0; i < len(name) && !listed; i++ {
		listed = name[i] == '.' && l.fields[name[:i]] // a field is locked with those above it
	}
	return listed == (l.action == "Include")
}

// readRestrictions reads them from every signature that the form holds and from the catalog's /Perms.
func readRestrictions(file *pdf.File, catalog pdf.Dict, form *form) (*restrictions, error) {
	r := &restrictions{seen: map[pdf.Ref]bool{}}
	permissions, err := file.Dict(catalog["Perms"])
	if err != nil {
		return nil, fmt.Errorf("read /Perms: %w", err)
	}
	if err := r.addSignature(file, permissions["DocMDP"]); err != nil {
		return nil, err
	}
	for _, field := range form.fields {
		if field.kind != "Sig" || field.value == nil {
			continue
		}
		if err := r.addSignature(file, field.value); err != nil {
			return nil, err
		}
		if err := r.addLock(file, field.dict["Lock"], false); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// addSignature adds the /Reference transforms of one signature dictionary.
func (r *restrictions) addSignature(file *pdf.File, signature pdf.Object) error {
	if ref, ok := signature.(pdf.Ref); ok {
		if r.seen[ref] {
			return nil
		}
		r.seen[ref] = true
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

func (r *restrictions) addTransform(file *pdf.File, method pdf.Name, parameters pdf.Dict) error {
	switch method {
	case "DocMDP":
		permission := FormFilling // the default of table 257
		if _, ok := parameters["P"]; ok {
			p, err := file.Integer(parameters["P"])
			if err != nil {
				return fmt.Errorf("read /P: %w", err)
			}
			permission = Permission(p)
		}
		if permission < NoChanges || permission > FormsAndComments {
			permission = NoChanges
		}
		if r.certification == NoCertification || permission < r.certification {
			r.certification = permission
		}
	case "FieldMDP":
		return r.addLock(file, parameters, true)
	}
	return nil
}

// addLock adds a FieldMDP parameter dictionary or a signature field's lock dictionary, which has the same entries and /P.
func (r *restrictions) addLock(file *pdf.File, entry pdf.Object, signed bool) error {
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
	if r.names += len(names); r.names > maxLockedNames || len(r.locks) == maxLocks {
		return &Error{Code: CodeTooComplex, Detail: "the signatures lock too many fields"}
	}
	added := lock{action: action, fields: make(map[string]bool, len(names)), signed: signed}
	for _, name := range names {
		text, err := file.String(name)
		if err != nil {
			return fmt.Errorf("read /Fields: %w", err)
		}
		added.fields[text.Text()] = true
	}
	r.locks = append(r.locks, added)
	permission, err := file.Integer(dict["P"])
	if err != nil {
		return fmt.Errorf("read /P: %w", err)
	}
	// Permissions can be denied but not added: table 236.
	if p := Permission(permission); p >= NoChanges && p <= FormsAndComments && (r.left == NoCertification || p < r.left) {
		r.left = p
	}
	return nil
}

// permits says whether changes of that kind are left to whoever comes next.
func (r *restrictions) permits(change Permission) bool {
	return (r.certification == NoCertification || r.certification >= change) && (r.left == NoCertification || r.left >= change)
}

// locked says whether a field of that name must not change, or, if it is not there yet, must not appear.
func (r *restrictions) locked(name string, existing bool) bool {
	return slices.ContainsFunc(r.locks, func(l lock) bool { return (existing || l.signed) && l.covers(name) })
}

// allow says whether a signature may be added in the field of that name; existing = the field is there already.
func (r *restrictions) allow(options Options, existing bool) error {
	if !r.permits(FormFilling) {
		return &Error{Code: CodeChangesForbidden, Detail: "an earlier signature forbids every change of this document"}
	}
	// A new field that is seen is an annotation to readers.
	if options.Appearance != nil && !existing && !r.permits(FormsAndComments) {
		return &Error{Code: CodeChangesForbidden,
			Detail: "an earlier signature forbids new visible fields: sign a field that is there, or invisibly"}
	}
	if options.Certify != NoCertification && r.signed {
		return &Error{Code: CodeAlreadySigned, Detail: "only the first signature of a document can certify it"}
	}
	if options.Field != "" && r.locked(options.Field, existing) {
		return &Error{Code: CodeChangesForbidden, Detail: "an earlier signature has locked this field"}
	}
	return nil
}
