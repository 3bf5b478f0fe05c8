package form

import (
	"errors"
	"fmt"

	"influxion/handler/internal/pades/pdf"
)

// Signature returns the signature dictionary that is the field's value, whatever type the field
// declares; nil = the value is no signature dictionary.
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

// Empty reports whether readers treat a signature field as unsigned: it has no value, or a value
// that is neither a dictionary nor a stream.
func (f *Field) Empty(file *pdf.File) (bool, error) {
	value, err := file.Resolve(f.Value)
	if err != nil {
		return false, file.At(f.Ref, fmt.Errorf("read /V: %w", err))
	}
	return value == nil || isOther(value), nil
}

// signatureValue returns a value that is a signature dictionary, or nil.
func signatureValue(file *pdf.File, value pdf.Object) (pdf.Dict, error) {
	object, err := file.Resolve(value)
	if pdfErr, ok := errors.AsType[*pdf.Error](err); ok && pdfErr.Kind == pdf.Damaged {
		return nil, nil
	}
	dict, _ := object.(pdf.Dict)
	if err != nil || !IsSignature(dict) {
		return nil, err
	}
	return dict, nil
}

// IsSignature reports whether a dictionary looks like a signature dictionary: ISO 32000-2, table
// 255. /Type is optional, and /ByteRange is in all signatures of the document's bytes.
func IsSignature(dict pdf.Dict) bool {
	return dict["ByteRange"] != nil ||
		dict["Contents"] != nil && (dict["Type"] == pdf.Name("Sig") || dict["Type"] == pdf.Name("DocTimeStamp"))
}
