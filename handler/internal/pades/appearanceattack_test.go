package pades_test

import (
	"fmt"
	"maps"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// The attacks of this file use a field that may be signed or filled under a certification. They
// give it an appearance that readers draw outside its rectangle: PDFium if the form XObject has no
// box, Ghostscript if the rectangle has no area.

func integers(all ...int) pdf.Array {
	var array pdf.Array
	for _, n := range all {
		array = append(array, pdf.Integer(n))
	}
	return array
}

// appearanceForms are dictionaries of appearance streams; the name says whether their box clips
// everything (flat), nothing (none), or what it should (box).
func appearanceForms() map[string]map[string]pdf.Dict {
	page := func(more pdf.Dict) pdf.Dict {
		dict := pdf.Dict{"Subtype": pdf.Name("Form"), "BBox": wholePage}
		maps.Copy(dict, more)
		return dict
	}
	reals := pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Real("0.00000001"), pdf.Real("0.00000001")}
	return map[string]map[string]pdf.Dict{
		"flat": {
			"a point": page(pdf.Dict{"BBox": point}), "a line": page(pdf.Dict{"BBox": integers(0, 0, 0, 800)}),
			"next to nothing": page(pdf.Dict{"BBox": reals}),
		},
		"box": {
			"plain": page(nil), "reversed": page(pdf.Dict{"BBox": integers(595, 842, 0, 0)}),
			"huge":              page(pdf.Dict{"BBox": integers(-2e9, -2e9, 2e9, 2e9)}),
			"no kind":           {"BBox": wholePage},
			"a matrix of zeros": page(pdf.Dict{"Matrix": integers(0, 0, 0, 0, 0, 0)}),
			"a singular matrix": page(pdf.Dict{"Matrix": integers(1, 0, 1, 0, 0, 0)}),
			"a short matrix":    page(pdf.Dict{"Matrix": integers(1, 0)}),
			"a large matrix":    page(pdf.Dict{"Matrix": integers(1e9, 0, 0, 1e9, 0, 0)}),
			"a turn":            page(pdf.Dict{"Matrix": integers(0, 1, -1, 0, 0, 0)}),
			"a group":           page(pdf.Dict{"Group": pdf.Dict{"S": pdf.Name("Transparency"), "I": true}}),
			"another form":      page(pdf.Dict{"FormType": pdf.Integer(7)}),
		},
		"none": {
			"no box": {"Subtype": pdf.Name("Form")}, "a dictionary": page(pdf.Dict{"BBox": pdf.Dict{}}),
			"two numbers": page(pdf.Dict{"BBox": integers(0, 0)}),
			"five":        page(pdf.Dict{"BBox": integers(0, 0, 9, 9, 9)}),
			"names": page(
				pdf.Dict{"BBox": pdf.Array{pdf.Name("a"), pdf.Name("b"), pdf.Name("c"), pdf.Name("d")}}),
			"an image": {"Subtype": pdf.Name("Image"), "Width": pdf.Integer(1), "Height": pdf.Integer(1),
				"BitsPerComponent": pdf.Integer(8), "ColorSpace": pdf.Name("DeviceGray")},
			"nothing defined": page(pdf.Dict{"BBox": number(990)}),
		},
	}
}

var appearanceContents = map[string]string{
	"a fill":                        "1 0 0 rg -2000 -2000 5000 5000 re f",
	"a fill that restores too much": "Q Q Q Q Q Q Q Q EMC ET 1 0 0 rg -2000 -2000 5000 5000 re f q q q",
	"a fill behind a comment":       "% a comment\r1 0 0 rg 0 0 1000 1000 re f",
	"a fill behind other comments":  "%\n  % more\r\n1 0 0 rg 0 0 1000 1000 re f",
	"a stroke":                      "0 0 1000 1000 re W* n 1 0 0 RG 4000 w 0 0 m 10 10 l S",
}

// appearances calls try for each appearance stream, in each place of an appearance dictionary.
func appearances(try func(box, name string, add func(*pdf.Update) pdf.Dict)) {
	for box, forms := range appearanceForms() {
		for form, dict := range forms {
			for content, text := range appearanceContents {
				stream := func(u *pdf.Update) pdf.Ref { return u.Add(pdf.NewStream(dict, []byte(text))) }
				name := fmt.Sprintf("%s, %s", form, content)
				try(box, name, func(u *pdf.Update) pdf.Dict { return pdf.Dict{"AP": pdf.Dict{"N": stream(u)}} })
				try(box, name+", a state", func(u *pdf.Update) pdf.Dict {
					return pdf.Dict{"AP": u.Add(pdf.Dict{"N": pdf.Dict{"On": stream(u)}}), "AS": pdf.Name("On")}
				})
			}
		}
	}
}

