package terminal

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestSafe(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Ärger & Söhne GmbH":      "Ärger & Söhne GmbH",
		"a\x1b[2Jb":               "a\uFFFD[2Jb",
		"a\nb\tc\r":               "a b c ",
		"invoice\u202Efdp.exe":    "invoice\uFFFDfdp.exe",
		"\xff\xfe":                "\uFFFD",
		"a\u00a0b\u2028c":         "a b\uFFFDc",
		"\u009b31m":               "\uFFFD31m",
		strings.Repeat("x", 3000): strings.Repeat("x", 2000) + "…",
	} {
		if got := Safe(text); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func FuzzSafe(f *testing.F) {
	for _, seed := range []string{"", "a\x1b]0;title\x07", "\u202e", "\xc2", "日本", "\u0085"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Safe(text)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxText+1 {
			t.Errorf("got %d characters of %q", utf8.RuneCountInString(got), text)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Errorf("got %U out of %q", r, text)
			}
		}
	})
}

func TestStyle(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }
	if s := NewStyle(&strings.Builder{}, none); s.Colour || s.Bad("x") != "x" {
		t.Error("got colours where there is no terminal")
	}
	if got := (Style{true}).Bad("x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("got %q", got)
	}
	s := Style{true}
	seen := map[string]bool{}
	for _, text := range []string{s.Good("x"), s.Doubt("x"), s.Bad("x"), s.Strong("x"), s.Faint("x")} {
		if seen[text] || !strings.HasSuffix(text, "x\x1b[0m") {
			t.Errorf("got %q, want a style of its own that ends", text)
		}
		seen[text] = true
	}
}

// The line is drawn, removed for other output, and never wider than the terminal.
func TestProgress(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := &Progress{out: &out, total: 4, width: 50}
	p.draw()
	p.Step("a\x1b[2J.pdf", true)
	p.Step(strings.Repeat("long", 40), false)
	if err := p.Print(&out, "a result\n"); err != nil {
		t.Fatal(err)
	}
	p.End()
	p.Step("after the end", true)
	text := out.String()
	if !strings.Contains(text, "[##########..........] 2/4, 1 failed  long") || strings.Contains(text, "\x1b[2J") ||
		strings.Contains(text, "3/4") {
		t.Errorf("got %q", text)
	}
	if !strings.Contains(text, "\r\x1b[Ka result\n[") || !strings.HasSuffix(text, "\r\x1b[K") {
		t.Errorf("got %q, want the line away for the result and at the end", text)
	}
	for _, line := range strings.Split(text, "\r\x1b[K") {
		if line = strings.TrimPrefix(line, "a result\n"); utf8.RuneCountInString(line) > 50 {
			t.Errorf("got a line of %d characters: %q", utf8.RuneCountInString(line), line)
		}
	}
	out.Reset()
	quiet := NewProgress(&out, 10)
	quiet.Step("x", true)
	quiet.End()
	if out.Len() != 0 {
		t.Errorf("got %q where there is no terminal, want nothing", out.String())
	}
}
