package diff

import (
	"testing"

	"influxion/handler/internal/pades/pdf"
)

// Two objects are alike if they are written the same, which is not what they resolve to.
func TestAlike(t *testing.T) {
	t.Parallel()
	stream := pdf.NewStream(pdf.Dict{}, nil)
	objects := []pdf.Object{
		nil, true, false, pdf.Integer(1), pdf.Integer(2), pdf.Real("1"), pdf.Real("1.0"), pdf.Name("1"), pdf.String("1"), pdf.String(""), pdf.String("2"),
		pdf.Ref{Number: 1}, pdf.Ref{Number: 1, Generation: 1}, pdf.Array{}, pdf.Array{pdf.Integer(1)}, pdf.Array{pdf.Integer(2)},
		pdf.Array{pdf.Integer(1), pdf.Integer(2)}, pdf.Array{pdf.Array{pdf.Integer(1)}}, pdf.Dict{}, pdf.Dict{"A": pdf.Integer(1)},
		pdf.Dict{"A": pdf.Integer(2)}, pdf.Dict{"B": pdf.Integer(1)}, pdf.Dict{"A": pdf.Integer(1), "B": pdf.Integer(1)},
		pdf.Dict{"A": pdf.Dict{"A": pdf.Array{pdf.String("1")}}}, pdf.Dict{"A": pdf.Dict{"A": pdf.Array{pdf.String("2")}}}, stream,
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

// again makes an equal object that shares no memory, but for streams.
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
