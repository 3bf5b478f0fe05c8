package page_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"influxion/handler/internal/render/page"
)

// refused are the functions of text/template that no template may call.
var refused = map[string]bool{"js": true, "call": true}

// The documentation has each function that a template may call, and none that it may not.
func TestFunctionsAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.FromSlash("../../../../docs/generate.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| function | gives |")
	table, _, _ = strings.Cut(table, "\n\n")
	known := append(page.Functions(), "and", "or", "not", "index", "len", "slice")
	for _, name := range known {
		code := regexp.MustCompile("`[^`\n]*\\b" + name + "\\b[^`\n]*`")
		if documented := code.MatchString(table); documented == refused[name] {
			t.Errorf("%s: got documented %v", name, documented)
		}
	}
}
