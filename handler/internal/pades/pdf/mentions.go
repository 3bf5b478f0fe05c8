package pdf

import (
	"bytes"
	"fmt"
	"slices"

	"influxion/handler/internal/pades/pdf/syntax"
)

// Bounds of the bytes in which Mentions looks.
const (
	mentionBack = 1024    // in front of where an object should be: readers that repair look there, too
	MaxMention  = 1 << 20 // behind the place where an object should be; a longer object is not evaluated
	MaxNumber   = syntax.MaxNumber
	mentionCost = 4 // of a byte, in units of Limits.Work
)

// mentionSize is how many bytes of memory a number takes in Mentions.
const mentionSize = 8

// Mentions returns the object numbers to which an unreadable object may refer in other readers: all
// numbers that look like references in the bytes of the object. For a member of an object stream,
// these are the bytes of the whole stream. Errors as for Object, but never Damaged: for an object
// stream that this package cannot decode, and for numbers of too many digits, the error is of Kind
// TooComplex.
func (f *File) Mentions(number int) ([]int, error) {
	entry := f.find(number)
	var text []byte
	switch entry.Kind {
	case EntryInStream:
		stream, err := f.objectStream(entry.StreamNumber)
		if _, damaged := damagedDetail(err); damaged {
			if f.find(entry.StreamNumber).Kind != EntryOffset {
				return nil, nil // no reader finds the stream
			}
			return nil, tooComplex("object stream %d is not decoded here, and other readers may decode it",
				entry.StreamNumber)
		}
		if err != nil {
			return nil, err
		}
		text = stream.data
	case EntryOffset:
		from := max(0, entry.Offset-mentionBack)
		size := min(f.size-from, mentionBack+MaxMention)
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
		end, found := syntax.EndOfObject(text, int(min(entry.Offset-from, size)))
		if !found && from+size < f.size {
			return nil, tooComplex("an object that cannot be read is longer than %d bytes", MaxMention)
		}
		text = text[:end]
	}
	if err := f.account.Spend(int64(len(text)) * mentionCost); err != nil {
		return nil, err
	}
	return f.mentioned(text)
}

// mentioned returns the object numbers in a text, in ascending order.
func (f *File) mentioned(text []byte) (numbers []int, err error) {
	taken := 0
	defer func() { f.Give(int64(taken) * mentionSize) }()
	compact := func() {
		slices.Sort(numbers)
		numbers = slices.Compact(numbers)
	}
	known := syntax.EachMention(text, func(n uint32) bool {
		if int64(n) >= int64(f.limits.Objects) {
			return true
		}
		if len(numbers) == taken {
			if compact(); len(numbers) >= taken/2 {
				more := max(taken, 64)
				if err = f.account.Take(int64(more) * mentionSize); err != nil {
					return false
				}
				taken += more
			}
		}
		numbers = append(numbers, int(n))
		return true
	})
	compact()
	if err == nil && !known {
		err = tooComplex("an object that cannot be read has a number of more than %d bytes", MaxNumber)
	}
	return numbers, err
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
