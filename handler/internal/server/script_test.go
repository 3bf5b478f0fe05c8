package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/render"
	"influxion/handler/internal/rendertest"
	"influxion/handler/internal/server"
	"influxion/handler/internal/signing"
)

// The scripts of testdata/api are requests and answers that the author of a client can read. A line
//
//	== title            begins an exchange, on a server of its own unless the title goes on with ", then"
//	# text              is for the reader
//	given FAULT         breaks something first: see faults
//	> line              belongs to the request: method and path, header fields, an empty line, the body
//	< line              belongs to the answer, in the same order, with the status first
//
// In a request {{pdf}} is a document, {{pdf base64}} the same in base64, {{signed pdf}} the same
// signed, {{tampered pdf}} the same changed since, {{answer}} the body of the answer before,
// {{job}} and {{batch}} the IDs of the job and the batch that it was about, {{SAD}} its member of
// this name and {{token}} a good access token. In an answer a * stands for anything, {{signed}} for
// the request's document with something appended, {{sent}} for that document as it is, {{made}} for
// a document without a signature, {{made and signed}} for one with it, and of JSON every member is
// named. Whatever else holds for every answer is checked too: it agrees with openapi.json, and an
// attempt to sign has left one audit record that tells the same story.
type exchange struct {
	title   string
	line    int
	goesOn  bool
	given   []string
	request []string
	answer  []string
}

func parseScript(t *testing.T, path string) []exchange {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var script []exchange
	for i, line := range strings.Split(string(text), "\n") {
		prefix, rest, _ := strings.Cut(line, " ")
		if prefix == "==" {
			title, goesOn := strings.CutSuffix(rest, ", then")
			script = append(script, exchange{title: title, line: i + 1, goesOn: goesOn})
			continue
		}
		if line == "" || prefix == "#" {
			continue
		}
		if len(script) == 0 {
			t.Fatalf("%s:%d: got %q before the first ==", path, i+1, line)
		}
		current := &script[len(script)-1]
		switch prefix {
		case "given":
			current.given = append(current.given, rest)
		case ">":
			current.request = append(current.request, rest)
		case "<":
			current.answer = append(current.answer, rest)
		default:
			t.Fatalf("%s:%d: got %q, want ==, #, given, > or <", path, i+1, line)
		}
	}
	return script
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// TestScripts runs the scripts. Each code and status that openapi.json names must occur in them.
func TestScripts(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../testdata/api/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("got scripts %v (%v), want some", paths, err)
	}
	contract := newContract(t)
	renderer := rendertest.New()
	t.Cleanup(renderer.Close)
	for _, path := range paths {
		var a *api
		var before []byte
		for _, x := range parseScript(t, path) {
			if !x.goesOn || a == nil {
				changes := []func(*server.Config){func(c *server.Config) {
					c.Renderer = &render.Renderer{Printer: render.NewClient(renderer.URL, nil), MaxBytes: 1 << 20,
						Now: time.Now}
				}}
				for _, given := range x.given {
					fault, ok := faults()[given]
					if !ok {
						t.Fatalf("%s:%d: got given %q, want one of the faults", path, x.line, given)
					}
					changes = append(changes, fault)
				}
				a = newAPI(t, changes...)
			}
			t.Run(filepath.Base(path)+"/"+x.title, func(t *testing.T) {
				before = x.run(t, a, contract, before)
			})
		}
	}
	contract.complete(t)
}

// run plays one exchange and gives the answer's body.
func (x *exchange) run(t *testing.T, a *api, contract *contract, before []byte) []byte {
	request, sent := x.build(t, a, before)
	recorded := len(a.audit.records(t))
	response, err := a.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	header, want := split(x.answer)
	if got := fmt.Sprint(response.StatusCode); got != header[0] {
		t.Errorf("got status %s, want %s: %s", got, header[0], body)
	}
	for _, field := range header[1:] {
		name, value, _ := strings.Cut(field, ": ")
		if got := strings.Join(response.Header.Values(name), ", "); !glob(value, got) {
			t.Errorf("got %s: %q, want %q", name, got, value)
		}
	}
	matchBody(t, response, body, sent, strings.Join(want, "\n"))
	contract.check(t, request, response, body)
	if request.Method == http.MethodPost && (audited(request.URL.Path) || sealsReport(x.request, response)) &&
		!slices.ContainsFunc(x.given, func(given string) bool { return strings.HasPrefix(given, "the audit ") }) {
		checkAudit(t, a.audit.records(t)[recorded:], response, body)
	}
	return body
}

