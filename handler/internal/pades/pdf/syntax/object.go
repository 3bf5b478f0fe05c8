package syntax

import "maps"

// Object is one of the objects of ISO 32000-2, 7.3: nil (null), bool, Integer, Real, String, Name,
// Array, Dict or Ref; for writing also *Hole. A stream is no Object here, because its data are in a
// file.
type Object any

// Integer is an integer object.
type Integer int64

// Real is a real number as it is written, so that rewriting keeps its precision.
type Real string

// String is a string object: the bytes that its literal or hexadecimal form denotes.
type String []byte

// Name is a name object without its solidus and with #xx decoded.
type Name string

// Array is an array object.
type Array []Object

// Clone is a shallow copy.
func (a Array) Clone() Array { return append(Array(nil), a...) }

// Dict is a dictionary object. A key whose value is null is the same as an absent one (ISO 32000-2,
// 7.3.7), so parsing and writing leave it out. Of duplicate keys the last one counts, as in qpdf
// and PDF.js; Parser.Find refuses duplicates.
type Dict map[Name]Object

// Clone is a shallow copy; never nil.
func (d Dict) Clone() Dict {
	if d == nil {
		return Dict{}
	}
	return maps.Clone(d)
}

// With returns a copy of a dictionary in which changes replace entries. A change to nil removes the
// entry. A copy is needed because objects of a file are shared and never changed in place.
func (d Dict) With(changes Dict) Dict {
	changed := make(Dict, len(d)+len(changes))
	maps.Copy(changed, d)
	maps.Copy(changed, changes)
	maps.DeleteFunc(changed, func(_ Name, value Object) bool { return value == nil })
	return changed
}

// IsSignature reports whether a dictionary is a signature dictionary, whose /Contents is not
// encrypted: ISO 32000-2, 7.6.2.
func (d Dict) IsSignature() bool {
	return d["ByteRange"] != nil || d["Type"] == Name("Sig") || d["Type"] == Name("DocTimeStamp")
}

// MaxGeneration is the highest generation number: ISO 32000-2, 7.5.4.
const MaxGeneration = 65535

// maxNumber is the highest object number that is read.
const maxNumber = 1<<31 - 1

// Ref is an indirect reference.
type Ref struct{ Number, Generation int }

// Hole is a place that is filled in after the rest is written. The Writer writes Text verbatim,
// then, if there are Digits, a hexadecimal string of as many zeros. It sets Offset, in bytes from
// the start of the finished file.
type Hole struct {
	Text   []byte
	Digits int
	Offset int64
}
