package pdf

import (
	"errors"
	"fmt"

	"influxion/handler/internal/pades/pdf/bounds"
)

// ErrorKind is the class of an Error.
type ErrorKind = bounds.ErrorKind

// The kinds of error.
const (
	NotPDF         = bounds.NotPDF         // no PDF header
	Damaged        = bounds.Damaged        // the structure cannot be read, or needs a feature that is not supported
	TooComplex     = bounds.TooComplex     // over one of the Limits
	Encrypted      = bounds.Encrypted      // by a security handler or in a way that is not supported
	PasswordNeeded = bounds.PasswordNeeded // to open it
	PasswordWrong  = bounds.PasswordWrong  // the one that was given
)

// Error says what is wrong with a document.
type Error = bounds.Error

func damaged(format string, args ...any) *Error { return Damaged.Errorf(format, args...) }

// damagedAt returns the error for damage at an offset of the file that is in no object.
func damagedAt(offset int64, format string, args ...any) *Error {
	return Damaged.ErrorfAt(offset, format, args...)
}

// misledAt returns the error for wrong cross-references at an offset of the file.
func misledAt(offset int64, format string, args ...any) *Error {
	e := damagedAt(offset, format, args...)
	e.Repairable = true
	return e
}

// misled returns the error for wrong cross-references.
func misled(format string, args ...any) *Error {
	e := damaged(format, args...)
	e.Repairable = true
	return e
}

func tooComplex(format string, args ...any) *Error { return TooComplex.Errorf(format, args...) }

// damagedDetail returns the Detail of an Error of Kind Damaged; ok is false for any other error.
func damagedDetail(err error) (detail string, ok bool) {
	typed, ok := errors.AsType[*Error](err)
	if !ok || typed.Kind != Damaged {
		return "", false
	}
	return typed.Detail, true
}

// otherType returns the error for a value of another type than the caller asked for.
func otherType(value Object, kind string) error {
	err := damaged("an object has another type than %s", kind)
	_, isStream := value.(*Stream)
	err.OtherType = !isStream
	return err
}

// OtherType reports whether an error of Dict, Array, Integer and the like says only that the value
// has another type. Readers ignore an entry with such a value, as if it were absent. A stream is an
// exception: some readers take its dictionary for the value.
func OtherType(err error) bool {
	typed, ok := errors.AsType[*Error](err)
	return ok && typed.OtherType
}

// OptionalDict resolves an entry that a document may leave out. It does what Dict does, but treats
// a value of another type (OtherType) as absent.
func (f *File) OptionalDict(object Object) (Dict, error) {
	dict, err := f.Dict(object)
	if OtherType(err) {
		return nil, nil
	}
	return dict, err
}

// OptionalArray does for Array what OptionalDict does for Dict.
func (f *File) OptionalArray(object Object) (Array, error) {
	array, err := f.Array(object)
	if OtherType(err) {
		return nil, nil
	}
	return array, err
}

// At adds the object and its offset to an error of Kind Damaged, unless the error names a place
// already. Callers that read values of an object use it, because a value does not know its place.
// Any other error stays as it is.
func (f *File) At(ref Ref, err error) error {
	return bounds.Placed(err, func() string { return f.placeOf(ref) })
}

// Near adds a place to an error of Kind Damaged that names none: the object that was read last.
// That object holds the value or led to it.
func (f *File) Near(err error) error {
	return bounds.Placed(err, func() string { return "near " + f.placeOf(f.latest) })
}

// placeOf says where an object is.
func (f *File) placeOf(ref Ref) string {
	if f.chain == nil {
		return fmt.Sprintf("object %d", ref.Number)
	}
	switch entry := f.find(ref.Number); entry.Kind {
	case EntryOffset:
		return fmt.Sprintf("object %d at offset %d", ref.Number, entry.Offset)
	case EntryInStream:
		return fmt.Sprintf("object %d in object stream %d", ref.Number, entry.StreamNumber)
	}
	if f.rebuilt {
		return fmt.Sprintf("object %d, which is not in the file up to its end at offset %d", ref.Number, f.size)
	}
	return fmt.Sprintf("object %d, which the cross-references at offset %d do not have", ref.Number, f.newest().Offset)
}
