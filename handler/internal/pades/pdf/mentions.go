package pdf

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"influxion/handler/internal/pades/pdf/syntax"
)

// Bounds of the bytes in which Mentions looks.
const (
	mentionBack = 1024    // in front of where an object should be: readers that repair look there, too
	maxMention  = 1 << 20 // behind the place where an object should be
	mentionCost = 4       // of a byte, in units of Limits.Work
)

// mention matches what another reader may take for a reference.
var mention = regexp.MustCompile(`([0-9]+)[\x00\t\n\f\r ]+[0-9]+[\x00\t\n\f\r ]+R`)

// Mentions returns the object numbers to which an unreadable object may refer in other readers: all
// numbers that look like references in the bytes of the object. For a member of an object stream,
// these are the bytes of the whole stream. Numbers that are too large for this package are reduced
// to 32 bits, as some readers do. Errors as for Object, but never Damaged.
func (f *File) Mentions(number int) ([]int, error) {
	entry := f.find(number)
	var text []byte
	switch entry.Kind {
	case EntryInStream:
		stream, err := f.objectStream(entry.StreamNumber)
		if _, damaged := damagedDetail(err); damaged {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		text = stream.data
	case EntryOffset:
		from := max(0, entry.Offset-mentionBack)
		size := min(f.size-from, mentionBack+maxMention)
		if size <= 0 {
			return nil, nil
		}
		if err := f.account.Take(size); err != nil {
			return nil, err
		}
		defer f.Give(size)
		text = make([]byte, size)
		if err := f.read(text, from); err != nil {
			return nil, err
		}
		if end := bytes.Index(text[min(entry.Offset-from, size):], []byte("endobj")); end >= 0 {
			text = text[:int(entry.Offset-from)+end]
		}
	}
	if err := f.account.Spend(int64(len(text)) * mentionCost); err != nil {
		return nil, err
	}
	return f.numbersIn(text), nil
}

// numbersIn returns the numbers in a text that look like references, sorted.
func (f *File) numbersIn(text []byte) []int {
	var numbers []int
	for _, found := range mention.FindAllSubmatch(text, f.limits.Elements) {
		digits := string(found[1])
		n, err := strconv.ParseUint(digits, 10, 64)
		if err != nil {
			n, _ = strconv.ParseUint(digits[len(digits)-15:], 10, 64) // no reader knows such numbers
		}
		if n = uint64(uint32(n)); n < uint64(f.limits.Objects) {
			numbers = append(numbers, int(n))
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// maxNull is the number of bytes that are read of an object that may be null.
const maxNull = 64

// SaysNull reports whether an object is written so plainly as null that every reader takes it for
// null. Errors are those of the Source, of the context, and limits.
func (f *File) SaysNull(ref Ref) (bool, error) {
	entry := f.find(ref.Number)
	if entry.Generation != ref.Generation {
		return false, nil
	}
	switch entry.Kind {
	case EntryInStream:
		stream, err := f.objectStream(entry.StreamNumber)
		if _, damaged := damagedDetail(err); damaged {
			return false, nil
		}
		if err != nil || entry.Index >= len(stream.offsets) {
			return false, err
		}
		from := min(stream.first+int(stream.offsets[entry.Index]), len(stream.data))
		rest, isNull := bytes.CutPrefix(bytes.TrimLeft(stream.data[from:], " \t\r\n"), []byte("null"))
		return isNull && (len(rest) == 0 || syntax.IsWhite(rest[0])), nil
	case EntryOffset:
		text := make([]byte, max(0, min(maxNull, f.size-entry.Offset)))
		if err := f.read(text, entry.Offset); err != nil {
			return false, err
		}
		words := bytes.Fields(text)
		plain := fmt.Sprintf("%d %d obj null endobj", ref.Number, ref.Generation)
		return len(words) > 5 && syntax.IsRegular(text[0]) && string(bytes.Join(words[:5], []byte(" "))) == plain, nil
	}
	return false, nil
}
