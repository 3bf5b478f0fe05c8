package form

import (
	"errors"
	"fmt"

	"influxion/handler/internal/pades/pdf"
)

// Signature gives the signature dictionary that is the field's value, whether or not the field says
// that it is a signature field; nil = its value is none.
func (f *Field) Signature(file *pdf.File) (pdf.Dict, error) {
	if f.Value == nil {
		return nil, nil
	}
	object, err := file.Resolve(f.Value)
	dict, _ := object.(pdf.Dict)
	if err == nil && f.Kind != "Sig" && !IsSignature(dict) {
		return nil, nil
	}
	return dict, err
}

// Empty says whether readers take a signature field for one without a signature: it has no value,
// or one such as a string.
func (f *Field) Empty(file *pdf.File) (bool, error) {
	value, err := file.Resolve(f.Value)
	if err != nil {
		return false, file.At(f.Ref, fmt.Errorf("read /V: %w", err))
	}
	return value == nil || isOther(value), nil
}

// signatureValue gives a value that is a dictionary like those of signatures, or nil.
func signatureValue(file *pdf.File, value pdf.Object) (pdf.Dict, error) {
	object, err := file.Resolve(value)
	if fault, ok := errors.AsType[*pdf.Error](err); ok && fault.Kind == pdf.Damaged {
		return nil, nil
	}
	dict, _ := object.(pdf.Dict)
	if err != nil || !IsSignature(dict) {
		return nil, err
	}
	return dict, nil
}

// IsSignature says whether a dictionary looks like one of a signature: ISO 32000-2, table 255.
// /Type is optional, and /ByteRange is in all signatures of the document's bytes.
func IsSignature(dict pdf.Dict) bool {
	return dict["ByteRange"] != nil ||
		dict["Contents"] != nil && (dict["Type"] == pdf.Name("Sig") || dict["Type"] == pdf.Name("DocTimeStamp"))
}
