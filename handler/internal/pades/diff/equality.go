package diff

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"reflect"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// What comparing costs beside reading objects, in units of pdf.Limits: of two values, and of two fields, annotations or objects that are
// reached.
const (
	sameCost  = 50
	visitCost = 600
)

// both reads an object in both views. Bytes that were appended can complete or change how an object reads that no later section
// mentions, so that what cannot be read in one view alone is a difference: it comes back as an error of the file.
func (c *comparison) both(ref pdf.Ref) (before, after pdf.Object, err error) {
	before, errBefore := c.old.Object(ref)
	after, errAfter := c.new.Object(ref)
	unreadable := pades.IsOfDocument(errBefore) && pades.IsOfDocument(errAfter)
	if (unreadable || before == nil && after == nil && errBefore == nil && errAfter == nil) && c.moved(ref.Number) {
		return nil, nil, &pades.Error{Code: pades.CodeDamaged, Detail: "an object that only other readers may find was written again"}
	}
	if unreadable {
		return nil, nil, nil // then and now
	}
	if errBefore != nil {
		return nil, nil, errBefore
	}
	if c.new.Ambiguous(ref.Number) && !c.old.Ambiguous(ref.Number) {
		return nil, nil, &pades.Error{Code: pades.CodeDamaged, Detail: "an object was written again in a form that readers take differently"}
	}
	return before, after, errAfter
}

// moved says whether a number leads to another place in the later view, or to one that only that has. Readers that are less strict, with
// generations or with what stands there, can find an object in either where we find none.
func (c *comparison) moved(number int) bool {
	was, _ := c.old.Entry(number)
	is, _ := c.new.Entry(number)
	if was.Kind == pdf.EntryInStream && was == is {
		was, _ = c.old.Entry(was.StreamNumber)
		is, _ = c.new.Entry(is.StreamNumber)
	}
	free := func(e pdf.Entry) bool { return e.Kind != pdf.EntryOffset && e.Kind != pdf.EntryInStream }
	return was != is && !(free(was) && free(is)) || was.Kind == pdf.EntryOffset && was.Offset >= c.old.Size()
}

// dicts and arrays read a value of each view.
func (c *comparison) dicts(before, after pdf.Object) (old, now pdf.Dict, err error) {
	if old, err = c.old.Dict(before); err != nil {
		return nil, nil, err
	}
	now, err = c.new.Dict(after)
	if err == nil && old == nil && now == nil {
		err = c.absent(before, after)
	}
	return old, now, err
}

func (c *comparison) arrays(before, after pdf.Object) (old, now pdf.Array, err error) {
	if old, err = c.old.Array(before); err != nil {
		return nil, nil, err
	}
	now, err = c.new.Array(after)
	if err == nil && old == nil && now == nil {
		err = c.absent(before, after)
	}
	return old, now, err
}

// absent makes sure that what neither view has is nothing to other readers too.
func (c *comparison) absent(before, after pdf.Object) error {
	was, isRef := before.(pdf.Ref)
	is, stillRef := after.(pdf.Ref)
	if !isRef || !stillRef || was != is {
		return nil
	}
	_, _, err := c.both(was)
	return err
}

// same says whether two values read the same, through every reference but those to the catalog, to pages and to fields.
func (c *comparison) same(before, after pdf.Object) (bool, error) {
	if before == nil && after == nil {
		return true, nil
	}
	if err := c.new.Spend(sameCost); err != nil {
		return false, err
	}
	if !alike(before, after) {
		return false, nil
	}
	todo := []pdf.Object{before}
	var seen map[pdf.Ref]bool
	for len(todo) > 0 {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		switch next := next.(type) {
		case pdf.Array:
			for _, element := range slices.Backward(next) { // so that what was written in turn is read in turn
				todo = append(todo, element)
			}
		case pdf.Dict:
			for _, value := range next {
				todo = append(todo, value)
			}
		case *pdf.Stream:
			todo = append(todo, next.Dict)
		case pdf.Ref:
			if next == c.root || c.pages[next] || c.fields[next] || seen[next] {
				continue // each is compared by itself
			}
			if seen == nil {
				seen = map[pdf.Ref]bool{} // few values refer to anything else
			}
			seen[next] = true
			before, after, err := c.both(next)
			if err != nil {
				return false, err
			}
			if same, err := c.equal(next, before, after); err != nil || !same {
				return false, err
			}
			todo = append(todo, before)
		}
	}
	return true, c.ctx.Err()
}

// equal compares what an object is in both views, without following references; streams by their dictionaries and data.
func (c *comparison) equal(ref pdf.Ref, a, b pdf.Object) (bool, error) {
	before, isStream := a.(*pdf.Stream)
	after, stillStream := b.(*pdf.Stream)
	if !isStream || !stillStream {
		return alike(a, b), nil
	}
	if !alike(before.Dict, after.Dict) {
		return false, nil
	}
	was, _ := c.old.Entry(ref.Number)
	now, _ := c.new.Entry(ref.Number)
	if was == now {
		return c.sameExtent(before, after) // the same bytes, if as many of them
	}
	left, err := c.old.Raw(before)
	if err != nil {
		return false, err
	}
	right, err := c.new.Raw(after)
	if err != nil {
		return false, err
	}
	return sameBytes(left, right)
}

func (c *comparison) sameExtent(before, after *pdf.Stream) (bool, error) {
	was, err := c.old.Extent(before)
	if err != nil {
		return false, err
	}
	now, err := c.new.Extent(after)
	return now == was, err
}

func sameBytes(a, b *io.SectionReader) (bool, error) {
	if a.Size() != b.Size() {
		return false, nil
	}
	left, right := make([]byte, 32<<10), make([]byte, 32<<10)
	for {
		n, err := io.ReadFull(a, left)
		if _, other := io.ReadFull(b, right[:n]); other != nil && n > 0 {
			return false, other
		}
		if !bytes.Equal(left[:n], right[:n]) {
			return false, nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// alike says whether two objects are the same, without following references.
func alike(a, b pdf.Object) bool {
	switch a := a.(type) {
	case pdf.Dict:
		b, ok := b.(pdf.Dict)
		return ok && (reflect.ValueOf(a).UnsafePointer() == reflect.ValueOf(b).UnsafePointer() || maps.EqualFunc(a, b, alike))
	case pdf.Array:
		b, ok := b.(pdf.Array)
		return ok && len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.EqualFunc(a, b, alike))
	case pdf.String:
		b, ok := b.(pdf.String)
		return ok && bytes.Equal(a, b)
	}
	return a == b
}

// differOnlyIn says whether two dictionaries agree in every entry but the named ones.
func differOnlyIn(a, b pdf.Dict, keys ...pdf.Name) bool {
	for key, value := range a {
		if !slices.Contains(keys, key) && !alike(value, b[key]) {
			return false
		}
	}
	for key := range b {
		if _, ok := a[key]; !ok && !slices.Contains(keys, key) {
			return false
		}
	}
	return true
}
