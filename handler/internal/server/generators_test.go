package server_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

// TestOpenAPIForGenerators checks that generators of clients can read the description. They need
// more than OpenAPI 3.1 asks for: oapi-codegen takes one type beside null, and the Java generator
// takes neither an array among alternatives nor a schema with the name of a Java class.
func TestOpenAPIForGenerators(t *testing.T) {
	t.Parallel()
	document := newContract(t).document
	walkSchemas("", document, func(where string, schema map[string]any) {
		if types, ok := schema["type"].([]any); ok {
			others := slices.DeleteFunc(slices.Clone(types), func(v any) bool { return v == "null" })
			if len(others) != 1 {
				t.Errorf("%s: got types %v, want one beside null", where, types)
			}
		}
		for _, name := range []string{"anyOf", "oneOf"} {
			alternatives, _ := schema[name].([]any)
			for _, alternative := range alternatives {
				if object, _ := alternative.(map[string]any); object["type"] == "array" {
					t.Errorf("%s: got an array in %s, want none", where, name)
				}
			}
		}
	})
	schemas := document["components"].(map[string]any)["schemas"].(map[string]any)
	if len(schemas) < 40 {
		t.Errorf("got %d schemas, want all of them", len(schemas))
	}
	for _, taken := range []string{"Date", "File", "List", "Map", "Object", "Time", "Timestamp"} {
		if schemas[taken] != nil {
			t.Errorf("got a schema %s, want a name that is not of the language's own", taken)
		}
	}
}

// TestEveryOperationIsDescribed checks that each operation has texts and, for each form of its
// request and of its answers, an example; and that a document is a file for every generator.
func TestEveryOperationIsDescribed(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	operations := 0
	for path, methods := range c.document["paths"].(map[string]any) {
		for method, value := range methods.(map[string]any) {
			operation, ok := value.(map[string]any)
			if !ok {
				continue // parameters of all methods
			}
			operations++
			where := method + " " + path
			for _, name := range []string{"summary", "description", "operationId"} {
				if text, _ := operation[name].(string); text == "" {
					t.Errorf("%s: got no %s", where, name)
				}
			}
			if tags, _ := operation["tags"].([]any); len(tags) == 0 {
				t.Errorf("%s: got no tags", where)
			}
			for _, parameter := range list(operation["parameters"]) {
				if text, _ := c.at(parameter, "description").(string); text == "" {
					t.Errorf("%s: got no description of %v", where, c.at(parameter, "name"))
				}
			}
			described(t, c, where, operation["requestBody"])
			for status, answer := range operation["responses"].(map[string]any) {
				if text, _ := c.at(answer, "description").(string); text == "" {
					t.Errorf("%s: got no description of %s", where, status)
				}
				described(t, c, where+" "+status, answer)
			}
		}
	}
	if operations < 25 {
		t.Errorf("got %d operations, want those of the API", operations)
	}
}

// described checks every form of a body.
func described(t *testing.T, c *contract, where string, body any) {
	t.Helper()
	forms, _ := c.at(body, "content").(map[string]any)
	for media, value := range forms {
		form := value.(map[string]any)
		if form["example"] == nil && form["examples"] == nil {
			t.Errorf("%s: got no example of %s", where, media)
		}
		kind, format := c.at(form, "schema", "type"), c.at(form, "schema", "format")
		if media == "application/pdf" && (kind != "string" || format != "binary") {
			t.Errorf("%s: got %v for a document, want a binary string", where, form["schema"])
		}
	}
}

func list(value any) []any {
	all, _ := value.([]any)
	return all
}

// walkSchemas visits every object of a description except examples.
func walkSchemas(where string, value any, visit func(string, map[string]any)) {
	switch value := value.(type) {
	case map[string]any:
		visit(where, value)
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if name != "example" && name != "examples" {
				walkSchemas(where+"/"+name, value[name], visit)
			}
		}
	case []any:
		for i, v := range value {
			walkSchemas(fmt.Sprintf("%s/%d", where, i), v, visit)
		}
	}
}
