package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// Bounds: code beyond them contains two ideas.
const (
	maxFileLines    = 350
	maxStructFields = 12 // of a type with methods
	maxFiles        = 25 // of a folder, without tests
)

func TestFilesAndTypesHoldOneIdea(t *testing.T) {
	t.Parallel()
	files := token.NewFileSet()
	fields, methods := map[string]int{}, map[string]int{} // by folder and type
	for _, name := range goFiles(t) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if lines := files.File(file.Pos()).LineCount(); lines > maxFileLines {
			t.Errorf("%s: got %d lines, want %d at most", name, lines, maxFileLines)
		}
		folder := filepath.Dir(name)
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.FuncDecl:
				if node.Recv != nil {
					methods[folder+"."+receiver(node.Recv.List[0].Type)]++
				}
			case *ast.TypeSpec:
				if kind, ok := node.Type.(*ast.StructType); ok {
					fields[folder+"."+node.Name.Name] = countFields(kind)
				}
			}
			return true
		})
	}
	for name, count := range fields {
		if methods[name] > 0 && count > maxStructFields {
			t.Errorf("%s: got %d fields and %d methods, want %d fields at most", name, count, methods[name],
				maxStructFields)
		}
	}
	if len(fields) < 300 || len(methods) < 200 {
		t.Errorf("got %d structs and %d types with methods, want all", len(fields), len(methods))
	}
}

func TestFoldersHoldFewFiles(t *testing.T) {
	t.Parallel()
	files := map[string]int{}
	for _, name := range goFiles(t) {
		if !strings.HasSuffix(name, "_test.go") {
			files[filepath.Dir(name)]++
		}
	}
	for folder, count := range files {
		if count > maxFiles {
			t.Errorf("%s: got %d files, want %d at most: what changes together is one file, or a package",
				folder, count, maxFiles)
		}
	}
	if len(files) < 80 {
		t.Errorf("got %d folders, want all", len(files))
	}
}

// receiver is the name of a receiver's type, without pointer and type parameters.
func receiver(kind ast.Expr) string {
	switch kind := kind.(type) {
	case *ast.StarExpr:
		return receiver(kind.X)
	case *ast.IndexExpr:
		return receiver(kind.X)
	case *ast.IndexListExpr:
		return receiver(kind.X)
	case *ast.Ident:
		return kind.Name
	}
	return ""
}

// countFields counts an embedded type as one field.
func countFields(kind *ast.StructType) (count int) {
	for _, field := range kind.Fields.List {
		count += max(1, len(field.Names))
	}
	return count
}
