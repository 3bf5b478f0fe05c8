package pdf

import "influxion/handler/internal/pades/pdf/syntax"

// Visitor receives the parts of an object in their order.
type Visitor = syntax.Visitor

// Visit scans an array or a dictionary without allocating it, for the same work as Object, and
// reports whether it reached the end. It does not reach it where the object is longer than a
// window, where Object would need tolerance, or where the visitor ends it. Then the calls are void,
// and the caller uses Object. The same holds for encrypted files, whose strings may be malformed.
// Errors as for Object.
func (f *File) Visit(ref Ref, visitor Visitor) (bool, error) {
	entry := f.find(ref.Number)
	if f.opening || f.crypt != nil || ref.Number <= 0 || entry.Kind == EntryFree || entry.Generation != ref.Generation {
		return false, nil
	}
	if entry.Kind == EntryOffset {
		if entry.Offset < 0 || entry.Offset >= f.size {
			return false, nil
		}
		f.parser.JumpTo(entry.Offset)
		return f.parser.Visit(ref, visitor)
	}
	stream, err := f.objectStream(entry.StreamNumber)
	if err != nil {
		return false, f.At(ref, err)
	}
	if entry.Index >= len(stream.numbers) || int(stream.numbers[entry.Index]) != ref.Number {
		return false, nil
	}
	at := stream.first + int(stream.offsets[entry.Index])
	if at > len(stream.data) {
		return false, nil
	}
	cost, ok := f.parser.VisitMember(stream.data[at:], visitor)
	if !ok {
		return false, nil
	}
	return true, f.account.Spend(cost)
}
