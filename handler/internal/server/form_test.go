package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// send posts a body and gives the status and, of a refusal, the code and detail.
func send(t *testing.T, a *api, path, mediaType string, body []byte) (int, string, string) {
	t.Helper()
	response, err := a.Client().Do(a.request(t, http.MethodPost, path, mediaType, body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var p problem
	if response.StatusCode >= 400 {
		if err := json.Unmarshal(answer, &p); err != nil {
			t.Fatalf("got %q, want a problem", answer)
		}
	}
	return response.StatusCode, p.Code, p.Detail
}

// Every body here asks for a certificate that does not exist, where it can be read: certificate_not_found means that it was understood.
func TestJSONForm(t *testing.T) {
	t.Parallel()
	doc := base64.StdEncoding.EncodeToString([]byte("%PDF-1.7 canary-document >>>???"))
	understood := "certificate_not_found"
	tests := []struct{ name, body, code string }{
		{"plain", `{"certificate":"absent","document":"` + doc + `"}`, understood},
		{"white space", "\n\t{ \"certificate\" : \"absent\" ,\r\n\"document\" : \"" + doc + "\" } \n", understood},
		{"null options", `{"certificate":"absent","reason":null,"document":"` + doc + `"}`, understood},
		{"escaped slash and plus", `{"certificate":"\u0061bsent","document":"` + strings.NewReplacer("/", `\/`, "+", `\u002B`).Replace(doc) + `"}`, understood},
		{"line breaks everywhere in base64", `{"certificate":"absent","document":"` + strings.Join(strings.Split(doc, ""), `\n`) + `\r\n"}`, understood},
		{"line breaks behind the padding", `{"certificate":"absent","document":"JVBERg==\n\n"}`, understood},
		{"line breaks in the padding", `{"certificate":"absent","document":"JVBERg=\n="}`, understood},
		{"nothing but line breaks", `{"document":"\r\n\r\n"}`, "document_missing"},
		{"line breaks in base64", `{"certificate":"absent","document":"` + doc[:8] + `\r\n` + doc[8:] + `"}`, understood},
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
		{"document object", `{"certificate":"absent","document":{"$content-type":"application/pdf","$content":"` + doc + `"}}`, understood},
		{"document object, content first", `{"certificate":"absent","document":{"$content":"` + doc + `","$content-type":"application/octet-stream"}}`, understood},
		{"document object, content alone", `{"certificate":"absent","document":{"$content":"` + doc + `"}}`, understood},
		{"document object as the whole body", `{"$content-type":"application/pdf","$content":"` + doc + `","certificate":"absent"}`, understood},
		{"document object with parameters", `{"certificate":"absent","document":{"$content-type":"Application/PDF; qs=0.001","$content":"` + doc + `"}}`, understood},
		{"document object of another type", `{"document":{"$content-type":"image/png","$content":"` + doc + `"}}`, "media_type_unsupported"},
		{"document object, another type last", `{"document":{"$content":"` + doc + `","$content-type":"text/html"}}`, "media_type_unsupported"},
		{"document object, type without end", `{"document":{"$content-type":"` + strings.Repeat("a", 1<<18), "media_type_unsupported"},
		{"document object without content", `{"document":{"$content-type":"application/pdf"}}`, "invalid_request"},
		{"document object of nothing", `{"document":{}}`, "invalid_request"},
		{"document object with null content", `{"document":{"$content-type":null,"$content":null}}`, "document_missing"},
		{"document object with more", `{"document":{"$content":"` + doc + `","$more":1}}`, "invalid_request"},
		{"document object, content twice", `{"document":{"$content":"` + doc + `","$content":"` + doc + `"}}`, "option_repeated"},
		{"document object in a document object", `{"document":{"$content":{"$content":"` + doc + `"}}}`, "invalid_request"},
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
		{"box", `{"certificate":"absent","box":[72.28346456692913, 72.28346456692913 , 198.4251968503937,85.03937007874016],"document":"` + doc + `"}`, understood},
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
		{"padding inside, at a block's end", `{"document":"` + strings.Repeat("AAAA", 255) + `AA==AAAA"}`, "invalid_request"},
		{"data URI", `{"certificate":"absent","document":"data:application/pdf;base64,` + doc + `"}`, understood},
		{"data URI with parameters", `{"certificate":"absent","document":"DATA:application/pdf;name=a.pdf;BASE64,` + doc + `"}`, understood},
		{"data URI without a type", `{"certificate":"absent","document":"data:;base64,` + doc + `"}`, understood},
		{"data URI, escaped", `{"certificate":"absent","document":"data:application\/pdf;base64,` + doc + `"}`, understood},
		{"data URI in an object", `{"certificate":"absent","document":{"$content":"data:application/pdf;base64,` + doc + `"}}`, understood},
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
		{"a document of the limit", "application/json", `{"certificate":"absent","document":"` + exact + `"}`, "certificate_not_found"},
		{"one byte more", "application/json", `{"certificate":"absent","document":"` + over + `"}`, "document_too_large"},
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

// part writes one part of a form with the boundary x.
func part(header, body string) string {
	return "--x\r\nContent-Disposition: form-data; " + header + "\r\n\r\n" + body + "\r\n"
}

func TestMultipartForm(t *testing.T) {
	t.Parallel()
	understood := "certificate_not_found"
	absent := part("name=certificate", "absent")
	doc := part(`name="document"; filename="a.pdf"`+"\r\nContent-Type: application/pdf", "%PDF-1.7 canary-document")
	tests := []struct{ name, body, code string }{
		{"document last", absent + doc + "--x--\r\n", understood},
		{"document first", doc + absent + "--x--", understood},
		{"preamble and epilogue", "canary-document\r\n" + absent + doc + "--x--\r\nmore", understood},
		{"hostile file name", absent + part(`name="document"; filename="../../\"\r\n;a.pdf"`, "%PDF") + "--x--\r\n", understood},
		{"charset", part("name=certificate\r\nContent-Type: text/plain; charset=UTF-8", "absent") + doc + "--x--\r\n", understood},
		{"no parts", "--x--\r\n", "document_missing"},
		{"file", absent + part(`name="file"; filename="a.pdf"`+"\r\nContent-Type: application/pdf", "%PDF-1.7 canary-document") + "--x--\r\n", understood},
		{"file and document", doc + part(`name="file"`, "%PDF-1.7 canary-document") + "--x--\r\n", "option_repeated"},
		{"image as file", part("name=file\r\nContent-Type: image/png", "a") + "--x--\r\n", "media_type_unsupported"},
		{"flags as some languages write them", absent + part("name=visible", "True") + part("name=allow-lower", "FALSE") + doc + "--x--\r\n", understood},
		{"level in lower case", absent + part("name=level", "b-b") + doc + "--x--\r\n", understood},
		{"empty document", absent + part(`name="document"`, "") + "--x--\r\n", "document_missing"},
		{"two documents", doc + doc + "--x--\r\n", "option_repeated"},
		{"option twice", absent + absent + doc + "--x--\r\n", "option_repeated"},
		{"unknown part", absent + part("name=reasons", "a") + doc + "--x--\r\n", "option_unknown"},
		{"nameless part", part("filename=a", "a") + "--x--\r\n", "option_unknown"},
		{"_charset_", part("name=_charset_", "utf-8") + "--x--\r\n", "option_unknown"},
		{"thousands of parts", strings.Repeat(part("name=canary-option", "a"), 10_000) + "--x--\r\n", "option_unknown"},
		{"other charset", part("name=reason\r\nContent-Type: text/plain; charset=iso-8859-1", "K\xf6ln") + doc + "--x--\r\n", "option_invalid"},
		{"option as a file", part("name=reason\r\nContent-Type: application/pdf", "a") + doc + "--x--\r\n", "option_invalid"},
		{"not UTF-8", part("name=reason", "K\xf6ln") + doc + "--x--\r\n", "option_invalid"},
		{"over-long option", part("name=reason", strings.Repeat("a", 1025)) + doc + "--x--\r\n", "option_invalid"},
		{"huge option", part("name=reason", strings.Repeat("a", 1<<20)) + doc + "--x--\r\n", "option_invalid"},
		{"line break in an option", part("name=reason", "a\r\nb") + doc + "--x--\r\n", "option_invalid"},
		{"image as document", part("name=document\r\nContent-Type: image/png", "a") + "--x--\r\n", "media_type_unsupported"},
		{"base64 part", part("name=document\r\nContent-Transfer-Encoding: base64", "JVBERi0=") + "--x--\r\n", "encoding_unsupported"},
		{"no end", absent + doc, "body_incomplete"},
		{"no boundary in the body", "canary-document", "body_incomplete"},
		{"malformed part header", "--x\r\ncanary-document\r\n\r\na\r\n--x--\r\n", "body_incomplete"},
		{"header without end", "--x\r\n" + strings.Repeat("A: canary-document\r\n", 4_000), "document_too_large"},
		{"header line without end", "--x\r\nA: " + strings.Repeat("canary-document", 5_000), "document_too_large"},
		{"header without end behind the document", doc + "--x\r\n" + strings.Repeat("A: canary-document\r\n", 4_000), "document_too_large"},
		{"document of the limit", absent + part("name=document", strings.Repeat("a", 1<<20)) + "--x--\r\n", understood},
		{"document of the limit first", part("name=document", strings.Repeat("a", 1<<20)) + absent + "--x--\r\n", understood},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			if _, code, detail := send(t, a, "/api/sign", "multipart/form-data; boundary=x", []byte(test.body)); code != test.code {
				t.Errorf("got %s (%s), want %s", code, detail, test.code)
			}
		})
	}
	a := newAPI(t)
	for _, mediaType := range []string{"multipart/form-data", "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=" + strings.Repeat("x", 71)} {
		if _, code, _ := send(t, a, "/api/sign", mediaType, []byte("--x--")); code != "invalid_request" {
			t.Errorf("got %s for %.40s, want invalid_request", code, mediaType)
		}
	}
	big := append(append([]byte("--x\r\nContent-Disposition: form-data; name=document\r\n\r\n"), bytes.Repeat([]byte("a"), 1<<20+1)...), "\r\n--x--"...)
	if status, _, _ := send(t, a, "/api/sign", "multipart/form-data; boundary=x", big); status != 413 {
		t.Errorf("got status %d for a document over the limit, want 413", status)
	}
}

func TestQueryOptions(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, query, code, detail string }{
		{"no options", "certificate=absent", "certificate_not_found", ""},
		{"empty values", "certificate=absent&reason=&certify=&level=&version=", "certificate_not_found", ""},
		{"longest reason", "certificate=absent&reason=" + strings.Repeat("%F0%9F%98%80", 1024), "certificate_not_found", ""},
		{"comma in a text", "certificate=absent&reason=a,b", "certificate_not_found", ""},
		{"one character more", "reason=" + strings.Repeat("%F0%9F%98%80", 1025), "option_invalid", "option reason has more than 1024 characters"},
		{"over-long field", "field=" + strings.Repeat("a", 256), "option_invalid", "option field has more than 255 characters"},
		{"not UTF-8", "location=K%F6ln", "option_invalid", "option location is not UTF-8"},
		{"zero byte", "name=a%00", "option_invalid", "option name has a control character"},
		{"C1 control", "name=a%C2%85", "option_invalid", "option name has a control character"},
		{"twice", "level=B-B&level=B-B", "option_repeated", "option level is given more than once"},
		{"unknown twice", "canary=1&canary=2", "option_unknown", "unknown option canary"},
		{"token as a name", "canary-query.eyJhbGciOiJSUzI1NiJ9", "option_unknown", "an option is unknown here"},
		{"other case", "Reason=a", "option_unknown", "unknown option Reason; did you mean reason?"},
		{"bad escape", "reason=%zzcanary-query", "invalid_request", "the query cannot be read"},
		{"semicolon", "reason=a;canary-query=b", "invalid_request", "the query cannot be read"},
		{"huge", "reason=" + strings.Repeat("a", 33<<10), "invalid_request", "the query is too long"},
		{"level in lower case", "certificate=absent&level=b-lTa", "certificate_not_found", ""},
		{"no level", "level=b-c", "option_invalid", "option level is not B-B, B-T, B-LT or B-LTA"},
		{"slash in a certificate", "certificate=a/b", "certificate_not_found", ""},
		{"slash in a version", "version=" + url.QueryEscape("../secrets"), "certificate_not_found", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			_, code, detail := send(t, a, "/api/sign?"+test.query, "application/pdf", samplePDF())
			if code != test.code || (test.detail != "" && detail != test.detail) {
				t.Errorf("got %s (%s), want %s (%s)", code, detail, test.code, test.detail)
			}
			if got := len(a.audit.records(t)); got != 1 {
				t.Errorf("got %d audit records, want 1", got)
			}
		})
	}
}

