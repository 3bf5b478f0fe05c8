package request

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"influxion/handler/internal/server/jsonstream"
	"influxion/handler/internal/server/request/memory"
	"influxion/handler/internal/signing"
)

// small is a reader of small documents.
func small() *Reader { return New(Limits{Document: 1 << 16}, nil) }

// read gives the form of a request with a body.
func read(reader *Reader, query, mediaType string, body []byte) (*form, error) {
	r := httptest.NewRequest(http.MethodPost, "/api/sign", bytes.NewReader(body))
	r.URL.RawQuery = query
	r.Header.Set("Content-Type", mediaType)
	in := reader.Incoming(httptest.NewRecorder(), r)
	defer in.Release()
	if err := in.Limit(time.Now().Add(time.Minute), true); err != nil {
		return nil, err
	}
	ctx := context.Background()
	f, err := in.readForm(ctx, SignOptions())
	if err != nil {
		return nil, err
	}
	// The form outlives the request.
	document, size := io.NewSectionReader(f.document, 0, f.document.Size()), f.document.Size()
	f.document, err = memory.ReadDocument(ctx, document, size, size, &small().memory.Share().Document)
	return f, err
}

// FuzzForms sends the same document and options in the three forms. All forms give the same, or all
// are refused for the same reason.
func FuzzForms(f *testing.F) {
	seeds := []struct {
		document             string
		name1, value1, name2 string
		value2               string
	}{
		{"%PDF-1.7", "reason", "Approved", "certificate", "seal"},
		{"%PDF-1.7", "reason", "Köln \"quoted\" \\ / \u2028", "location", "😀"},
		{"\x00\xff\r\n--x--", "certify", "no-changes", "level", "B-B"},
		{"", "reason", "", "reason", "a,b"},
		{"a", "certificate", "a,b", "field", "a\r\nb"},
		{"a", "unknown", "a", "Reason", "\xff"},
	}
	if len(seeds) == 0 {
		f.Fatal("got no seeds, want some")
	}
	for _, seed := range seeds {
		f.Add([]byte(seed.document), seed.name1, seed.value1, seed.name2, seed.value2)
	}
	s := small()
	f.Fuzz(func(t *testing.T, document []byte, name1, value1, name2, value2 string) {
		reserved := append([]string{jsonstream.Content, jsonstream.ContentType}, documentNames...)
		if name1 == name2 || slices.Contains(reserved, name1) || slices.Contains(reserved, name2) ||
			!utf8.ValidString(name1+name2) {
			return // encoders of other languages cannot say these
		}
		values := map[string]string{name1: value1, name2: value2}
		query := url.Values{}
		for name, value := range values {
			query.Set(name, value)
		}
		raw, rawErr := read(s, query.Encode(), mediaPDF, document)
		form, formErr := read(s, "", "multipart/form-data; boundary=frontier", encodeForm(t, document, values))
		checkSame(t, "form", raw, form, rawErr, formErr)
		if utf8.ValidString(value1 + value2) {
			object, objectErr := read(s, "", mediaJSON, encodeJSON(t, document, values))
			checkSame(t, "JSON", raw, object, rawErr, objectErr)
		}
		if rawErr == nil {
			if got, _ := io.ReadAll(io.NewSectionReader(raw.document, 0, raw.document.Size())); !bytes.Equal(got,
				document) || !maps.Equal(raw.options.values, canonical(values)) {
				t.Errorf("got %d bytes and %v, want %d and %v", len(got), raw.options.values, len(document), values)
			}
		}
	})
}

// canonical gives values as options keep them.
func canonical(values map[string]string) map[string]string {
	kept := maps.Clone(values)
	for _, option := range SignOptions() {
		if value, ok := kept[option.name]; ok {
			kept[option.name] = option.canonical(value)
		}
	}
	return kept
}

