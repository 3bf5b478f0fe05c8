package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// send posts a body. It gives the status and, of a refusal, the code and the detail.
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
		{"hostile file name", absent + part(`name="document"; filename="../../\"\r\n;a.pdf"`, "%PDF") + "--x--\r\n",
			understood},
		{"charset", part("name=certificate\r\nContent-Type: text/plain; charset=UTF-8", "absent") + doc + "--x--\r\n",
			understood},
		{"no parts", "--x--\r\n", "document_missing"},
		{"file", absent + part(`name="file"; filename="a.pdf"`+"\r\nContent-Type: application/pdf",
			"%PDF-1.7 canary-document") + "--x--\r\n", understood},
		{"file and document", doc + part(`name="file"`, "%PDF-1.7 canary-document") + "--x--\r\n", "option_repeated"},
		{"image as file", part("name=file\r\nContent-Type: image/png", "a") + "--x--\r\n", "media_type_unsupported"},
		{"flags as some languages write them", absent + part("name=visible", "True") +
			part("name=allow-lower", "FALSE") + doc + "--x--\r\n", understood},
		{"level in lower case", absent + part("name=level", "b-b") + doc + "--x--\r\n", understood},
		{"empty document", absent + part(`name="document"`, "") + "--x--\r\n", "document_missing"},
		{"two documents", doc + doc + "--x--\r\n", "option_repeated"},
		{"option twice", absent + absent + doc + "--x--\r\n", "option_repeated"},
		{"unknown part", absent + part("name=reasons", "a") + doc + "--x--\r\n", "option_unknown"},
		{"nameless part", part("filename=a", "a") + "--x--\r\n", "option_unknown"},
		{"_charset_", part("name=_charset_", "utf-8") + "--x--\r\n", "option_unknown"},
		{"thousands of parts", strings.Repeat(part("name=canary-option", "a"), 10_000) + "--x--\r\n", "option_unknown"},
		{"other charset", part("name=reason\r\nContent-Type: text/plain; charset=iso-8859-1", "K\xf6ln") + doc +
			"--x--\r\n", "option_invalid"},
		{"option as a file", part("name=reason\r\nContent-Type: application/pdf", "a") + doc + "--x--\r\n",
			"option_invalid"},
		{"not UTF-8", part("name=reason", "K\xf6ln") + doc + "--x--\r\n", "option_invalid"},
		{"over-long option", part("name=reason", strings.Repeat("a", 1025)) + doc + "--x--\r\n", "option_invalid"},
		{"huge option", part("name=reason", strings.Repeat("a", 1<<20)) + doc + "--x--\r\n", "option_invalid"},
		{"line break in an option", part("name=reason", "a\r\nb") + doc + "--x--\r\n", "option_invalid"},
		{"image as document", part("name=document\r\nContent-Type: image/png", "a") + "--x--\r\n",
			"media_type_unsupported"},
		{"base64 part", part("name=document\r\nContent-Transfer-Encoding: base64", "JVBERi0=") + "--x--\r\n",
			"encoding_unsupported"},
		{"no end", absent + doc, "body_incomplete"},
		{"no boundary in the body", "canary-document", "body_incomplete"},
		{"malformed part header", "--x\r\ncanary-document\r\n\r\na\r\n--x--\r\n", "body_incomplete"},
		{"header without end", "--x\r\n" + strings.Repeat("A: canary-document\r\n", 4_000), "document_too_large"},
		{"header line without end", "--x\r\nA: " + strings.Repeat("canary-document", 5_000), "document_too_large"},
		{"header without end behind the document", doc + "--x\r\n" + strings.Repeat("A: canary-document\r\n", 4_000),
			"document_too_large"},
		{"document of the limit", absent + part("name=document", strings.Repeat("a", 1<<20)) + "--x--\r\n", understood},
		{"document of the limit first", part("name=document", strings.Repeat("a", 1<<20)) + absent + "--x--\r\n",
			understood},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			if _, code, detail := send(t, a, "/api/sign", "multipart/form-data; boundary=x",
				[]byte(test.body)); code != test.code {
				t.Errorf("got %s (%s), want %s", code, detail, test.code)
			}
		})
	}
	a := newAPI(t)
	for _, mediaType := range []string{"multipart/form-data", "multipart/form-data; boundary=\"\"",
		"multipart/form-data; boundary=" + strings.Repeat("x", 71)} {
		if _, code, _ := send(t, a, "/api/sign", mediaType, []byte("--x--")); code != "invalid_request" {
			t.Errorf("got %s for %.40s, want invalid_request", code, mediaType)
		}
	}
	big := append(append([]byte("--x\r\nContent-Disposition: form-data; name=document\r\n\r\n"),
		bytes.Repeat([]byte("a"), 1<<20+1)...), "\r\n--x--"...)
	if status, _, _ := send(t, a, "/api/sign", "multipart/form-data; boundary=x", big); status != 413 {
		t.Errorf("got status %d for a document over the limit, want 413", status)
	}
}

