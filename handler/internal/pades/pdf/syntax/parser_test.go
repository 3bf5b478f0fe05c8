package syntax_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		text string
		want syntax.Object
	}{
		{"null", " null ", nil},
		{"booleans", "[true false]", syntax.Array{true, false}},
		{"integers", "[0 -1 +17 007 9223372036854775807]",
			syntax.Array{syntax.Integer(0), syntax.Integer(-1), syntax.Integer(17), syntax.Integer(7),
				syntax.Integer(1<<63 - 1)}},
		{"reals as written", "[1.50 -.002 4. +0.0]",
			syntax.Array{syntax.Real("1.50"), syntax.Real("-.002"), syntax.Real("4."), syntax.Real("+0.0")}},
		{"name", "/A#20B#2F#g1#", syntax.Name("A B/#g1#")},
		{"empty name", "/", syntax.Name("")},
		{"names without space", "[/A/B(c)/D<41>]",
			syntax.Array{syntax.Name("A"), syntax.Name("B"), syntax.String("c"), syntax.Name("D"), syntax.String("A")}},
		{"literal", `(a(b)c\)\(\\)`, syntax.String(`a(b)c)(\`)},
		{"escapes", `(\n\r\t\b\f\q\101\1012\8\60\400)`, syntax.String("\n\r\t\b\fqAA280\x00")},
		{"line ends in a literal", "(a\r\nb\rc\nd\\\r\ne\\\rf\\\ng)", syntax.String("a\nb\nc\ndefg")},
		{"hexadecimal", "<48 65\n6C6c6 F7>", syntax.String("Hello\x70")},
		{"hexadecimal of odd length", "<417>", syntax.String("Ap")},
		{"empty strings", "[() <>]", syntax.Array{syntax.String(""), syntax.String("")}},
		{"reference", "12 3 R", syntax.Ref{Number: 12, Generation: 3}},
		{"references among integers", "[1 2 3 0 R 4 5]",
			syntax.Array{syntax.Integer(1), syntax.Integer(2), syntax.Ref{Number: 3}, syntax.Integer(4),
				syntax.Integer(5)}},
		{"dictionary", "<</A 1/B[<</C(d)>>]/E 6 0 R>>",
			syntax.Dict{"A": syntax.Integer(1), "B": syntax.Array{syntax.Dict{"C": syntax.String("d")}},
				"E": syntax.Ref{Number: 6}}},
		{"null in a dictionary is absent", "<</A null/B 1>>", syntax.Dict{"B": syntax.Integer(1)}},
		{"null is the last of duplicate keys", "<</A 1/A null>>", syntax.Dict{}},
		{"last of duplicate keys", "<</A 1/A 2/#41 3>>", syntax.Dict{"A": syntax.Integer(3)}},
		{"comments", "% one\n[1%two\r2 % three\n]% four", syntax.Array{syntax.Integer(1), syntax.Integer(2)}},
		{"all white space", "[\x00\t\n\f\r 1]", syntax.Array{syntax.Integer(1)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := syntax.Parse([]byte(test.text), bounds.Limits{})
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Fatalf("got %#v (%v), want %#v", got, err, test.want)
			}
			// The written form of an object reads as the same object.
			written, err := syntax.Append(nil, got)
			if err != nil {
				t.Fatal(err)
			}
			again, err := syntax.Parse(written, bounds.Limits{})
			if err != nil || !reflect.DeepEqual(again, test.want) {
				t.Fatalf("rewritten %s: got %#v (%v), want %#v", written, again, err, test.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "1 2", "]", "[1", "<</A>>", "R", "1 0 R R", "<4", "(", "<</A 1>> x", ">",
		"1 0 obj", "--1", "+", ".",
		strings.Repeat("0", 128), strings.Repeat("0", 127) + ".5", strings.Repeat("0", 128) + " 0 R"} {
		if got, err := syntax.Parse([]byte(text), bounds.Limits{}); err == nil {
			t.Errorf("%q: got %#v, want an error", text, got)
		}
	}
}

func TestParseLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		limits bounds.Limits
		text   string // is at the limit
		over   string
	}{
		{"depth", bounds.Limits{Depth: 2}, "[<<>>]", "[<</A []>>]"},
		{"elements", bounds.Limits{Elements: 12}, "[1 2 3 4]", "[1 2 3 4 5]"},
		{"arrays as elements", bounds.Limits{Elements: 17}, "[[]]", "[[] 1]"},
		{"dictionaries as elements", bounds.Limits{Elements: 19}, "[<</A 1>>]", "[<</A 1>> 2]"},
		{"name", bounds.Limits{Token: 4}, "[/ABCD /#41#42#43#44]", "/ABCDE"},
		{"name in hexadecimal", bounds.Limits{Token: 4}, "/ABC#20", "/#41#42#43#44#45"},
		{"name in part hexadecimal", bounds.Limits{Token: 4}, "/ABC#44", "/ABC#44E"},
		{"number", bounds.Limits{Token: 4}, "1234", "12345"},
		{"string", bounds.Limits{String: 4}, "[(abcd) <61626364>]", "(abcde)"},
		{"hexadecimal string", bounds.Limits{String: 4}, "<61626364>", "<6162636465>"},
		{"hexadecimal string of odd length", bounds.Limits{String: 4}, "<6162636>", "<616263646>"},
		{"work of containers", bounds.Limits{Work: 600}, "[" + strings.Repeat("[]", 20) + "]",
			"[" + strings.Repeat("[]", 40) + "]"},
		{"work of keys", bounds.Limits{Work: 300}, "<<" + strings.Repeat("/A 1", 10) + ">>",
			"<<" + strings.Repeat("/A 1", 30) + ">>"},
		{"work", bounds.Limits{Work: 1250}, "[" + strings.Repeat("1 ", 400) + "]",
			"[" + strings.Repeat("1 ", 600) + "]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, err := syntax.Parse([]byte(test.text), test.limits); err != nil {
				t.Errorf("at the limit: %v", err)
			}
			_, err := syntax.Parse([]byte(test.over), test.limits)
			if typed, ok := errors.AsType[*bounds.Error](err); !ok || typed.Kind != bounds.TooComplex {
				t.Errorf("got %v over the limit, want one that says too complex", err)
			}
		})
	}
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	circle := syntax.Array{nil}
	circle[0] = circle
	for name, object := range map[string]syntax.Object{
		"Go integer": 1, "real of letters": syntax.Real("1e5"), "real without point": syntax.Real("15"),
		"real of signs": syntax.Real("--1.5"), "negative reference": syntax.Ref{Number: -1},
		"an array in itself": circle,
	} {
		if got, err := syntax.Append(nil, object); err == nil {
			t.Errorf("%s: got %.20q, want an error", name, got)
		}
	}
}

func TestAppendForms(t *testing.T) {
	t.Parallel()
	tests := []struct {
		object syntax.Object
		want   string
	}{
		{syntax.String("plain (text) \\ \r\n"), `(plain \(text\) \\ \r\n)`},
		{syntax.String("\x00\x01\xff\xfe"), `<0001FFFE>`},
		{syntax.String("mostly text \xe9"), `(mostly text \351)`},
		{syntax.Name("A B#/é"), `/A#20B#23#2F#C3#A9`},
		{syntax.Dict{"B": syntax.Integer(-2), "A": nil, "C": syntax.Array{}}, `<</B -2/C []>>`},
	}
	for _, test := range tests {
		if got, err := syntax.Append(nil, test.object); err != nil || string(got) != test.want {
			t.Errorf("got %s (%v), want %s", got, err, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	seeds := []string{"<</A 1/B[1 0 R(x\\)y)<00ff>/N#20 -1.50 null true]>>", "12 0 R", "(\\101\\\n)", "%c\n[]", "<4 1>",
		"[1 2 3 0 R]"}
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		object, err := syntax.Parse(data, bounds.Limits{})
		if err != nil {
			if _, ok := errors.AsType[*bounds.Error](err); !ok {
				t.Fatalf("got error %v, want one that blames the document", err)
			}
			return
		}
		written, err := syntax.Append(nil, object)
		if err != nil {
			t.Fatalf("write: %v", err)
		}
		again, err := syntax.Parse(written, bounds.Limits{})
		if err != nil || !reflect.DeepEqual(object, again) {
			t.Fatalf("got %.200q (%v) after %.200s, want %.200q", again, err, written, object)
		}
	})
}

// White space and comments between tokens make no difference, also where a reference without a
// comment is read in one step.
func TestParseReferencesBetweenComments(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	tokens := []string{"0", "1", "12", "65535", "65536", "999999999", "1000000000", "4294967296", "R", "R", "R", "+1",
		"-1", "1.", "/R", "(R)", "[", "]", "null", "Rx", "xR", "Rtrue", "0R", "0R"}
	parsed := 0
	for range 20_000 {
		var chosen []string
		for range 1 + random.IntN(7) {
			chosen = append(chosen, tokens[random.IntN(len(tokens))])
		}
		space := []string{" ", "\n", "\x00", "  \r\n", strings.Repeat(" ", 40)}[random.IntN(5)]
		plain, err := syntax.Parse([]byte("["+strings.Join(chosen, space)+"]"), bounds.Limits{})
		commented, err2 := syntax.Parse([]byte("["+strings.Join(chosen, "%\n")+"]"), bounds.Limits{})
		if (err == nil) != (err2 == nil) || !reflect.DeepEqual(plain, commented) {
			t.Fatalf("%q: got %v (%v), want %v (%v)", chosen, plain, err, commented, err2)
		}
		if err == nil {
			parsed++
		}
	}
	if parsed < 1000 {
		t.Errorf("got %d arrays that can be read, want more", parsed)
	}
}

// Elements that the parser does not keep as objects count too: a reference counts as two elements.
func TestParseCountsReferences(t *testing.T) {
	t.Parallel()
	for _, space := range []string{" ", "%\n"} {
		text := "[" + strings.Repeat("1"+space+"0"+space+"R"+space, 10) + "]"
		for elements, want := range map[int]bool{28: true, 27: false} {
			if _, err := syntax.Parse([]byte(text), bounds.Limits{Elements: elements}); (err == nil) != want {
				t.Errorf("%q with %d elements: got %v", text, elements, err)
			}
		}
	}
}
