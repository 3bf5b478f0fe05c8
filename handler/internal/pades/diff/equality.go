package diff

import (
	"bytes"
	"errors"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"influxion/handler/internal/pades/pdf"
)

// equal reports whether an object is the same in two revisions. It does not follow references.
// Streams are the same if their dictionaries and their encoded data are.
func equal(old, new *pdf.File, a, b pdf.Object) (bool, error) {
	before, isStream := a.(*pdf.Stream)
	after, stillStream := b.(*pdf.Stream)
	if !isStream || !stillStream {
		return alike(a, b), nil
	}
	if !alike(before.Dict, after.Dict) {
		return false, nil
	}
	left, err := old.Encoded(before)
	if err != nil {
		return false, err
	}
	right, err := new.Encoded(after)
	if err != nil {
		return false, err
	}
	return sameBytes(new, left, right)
}

// byteRate is the number of bytes that are compared for one unit of pdf.Limits.Work.
const byteRate = 8

func sameBytes(file *pdf.File, a, b io.Reader) (bool, error) {
	left, right := make([]byte, 32<<10), make([]byte, 32<<10)
	for {
		n, err := io.ReadFull(a, left)
		m, other := io.ReadFull(b, right)
		if spent := file.Spend(int64(n) / byteRate); spent != nil {
			return false, spent
		}
		if err != nil && !isEnd(err) {
			return false, err
		}
		if other != nil && !isEnd(other) {
			return false, other
		}
		if !bytes.Equal(left[:n], right[:m]) {
			return false, nil
		}
		if err != nil {
			return true, nil
		}
	}
}

func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// rests removes from two arrays the references that both begin with. From each remainder it removes
// the references that occur earlier in the same array. Little remains of two versions of a growing
// list. again = the repeated references of the two arrays differ, or their order differs.
func rests(a, b pdf.Array) (was, is pdf.Array, again bool) {
	common := 0
	for common < min(len(a), len(b)) {
		ref, ok := a[common].(pdf.Ref)
		if other, isRef := b[common].(pdf.Ref); !ok || !isRef || ref != other {
			break
		}
		common++
	}
	was, before := unique(a[common:], a[:common])
	is, after := unique(b[common:], b[:common])
	return was, is, !slices.Equal(before, after)
}

// unique separates the repeated references of an array from its other elements. A reference is
// repeated if it occurs earlier in the array, or in begun, the references that the array continues.
func unique(array, begun pdf.Array) (kept, repeated pdf.Array) {
	const few = 4 // elements: for so few, making a set is more work than searching
	seen := func(ref pdf.Ref) bool {
		return slices.Contains(begun, pdf.Object(ref)) || slices.Contains(kept, pdf.Object(ref))
	}
	if len(array) > few {
		set := make(map[pdf.Ref]bool, len(begun)+len(array))
		for _, element := range begun {
			set[element.(pdf.Ref)] = true
		}
		seen = func(ref pdf.Ref) bool {
			known := set[ref]
			set[ref] = true
			return known
		}
	}
	for _, element := range array {
		if ref, isRef := element.(pdf.Ref); isRef && seen(ref) {
			repeated = append(repeated, element)
			continue
		}
		kept = append(kept, element)
	}
	return kept, repeated
}

// alike reports whether two objects are the same. It does not follow references. In boxes and
// matrices an integer and a real of the same value are the same (ISO 32000-2, 7.3.3). Elsewhere
// some readers may accept only one of the two types.
func alike(a, b pdf.Object) bool {
	switch a := a.(type) {
	case pdf.Dict:
		b, ok := b.(pdf.Dict)
		if !ok || len(a) != len(b) {
			return false
		}
		if reflect.ValueOf(a).UnsafePointer() == reflect.ValueOf(b).UnsafePointer() {
			return true
		}
		for key, value := range a {
			if other, has := b[key]; !has || !alikeUnder(key, value, other) {
				return false
			}
		}
		return true
	case pdf.Array:
		b, ok := b.(pdf.Array)
		return ok && len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.EqualFunc(a, b, alike))
	case pdf.String:
		b, ok := b.(pdf.String)
		return ok && bytes.Equal(a, b)
	}
	return a == b
}

// geometry are the keys of boxes and matrices.
var geometry = []pdf.Name{"MediaBox", "CropBox", "BleedBox", "TrimBox", "ArtBox", "Rect", "BBox", "Matrix"}

// alikeUnder reports whether two values of a key are the same.
func alikeUnder(key pdf.Name, a, b pdf.Object) bool {
	if alike(a, b) {
		return true
	}
	before, isArray := a.(pdf.Array)
	after, stillArray := b.(pdf.Array)
	return isArray && stillArray && slices.Contains(geometry, key) && slices.EqualFunc(before, after, sameNumber)
}

// sameNumber reports whether two numbers are equal for all readers. Beyond 32 bits, many read an
// integer as another number, and a real as it is.
func sameNumber(a, b pdf.Object) bool {
	text := numeral(a)
	if text == "" || text != numeral(b) {
		return false
	}
	value, err := strconv.ParseFloat(text, 64)
	return a == b || err == nil && math.Abs(value) <= math.MaxInt32
}

// numeral writes equal numbers as equal texts: it omits a plus sign, leading zeros, and zeros at
// the end of the fraction. "" = the object is no number.
func numeral(object pdf.Object) string {
	var text string
	switch n := object.(type) {
	case pdf.Integer:
		text = strconv.FormatInt(int64(n), 10)
	case pdf.Real:
		text = string(n)
	default:
		return ""
	}
	sign := ""
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		sign, text = "-", rest
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "+"), ".")
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if whole == "" && fraction == "" {
		return "0"
	}
	return sign + whole + "." + fraction
}

// differing gives the keys under which two dictionaries differ, sorted.
func differing(a, b pdf.Dict) []pdf.Name {
	var keys []pdf.Name
	for key, value := range a {
		if !alikeUnder(key, value, b[key]) {
			keys = append(keys, key)
		}
	}
	for key := range b {
		if _, ok := a[key]; !ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
