package verify

import (
	"errors"
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// readFields adds the signatures that are values of fields. It records as not judged the values
// that it cannot read, and the values of signature fields that are no dictionary.
func (e *examination) readFields(form *form.Form) error {
	for _, field := range form.Fields {
		dict, err := field.Signature(e.file)
		ref, _ := field.Value.(pdf.Ref)
		if err != nil {
			why, err := unreadable(err)
			if err != nil {
				return err
			}
			e.leaveObject(ref.Number, fmt.Sprintf("the value of field %q: %s", field.Name, why))
			continue
		}
		switch {
		case dict != nil && field.Kind != "Sig":
			err = e.addSignature(field, dict, "the field does not state that it is a signature field")
		case dict != nil:
			err = e.addSignature(field, dict)
		case field.Value != nil && field.Kind == "Sig":
			e.leaveObject(ref.Number,
				fmt.Sprintf("the value of signature field %q is missing, or is not a dictionary", field.Name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readPermissions adds the certification that only /Perms names. It records usage rights signatures
// as not judged: ISO 32000-2, 12.8.6.
func (e *examination) readPermissions(catalog pdf.Dict) error {
	permissions, err := e.file.Dict(catalog["Perms"])
	if err != nil {
		if pdfErr, ok := errors.AsType[*pdf.Error](err); ok && pdfErr.Kind == pdf.Damaged {
			err = nil
		}
		return err
	}
	for _, key := range []pdf.Name{"DocMDP", "UR", "UR3"} {
		value := permissions[key]
		ref, _ := value.(pdf.Ref)
		if value == nil || e.judged(ref) {
			continue
		}
		dict, err := e.file.Dict(value)
		why := "/Perms names a certification that does not exist"
		if err != nil {
			if why, err = unreadable(err); err != nil {
				return err
			}
		}
		switch {
		case key == "DocMDP" && dict != nil:
			err = e.addSignature(form.Field{Kind: "Sig", Value: value}, dict,
				"only /Perms names this certification: no field of the form has it")
		case dict != nil:
			e.leaveObject(ref.Number,
				"a signature that grants usage rights to a reader says nothing about the document")
		default:
			e.leaveObject(ref.Number, why)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addSignature adds a signature dictionary to those that are judged. It returns an error for more
// than maxSignatures.
func (e *examination) addSignature(field form.Field, dict pdf.Dict, remarks ...string) error {
	if len(e.signatures) == maxSignatures {
		return &pades.Error{Code: pades.CodeTooComplex,
			Detail: fmt.Sprintf("the document has more than %d signatures", maxSignatures)}
	}
	ref, indirect := field.Value.(pdf.Ref)
	ranges, err := byteRange(e.file, dict)
	if err != nil {
		return err
	}
	finding := &pades.Signature{Kind: pades.KindSignature, Field: field.Name, ByteRange: ranges,
		ChangesAfter: pades.ChangeNotEvaluated, Remarks: remarks}
	e.signatures = append(e.signatures, &signedField{
		field: field, dict: dict, finding: finding, coverage: coverage{ranges: ranges},
		shared: indirect && e.judged(ref),
	})
	return nil
}