// An encoded part would be read in its encoded form. Therefore no form takes one, whatever it is
// for. testdata/api/generate.txt has the same test for documents that are made.
func TestNoFormTakesEncodedParts(t *testing.T) {
	t.Parallel()
	encoded := "\r\nContent-Transfer-Encoding: "
	for path, parts := range map[string]func(encoding string) string{
		"/api/sign":   func(e string) string { return part("name=document"+e, "JVBERi0=") },
		"/api/verify": func(e string) string { return part("name=document"+e, "JVBERi0=") },
		"/api/jobs": func(e string) string {
			return part("name=operation", "sign") + part("name=document"+e, "JVBERi0=")
		},
	} {
		a := newAPI(t)
		for _, encoding := range []string{"base64", "quoted-printable", "BASE64", "x-own"} {
			status, code, detail := send(t, a, path, "multipart/form-data; boundary=x",
				[]byte(parts(encoded+encoding)+"--x--\r\n"))
			if status != http.StatusUnsupportedMediaType || code != "encoding_unsupported" {
				t.Errorf("%s, %s: got %d %s (%s), want encoding_unsupported", path, encoding, status, code, detail)
			}
		}
		for _, encoding := range []string{"7bit", "8bit", "Binary"} {
			if _, code, _ := send(t, a, path, "multipart/form-data; boundary=x",
				[]byte(parts(encoded+encoding)+"--x--\r\n")); code == "encoding_unsupported" {
				t.Errorf("%s: got %s refused, want it read", path, encoding)
			}
		}
	}
}

func TestQueryOptions(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, query, code, detail string }{
		{"no options", "certificate=absent", "certificate_not_found", ""},
		{"empty values", "certificate=absent&reason=&certify=&level=&version=", "certificate_not_found", ""},
		{"longest reason", "certificate=absent&reason=" + strings.Repeat("%F0%9F%98%80", 1024),
			"certificate_not_found", ""},
		{"comma in a text", "certificate=absent&reason=a,b", "certificate_not_found", ""},
		{"one character more", "reason=" + strings.Repeat("%F0%9F%98%80", 1025), "option_invalid",
			"option reason has more than 1024 characters"},
		{"over-long field", "field=" + strings.Repeat("a", 256), "option_invalid",
			"option field has more than 255 characters"},
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

// TestHostileNameReachesNoVault makes sure that a text that cannot be a certificate's name is never
// looked up.
func TestHostileNameReachesNoVault(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for i, name := range []string{"a/b", "..", "a?b", "a%2fb", strings.Repeat("a", 127)} {
		for _, path := range []string{"/api/sign?certificate=" + url.QueryEscape(name), "/api/sign?version=" +
			url.QueryEscape(name)} {
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
		{"application/pdf, application/json", 415}, {"application/", 415}, {"nonsense", 415},
		{"application/json-seq", 415},
	}
	for _, test := range tests {
		if status, code, _ := send(t, a, "/api/sign?certificate=absent", test.mediaType,
			samplePDF()); status != test.status {
			t.Errorf("got %d %s for %q, want %d", status, code, test.mediaType, test.status)
		}
	}
	for encoding, want := range map[string]int{"identity": 404, "Identity": 404, "gzip": 415, "identity, gzip": 415,
		"br": 415} {
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
