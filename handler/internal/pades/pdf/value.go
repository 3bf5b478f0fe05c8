package pdf

import (
	"iter"
	"maps"
	"slices"

	"influxion/handler/internal/pades/pdf/syntax"
)

// Object returns the object that a reference stands for. It returns nil (null) for a free or
// unknown object and for another generation, as ISO 32000-2, 7.3.10 demands. It returns an Error if
// the cross-references name a place where there is no such object.
func (f *File) Object(ref Ref) (Object, error) {
	object, _, err := f.object(ref, true)
	return object, err
}

// Once returns an object as Object does, for the same work, but does not keep it. It is for callers
// that go through many objects once. When they no longer use the object, they give its bytes of
// memory back with Give.
func (f *File) Once(ref Ref) (object Object, bytes int64, err error) { return f.object(ref, false) }

// object returns an object. size is the memory that was taken for it and that the cache does not
// count.
func (f *File) object(ref Ref, keep bool) (object Object, size int64, err error) {
	if f.opening {
		return nil, 0, damaged("an object is needed to read the cross-references themselves")
	}
	// The charge stops a caller that loops without end.
	if err := f.account.Spend(1); err != nil {
		return nil, 0, err
	}
	entry := f.find(ref.Number)
	if ref.Number <= 0 || entry.Kind == EntryFree || entry.Generation != ref.Generation {
		return nil, 0, nil
	}
	f.latest = ref
	if object, ok := f.cache.object(viewed{f.view, ref.Number}); ok {
		return object, 0, nil
	}
	repeats := f.parser.Repeats
	if entry.Kind == EntryInStream {
		object, size, err = f.fromStream(ref.Number, entry)
	} else {
		object, size, err = f.fromOffset(ref, entry.Offset, keep)
	}
	if err != nil {
		return nil, 0, f.At(ref, err)
	}
	if keep {
		if err := f.keep(ref.Number, object, size); err != nil {
			return nil, 0, err
		}
		size = 0
	}
	if f.parser.Repeats > repeats && !f.ambiguous[ref.Number] {
		f.ambiguous[ref.Number] = true
		err = f.account.Take(ambiguousSize)
	}
	if nulls := f.parser.Nulls; nulls != 0 && f.nulls[ref.Number] == 0 && err == nil {
		f.nulls[ref.Number] = nulls
		err = f.account.Take(ambiguousSize)
	}
	return object, size, err
}

// Nulls tells which entries of an object that was read are null.
func (f *File) Nulls(number int) syntax.Nulls { return f.nulls[number] }

// Ambiguous reports whether an object that was read has a dictionary in which a key stands twice,
// or in which an attribute that pages inherit is null. Other readers may take such a dictionary
// differently.
func (f *File) Ambiguous(number int) bool { return f.ambiguous[number] }

// Ambiguities are the numbers of all the objects that were read and are Ambiguous, in no order.
func (f *File) Ambiguities() iter.Seq[int] { return maps.Keys(f.ambiguous) }

// OpenEnded reports whether reading an object reached the end of the file, so that appended bytes
// could change it.
func (f *File) OpenEnded(number int) bool { return f.openEnded[number] }

// keep keeps an object, for which memory was taken.
func (f *File) keep(number int, object Object, size int64) error {
	if err := f.account.Take(cacheSize); err != nil {
		return err
	}
	f.cache.keepObject(viewed{f.view, number}, object, size+cacheSize)
	return nil
}

const ambiguousSize = 48

// Resolve follows references until it reaches an object that is none.
func (f *File) Resolve(object Object) (Object, error) {
	var passed []Ref // of references that lead to references
	for range f.limits.Indirections {
		ref, ok := object.(Ref)
		if !ok {
			return object, nil
		}
		if slices.Contains(passed, ref) {
			return nil, f.At(ref, damaged("references lead in a circle"))
		}
		var err error
		if object, err = f.Object(ref); err != nil {
			return nil, err
		}
		if _, ok := object.(Ref); ok {
			passed = append(passed, ref)
		}
	}
	return nil, tooComplex("references lead to each other more than %d times", f.limits.Indirections)
}

// Dict resolves an object to a dictionary. Null gives nil. Any other type, also a stream, is an
// Error of Kind Damaged.
func (f *File) Dict(object Object) (Dict, error) { return resolveAs[Dict](f, object, "a dictionary") }

// Array resolves an object to an array, as Dict does.
func (f *File) Array(object Object) (Array, error) { return resolveAs[Array](f, object, "an array") }

// Name resolves an object to a name, as Dict does.
func (f *File) Name(object Object) (Name, error) { return resolveAs[Name](f, object, "a name") }

// Integer resolves an object to an integer, as Dict does; null gives 0.
func (f *File) Integer(object Object) (Integer, error) {
	return resolveAs[Integer](f, object, "an integer")
}

// String resolves an object to a string, as Dict does.
func (f *File) String(object Object) (String, error) { return resolveAs[String](f, object, "a string") }

// Stream resolves an object to a stream, as Dict does.
func (f *File) Stream(object Object) (*Stream, error) {
	return resolveAs[*Stream](f, object, "a stream")
}

func resolveAs[T any](f *File, object Object, kind string) (T, error) {
	var zero T
	resolved, err := f.Resolve(object)
	if err != nil || resolved == nil {
		return zero, err
	}
	value, ok := resolved.(T)
	if !ok {
		err = otherType(resolved, kind)
		if ref, indirect := object.(Ref); indirect {
			err = f.At(ref, err)
		}
		return zero, err
	}
	return value, nil
}
