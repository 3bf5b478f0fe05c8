package pdf

import "errors"

// otherType is the error for a value whose type is not the one that is asked for.
func otherType(value Object, kind string) error {
	err := damaged("an object has another type than %s", kind)
	_, isStream := value.(*Stream)
	err.OtherType = !isStream
	return err
}

// OtherType reports whether an error of Dict, Array, Integer and their like says no more than that
// the value has another type. Readers ignore an entry with such a value, as if it were absent. A
// stream is an exception: some readers take its dictionary for the value.
func OtherType(err error) bool {
	typed, ok := errors.AsType[*Error](err)
	return ok && typed.OtherType
}

// OptionalDict resolves an entry that a document may leave out. It is as Dict, but a value for
// which OtherType holds counts as absent.
func (f *File) OptionalDict(object Object) (Dict, error) {
	dict, err := f.Dict(object)
	if OtherType(err) {
		return nil, nil
	}
	return dict, err
}

// OptionalArray is to Array what OptionalDict is to Dict.
func (f *File) OptionalArray(object Object) (Array, error) {
	array, err := f.Array(object)
	if OtherType(err) {
		return nil, nil
	}
	return array, err
}
