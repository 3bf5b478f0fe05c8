package pdf

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const maxWriteDepth = 1000 // objects that contain themselves must end

// Append appends the written form of an object: a canonical one, with sorted keys and single
// spaces, so that equal objects have equal forms. A *Stream cannot be written here, since it is
// only ever an indirect object.
func Append(dst []byte, object Object) ([]byte, error) {
	w := writer{out: dst}
	w.object(object, 0)
	return w.out, w.err
}

// writer writes objects. Its first error sticks.
type writer struct {
	out   []byte
	base  int64 // offset of out[0] in the file
	holes bool  // set the offsets of holes
	// encrypt returns a string as it is written in the present object; nil = as it is.
	encrypt func(String) (String, error)
	err     error
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

func (w *writer) object(object Object, depth int) {
	if depth > maxWriteDepth {
		w.fail("an object is nested more than %d deep", maxWriteDepth)
		return
	}
	switch o := object.(type) {
	case nil:
		w.out = append(w.out, "null"...)
	case bool:
		w.out = strconv.AppendBool(w.out, o)
	case Integer:
		w.out = strconv.AppendInt(w.out, int64(o), 10)
	case Real:
		if !writable(o) {
			w.fail("%q is no real number", string(o))
		}
		w.out = append(w.out, o...)
	case String:
		w.string(w.encrypted(o))
	case Name:
		w.name(o)
	case Ref:
		if o.Number < 0 || o.Generation < 0 || o.Generation > maxGeneration {
			w.fail("reference %d %d is out of range", o.Number, o.Generation)
		}
		w.numbers(o)
		w.out = append(w.out, " R"...)
	case Array:
		w.array(o, depth)
	case Dict:
		w.dict(o, depth)
	case *Hole:
		if w.holes {
			o.Offset = w.base + int64(len(w.out))
		}
		w.out = append(w.out, o.Text...)
	default:
		w.fail("%T is no object that can be written here", object)
	}
}

func (w *writer) numbers(ref Ref) {
	w.out = strconv.AppendInt(w.out, int64(ref.Number), 10)
	w.out = append(w.out, ' ')
	w.out = strconv.AppendInt(w.out, int64(ref.Generation), 10)
}

// writable reports whether a Real reads back as itself.
func writable(r Real) bool {
	digits := strings.TrimLeft(string(r), "+-")
	whole, fraction, point := strings.Cut(digits, ".")
	isDigits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	return len(r)-len(digits) <= 1 && point && whole+fraction != "" && isDigits(whole) && isDigits(fraction)
}

func (w *writer) array(array Array, depth int) {
	w.out = append(w.out, '[')
	for i, element := range array {
		if i > 0 {
			w.out = append(w.out, ' ')
		}
		w.object(element, depth+1)
	}
	w.out = append(w.out, ']')
}

func (w *writer) dict(dict Dict, depth int) {
	w.out = append(w.out, "<<"...)
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
		w.out = append(w.out, ' ')
		if contents, ok := dict[key].(String); ok && key == "Contents" && isSignature(dict) {
			w.string(contents)
			continue
		}
		w.object(dict[key], depth+1)
	}
	w.out = append(w.out, ">>"...)
}

func (w *writer) encrypted(s String) String {
	if w.encrypt == nil {
		return s
	}
	out, err := w.encrypt(s)
	if err != nil {
		w.fail("encrypt string: %w", err)
	}
	return out
}

const hexDigits = "0123456789ABCDEF"

func (w *writer) name(name Name) {
	w.out = append(w.out, '/')
	for _, c := range []byte(name) {
		if c <= ' ' || c > '~' || c == '#' || class[c] == delimiter {
			w.out = append(w.out, '#', hexDigits[c>>4], hexDigits[c&15])
		} else {
			w.out = append(w.out, c)
		}
	}
}

// string writes a literal string, or a hexadecimal one where that is shorter.
func (w *writer) string(s String) {
	start := len(w.out)
	w.out = append(w.out, '(')
	for _, c := range s {
		switch {
		case c == '(' || c == ')' || c == '\\':
			w.out = append(w.out, '\\', c)
		case c == '\n':
			w.out = append(w.out, `\n`...)
		case c == '\r':
			w.out = append(w.out, `\r`...)
		case c >= ' ' && c <= '~':
			w.out = append(w.out, c)
		default:
			w.out = append(w.out, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		}
	}
	w.out = append(w.out, ')')
	if len(w.out)-start <= 2*len(s)+2 {
		return
	}
	w.out = append(w.out[:start], '<')
	for _, c := range s {
		w.out = append(w.out, hexDigits[c>>4], hexDigits[c&15])
	}
	w.out = append(w.out, '>')
}

// indirect writes "n g obj" to endobj.
func (w *writer) indirect(ref Ref, object Object, data []byte) {
	w.numbers(ref)
	w.out = append(w.out, " obj\n"...)
	if stream, ok := object.(*Stream); ok {
		dict := stream.Dict.Clone()
		dict["Length"] = Integer(len(data))
		w.object(dict, 0)
		w.out = append(w.out, "\nstream\n"...)
		w.out = append(w.out, data...)
		w.out = append(w.out, "\nendstream"...)
	} else {
		w.object(object, 0)
	}
	w.out = append(w.out, "\nendobj\n"...)
}
