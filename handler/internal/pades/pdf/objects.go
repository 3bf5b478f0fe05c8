package pdf

import "influxion/handler/internal/pades/pdf/syntax"

// Object is one of the objects of ISO 32000-2, 7.3: nil (null), bool, Integer, Real, String, Name,
// Array, Dict, *Stream or Ref; for writing also *Hole. Objects that a File gives are shared with
// its cache: clone a Dict or an Array before changing it.
type Object = syntax.Object

// The kinds of object.
type (
	// Integer is an integer object.
	Integer = syntax.Integer
	// Real is a real number as it is written, so that rewriting keeps its precision.
	Real = syntax.Real
	// String is a string object: the bytes that its literal or hexadecimal form denotes.
	String = syntax.String
	// Name is a name object without its solidus and with #xx decoded.
	Name = syntax.Name
	// Array is an array object.
	Array = syntax.Array
	// Dict is a dictionary object. Of duplicate keys the last one counts; File.Span refuses them.
	Dict = syntax.Dict
	// Ref is an indirect reference.
	Ref = syntax.Ref
	// Hole is a place in an Update that is filled in after the rest is written. Update.Bytes sets
	// its Offset.
	Hole = syntax.Hole
)

// Text makes a text string: ISO 32000-2, 7.9.2.2.
func Text(s string) String { return syntax.Text(s) }

// Append appends the written form of an object, which must be no *Stream. The form is canonical
// (sorted keys, single spaces), so that equal objects have equal forms.
func Append(dst []byte, object Object) ([]byte, error) { return syntax.Append(dst, object) }

// Footprint is an upper bound of the memory of an object in bytes, for callers that keep it longer
// than the File does.
func Footprint(object Object) int64 {
	if stream, ok := object.(*Stream); ok {
		return syntax.StreamSize + syntax.Footprint(stream.Dict)
	}
	return syntax.Footprint(object)
}
