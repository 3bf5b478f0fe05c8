package request

import (
	"strings"
	"testing"

	"influxion/handler/internal/signing"
)

// TestQueryAndBody has options in the query of a form and in the form.
func TestQueryAndBody(t *testing.T) {
	t.Parallel()
	const multipart = "multipart/form-data; boundary=x"
	form := func(name, value string) string {
		parts := "--x\r\nContent-Disposition: form-data; name=document\r\n\r\n%PDF\r\n"
		if name != "" {
			parts += "--x\r\nContent-Disposition: form-data; name=" + name + "\r\n\r\n" + value + "\r\n"
		}
		return parts + "--x--"
	}
	tests := []struct{ name, query, media, body, want string }{
		{"query alone", "reason=a", multipart, form("", ""), "a"},
		{"query alone, JSON", "reason=a", mediaJSON, `{"document":"JVBERg=="}`, "a"},
		{"both, of different options", "reason=a", multipart, form("location", "b"), "a"},
		{"both, the same", "reason=a", multipart, form("reason", "a"), "a"},
		{"both, the same, JSON", "reason=a", mediaJSON, `{"reason":"a","document":"JVBERg=="}`, "a"},
		{"null in JSON", "reason=a", mediaJSON, `{"reason":null,"document":"JVBERg=="}`, "a"},
		{"both, in two cases", "reason=a&level=b-t", mediaJSON, `{"level":"B-T","document":"JVBERg=="}`, "a"},
		{"both, of two types", "reason=a&visible=True&page=2&box=1,2,3,4", mediaJSON,
			`{"visible":true,"page":2,"box":[1,2,3,4],"document":"JVBERg=="}`, "a"},
		{"conflict", "reason=a", multipart, form("reason", "b"), "option_conflict reason"},
		{"conflict, JSON", "level=B-T", mediaJSON, `{"level":"B-B","document":"JVBERg=="}`, "option_conflict level"},
		{"conflict with nothing", "reason=a", mediaJSON, `{"reason":"","document":"JVBERg=="}`,
			"option_conflict reason"},
		{"twice in the form", "reason=a", multipart, strings.Replace(form("reason", "a"), "--x--", "--x\r\n"+
			"Content-Disposition: form-data; name=reason\r\n\r\na\r\n--x--", 1), "option_repeated reason"},
		{"twice in the query", "reason=a&reason=a", multipart, form("", ""), "option_repeated reason"},
		{"unknown in the query", "raeson=a", multipart, form("", ""), "option_unknown reason"},
		{"image in the query", "image=a", multipart, form("", ""), "option_invalid image"},
	}
	for _, test := range tests {
		got, err := read(small(), test.query, test.media, []byte(test.body))
		if code, name, refused := strings.Cut(test.want, " "); refused {
			if fault := signing.AsError(err); err == nil || fault.Code != code ||
				!strings.Contains(fault.Detail, name) {
				t.Errorf("%s: got %v, want %s that names %s", test.name, err, code, name)
			}
		} else if err != nil || got.options.values["reason"] != test.want {
			t.Errorf("%s: got %v, want the reason %s", test.name, err, test.want)
		}
	}
}

// TestUnknownMemberMayBeTheDocument misspells the names of the document in bodies. In a query,
// which has no document, they are not proposed.
func TestUnknownMemberMayBeTheDocument(t *testing.T) {
	t.Parallel()
	for _, known := range documentNames {
		for _, name := range []string{
			strings.ToUpper(known), strings.ToUpper(known[:1]) + known[1:], known + "s", known + "_",
			known[1:2] + known[:1] + known[2:], known[:len(known)-1] + "x", known + "Content",
		} {
			want := "did you mean " + known + "?"
			part := "--x\r\nContent-Disposition: form-data; name=" + name + "; filename=a.pdf\r\n"
			for media, body := range map[string]string{
				mediaJSON:                         `{"` + name + `":"JVBERg=="}`,
				"multipart/form-data; boundary=x": part + "Content-Type: application/pdf\r\n\r\n%PDF\r\n--x--",
				"multipart/form-data;boundary=x":  part + "\r\n%PDF\r\n--x--",
			} {
				_, err := read(small(), "", media, []byte(body))
				if err == nil || !strings.Contains(signing.AsError(err).Detail, want) {
					t.Errorf("%s in %s: got %v, want %q", name, media, err, want)
				}
			}
			_, err := read(small(), name+"=a", mediaPDF, []byte("%PDF"))
			if err == nil || strings.Contains(signing.AsError(err).Detail, want) {
				t.Errorf("%s in a query: got %v, want another refusal than %q", name, err, want)
			}
		}
	}
}

func TestUnknownOptionNamesTheNearest(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, want string }{
		{"Reason", "reason"}, {"REASON", "reason"}, {"raeson", "reason"}, {"reson", "reason"}, {"reasons", "reason"},
		{"reasno", "reason"},
		{"allow_lower", "allow-lower"}, {"allowLower", "allow-lower"}, {"cert", "certificate"},
		{"certificate_name", "certificate"},
		{"certificat", "certificate"}, {"contactInfo", "contact"}, {"loc", ""}, {"loca", "location"}, {"lvl", ""},
		{"levle", "level"},
		{"pages", "page"}, {"vissible", "visible"}, {"bocks", ""}, {"boks", ""}, {"bx", ""}, {"", ""}, {"_", ""},
		{"canary", ""},
		{"access_token", ""}, {"eyJhbGciOiJSUzI1NiJ9.eyJhdWQi", ""}, {strings.Repeat("reason", 10), ""},
		{"\xff\xff\xff\xff", ""},
	}
	for _, test := range tests {
		if got := nearest(test.name, SignOptions()); got != test.want {
			t.Errorf("got %q for %q, want %q", got, test.name, test.want)
		}
		fault := signing.AsError(newOptions(SignOptions()).choose(test.name, "a"))
		if fault.Code != "option_unknown" || strings.HasSuffix(fault.Detail, "; did you mean "+test.want+
			"?") != (test.want != "") {
			t.Errorf("got %v for %q, want it unknown and %q for it", fault, test.name, test.want)
		}
	}
}
