package syntax

import (
	"hash/maphash"
	"maps"
	"math"

	"influxion/handler/internal/pades/pdf/bounds"
)

// containerWeight is the number of elements that an array or a dictionary counts as. Even a small
// one takes as much memory as that many numbers.
const containerWeight = 8

func (p *Parser) array(depth int) Object {
	start, ok := p.pushUntil(markArrayEnd, depth)
	if !ok {
		return markEnd
	}
	size := len(p.stack) - start
	p.charge(int64(size))
	if !p.hold(arraySize + int64(size)*valueSize) {
		return markEnd
	}
	array := append(make(Array, 0, size), p.stack[start:]...)
	p.close(start)
	return array
}

// pushUntil pushes the elements of an array or a dictionary up to its end. It returns the place of
// the first one on the stack. ok is false if the parser has an error.
func (p *Parser) pushUntil(end mark, depth int) (start int, ok bool) {
	if start, ok = p.open(depth); !ok {
		return 0, false
	}
	for p.err == nil {
		nulls := p.Nulls
		object := p.next(depth + 1)
		if below := p.Nulls - nulls; below != 0 {
			p.Nulls = nulls + nullsAt(placeOf(p.stack[start:], end), below)
		}
		m, isMark := object.(mark)
		switch {
		case !isMark:
			p.push(object)
		case m == end:
			return start, true
		case m != markR || !p.pushReference(start):
			p.stray(m)
			return start, false
		}
	}
	return start, false
}

func (p *Parser) dict(depth int) Object {
	start, ok := p.pushUntil(markDictEnd, depth)
	if !ok {
		return markEnd
	}
	flat := p.stack[start:]
	if len(flat)%2 != 0 {
		return p.broken("a dictionary has a key without a value")
	}
	p.charge(int64(len(flat)) * bounds.KeyCost / 2)
	if !p.hold(DictMemory(len(flat) / 2)) {
		return markEnd
	}
	dict, absent := make(Dict, len(flat)/2), false
	for i := 0; i < len(flat); i += 2 {
		key, ok := flat[i].(Name)
		if !ok {
			return p.broken("a dictionary has a key that is not a name")
		}
		if _, again := dict[key]; again {
			p.Repeats++
		}
		dict[key] = flat[i+1]
		if flat[i+1] == nil {
			absent = true
			p.Nulls += nullsAt(place{key: key}, 0)
			if isInherited(key) {
				p.Repeats++
			}
		}
	}
	if absent {
		maps.DeleteFunc(dict, func(_ Name, value Object) bool { return value == nil })
	}
	p.close(start)
	return dict
}

// Nulls tells which entries of dictionaries are null: a sum of hashes of their places. Such an
// entry is the same as an absent one (ISO 32000-2, 7.3.7), but not to all readers. Two of them can
// be compared in this process alone.
type Nulls uint64

// seed is random, so that nobody can choose keys whose hashes add up to those of others.
var seed = maphash.MakeSeed()

// place is where a value stands: under a key of a dictionary, or at an index of an array.
type place struct {
	key   Name
	index int
}

// placeOf gives the place of the next element behind those of a container.
func placeOf(elements []Object, end mark) place {
	if end == markArrayEnd {
		return place{index: len(elements)}
	}
	var key Name
	if len(elements) > 0 {
		key, _ = elements[len(elements)-1].(Name)
	}
	return place{key: key}
}

// nullsAt gives the nulls of a container with one element: a value at a place that has nulls below
// it or, if there are none, is null.
func nullsAt(at place, below Nulls) Nulls {
	type nested struct {
		at    place
		below Nulls
	}
	return Nulls(maphash.Comparable(seed, nested{at, below}))
}

// isInherited reports whether pages inherit an attribute (ISO 32000-2, table 31). If its value is
// null, some readers take the attribute for absent, and others take the null for the end of the
// inheritance.
func isInherited(key Name) bool {
	return key == "Resources" || key == "MediaBox" || key == "CropBox" || key == "Rotate"
}

func (p *Parser) open(depth int) (start int, ok bool) {
	if depth >= p.limits.Depth {
		p.Fail(bounds.TooComplex.Errorf("arrays and dictionaries are nested more than %d deep", p.limits.Depth))
		return 0, false
	}
	p.elements += containerWeight
	p.charge(bounds.ContainerCost)
	return len(p.stack), true
}

// charge takes units of work for an object, in addition to those for its bytes.
func (p *Parser) charge(units int64) {
	if err := p.account.Spend(units); err != nil {
		p.Fail(err)
	}
}

func (p *Parser) push(object Object) {
	p.elements++
	if p.elements > p.limits.Elements {
		p.Fail(bounds.TooComplex.Errorf("an object has more than %d elements", p.limits.Elements))
		return
	}
	if len(p.stack) == cap(p.stack) && !p.deepen() {
		return
	}
	p.stack = append(p.stack, object)
}

// deepen enlarges the stack, which later objects use too.
func (p *Parser) deepen() bool {
	grown := max(64, 2*cap(p.stack))
	if err := p.account.Take(int64(grown) * valueSize); err != nil {
		p.Fail(err)
		return false
	}
	p.account.Give(int64(cap(p.stack)) * valueSize)
	p.stack = append(make([]Object, 0, grown), p.stack...)
	return true
}

// hold takes memory for the object that is being read, and reports whether there was enough.
func (p *Parser) hold(size int64) bool {
	if err := p.account.Take(size); err != nil {
		p.Fail(err)
		return false
	}
	p.Charged += size
	return true
}

func (p *Parser) close(start int) {
	clear(p.stack[start:])
	p.stack = p.stack[:start]
}

// pushReference replaces the two integers on top of the stack by a reference.
func (p *Parser) pushReference(start int) bool {
	top := len(p.stack)
	if top-start < 2 {
		return false
	}
	number, ok := p.stack[top-2].(Integer)
	generation, ok2 := p.stack[top-1].(Integer)
	if !ok || !ok2 {
		return false
	}
	p.stack = append(p.stack[:top-2], p.reference(number, generation))
	return p.err == nil
}

func (p *Parser) reference(number, generation Integer) Object {
	if number < 0 || number > math.MaxInt32 || generation < 0 || generation > MaxGeneration {
		return p.broken("a reference is out of range")
	}
	if !p.hold(boxSize) {
		return markEnd
	}
	ref := Ref{int(number), int(generation)}
	if p.refs == nil {
		p.refs = new(boxedRefs)
	}
	return p.refs.box(ref)
}

// boxedRefs keeps references as objects, so that a reference that was read before needs no new
// memory. Each revision of a form and of a page lists the references of all revisions before it.
type boxedRefs struct {
	slots []Object
	taken int // of the slots, at most
}

// The numbers of slots: for the few references of a small document, and for any other document.
const (
	fewBoxed  = 32
	mostBoxed = 512
)

func (b *boxedRefs) box(ref Ref) Object {
	switch {
	case b.slots == nil:
		b.slots = make([]Object, fewBoxed)
	case b.taken == fewBoxed && len(b.slots) == fewBoxed:
		b.slots = make([]Object, mostBoxed)
	}
	slot := &b.slots[ref.Number%len(b.slots)]
	if *slot != ref {
		*slot = ref
		b.taken++
	}
	return *slot
}
