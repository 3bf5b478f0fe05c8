package pdf

import (
	"fmt"

	"influxion/handler/internal/pades/pdf/bounds"
)

// At adds to an error of Kind Damaged which object is at fault and where it is in the file, unless
// the error says so already. It is for callers that read values out of an object, because a value
// does not know where it comes from. Any other error stays as it is.
func (f *File) At(ref Ref, err error) error {
	return bounds.Placed(err, func() string { return f.placeOf(ref) })
}

// Near adds to an error of Kind Damaged that has no place yet the object that was read last: the
// value is in it, or it led to the value.
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
