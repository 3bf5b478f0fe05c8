package diff

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"influxion/handler/internal/pades/pdf"
)

// Two objects are alike if they are written the same. What their references resolve to does not
// matter.
func TestAlike(t *testing.T) {
	t.Parallel()
	stream := pdf.NewStream(pdf.Dict{}, nil)
	objects := []pdf.Object{
		nil, true, false, pdf.Integer(1), pdf.Integer(2), pdf.Real("1.5"), pdf.Real("-1"), pdf.Real("."),
		pdf.Integer(10), pdf.Name("1"), pdf.String("1"), pdf.String(""), pdf.String("2"),
		pdf.Ref{Number: 1}, pdf.Ref{Number: 1, Generation: 1}, pdf.Array{}, pdf.Array{pdf.Integer(1)},
		pdf.Array{pdf.Integer(2)},
		pdf.Array{pdf.Integer(1), pdf.Integer(2)}, pdf.Array{pdf.Array{pdf.Integer(1)}}, pdf.Dict{},
		pdf.Dict{"A": pdf.Integer(1)},
		pdf.Dict{"A": pdf.Integer(2)}, pdf.Dict{"B": pdf.Integer(1)},
		pdf.Dict{"A": pdf.Integer(1), "B": pdf.Integer(1)},
		pdf.Dict{"A": pdf.Dict{"A": pdf.Array{pdf.String("1")}}},
		pdf.Dict{"A": pdf.Dict{"A": pdf.Array{pdf.String("2")}}}, stream,
		pdf.NewStream(pdf.Dict{}, []byte("data")),
	}
	for i, a := range objects {
		for j, b := range objects {
			if got := alike(a, b); got != (i == j) {
				t.Errorf("%#v and %#v: got alike = %v", a, b, got)
			}
			if got := alike(again(a), b); got != (i == j) {
				t.Errorf("a copy of %#v and %#v: got alike = %v", a, b, got)
			}
		}
	}
}

// A value that is no array is no box, whatever its key is.
func TestBoxesThatAreNone(t *testing.T) {
	t.Parallel()
	values := []pdf.Object{pdf.Integer(1), pdf.Integer(2), pdf.Name("a"), pdf.Array{}, pdf.Array{pdf.Name("a")},
		pdf.Array{pdf.Name("b")}, pdf.Array{pdf.Integer(1)}, pdf.Array{pdf.Integer(1), pdf.Integer(1)}}
	for i, a := range values {
		for j, b := range values {
			if got := alike(pdf.Dict{"Rect": a}, pdf.Dict{"Rect": b}); got != (i == j) {
				t.Errorf("%#v and %#v: got alike %v", a, b, got)
			}
		}
	}
}

// A number is the same however it is written.
func TestNumbersAreAlike(t *testing.T) {
	t.Parallel()
	for _, same := range [][]pdf.Object{
		{pdf.Integer(612), pdf.Real("612.0"), pdf.Real("+612."), pdf.Real("0612.00")},
		{pdf.Integer(-1), pdf.Real("-1.0"), pdf.Real("-01")},
		{pdf.Integer(0), pdf.Real("0.0"), pdf.Real("-0.0"), pdf.Real("-.0")},
		{pdf.Real(".5"), pdf.Real("0.50"), pdf.Real("+.5")},
		{pdf.Integer(100), pdf.Real("100.")},
		{pdf.Integer(math.MaxInt32), pdf.Real("2147483647.0")},
	} {
		for _, a := range same {
			for _, b := range same {
				if !alike(pdf.Dict{"Rect": pdf.Array{a}}, pdf.Dict{"Rect": pdf.Array{b}}) {
					t.Errorf("got %#v and %#v for different", a, b)
				}
				if _, same := a.(pdf.Integer); same != isInteger(b) &&
					alike(pdf.Dict{"Rotate": a}, pdf.Dict{"Rotate": b}) {
					t.Errorf("got %#v and %#v alike where some readers take only one", a, b)
				}
			}
			for _, b := range []pdf.Object{pdf.Real("7"), nil, pdf.Integer(1<<60 + 2), pdf.String("612")} {
				if alike(pdf.Dict{"BBox": pdf.Array{a}}, pdf.Dict{"BBox": pdf.Array{b}}) {
					t.Errorf("got %#v for %#v", a, b)
				}
			}
		}
	}
}

// Beyond 32 bits, PDFium reads an integer as 0, and other readers cut it off.
func TestNumbersBeyondWhatReadersRead(t *testing.T) {
	t.Parallel()
	for _, n := range []pdf.Integer{math.MaxInt32 + 1, -math.MaxInt32 - 2, 1<<32 + 612, 1 << 60} {
		box := func(object pdf.Object) pdf.Dict { return pdf.Dict{"CropBox": pdf.Array{object}} }
		if alike(box(n), box(pdf.Real(fmt.Sprintf("%d.0", n)))) || !alike(box(n), box(n)) {
			t.Errorf("%d: got an integer for the real number, or for another integer", n)
		}
	}
}

func isInteger(object pdf.Object) bool {
	_, ok := object.(pdf.Integer)
	return ok
}

// again makes an equal object that shares no memory with the first. Streams are not copied.
func again(object pdf.Object) pdf.Object {
	switch object := object.(type) {
	case pdf.String:
		return pdf.String([]byte(object))
	case pdf.Array:
		copied := pdf.Array{}
		for _, element := range object {
			copied = append(copied, again(element))
		}
		return copied
	case pdf.Dict:
		copied := pdf.Dict{}
		for key, value := range object {
			copied[key] = again(value)
		}
		return copied
	}
	return object
}

// rests removes the references that both arrays begin with and their later repetitions, and nothing
// else.
func TestRests(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	array := func(n int) (array pdf.Array) {
		for range random.IntN(n) {
			if array = append(array, pdf.Ref{Number: 1 + random.IntN(12)}); random.IntN(20) == 0 {
				array = append(array, pdf.Dict{"A": pdf.Integer(random.IntN(2))})
			}
		}
		return array
	}
	trimmed := 0
	for range 5000 {
		begin := array(10)
		a, b := slices.Concat(begin, array(10)), slices.Concat(begin, array(10))
		restA, restB, again := rests(a, b)
		wholeA, twiceA := unique(a, nil)
		wholeB, twiceB := unique(b, nil)
		if again != !slices.Equal(twiceA, twiceB) {
			t.Fatalf("%v and %v: got %v for repeated references %v and %v", a, b, again, twiceA, twiceB)
		}
		n := len(wholeA) - len(restA)
		if n != len(wholeB)-len(restB) || n < 0 || !alike(wholeA[:n], wholeB[:n]) || !alike(wholeA[n:], restA) ||
			!alike(wholeB[n:], restB) {
			t.Fatalf("%v and %v: got %v and %v", a, b, restA, restB)
		}
		if slices.ContainsFunc(wholeA[:n], func(o pdf.Object) bool { _, isRef := o.(pdf.Ref); return !isRef }) {
			t.Fatalf("%v and %v: got something else than a reference left out", a, b)
		}
		if n > 0 {
			trimmed++
		}
	}
	if trimmed < 1000 {
		t.Errorf("got %d pairs that begin alike, want most", trimmed)
	}
}
