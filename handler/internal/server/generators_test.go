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
