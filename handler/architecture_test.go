package main_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	mapNode   = regexp.MustCompile(`(?m)^ +([a-z]+)\["([^":]+): [^"]+"\]$`)
	mapArrows = regexp.MustCompile(`(?m)^  ([a-z]+) --> ([a-z &]+)$`)
	codeSpan  = regexp.MustCompile("`([^`\n]+)`")
	aPath     = regexp.MustCompile(`^[A-Za-z0-9_.*/-]+(/|\.(go|json|md|sh|bicep|example))$`)
	svgLabel  = regexp.MustCompile(`font-weight="600">([^<]+)<`)
)

// The map of docs/architecture.md has each production package of the handler, but for parts of the
// package above them, and only arrows that the policy allows. The SVG has the same packages.
func TestArchitectureMapAgreesWithThePolicy(t *testing.T) {
	t.Parallel()
	text := page(t, "docs/architecture.md")
	folders := map[string]string{} // by the name of the node
	var onMap []string
	for _, node := range mapNode.FindAllStringSubmatch(text, -1) {
		folders[node[1]] = strings.Replace(node[2], "main", ".", 1)
		onMap = append(onMap, node[2])
	}
	for folder := range importPolicy {
		production := folder == "." || strings.HasPrefix(folder, "internal/") && !strings.Contains(folder, "test")
		above := path.Dir(folder)
		if _, part := importPolicy[above]; part && above != "internal/pades" && above != "internal/pades/pdf" {
			continue
		}
		if production && !slices.Contains(onMap, strings.Replace(folder, ".", "main", 1)) {
			t.Errorf("the map lacks %s", folder)
		}
	}
	arrows := 0
	for _, row := range mapArrows.FindAllStringSubmatch(text, -1) {
		for to := range strings.SplitSeq(row[2], " & ") {
			arrows++
			if !slices.Contains(importPolicy[folders[row[1]]].ours, folders[to]) || folders[to] == "" {
				t.Errorf("got an arrow from %s to %s, which the policy does not have", row[1], to)
			}
		}
	}
	if arrows < 30 {
		t.Errorf("got %d arrows, want those of the map", arrows)
	}
	var drawn []string
	for _, label := range svgLabel.FindAllStringSubmatch(page(t, "docs/architecture.svg"), -1) {
		drawn = append(drawn, label[1])
	}
	slices.Sort(drawn)
	slices.Sort(onMap)
	if !slices.Equal(drawn, onMap) {
		t.Errorf("got %v in the SVG, want those of the map: %v", drawn, onMap)
	}
}

// The page names every package, in its map or its text.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	t.Parallel()
	text := page(t, "docs/architecture.md")
	folders := map[string]bool{}
	for _, name := range goFiles(t) {
		if folder := path.Dir(filepath.ToSlash(name)); folder != "." && !strings.HasSuffix(name, "_test.go") {
			folders[folder] = true
		}
	}
	if len(folders) < 80 {
		t.Errorf("got %d packages, want those below handler", len(folders))
	}
	for folder := range folders {
		if !regexp.MustCompile("[`\"]" + regexp.QuoteMeta(folder) + "[`/:]").MatchString(text) {
			t.Errorf("docs/architecture.md lacks %s", folder)
		}
	}
}

// Each path that docs/architecture.md and CONTRIBUTING.md name is there: from handler/, from the
// top, or, for a name without a folder, anywhere below handler/.
func TestArchitectureNamesWhatIsThere(t *testing.T) {
	t.Parallel()
	named := 0
	for _, name := range []string{"docs/architecture.md", "CONTRIBUTING.md"} {
		for _, span := range codeSpan.FindAllStringSubmatch(page(t, name), -1) {
			if !aPath.MatchString(span[1]) {
				continue
			}
			named++
			if !isThere(span[1]) {
				t.Errorf("%s: got %s, which is not there", name, span[1])
			}
		}
	}
	if named < 40 {
		t.Errorf("got %d paths, want those of the pages", named)
	}
}

func isThere(name string) bool {
	for _, from := range []string{".", "..", "*", "*/*", "*/*/*"} {
		if strings.HasPrefix(from, "*") && strings.Contains(name, "/") {
			return false
		}
		if found, err := filepath.Glob(filepath.Join(from, name)); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

// A comment cites what a reader of the repository has.
func TestCommentsCiteNothingOutside(t *testing.T) {
	t.Parallel()
	outside := regexp.MustCompile(`DESIGN(\.md| §| section)|CONVENTIONS|facts/`)
	for _, name := range goFiles(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if _, comment, _ := strings.Cut(line, "//"); outside.MatchString(comment) &&
				name != "architecture_test.go" {
				t.Errorf("%s:%d: got %q, want docs/architecture.md", name, i+1, comment)
			}
		}
	}
}
