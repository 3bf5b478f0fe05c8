package form

import (
	"errors"
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// maxLeftOut is the number of omitted entries that are reported.
const maxLeftOut = 10

// leaveOut reports whether an error of a node is a reason to omit the node, as readers omit what is
// no field. Errors of the cross-references and of limits remain errors. So does an unreadable root
// of a form that has signatures.
func (w *fieldWalk) leaveOut(err error, root pdf.Object, place string) (bool, error) {
	var pdfErr *pdf.Error
	if err == nil || !errors.As(err, &pdfErr) || pdfErr.Kind != pdf.Damaged || pdfErr.Repairable ||
		errors.Is(err, errMaySign) {
		return false, err
	}
	if _, indirect := root.(pdf.Ref); indirect && w.signs {
		if _, unreadable := w.file.Resolve(root); unreadable != nil {
			return false, err
		}
	}
	if len(w.left) < maxLeftOut {
		w.left = append(w.left, place+" is not a field and is left out: "+w.file.At(w.at, pdfErr).(*pdf.Error).Detail)
	}
	return true, nil
}

// ignore turns the error of an entry of another type into a remark, because readers then see no
// form, or none of its fields. In a form that has signatures, the error remains an error.
func (w *fieldWalk) ignore(err error, entry string) error {
	if !pdf.OtherType(err) || w.signs {
		return err
	}
	var pdfErr *pdf.Error
	errors.As(w.file.At(w.at, err), &pdfErr)
	w.left = append(w.left, entry+" counts as absent: "+pdfErr.Detail)
	return nil
}

// isOther reports whether an object is neither null, a dictionary nor a stream. No reader takes
// such an object for a dictionary; some take the dictionary of a stream.
func isOther(object pdf.Object) bool {
	switch object.(type) {
	case nil, pdf.Dict, *pdf.Stream:
		return false
	}
	return true
}

// errMaySign marks the error of a field that holds a signature, or may hold one below. Such a field
// is never omitted.
var errMaySign = errors.New("the field may have a signature")

// hidesNone marks an error with errMaySign if the value of the field, or something below it, may be
// a signature.
func (w *fieldWalk) hidesNone(err error, field pdf.Dict) error {
	kids, invalid := w.file.Array(field["Kids"])
	if len(kids) > 0 {
		return fmt.Errorf("%w: %w", errMaySign, err)
	}
	if invalid != nil && !pades.IsOfDocument(invalid) {
		return invalid
	}
	signature, invalid := signatureValue(w.file, field["V"])
	if invalid != nil {
		return invalid
	}
	if signature != nil {
		return fmt.Errorf("%w: %w", errMaySign, err)
	}
	return err
}

// saysSigned reports whether a form has the flag SignaturesExist: ISO 32000-2, table 225.
func saysSigned(file *pdf.File, dict pdf.Dict) bool {
	const signaturesExist = 1
	flags, err := file.Integer(dict["SigFlags"])
	return err != nil || flags&signaturesExist != 0
}