func checkSame(t *testing.T, what string, raw, other *form, rawErr, otherErr error) {
	t.Helper()
	if (rawErr == nil) != (otherErr == nil) {
		// The forms notice a missing document or missing memory at different places, and in some
		// forms the options come first.
		t.Fatalf("%s: got %v, want %v", what, otherErr, rawErr)
	}
	if rawErr != nil {
		for _, err := range []error{rawErr, otherErr} {
			if kind := signing.AsError(err).Kind; kind != signing.InvalidRequest && kind != signing.TooLarge {
				t.Fatalf("%s: got %v, want a fault of the request", what, err)
			}
		}
		return
	}
	a, _ := io.ReadAll(io.NewSectionReader(raw.document, 0, raw.document.Size()))
	b, _ := io.ReadAll(io.NewSectionReader(other.document, 0, other.document.Size()))
	if !bytes.Equal(a, b) || !maps.Equal(raw.options.values, other.options.values) {
		t.Fatalf("%s: got %d bytes and %v, want %d and %v", what, len(b), other.options.values, len(a),
			raw.options.values)
	}
}

func encodeForm(t *testing.T, document []byte, values map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	if err := w.SetBoundary("frontier"); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if err := w.WriteField(name, values[name]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("document", "a.pdf")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(document)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func encodeJSON(t *testing.T, document []byte, values map[string]string) []byte {
	t.Helper()
	object := maps.Clone(values)
	object["document"] = base64.StdEncoding.EncodeToString(document)
	out, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// FuzzJSON sends any body. Whatever the JSON reader accepts, encoding/json accepts too, and finds
// the same document and options in it.
func FuzzJSON(f *testing.F) {
	seeds := []string{
		`{"document": "JVBERi0=", "reason": null, "name": "\ud83d\ude00"}`,
		`{"document":"JVBE\r\nRi0=","reason":"a"}{}`,
		`{"document":"\u004aVBERi0=","reason":"a\u00e4"}`, `{"document":"JVBERi0"}`, `[]`, `{"document":"JVBERi0=",}`,
		"\x00",
		"\ufeff" + `{"file":{"$content-type":"application/pdf","$content":"JVBERi0="},"visible":true,"page":-1.0}`,
		`{"document":"data:application/pdf;base64,JVBERi0xLjcKJVBERi0xLjcK","box":[1,2.5,3e1,4],"level":"b-b"}`,
		`{"$content":"JVBERi0=","allow-lower":"TRUE","image":"data:;base64,YQ=="}`,
	}
	if len(seeds) == 0 {
		f.Fatal("got no seeds, want some")
	}
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	s := small()
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := read(s, "", mediaJSON, body)
		if err != nil {
			return
		}
		var want map[string]any
		if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &want); err != nil {
			t.Fatalf("got %q accepted, want a refusal: %v", body, err)
		}
		for name, value := range got.options.values {
			if text := asText(want[name]); value != canonical(map[string]string{name: text})[name] {
				t.Errorf("got %s = %q, want %v", name, value, want[name])
			}
		}
		content, err := io.ReadAll(io.NewSectionReader(got.document, 0, got.document.Size()))
		if err != nil || !bytes.Equal(content, documentIn(want)) {
			t.Errorf("got %q (%v), want %q", content, err, documentIn(want))
		}
	})
}

// asText writes a value of JSON as an option has it.
func asText(value any) string {
	switch value := value.(type) {
	case bool:
		return strconv.FormatBool(value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case []any:
		list := make([]string, len(value))
		for i := range value {
			list[i] = asText(value[i])
		}
		return strings.Join(list, ",")
	}
	text, _ := value.(string)
	return text
}

// documentIn decodes the one document of an object.
func documentIn(object map[string]any) []byte {
	for _, name := range []string{"document", "file", jsonstream.Content} {
		if inner, ok := object[name].(map[string]any); ok {
			return documentIn(inner)
		}
		if text, ok := object[name].(string); ok {
			if scheme := "data:"; len(text) >= len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
				_, text, _ = strings.Cut(text, ",")
			}
			decoded, _ := base64.StdEncoding.DecodeString(text)
			return decoded
		}
	}
	return nil
}