// audited reports whether attempts at a path are recorded.
func audited(path string) bool {
	return slices.ContainsFunc(server.Routes(), func(r server.Route) bool { return r.Path == path && r.Action != "" })
}

// sealsReport reports whether an exchange was an attempt to seal a report.
func sealsReport(lines []string, response *http.Response) bool {
	text := strings.Join(lines, "\n")
	return strings.Contains(text, "/api/verify") && strings.Contains(text, "Accept: application/pdf") &&
		(strings.Contains(text, "seal=true") || strings.Contains(text, `"seal": true`)) &&
		response.StatusCode != http.StatusBadRequest
}

// build makes the request, and gives the document in it.
func (x *exchange) build(t *testing.T, a *api, before []byte) (*http.Request, []byte) {
	t.Helper()
	header, lines := split(x.request)
	end := "\n"
	if slices.ContainsFunc(header, func(field string) bool { return strings.Contains(field, "multipart/") }) {
		end = "\r\n"
	}
	text := strings.Join(lines, end)
	sent := samplePDF()
	switch {
	case strings.Contains(text, "{{answer}}"):
		sent = before
	case strings.Contains(text, "{{signed pdf}}"):
		sent = a.signedPDF(t)
	}
	text = strings.NewReplacer(
		"{{pdf}}", string(samplePDF()), "{{pdf base64}}", base64.StdEncoding.EncodeToString(samplePDF()),
		"{{encrypted pdf}}", string(encryptedPDF()), "{{certificate-encrypted pdf}}",
		string(pdfWith("/Encrypt << /Filter /Adobe.PubSec /V 4 >>", "")),
		"{{locked pdf}}", string(lockedPDF()), "{{locked pdf base64}}", base64.StdEncoding.EncodeToString(lockedPDF()),
		"{{restricted pdf}}", string(restrictedPDF()), "{{careless pdf}}", string(carelessPDF()),
		"{{accessible pdf}}", string(accessiblePDF("")),
		"{{mapped pdf}}", string(accessiblePDF("/RoleMap << /Form /P >>")),
		"{{answer}}", string(before), "{{SAD}}", memberOf(before, "SAD"),
		"{{signed pdf}}", string(a.signedPDF(t)), "{{tampered pdf}}",
		strings.Replace(string(a.signedPDF(t)), "canary-document", "canary-document.", 1), "{{large}}",
		strings.Repeat("x", 1<<20),
	).Replace(text)
	method, path, _ := strings.Cut(header[0], " ")
	var body io.Reader
	if text != "" {
		body = strings.NewReader(text)
	}
	id := a.lastJob(before)
	path = strings.NewReplacer("{{job}}", id, "{{batch}}", a.lastBatch).Replace(path)
	request, err := http.NewRequestWithContext(t.Context(), method, a.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range header[1:] {
		name, value, _ := strings.Cut(field, ": ")
		if name == "Transfer-Encoding" {
			request.ContentLength = -1
			continue
		}
		request.Header.Add(name, strings.ReplaceAll(value, "{{token}}", goodToken))
	}
	return request, sent
}

// memberOf gives a text of a JSON object; "" = it has none.
func memberOf(answer []byte, name string) string {
	var members map[string]any
	_ = json.Unmarshal(answer, &members)
	text, _ := members[name].(string)
	return text
}

func split(lines []string) (header, body []string) {
	if i := slices.Index(lines, ""); i >= 0 {
		return lines[:i], lines[i+1:]
	}
	return lines, nil
}

func glob(pattern, text string) bool {
	quoted := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`)
	return regexp.MustCompile(`^(?s)` + quoted + `$`).MatchString(text)
}

func matchBody(t *testing.T, response *http.Response, got, sent []byte, want string) {
	t.Helper()
	if want == "{{made}}" || want == "{{made and signed}}" {
		if !bytes.HasPrefix(got, []byte("%PDF-")) ||
			bytes.Contains(got, []byte("/ByteRange")) != (want == "{{made and signed}}") {
			t.Errorf("got %q, want a document, %s", got[:min(len(got), 20)], want)
		}
		return
	}
	if want == "{{signed}}" {
		if !bytes.HasPrefix(got, sent) || len(got) == len(sent) {
			t.Errorf("got %d bytes, want the document of %d bytes with more behind it", len(got), len(sent))
		}
		return
	}
	if want == "{{sent}}" {
		if !bytes.Equal(got, sent) {
			t.Errorf("got %d bytes, want the document of %d bytes as it was sent", len(got), len(sent))
		}
		return
	}
	if !strings.Contains(response.Header.Get("Content-Type"), "json") {
		if !glob(want, strings.TrimSpace(string(got))) {
			t.Errorf("got body %q, want %q", got, want)
		}
		return
	}
	if want == "" {
		return
	}
	var gotValue, wantValue any
	if err := json.Unmarshal(got, &gotValue); err != nil {
		t.Errorf("got body %q, want JSON", got)
	}
	if err := json.Unmarshal([]byte(want), &wantValue); err != nil {
		t.Fatalf("script: %v in %s", err, want)
	}
	for _, fault := range matchJSON("", gotValue, wantValue) {
		t.Error(fault)
	}
}

// matchJSON compares values; a wanted "*" stands for any value, and other strings may hold a *.
func matchJSON(at string, got, want any) []string {
	var faults []string
	switch want := want.(type) {
	case string:
		if want == "*" {
			return nil
		}
		if text, ok := got.(string); !ok || !glob(want, text) {
			return []string{fmt.Sprintf("got %v at %s, want %q", got, at, want)}
		}
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("got %v at %s, want an object", got, at)}
		}
		for name := range object {
			if _, ok := want[name]; !ok && want["*"] == nil {
				faults = append(faults, fmt.Sprintf("got member %s/%s, want none", at, name))
			}
		}
		for name, value := range want {
			if name != "*" {
				faults = append(faults, matchJSON(at+"/"+name, object[name], value)...)
			}
		}
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return []string{fmt.Sprintf("got %v at %s, want %d items", got, at, len(want))}
		}
		for i := range want {
			faults = append(faults, matchJSON(fmt.Sprintf("%s/%d", at, i), list[i], want[i])...)
		}
	default:
		if got != want {
			return []string{fmt.Sprintf("got %v at %s, want %v", got, at, want)}
		}
	}
	return faults
}

// checkAudit compares an attempt's records with its answer.
func checkAudit(t *testing.T, records []record, response *http.Response, body []byte) {
	t.Helper()
	if len(records) != 1 {
		t.Errorf("got %d audit records, want 1", len(records))
		return
	}
	got := records[0].Audit
	want, code := signing.Signed, ""
	if response.StatusCode >= 400 {
		var p problem
		if err := json.Unmarshal(body, &p); err != nil {
			t.Errorf("got %q, want a problem", body)
		}
		want, code = signing.Refused, p.Code
	}
	if response.StatusCode >= 500 {
		want = signing.Failed
	}
	if got.InvocationID == "" || got.InvocationID != response.Header.Get("Influxion-Invocation-Id") {
		t.Errorf("got invocation %q in the audit record, want that of the answer", got.InvocationID)
	}
	if got.Action == signing.Generate && want == signing.Signed && got.Certificate == "" {
		want = signing.Made
	}
	if got.Outcome != want || got.Code != code {
		t.Errorf("got outcome %s (%s) in the audit record, want %s (%s)", got.Outcome, got.Code, want, code)
	}
	if want == signing.Signed && (got.DocumentDigest == "" || got.SignedDigest == "" || got.TenantID == "") {
		t.Errorf("got %+v in the audit record, want digests and caller", got)
	}
}
