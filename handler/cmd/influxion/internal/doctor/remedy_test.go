package doctor

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// Each fault and each note says why it matters, where to fix it, and the command that fixes it,
// also those that no other test reaches.
func TestEveryRemedyIsWhole(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			literal, ok := node.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if kind, ok := literal.Type.(*ast.Ident); !ok || kind.Name != "remedy" {
				return true
			}
			count++
			if len(literal.Elts) != 3 {
				t.Errorf("%s: got %d of why, portal and command", files.Position(literal.Pos()), len(literal.Elts))
			}
			for _, element := range literal.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok {
					element = pair.Value
				}
				if text, ok := element.(*ast.BasicLit); ok && len(text.Value) < 8 {
					t.Errorf("%s: got %s", files.Position(text.Pos()), text.Value)
				}
			}
			return true
		})
	}
	if count < 60 {
		t.Errorf("got %d remedies, want those of the package", count)
	}
}