// An invisible document timestamp is allowed after any certification, unless some reader draws it.
func TestTimestampsThatAreDrawnSomewhere(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	plain := payment(resources+"/Contents 4 0 R /Annots []", "")
	signed := s.sign(t, pdftest.File{Objects: plain}.Bytes(), pades.Options{Certify: pades.NoChanges})
	for where, rect := range map[string]pdf.Array{"a point": point, "a line": integers(0, 0, 0, 842),
		"next to nothing": {pdf.Integer(9), pdf.Integer(9), pdf.Real("9.001"), pdf.Real("9.001")}} {
		appearances(func(box, name string, add func(*pdf.Update) pdf.Dict) {
			attacked := appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
				entries := add(u)
				entries["Rect"] = rect
				arrives(entries)(t, f, u)
			})
			got, detail := judged(t, s, attacked)
			if passes := got == pades.TotalPassed; passes != (box == "flat") {
				t.Errorf("%s: %s: got %s (%s)", where, name, got, detail)
			}
		})
	}
}

func TestFilledFieldsThatAreDrawnElsewhere(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for rect, drawn := range map[string]bool{"0 0 0 0": false, "0 0 0 842": false, "10 10 20 20": true} {
		field := "<< /FT /Btn /T (a) /Type /Annot /Subtype /Widget /F 4 /Rect [" + rect + "] >>"
		objects := payment(resources+"/Contents 4 0 R /Annots [6 0 R]", "/AcroForm << /Fields [6 0 R] >>", field)
		signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{Certify: pades.FormFilling})
		appearances(func(box, name string, add func(*pdf.Update) pdf.Dict) {
			attacked := appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(6), add(u))
			})
			got, detail := judged(t, s, attacked)
			want := box == "flat" || box == "box" && drawn
			if passes := got == pades.TotalPassed; passes != want {
				t.Errorf("[%s]: %s: got %s (%s)", rect, name, got, detail)
			}
		})
	}
}

// The same attacks with objects from the signed revision: another appearance state, and an object
// below the widget.
func TestPreparedAppearances(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const fill = "1 0 0 rg -2000 -2000 5000 5000 re f"
	boxed := pdftest.Stream("/Subtype /Form /BBox [0 0 9 9]", fill)
	objects := func(ap string, more ...string) []string {
		field := func(n int) string {
			return fmt.Sprintf("<< /FT /Btn /T (%d) /Type /Annot /Subtype /Widget /F 4 /Rect [10 10 20 20] /AP %s "+
				"/AS /Off >>",
				n, ap)
		}
		return append(payment(resources+"/Contents 4 0 R /Annots [6 0 R 7 0 R]",
			"/AcroForm << /Fields [6 0 R 7 0 R] >>",
			field(6), field(7)), more...)
	}
	states := "<< /N << /Off 8 0 R /On 9 0 R >> >>"
	swap := func(n int, object func(*pdf.Update) pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(_ *testing.T, _ *pdf.File, u *pdf.Update) { u.Set(number(n), object(u)) }
	}
	stream := func(box pdf.Object) func(*pdf.Update) pdf.Object {
		return func(*pdf.Update) pdf.Object {
			return pdf.NewStream(pdf.Dict{"Subtype": pdf.Name("Form"), "BBox": box}, []byte(fill))
		}
	}
	on := func(t *testing.T, f *pdf.File, u *pdf.Update) {
		edit(t, f, u, number(6), pdf.Dict{"AS": pdf.Name("On")})
	}
	for _, test := range []struct {
		name    string
		objects []string
		change  func(*testing.T, *pdf.File, *pdf.Update)
		passes  bool
	}{
		{"another state", objects(states, boxed, boxed), on, true},
		{"another state without a box", objects(states, boxed, pdftest.Stream("/Subtype /Form", fill)), on, false},
		{"a stream with its box", objects(states, boxed, boxed), swap(9, stream(wholePage)), true},
		{"a stream without its box", objects(states, boxed, boxed), swap(9, stream(nil)), false},
		{"a stream for a dictionary", objects("<< /N 8 0 R >>", "<< /Off 9 0 R >>", boxed), swap(8, stream(nil)),
			false},
		{"other appearances", objects("8 0 R", "<< /N 9 0 R >>", boxed), swap(8, func(u *pdf.Update) pdf.Object {
			return pdf.Dict{"N": u.Add(stream(nil)(u))}
		}), false},
		{"a stream without its box, which nobody here can read", objects(states, boxed, boxed),
			swap(9, func(*pdf.Update) pdf.Object {
				return pdf.NewStream(pdf.Dict{"Subtype": pdf.Name("Form"), "Filter": pdf.Name("Other")}, []byte("x"))
			}), false},
		{"an empty stream without its box", objects(states, boxed, boxed), swap(9, func(*pdf.Update) pdf.Object {
			return pdf.NewStream(pdf.Dict{"Subtype": pdf.Name("Form")}, []byte(" % empty\n"))
		}), true},
		{"the content of the page", objects("<< /N << /Off 8 0 R >> >>", boxed),
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(6), pdf.Dict{"AP": pdf.Dict{"N": number(4)}})
			}, false},
	} {
		signed := s.sign(t, pdftest.File{Objects: test.objects}.Bytes(), pades.Options{Certify: pades.FormFilling})
		got, detail := judged(t, s, appendix(t, signed, test.change))
		if passes := got == pades.TotalPassed; passes != test.passes {
			t.Errorf("%s: got %s (%s)", test.name, got, detail)
		}
	}
}
