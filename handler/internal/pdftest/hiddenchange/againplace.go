package hiddenchange

import (
	"fmt"
	"strings"
)

// againPlaces list page 1 again, unchanged, in a syntax that readers may interpret differently.
func againPlaces() []place {
	const contents, other = "/Contents 4 0 R", "/Contents 7 0 R"
	var all []place
	for _, one := range []struct{ name, text string }{
		{"as it was", contents},
		{"with a key twice", other + contents},
		{"with a key twice, the first right", contents + other},
		{"with an escaped key", "/C#6fntents 7 0 R" + contents},
		{"with an escaped key behind", contents + "/C#6fntents 7 0 R"},
		{"with an unfinished escape", contents + "/Contents# 7 0 R"},
		{"with a null before", "/Contents null " + contents},
		{"with a comment that a carriage return ends", contents + " % a comment\r" + other + "\n"},
		{"with a comment that a form feed ends", contents + " % a comment\f" + other + "\n"},
		{"with a comment in a reference", "/Contents 4 % a comment\n0 R"},
		{"with a wide reference", "/Contents 4\n\n0\tR"},
		{"with a reference of leading zeros", "/Contents 0004 0000 R"},
		{"with a reference with a sign", "/Contents +4 0 R"},
		{"with a reference that a key follows", "/Contents 4 0 R/Odd 7 0 R"},
		{"with a reference in pieces", contents + " /Odd 7 0 /Contents 7 0 R"},
		{"with a real reference", "/Contents 4.0 0 R"},
		{"with an unknown word", contents + " /Odd word " + other},
		{"with a number that is none", contents + " /Odd 1-2 " + other},
		{"with a string that brackets end", contents + ` /Odd (\) ` + other + ` \()`},
		{"with a string of a bracket", contents + ` /Odd (a\(b) ` + "/Even (c)"},
		{"with a string of octals", contents + ` /Odd (\51` + other + `)`},
		{"with a hexadecimal string of other digits", contents + " /Odd <4142 xx " + other[1:] + ">"},
		{"with a name of brackets", contents + " /Odd /A{" + other},
		{"with an array that holds it", "/Odd [" + other + "] " + contents},
		{"with a dictionary that holds it", "/Odd <<" + other + ">> " + contents},
		{"with a dictionary that does not end", contents + " /Odd <<" + other},
		{"with a bracket too many", contents + " >> " + other},
		{"with an end of object in a string", contents + " /Odd (\nendobj\n3 0 obj\n<<" + other + ">>\nendobj\n)"},
		{"with an end of object in a comment", contents + " % endobj 3 0 obj << " + other + " >> endobj\n"},
	} {
		all = append(all, place{name: "the page again, " + one.name, alone: true, apply: func(r *revision) {
			page := strings.Replace(lastObject(r.prefix, pageNumber), contents, one.text, 1)
			r.objects = append(r.objects, &object{number: pageNumber, text: page})
		}})
	}
	return append(all, contentPlaces()...)
}

// contentPlaces list the content of page 1 again, in streams whose data readers may interpret
// differently.
func contentPlaces() []place {
	data, hidden := streamData(agreed), streamData(penalty)
	var all []place
	for _, one := range []struct{ name, text string }{
		{"as it was", stream("", data)},
		{"with data behind its length",
			fmt.Sprintf("<< /Length %d >>\nstream\n%s\n%s\nendstream", len(data), data, hidden)},
		{"with an endstream in a comment",
			fmt.Sprintf("<< /Length %d >>\nstream\n%s\n%%endstream\n%s\nendstream", len(data), data, hidden)},
		{"with its length twice", fmt.Sprintf("<< /Length %d /Length %d >>\nstream\n%s\n%s\nendstream",
			len(data)+len(hidden)+1, len(data), data, hidden)},
		{"with a real length", fmt.Sprintf("<< /Length %d.0 >>\nstream\n%s\nendstream", len(data), data)},
		{"with a filter of no name", stream("/Filter []", data)},
		{"with a filter that is null", stream("/Filter null", data)},
		{"with the filter of an inline image", stream("/F /AHx", data)},
		{"with parameters alone", stream("/DecodeParms [null]", data)},
		{"with another data file", stream("/F (other.pdf)", data)},
		{"with a comment behind stream",
			fmt.Sprintf("<< /Length %d >>\nstream %% a comment\n%s\nendstream", len(data), data)},
		{"with a carriage return behind stream",
			fmt.Sprintf("<< /Length %d >>\nstream\r%s\nendstream", len(data), data)},
	} {
		all = append(all, place{name: "the content again, " + one.name, alone: true, apply: func(r *revision) {
			r.objects = append(r.objects, &object{number: contentNumber, text: one.text})
		}})
	}
	return all
}
