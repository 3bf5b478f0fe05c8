package main_test

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	problemDetail = regexp.MustCompile(`"status": ?\d+,\s*"detail": ?("(?:[^"\\]|\\.)*")`)
	formatVerb    = regexp.MustCompile(`%[a-z]`)
)

// A problem that the README or the API's description shows is one that the program returns.
func TestShownProblemsAreOurs(t *testing.T) {
	t.Parallel()
	said := problemTexts(t)
	for _, name := range []string{"README.md", "docs/client.md", "handler/internal/server/openapi.json"} {
		shown := problemDetail.FindAllStringSubmatch(page(t, name), -1)
		if name != "docs/client.md" && len(shown) == 0 {
			t.Errorf("%s: got no problem, want one", name)
		}
		for _, quoted := range shown {
			detail, err := strconv.Unquote(quoted[1])
			if err != nil || !said(detail) {
				t.Errorf("%s shows a problem that says %q, which nothing here says", name, detail)
			}
		}
	}
}

// problemTexts gives a test for details. A detail must be a text of the program, with any values
// for its verbs, or continue a text that goes on.
func problemTexts(t *testing.T) func(detail string) bool {
	t.Helper()
	var texts []string
	err := filepath.WalkDir("internal", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		texts = append(texts, literals(path, source)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(detail string) bool {
		for _, text := range texts {
			if text == detail || strings.HasSuffix(text, " ") && len(text) > 12 && strings.HasPrefix(detail, text) {
				return true
			}
			parts := formatVerb.Split(text, -1)
			for i, part := range parts {
				parts[i] = regexp.QuoteMeta(part)
			}
			pattern := "^" + strings.Join(parts, ".*") + "$"
			if len(parts) > 1 && len(parts[0]) > 10 && regexp.MustCompile(pattern).MatchString(detail) {
				return true
			}
		}
		return false
	}
}

// literals are the string literals of a file that are sentences.
func literals(path string, source []byte) (all []string) {
	files := token.NewFileSet()
	var s scanner.Scanner
	s.Init(files.AddFile(path, -1, len(source)), source, nil, 0)
	for {
		_, kind, text := s.Scan()
		if kind == token.EOF {
			return all
		}
		if value, err := strconv.Unquote(text); kind == token.STRING && err == nil && strings.Contains(value, " ") {
			all = append(all, value)
		}
	}
}
