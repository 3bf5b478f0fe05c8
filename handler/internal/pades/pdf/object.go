package pdf

import (
	"maps"
)

// Object is one of the objects of ISO 32000-2, 7.3: nil (null), bool, Integer, Real, String, Name,
// Array, Dict, *Stream or Ref; for writing also *Hole. Objects that a File gives are shared with
// its cache: clone a Dict or an Array before changing it.
type Object any

// Integer is an integer object.
type Integer int64

// Real is a real number as it is written, so that rewriting keeps its precision.
type Real string

// String is a string object: the bytes that its literal or hexadecimal form stands for.
type String []byte

// Name is a name object without its solidus and with #xx decoded.
type Name string

// Array is an array object.
type Array []Object

// Clone is a shallow copy.
func (a Array) Clone() Array { return append(Array(nil), a...) }

// Dict is a dictionary object. A key whose value is null is the same as an absent one (ISO 32000-2,
// 7.3.7), so parsing and writing leave it out. Of duplicate keys the last one counts, as in qpdf
// and PDF.js; File.Span refuses them.
type Dict map[Name]Object

// Clone is a shallow copy; never nil.
func (d Dict) Clone() Dict {
	if d == nil {
		return Dict{}
	}
	return maps.Clone(d)
}

// Ref is an indirect reference.
type Ref struct{ Number, Generation int }

// Hole is a place in an Update that is filled in after the rest is written: Text goes out verbatim,
// and Update.Bytes sets Offset, in bytes from the start of the finished file.
type Hole struct {
	Text   []byte
	Offset int64
}
