package form

import (
	"errors"
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// maxLeftOut is how many entries that are left out are told.
const maxLeftOut = 10

// leaveOut takes an error of a node for a reason to pass over it, as readers do with what is no
// field, and says whether there is one. What the cross-references are to blame for, or a limit,
// stays an error; so does a root that cannot be read in a form that has signatures.
func (w *fieldWalk) leaveOut(err error, root pdf.Object, place string) (bool, error) {
	var fault *pdf.Error
	if err == nil || !errors.As(err, &fault) || fault.Kind != pdf.Damaged || fault.Repairable ||
		errors.Is(err, errMaySign) {
		return false, err
	}
	if _, indirect := root.(pdf.Ref); indirect && w.signs {
		if _, unreadable := w.file.Resolve(root); unreadable != nil {
			return false, err
		}
	}
	w.leave(place+" is no field and is left out", fault)
	return true, nil
}

// leave notes what is left out, with the place of the object that it is in.
func (w *fieldWalk) leave(what string, fault *pdf.Error) {
	if len(w.left) == maxLeftOut {
		return
	}
	if fault == nil {
		fault = &pdf.Error{Kind: pdf.Damaged, Detail: "an object has another type than a dictionary"}
	}
	w.left = append(w.left, what+": "+w.file.At(w.at, fault).(*pdf.Error).Detail)
}

// isOther says whether an object is one that no reader takes for a dictionary: neither one nor a
// stream, whose dictionary some readers take.
func isOther(object pdf.Object) bool {
	switch object.(type) {
	case nil, pdf.Dict, *pdf.Stream:
		return false
	}
	return true
}

// errMaySign marks the error of a field that has a signature, or may have one below it: it is never
// passed over.
var errMaySign = errors.New("the field may have a signature")

// hidesNone marks an error of a field whose value, or something below which, may be a signature.
func (w *fieldWalk) hidesNone(err error, field pdf.Dict) error {
	kids, fault := w.file.Array(field["Kids"])
	if len(kids) > 0 {
		return fmt.Errorf("%w: %w", errMaySign, err)
	}
	if fault != nil && !pades.IsOfDocument(fault) {
		return fault
	}
	signature, fault := signatureValue(w.file, field["V"])
	if fault != nil {
		return fault
	}
	if signature != nil {
		return fmt.Errorf("%w: %w", errMaySign, err)
	}
	return err
}

// saysSigned says whether a form has the flag SignaturesExist: ISO 32000-2, table 225.
func saysSigned(file *pdf.File, dict pdf.Dict) bool {
	const signaturesExist = 1
	flags, err := file.Integer(dict["SigFlags"])
	return err != nil || flags&signaturesExist != 0
}
