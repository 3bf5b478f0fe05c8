package main_test

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// The widest lines, in columns; a tab has four.
const (
	maxComment = 100
	maxCode    = 120
)

func TestLinesAreNarrow(t *testing.T) {
	t.Parallel()
	for _, name := range goFiles(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range wideLines(string(text)) {
			t.Errorf("%s:%d: got %d columns, want %d in comments and %d in code at most", name, line.number,
				line.columns, maxComment, maxCode)
		}
	}
}

func TestWideLines(t *testing.T) {
	t.Parallel()
	words := func(count int) string { return strings.Repeat("word ", count)[:5*count-1] }
	for text, want := range map[string]int{
		"// " + words(19) + " ": 0, "// " + words(20): 1, "\t// " + words(19): 1, "//go:generate " + words(30): 0,
		"// https://example.org/" + strings.Repeat("a", 100): 0,
		"var a = 1 // " + words(22):                          1, "var a = 1 // " + words(21): 0,
		"var a = `" + words(30) + "`": 0, "var a = `\n" + words(30) + "`": 0, "var a = \"" + words(30) + "\"": 1,
	} {
		if got := wideLines("package p\n" + text); len(got) != want || want == 1 && got[0].number != 2 {
			t.Errorf("%q: got %v, want %d lines", text, got, want)
		}
	}
}

type wideLine struct{ number, columns int }

// wideLines ignores raw strings, which are data, directives, and comments without a space to break
// them at.
func wideLines(text string) (found []wideLine) {
	raw := rawStringLines(text)
	for i, line := range strings.Split(text, "\n") {
		columns := utf8.RuneCountInString(line) + 3*strings.Count(line, "\t")
		trimmed := strings.TrimSpace(line)
		after, comment := strings.CutPrefix(trimmed, "//")
		limit := maxCode
		if comment {
			limit = maxComment
		}
		unbreakable := comment && (!strings.HasPrefix(after, " ") || !strings.Contains(after[1:], " "))
		if columns > limit && !raw[i+1] && !unbreakable {
			found = append(found, wideLine{i + 1, columns})
		}
	}
	return found
}

// rawStringLines are the numbers of the lines that contain a part of a raw string.
func rawStringLines(text string) map[int]bool {
	lines := map[int]bool{}
	files := token.NewFileSet()
	file := files.AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, []byte(text), nil, 0)
	for {
		at, kind, literal := s.Scan()
		if kind == token.EOF {
			return lines
		}
		if kind == token.STRING && literal[0] == '`' {
			first := file.Line(at)
			for n := range 1 + strings.Count(literal, "\n") {
				lines[first+n] = true
			}
		}
	}
}

// goFiles are those below handler.
func goFiles(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(name, ".go") {
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil || len(names) < 100 {
		t.Fatalf("got %d files (%v), want all", len(names), err)
	}
	return names
}
