package main_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// These file names mean the same in every package.
var everywhere = []string{"doc.go", "main.go", "limits.go", "config.go", "error.go"}

var fileInText = regexp.MustCompile(`[A-Za-z0-9_./-]+\.go\b`)

// A file name says what is in the file, so hardly any name serves twice: a search by name finds one
// place, not seven.
func TestNoFileNameStandsForThreeFiles(t *testing.T) {
	t.Parallel()
	places := map[string][]string{}
	for _, name := range goFiles(t) {
		base := filepath.Base(name)
		if !strings.HasSuffix(base, "_test.go") && !slices.Contains(everywhere, base) {
			places[base] = append(places[base], name)
		}
	}
	for base, names := range places {
		if len(names) > 2 {
			t.Errorf("got %s in %v, want names of what each of them defines", base, names)
		}
	}
}

// Each package comment names files to read first, and these files exist.
func TestPackageCommentsNameFilesThatAreThere(t *testing.T) {
	t.Parallel()
	named := 0
	for _, name := range goFiles(t) {
		if filepath.Base(name) != "doc.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range fileInText.FindAllString(file.Doc.Text(), -1) {
			named++
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), other)); err != nil {
				t.Errorf("%s: got %s, which is not there", name, other)
			}
		}
	}
	if named < 40 {
		t.Errorf("got %d names in package comments, want those of most packages", named)
	}
}
