package sign

import (
	"crypto/x509"
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// byteRangeForm keeps the width of /ByteRange while its numbers are not known: ten digits each, as
// in a cross-reference table.
const byteRangeForm = "[%d %10d %10d %10d]"

// annotationFlags of a signature widget: Print and Locked (ISO 32000-2, table 167). PDF/A requires
// Print.
const annotationFlags = 4 | 128

// increment is the incremental update that adds one signature: the signature dictionary, its field,
// and the objects that refer to them.
type increment struct {
	file    *pdf.File
	update  *pdf.Update
	catalog pdf.Dict
	root    pdf.Ref
	form    *form.Form
	allowed *form.Restrictions
	remarks []string
	places
	options pades.Options
	signer  *x509.Certificate

	tags tagging

	unseen unseenLook
}

// unseenLook is the appearance of a new invisible widget.
type unseenLook struct {
	blank pdf.Object // an existing empty appearance; nil = a new one is made
	bare  bool       // make no appearance: readers treat a new one as a change that a certification forbids
}

// places are the holes of a signature dictionary.
type places struct{ byteRange, contents *pdf.Hole }

// newIncrement lays out the update for a CMS of at most size bytes.
func newIncrement(file *pdf.File, options pades.Options, chain []*x509.Certificate, size int) (*increment, error) {
	r, err := openIncrement(file)
	if err != nil {
		return nil, err
	}
	field, adopted, err := r.find(options.Field)
	if err != nil {
		return nil, err
	}
	if err := checkRights(file, field != nil); err != nil {
		return nil, err
	}
	if err := r.allowed.Allow(options, field != nil); err != nil {
		return nil, err
	}
	name := options.Field
	if name == "" {
		if name, err = r.form.FreeName(r.allowed); err != nil {
			return nil, err
		}
	}
	r.options, r.signer = options, chain[0]
	references, err := r.references(options, field)
	if err != nil {
		return nil, err
	}
	signature := r.addSignature(options, size, references)
	switch {
	case field == nil:
		err = r.addField(name, signature)
	case adopted != nil:
		err = r.adopt(adopted, signature)
	default:
		err = r.fillField(field, signature)
	}
	if err != nil {
		return nil, err
	}
	if err := r.finish(signature); err != nil {
		return nil, err
	}
	return r, nil
}

// finish writes what the signature changes beside its field: the structure tree, and the
// permissions of a certification.
func (r *increment) finish(signature pdf.Ref) error {
	if r.tags.tree != nil {
		if err := r.tags.tree.Write(r.file, r.update); err != nil {
			return err
		}
	}
	if r.options.Certify != pades.NoCertification {
		return r.addPermission(signature)
	}
	return nil
}

// find finds the field with a name; nil = there is none. adopted is not nil if a page shows the
// field but the form does not list it.
func (r *increment) find(name string) (field *form.Field, adopted *form.Orphan, err error) {
	if field := r.form.Find(name); field != nil || name == "" {
		return field, nil, nil
	}
	adopted, err = r.form.FindOrphan(r.file, name)
	if err != nil || adopted == nil {
		return nil, nil, err
	}
	return &adopted.Field, adopted, nil
}

// openIncrement begins an update and reads what the existing signatures permit.
func openIncrement(file *pdf.File) (*increment, error) {
	root, catalog, err := file.Catalog()
	if err != nil {
		return nil, err
	}
	fields, err := form.Read(file, catalog)
	if err != nil {
		return nil, err
	}
	restrictions, err := form.ReadRestrictions(file, catalog, fields)
	if err != nil {
		return nil, file.At(root, err)
	}
	r := &increment{file: file, update: file.NewUpdate(), catalog: catalog, root: root, form: fields,
		allowed: restrictions}
	r.repair()
	return r, nil
}

// addSignature adds the signature dictionary: ISO 32000-2, table 255, with the entries of EN 319
// 142-1, 6.3.
func (r *increment) addSignature(options pades.Options, size int, references pdf.Array) pdf.Ref {
	r.keepPlaces(size)
	dict := pdf.Dict{
		"Type":      pdf.Name("Sig"),
		"Filter":    pdf.Name("Adobe.PPKLite"),
		"SubFilter": pdf.Name("ETSI.CAdES.detached"),
		"ByteRange": r.byteRange,
		"Contents":  r.contents,
		"M":         pdf.Text(options.Time.UTC().Format("D:20060102150405+00'00'")),
	}
	for key, text := range map[pdf.Name]string{
		"Reason": options.Reason, "Location": options.Location, "ContactInfo": options.ContactInfo,
		"Name": options.Name,
	} {
		if text != "" {
			dict[key] = pdf.Text(text)
		}
	}
	if len(references) > 0 {
		dict["Reference"] = references
	}
	return r.update.Add(dict)
}

// keepPlaces makes the holes of a signature dictionary, for a CMS of at most size bytes.
func (r *increment) keepPlaces(size int) {
	r.byteRange = &pdf.Hole{Text: fmt.Appendf(nil, byteRangeForm, 0, 0, 0, 0)}
	r.contents = &pdf.Hole{Digits: 2 * size}
}

// references are the transforms of the signature (ISO 32000-2, 12.8.2): certification, and the
// /Lock of the field that is signed.
func (r *increment) references(options pades.Options, field *form.Field) (pdf.Array, error) {
	var references pdf.Array
	if options.Certify != pades.NoCertification {
		references = append(references, transform("DocMDP", pdf.Dict{"P": pdf.Integer(options.Certify)}))
	}
	if field == nil {
		return references, nil
	}
	lock, err := r.file.Dict(field.Dict["Lock"])
	if err != nil {
		return nil, fmt.Errorf("read /Lock: %w", err)
	}
	if lock == nil {
		return references, nil
	}
	parameters := pdf.Dict{}
	for _, key := range []pdf.Name{"Action", "Fields"} {
		if value, ok := lock[key]; ok {
			parameters[key] = value
		}
	}
	// Only this transform needs /Data, because its object is not implied: table 256.
	return append(references, transform("FieldMDP", parameters).With(pdf.Dict{"Data": r.root})), nil
}

func transform(method pdf.Name, parameters pdf.Dict) pdf.Dict {
	return pdf.Dict{
		"Type":            pdf.Name("SigRef"),
		"TransformMethod": method,
		"TransformParams": parameters.With(pdf.Dict{"Type": pdf.Name("TransformParams"), "V": pdf.Name("1.2")}),
	}
}

// addField makes a field with its widget and appends it to the form and to the page's annotations.
func (r *increment) addField(name string, signature pdf.Ref) error {
	if err := newFieldName(name); err != nil {
		return err
	}
	for _, other := range r.form.Fields {
		if form.RootName(other.Name) == name {
			return &pades.Error{Code: pades.CodeFieldUnusable,
				Detail: "a field of this name exists and is not a signature field"}
		}
	}
	page, entries, err := r.newWidget()
	if err != nil {
		return err
	}
	field := entries.With(pdf.Dict{
		"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
		"T": pdf.Text(name), "V": signature, "P": page.Ref, "F": pdf.Integer(annotationFlags),
	})
	widget := r.update.Add(field)
	if r.options.Appearance != nil {
		tagged, err := r.tag(widget, page.Ref)
		if err != nil {
			return err
		}
		field["TU"] = r.alternateName()
		r.update.Set(widget, field.With(tagged))
	}
	annotations, err := r.annotations(page)
	if err != nil {
		return err
	}
	// The page gets an array of its own, because an array that several pages share would show the
	// widget on each of them.
	listed := append(annotations[:len(annotations):len(annotations)], widget)
	changes := r.pageEntries(page).With(pdf.Dict{"Annots": listed})
	r.update.Set(page.Ref, page.Dict.With(changes))
	return r.extendForm(widget)
}

// fillField signs an existing empty signature field. It adds to the form the fields in added.
func (r *increment) fillField(field *form.Field, signature pdf.Ref, added ...pdf.Object) error {
	switch {
	case field.Kind != "Sig":
		return &pades.Error{Code: pades.CodeFieldUnusable, Detail: "the field of this name is not a signature field"}
	case field.Ref == pdf.Ref{}:
		return &pades.Error{Code: pades.CodeFieldUnusable, Detail: "the field of this name is a direct object"}
	}
	empty, err := field.Empty(r.file)
	if err != nil {
		return err
	}
	if !empty {
		return &pades.Error{Code: pades.CodeFieldUnusable, Detail: "the field of this name is signed already"}
	}
	r.update.Set(field.Ref, field.Dict.With(r.filled(field, signature)))
	if err := r.fillWidgets(field, signature); err != nil {
		return r.file.At(field.Ref, err)
	}
	return r.extendForm(added...)
}

// filled are the entries that an existing field gets with its signature.
func (r *increment) filled(field *form.Field, signature pdf.Ref) pdf.Dict {
	entries := pdf.Dict{"V": signature}
	if r.options.Appearance != nil && field.Dict["TU"] == nil && !r.allowed.Signed() {
		entries["TU"] = r.alternateName()
	}
	return entries
}

// extendForm adds fields to the form and sets its signature flags. All other entries stay. The
// form, and its array of fields, may be absent, direct or indirect.
func (r *increment) extendForm(added ...pdf.Object) error {
	holder := r.root
	if ref, ok := r.form.Holder.(pdf.Ref); ok {
		holder = ref
	}
	flags, err := r.file.Integer(r.form.Dict["SigFlags"])
	if err != nil && !pdf.OtherType(err) {
		return r.file.At(holder, fmt.Errorf("read /SigFlags: %w", err))
	}
	const signaturesExist, appendOnly = 1, 2
	changes := pdf.Dict{"SigFlags": flags | signaturesExist | appendOnly}
	if r.endsDefaults() {
		changes["NeedAppearances"] = nil
	}
	fields, err := r.fields()
	if err != nil {
		return r.file.At(holder, err)
	}
	extended := append(fields[:len(fields):len(fields)], added...)
	if ref, ok := r.form.Dict["Fields"].(pdf.Ref); ok && fields != nil {
		r.update.Set(ref, extended)
	} else {
		changes["Fields"] = extended
	}
	if ref, ok := r.form.Holder.(pdf.Ref); ok && r.form.Dict != nil {
		r.update.Set(ref, r.form.Dict.With(changes))
		return nil
	}
	r.catalog = r.catalog.With(pdf.Dict{"AcroForm": r.form.Dict.With(changes)})
	r.update.Set(r.root, r.catalog)
	return nil
}

// addPermission names the certification signature in the catalog: ISO 32000-2, 12.8.6.
func (r *increment) addPermission(signature pdf.Ref) error {
	permissions, err := r.file.OptionalDict(r.catalog["Perms"])
	if err != nil {
		return fmt.Errorf("read /Perms: %w", err)
	}
	r.catalog = r.catalog.With(pdf.Dict{"Perms": permissions.With(pdf.Dict{"DocMDP": signature})})
	r.update.Set(r.root, r.catalog)
	return nil
}
