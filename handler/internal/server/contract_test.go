package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"influxion/handler/internal/server"
)

// contract compares answers with openapi.json as the server serves it.
type contract struct {
	document map[string]any
	compiler *jsonschema.Compiler

	mu    sync.Mutex
	codes map[string]bool
	given map[string]bool // "POST /api/sign 400"
}

func newContract(t testing.TB) *contract {
	t.Helper()
	recorder := httptest.NewRecorder()
	server.New(server.Config{Version: "1.2.3"}).Handler().ServeHTTP(recorder,
		httptest.NewRequest(http.MethodGet, "/api/openapi.json", nil))
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(recorder.Body.Bytes()))
	if err != nil {
		t.Fatalf("got %v, want openapi.json", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource("https://influxion.example/openapi.json", value); err != nil {
		t.Fatal(err)
	}
	return &contract{document: value.(map[string]any), compiler: compiler, codes: map[string]bool{},
		given: map[string]bool{}}
}

// at follows a path of member names, through references.
func (c *contract) at(value any, names ...string) any {
	for _, name := range names {
		object, _ := c.follow(value).(map[string]any)
		value = object[name]
	}
	return c.follow(value)
}

func (c *contract) follow(value any) any {
	object, _ := value.(map[string]any)
	reference, ok := object["$ref"].(string)
	if !ok {
		return value
	}
	return c.at(c.document, strings.Split(strings.TrimPrefix(reference, "#/"), "/")...)
}

// operation gives the operation of a request and its place in the document.
func (c *contract) operation(method, path string) (any, string) {
	for _, route := range server.Routes() {
		pattern := regexp.MustCompile("^" +
			regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(route.Path), `[^/]*`) + "$")
		if route.Function != "" && !route.ForPeople && route.Method == method && pattern.MatchString(path) {
			return c.at(c.document, "paths", route.Path, strings.ToLower(method)), method + " " + route.Path
		}
	}
	return nil, ""
}

// check compares one answer with the contract.
func (c *contract) check(t testing.TB, request *http.Request, response *http.Response, body []byte) {
	t.Helper()
	media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil {
		t.Errorf("got Content-Type %q, want a media type", response.Header.Get("Content-Type"))
	}
	if response.Header.Get("X-Content-Type-Options") != "nosniff" ||
		response.Header.Get("Cache-Control") != "no-store" {
		t.Error("got an answer that may be sniffed or stored, want nosniff and no-store")
	}
	operation, name := c.operation(request.Method, request.URL.Path)
	status := fmt.Sprint(response.StatusCode)
	if operation == nil {
		if response.StatusCode >= 400 {
			schema := "#/components/schemas/Problem"
			if strings.HasPrefix(request.URL.Path, "/api/csc/") {
				schema = "#/components/schemas/CscError"
			}
			c.validate(t, schema, body)
			c.note(body, "unmatched "+status)
		}
		return
	}
	if c.at(operation, "responses", status) == nil {
		status = status[:1] + "XX" // of the Cloud Signature Consortium, which has one form for all
		if c.at(operation, "responses", status) == nil {
			status = "default"
		}
	}
	answer := c.at(operation, "responses", status)
	content, ok := c.at(answer, "content", media).(map[string]any)
	if !ok {
		t.Errorf("got %s with %s from %s, want what openapi.json names", status, media, name)
		return
	}
	c.note(body, name+" "+status)
	headers, _ := c.at(answer, "headers").(map[string]any)
	for field := range headers {
		required, _ := c.at(headers, field, "required").(bool)
		if required && response.Header.Get(field) == "" {
			t.Errorf("got no %s in %s of %s, want it", field, status, name)
		}
	}
	if schema, ok := content["schema"].(map[string]any); ok && strings.HasSuffix(media, "json") {
		if reference, ok := schema["$ref"].(string); ok {
			c.validate(t, reference, body)
		}
	}
}

func (c *contract) validate(t testing.TB, reference string, body []byte) {
	t.Helper()
	c.mu.Lock()
	schema, err := c.compiler.Compile("https://influxion.example/openapi.json" + reference)
	c.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Errorf("got body %q, want JSON", body)
		return
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("got %s, want what %s allows: %v", body, reference, err)
	}
}