// TestHostileNameReachesNoVault makes sure that what can be no certificate's name is never looked up.
func TestHostileNameReachesNoVault(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for i, name := range []string{"a/b", "..", "a?b", "a%2fb", strings.Repeat("a", 127)} {
		for _, path := range []string{"/api/sign?certificate=" + url.QueryEscape(name), "/api/sign?version=" + url.QueryEscape(name)} {
			if status, code, _ := send(t, a, path, "application/pdf", samplePDF()); status < 400 {
				t.Errorf("got %d %s for name %d, want a refusal", status, code, i)
			}
		}
		response, err := a.Client().Do(a.request(t, http.MethodGet, "/api/certificates/"+url.PathEscape(name), "", nil))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("got %d for certificate %d, want 404", response.StatusCode, i)
		}
	}
	if got := a.vault.calls.Load(); got != 0 {
		t.Errorf("got %d calls of the vault, want 0", got)
	}
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	tests := []struct {
		mediaType string
		status    int
	}{
		{"application/pdf", 404}, {"Application/PDF", 404}, {"application/pdf; charset=binary", 404},
		{"", 415}, {"application/x-pdf", 415}, {"application/octet-stream", 415}, {"multipart/mixed; boundary=x", 415},
		{"application/pdf, application/json", 415}, {"application/", 415}, {"nonsense", 415}, {"application/json-seq", 415},
	}
	for _, test := range tests {
		if status, code, _ := send(t, a, "/api/sign?certificate=absent", test.mediaType, samplePDF()); status != test.status {
			t.Errorf("got %d %s for %q, want %d", status, code, test.mediaType, test.status)
		}
	}
	for encoding, want := range map[string]int{"identity": 404, "Identity": 404, "gzip": 415, "identity, gzip": 415, "br": 415} {
		r := a.request(t, http.MethodPost, "/api/sign?certificate=absent", "application/pdf", samplePDF())
		r.Header.Set("Content-Encoding", encoding)
		response, err := a.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("got %d for Content-Encoding %q, want %d", response.StatusCode, encoding, want)
		}
	}
}
