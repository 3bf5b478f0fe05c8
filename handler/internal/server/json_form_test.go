package server_test

import (
	"encoding/base64"
	"strings"
	"testing"
)

// Every body here that can be read asks for a certificate that does not exist. So
// certificate_not_found means that the server understood the body.
func TestJSONForm(t *testing.T) {
	t.Parallel()
	doc := base64.StdEncoding.EncodeToString([]byte("%PDF-1.7 canary-document >>>???"))
	understood := "certificate_not_found"
	tests := []struct{ name, body, code string }{
		{"plain", `{"certificate":"absent","document":"` + doc + `"}`, understood},
		{"white space", "\n\t{ \"certificate\" : \"absent\" ,\r\n\"document\" : \"" + doc + "\" } \n", understood},
		{"null options", `{"certificate":"absent","reason":null,"document":"` + doc + `"}`, understood},
		{"escaped slash and plus", `{"certificate":"\u0061bsent","document":"` +
			strings.NewReplacer("/", `\/`, "+", `\u002B`).Replace(doc) + `"}`, understood},
		{"line breaks everywhere in base64", `{"certificate":"absent","document":"` +
			strings.Join(strings.Split(doc, ""), `\n`) + `\r\n"}`, understood},
		{"line breaks behind the padding", `{"certificate":"absent","document":"JVBERg==\n\n"}`, understood},
		{"line breaks in the padding", `{"certificate":"absent","document":"JVBERg=\n="}`, understood},
		{"nothing but line breaks", `{"document":"\r\n\r\n"}`, "document_missing"},
		{"line breaks in base64", `{"certificate":"absent","document":"` + doc[:8] + `\r\n` + doc[8:] + `"}`,
			understood},
		{"surrogate pair", `{"certificate":"absent","reason":"\ud83d\ude00","document":"` + doc + `"}`, understood},
		{"empty", ``, "invalid_request"},
		{"only white space", ` `, "invalid_request"},
		{"array", `[]`, "invalid_request"},
		{"null", `null`, "invalid_request"},
		{"string", `"x"`, "invalid_request"},
		{"byte order mark", "\ufeff{}", "document_missing"},
		{"byte order mark and a document", "\ufeff" + `{"certificate":"absent","document":"` + doc + `"}`, understood},
		{"two byte order marks", "\ufeff\ufeff{}", "invalid_request"},
		{"half a byte order mark", "\xef\xbb{}", "invalid_request"},
		{"byte order mark alone", "\ufeff", "invalid_request"},
		{"UTF-16", "\xff\xfe{\x00}\x00", "invalid_request"},
		{"empty object", `{}`, "document_missing"},
		{"null document", `{"document":null}`, "document_missing"},
		{"empty document", `{"document":""}`, "document_missing"},
		{"document object", `{"certificate":"absent","document":{"$content-type":"application/pdf","$content":"` +
			doc + `"}}`, understood},
		{"document object, content first", `{"certificate":"absent","document":{"$content":"` + doc +
			`","$content-type":"application/octet-stream"}}`, understood},
		{"document object, content alone", `{"certificate":"absent","document":{"$content":"` + doc + `"}}`,
			understood},
		{"document object as the whole body", `{"$content-type":"application/pdf","$content":"` + doc +
			`","certificate":"absent"}`, understood},
		{"document object with parameters",
			`{"certificate":"absent","document":{"$content-type":"Application/PDF; qs=0.001","$content":"` + doc +
				`"}}`, understood},
		{"document object of another type", `{"document":{"$content-type":"image/png","$content":"` + doc + `"}}`,
			"media_type_unsupported"},
		{"document object, another type last", `{"document":{"$content":"` + doc + `","$content-type":"text/html"}}`,
			"media_type_unsupported"},
		{"document object, type without end", `{"document":{"$content-type":"` + strings.Repeat("a", 1<<18),
			"media_type_unsupported"},
		{"document object without content", `{"document":{"$content-type":"application/pdf"}}`, "invalid_request"},
		{"document object of nothing", `{"document":{}}`, "invalid_request"},
		{"document object with null content", `{"document":{"$content-type":null,"$content":null}}`,
			"document_missing"},
		{"document object with more", `{"document":{"$content":"` + doc + `","$more":1}}`, "invalid_request"},
		{"document object, content twice", `{"document":{"$content":"` + doc + `","$content":"` + doc + `"}}`,
			"option_repeated"},
		{"document object in a document object", `{"document":{"$content":{"$content":"` + doc + `"}}}`,
			"invalid_request"},
		{"document number", `{"document":1}`, "invalid_request"},
		{"document array", `{"document":["` + doc + `"]}`, "invalid_request"},
		{"option object", `{"reason":{"$content":"YQ=="}}`, "invalid_request"},
		{"file", `{"certificate":"absent","file":"` + doc + `"}`, understood},
		{"file and document", `{"file":"` + doc + `","document":"` + doc + `"}`, "option_repeated"},
		{"file and null document", `{"certificate":"absent","file":"` + doc + `","document":null}`, understood},
		{"flags", `{"certificate":"absent","visible":true,"allow-lower":false,"document":"` + doc + `"}`, understood},
		{"flag that is a number", `{"visible":1}`, "invalid_request"},
		{"flag that goes on", `{"visible":truely}`, "invalid_request"},
		{"page", `{"certificate":"absent","page":-1,"document":"` + doc + `"}`, understood},
		{"page with a point", `{"certificate":"absent","page":2.0,"document":"` + doc + `"}`, understood},
		{"page with an exponent", `{"certificate":"absent","page":1e1,"document":"` + doc + `"}`, understood},
		{"page that is not whole", `{"certificate":"absent","page":2.5,"document":"` + doc + `"}`, "option_invalid"},
		{"page too large", `{"page":1e300}`, "option_invalid"},
		{"page that is no number", `{"page":01}`, "invalid_request"},
		{"page with a sign", `{"page":+1}`, "invalid_request"},
		{"page without end", `{"page":` + strings.Repeat("1", 1000) + `}`, "invalid_request"},
		{"page that is true", `{"page":true}`, "invalid_request"},
		{"box",
			`{"certificate":"absent","box":[72.28346456692913, 72.28346456692913 , 198.4251968503937,85.03937007874016],"document":"` + doc + `"}`, understood},
		{"box of three", `{"certificate":"absent","box":[1,2,3],"document":"` + doc + `"}`, "option_invalid"},
		{"box without end", `{"box":[` + strings.Repeat("1,", 1000) + `1]}`, "invalid_request"},
		{"box of nothing", `{"certificate":"absent","box":[],"document":"` + doc + `"}`, understood},
		{"box of strings", `{"box":["1","2","3","4"]}`, "invalid_request"},
		{"box with a comma too many", `{"box":[1,2,3,4,]}`, "invalid_request"},
		{"box of boxes", `{"box":[[1,2,3,4]]}`, "invalid_request"},
		{"level in lower case", `{"certificate":"absent","level":"b-b","document":"` + doc + `"}`, understood},
		{"deep", `{"document":` + strings.Repeat(`[`, 100_000), "invalid_request"},
		{"deep objects", strings.Repeat(`{"document":`, 100_000), "invalid_request"},
		{"number", `{"reason":1}`, "invalid_request"},
		{"true", `{"reason":true}`, "invalid_request"},
		{"nul", `{"reason":nul}`, "invalid_request"},
		{"document twice", `{"document":"` + doc + `","document":"` + doc + `"}`, "option_repeated"},
		{"option twice", `{"reason":"a","reason":"b","document":"` + doc + `"}`, "option_repeated"},
		{"null and again", `{"reason":null,"reason":"b"}`, "option_repeated"},
		{"twice by escape", `{"reason":"a","\u0072eason":"b"}`, "option_repeated"},
		{"unknown member", `{"reasons":"a"}`, "option_unknown"},
		{"unknown member with any value", `{"signatures":[{"a":[1]}]}`, "option_unknown"},
		{"other case", `{"Reason":"a"}`, "option_unknown"},
		{"long name", `{"` + strings.Repeat("canary-option", 1000) + `":"a"}`, "option_unknown"},
		{"trailing comma", `{"reason":"a",}`, "invalid_request"},
		{"no comma", `{"reason":"a" "name":"b"}`, "invalid_request"},
		{"no colon", `{"reason" "a"}`, "invalid_request"},
		{"no quotes", `{reason:"a"}`, "invalid_request"},
		{"comment", `{/**/}`, "invalid_request"},
		{"garbage behind", `{"document":"` + doc + `"}x`, "invalid_request"},
		{"second object behind", `{"document":"` + doc + `"}{}`, "invalid_request"},
		{"open string", `{"reason":"a`, "invalid_request"},
		{"open object", `{"reason":"a"`, "invalid_request"},
		{"raw line break", "{\"reason\":\"a\nb\"}", "invalid_request"},
		{"bad escape", `{"reason":"\x41"}`, "invalid_request"},
		{"short escape", `{"reason":"\u12"}`, "invalid_request"},
		{"half a pair", `{"reason":"\ud83d"}`, "invalid_request"},
		{"two first halves", `{"reason":"\ud83d\ud83d"}`, "invalid_request"},
		{"second half first", `{"reason":"\ude00\ud83d"}`, "invalid_request"},
		{"escaped control", `{"reason":"a\u0000b"}`, "option_invalid"},
		{"not UTF-8", "{\"reason\":\"a\xffb\"}", "option_invalid"},
		{"URL-safe base64", `{"document":"JVBERi0-_w=="}`, "invalid_request"},
		{"no padding", `{"document":"JVBERi0"}`, "invalid_request"},
		{"one character short", `{"document":"JVBER"}`, "invalid_request"},
		{"padding inside", `{"document":"JVBERg==JVBERg=="}`, "invalid_request"},
		{"padding inside, at a block's end", `{"document":"` + strings.Repeat("AAAA", 255) + `AA==AAAA"}`,
			"invalid_request"},
		{"data URI", `{"certificate":"absent","document":"data:application/pdf;base64,` + doc + `"}`, understood},
		{"data URI with parameters", `{"certificate":"absent","document":"DATA:application/pdf;name=a.pdf;BASE64,` +
			doc + `"}`, understood},
		{"data URI without a type", `{"certificate":"absent","document":"data:;base64,` + doc + `"}`, understood},
		{"data URI, escaped", `{"certificate":"absent","document":"data:application\/pdf;base64,` + doc + `"}`,
			understood},
		{"data URI in an object", `{"certificate":"absent","document":{"$content":"data:application/pdf;base64,` +
			doc + `"}}`, understood},
		{"data URI of another type", `{"document":"data:image/png;base64,` + doc + `"}`, "media_type_unsupported"},
		{"data URI in text", `{"document":"data:application/pdf,%25PDF"}`, "invalid_request"},
		{"data URI without a comma", `{"document":"data:application/pdf;base64"}`, "invalid_request"},
		{"data URI without end", `{"document":"data:` + strings.Repeat("a", 1<<18), "invalid_request"},
		{"data URI of nothing", `{"document":"data:application/pdf;base64,"}`, "document_missing"},
		{"data URI, broken off", `{"document":"data:`, "invalid_request"},
		{"another URI", `{"document":"http:application/pdf;base64,` + doc + `"}`, "invalid_request"},
		{"space in base64", `{"document":"JVBE Ri0="}`, "invalid_request"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			if _, code, detail := send(t, a, "/api/sign", "application/json", []byte(test.body)); code != test.code {
				t.Errorf("got %s (%s), want %s", code, detail, test.code)
			}
		})
	}
}

func TestJSONFormLimits(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	exact := base64.StdEncoding.EncodeToString(make([]byte, 1<<20))
	over := base64.StdEncoding.EncodeToString(make([]byte, 1<<20+1))
	tests := []struct{ name, mediaType, body, code string }{
		{"a document of the limit", "application/json", `{"certificate":"absent","document":"` + exact + `"}`,
			"certificate_not_found"},
		{"one byte more", "application/json", `{"certificate":"absent","document":"` + over + `"}`,
			"document_too_large"},
		{"white space without end", "application/json", strings.Repeat(" ", 11<<20), "document_too_large"},
		{"other charset", "application/json; charset=utf-16", `{}`, "media_type_unsupported"},
		{"quoted charset", `application/json; charset="UTF-8"`, `{}`, "document_missing"},
	}
	for _, test := range tests {
		if _, code, detail := send(t, a, "/api/sign", test.mediaType, []byte(test.body)); code != test.code {
			t.Errorf("%s: got %s (%s), want %s", test.name, code, detail, test.code)
		}
	}
}
