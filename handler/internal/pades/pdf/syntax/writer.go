package syntax

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const maxWriteDepth = 1000 // bounds objects that contain themselves

// Append appends the written form of an object. The form is canonical (sorted keys, single spaces),
// so that equal objects have equal forms. Append cannot write a *Stream, which is always an
// indirect object.
func Append(dst []byte, object Object) ([]byte, error) {
	w := Writer{Out: dst}
	w.object(object, 0)
	return w.Out, w.Err
}

// Writer writes objects. Its first error sticks.
type Writer struct {
	Out   []byte
	Base  int64 // offset of Out[0] in the file
	Holes bool  // set the offsets of holes
	// Encrypt returns the encrypted form of a string in the present object; nil = strings are not
	// encrypted.
	Encrypt func(String) (String, error)
	Err     error
}

// Offset is where the next byte is in the file.
func (w *Writer) Offset() int64 { return w.Base + int64(len(w.Out)) }

// Fail ends the writing, unless an earlier error has.
func (w *Writer) Fail(format string, args ...any) {
	if w.Err == nil {
		w.Err = fmt.Errorf(format, args...)
	}
}

func (w *Writer) object(object Object, depth int) {
	if depth > maxWriteDepth {
		w.Fail("an object is nested more than %d deep", maxWriteDepth)
		return
	}
	switch o := object.(type) {
	case nil:
		w.Out = append(w.Out, "null"...)
	case bool:
		w.Out = strconv.AppendBool(w.Out, o)
	case Integer:
		w.Out = strconv.AppendInt(w.Out, int64(o), 10)
	case Real:
		if !writable(o) {
			w.Fail("%q is not a real number", string(o))
		}
		w.Out = append(w.Out, o...)
	case String:
		w.string(w.encrypted(o))
	case Name:
		w.name(o)
	case Ref:
		if o.Number < 0 || o.Generation < 0 || o.Generation > MaxGeneration {
			w.Fail("reference %d %d is out of range", o.Number, o.Generation)
		}
		w.numbers(o)
		w.Out = append(w.Out, " R"...)
	case Array:
		w.array(o, depth)
	case Dict:
		w.dict(o, depth)
	case *Hole:
		if w.Holes {
			o.Offset = w.Offset()
		}
		w.Out = append(w.Out, o.Text...)
		if o.Digits > 0 {
			w.zeros(o.Digits)
		}
	default:
		w.Fail("%T is not an object that can be written", object)
	}
}

// zeros writes a hexadecimal string of so many digits.
func (w *Writer) zeros(digits int) {
	const some = "0000000000000000000000000000000000000000000000000000000000000000"
	w.Out = append(w.Out, '<')
	for ; digits > len(some); digits -= len(some) {
		w.Out = append(w.Out, some...)
	}
	w.Out = append(append(w.Out, some[:digits]...), '>')
}

func (w *Writer) numbers(ref Ref) {
	w.Out = strconv.AppendInt(w.Out, int64(ref.Number), 10)
	w.Out = append(w.Out, ' ')
	w.Out = strconv.AppendInt(w.Out, int64(ref.Generation), 10)
}

// writable reports whether a Real reads back as itself.
func writable(r Real) bool {
	digits := strings.TrimLeft(string(r), "+-")
	whole, fraction, point := strings.Cut(digits, ".")
	isDigits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	return len(r)-len(digits) <= 1 && point && whole+fraction != "" && isDigits(whole) && isDigits(fraction)
}

func (w *Writer) array(array Array, depth int) {
	w.Out = append(w.Out, '[')
	for i, element := range array {
		if i > 0 {
			w.Out = append(w.Out, ' ')
		}
		w.object(element, depth+1)
	}
	w.Out = append(w.Out, ']')
}

func (w *Writer) dict(dict Dict, depth int) {
	w.Out = append(w.Out, "<<"...)
	keys := make([]Name, 0, 16) // on the stack, for all but large ones
	for key := range dict {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if dict[key] == nil {
			continue
		}
		w.name(key)
		w.Out = append(w.Out, ' ')
		if contents, ok := dict[key].(String); ok && key == "Contents" && dict.IsSignature() {
			w.string(contents)
			continue
		}
		w.object(dict[key], depth+1)
	}
	w.Out = append(w.Out, ">>"...)
}

func (w *Writer) encrypted(s String) String {
	if w.Encrypt == nil {
		return s
	}
	out, err := w.Encrypt(s)
	if err != nil {
		w.Fail("encrypt string: %w", err)
	}
	return out
}

const hexDigits = "0123456789ABCDEF"

func (w *Writer) name(name Name) {
	w.Out = append(w.Out, '/')
	for _, c := range []byte(name) {
		if c <= ' ' || c > '~' || c == '#' || class[c] == delimiter {
			w.Out = append(w.Out, '#', hexDigits[c>>4], hexDigits[c&15])
		} else {
			w.Out = append(w.Out, c)
		}
	}
}

// string writes a literal string, or a hexadecimal one if that is shorter.
func (w *Writer) string(s String) {
	start := len(w.Out)
	w.Out = append(w.Out, '(')
	for _, c := range s {
		switch {
		case c == '(' || c == ')' || c == '\\':
			w.Out = append(w.Out, '\\', c)
		case c == '\n':
			w.Out = append(w.Out, `\n`...)
		case c == '\r':
			w.Out = append(w.Out, `\r`...)
		case c >= ' ' && c <= '~':
			w.Out = append(w.Out, c)
		default:
			w.Out = append(w.Out, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		}
	}
	w.Out = append(w.Out, ')')
	if len(w.Out)-start <= 2*len(s)+2 {
		return
	}
	w.Out = append(w.Out[:start], '<')
	for _, c := range s {
		w.Out = append(w.Out, hexDigits[c>>4], hexDigits[c&15])
	}
	w.Out = append(w.Out, '>')
}

// Object writes a direct object.
func (w *Writer) Object(object Object) { w.object(object, 0) }

// Indirect writes an object that is no stream, from "n g obj" to endobj.
func (w *Writer) Indirect(ref Ref, object Object) {
	w.numbers(ref)
	w.Out = append(w.Out, " obj\n"...)
	w.object(object, 0)
	w.Out = append(w.Out, "\nendobj\n"...)
}

// Stream writes a stream from "n g obj" to endobj. It sets /Length.
func (w *Writer) Stream(ref Ref, entries Dict, data []byte) {
	w.numbers(ref)
	w.Out = append(w.Out, " obj\n"...)
	dict := entries.Clone()
	dict["Length"] = Integer(len(data))
	w.object(dict, 0)
	w.Out = append(w.Out, "\nstream\n"...)
	w.Out = append(w.Out, data...)
	w.Out = append(w.Out, "\nendstream\nendobj\n"...)
}