func (c *contract) note(body []byte, answer string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.given[answer] = true
	var p problem
	if json.Unmarshal(body, &p) == nil && p.Code != "" {
		c.codes[p.Code] = true
	}
}

// complete reports what openapi.json promises and no script has shown. The scripts cannot cause the
// exceptions from outside with the parts that they have; other tests cover those.
func (c *contract) complete(t *testing.T) {
	t.Helper()
	except := []string{
		"busy",                 // TestAdmission
		"body_incomplete",      // TestWire
		"document_too_complex", // the tests of package pades
		"key_unsupported",      // the same
		"contents_too_small",   // the same
		"self_check",           // the tests of package signing
		"input_changed",        // the tests of package jobs
		"input_missing",        // the same
		"job_abandoned",        // the same
		"job_expired",          // the same
		"job_superseded",       // the same
	}
	known, _ := c.at(c.document, "components", "schemas", "Problem", "properties", "code", "examples").([]any)
	if len(known) == 0 {
		t.Error("got no codes in openapi.json, want all")
	}
	for _, code := range known {
		if !c.codes[code.(string)] && !slices.Contains(except, code.(string)) {
			t.Errorf("got no script with the code %s, want one", code)
		}
	}
	for code := range c.codes {
		if !slices.Contains(known, any(code)) {
			t.Errorf("got the code %s, want it in openapi.json", code)
		}
	}
	var lacking []string
	for _, route := range server.Routes() {
		if route.Function == "" || route.ForPeople {
			continue
		}
		answers, _ := c.at(c.document, "paths", route.Path, strings.ToLower(route.Method), "responses").(map[string]any)
		for status := range answers {
			if status == "default" && answers["4XX"] != nil {
				continue // what is left for it cannot be told from the one above
			}
			if answer := route.Method + " " + route.Path + " " + status; !c.given[answer] {
				lacking = append(lacking, answer)
			}
		}
	}
	slices.Sort(lacking)
	if len(lacking) > 0 {
		t.Errorf("got no script for\n%s\nwant one each", strings.Join(lacking, "\n"))
	}
}

// TestOpenAPIAgreesWithRoutes compares paths, methods, security and media types of openapi.json
// with the table of routes.
func TestOpenAPIAgreesWithRoutes(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	if got := c.at(c.document, "info", "version"); got != "1.2.3" {
		t.Errorf("got version %v, want that of the build", got)
	}
	described := 0
	for _, item := range c.at(c.document, "paths").(map[string]any) {
		described += len(item.(map[string]any))
	}
	offered := 0
	for _, route := range server.Routes() {
		if route.Function == "" || route.ForPeople {
			continue
		}
		for _, method := range route.Methods() {
			offered++
			operation, _ := c.at(c.document, "paths", route.Path, strings.ToLower(method)).(map[string]any)
			if operation == nil {
				t.Errorf("got no %s %s in openapi.json, want it", method, route.Path)
				continue
			}
			security, overridden := operation["security"].([]any)
			if anonymous := overridden && len(security) == 0; anonymous != route.Anonymous {
				t.Errorf("got %s %s anonymous = %v in openapi.json, want %v", method, route.Path, anonymous,
					route.Anonymous)
			}
			produces := route.Produces
			if method == http.MethodHead {
				produces = nil // an answer without a body
			}
			compareMedia(t, route.Path+" request", c.at(operation, "requestBody", "content"), route.Accepts)
			success := c.at(operation, "responses", "200", "content")
			if c.at(operation, "responses", "202") != nil { // the work is still to be done
				success = c.at(operation, "responses", "202", "content")
			}
			compareMedia(t, method+" "+route.Path+" answer", success, produces)
		}
	}
	if described != offered {
		t.Errorf("got %d operations in openapi.json, want %d", described, offered)
	}
}

func compareMedia(t *testing.T, what string, content any, want []string) {
	t.Helper()
	var got []string
	object, _ := content.(map[string]any)
	for media := range object {
		got = append(got, media)
	}
	slices.Sort(got)
	if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
		t.Errorf("got %s %v in openapi.json, want %v", what, got, want)
	}
}
