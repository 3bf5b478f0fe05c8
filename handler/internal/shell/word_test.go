package shell_test

import (
	"os/exec"
	"testing"

	"influxion/handler/internal/shell"
)

// A shell turns words back into their texts, whatever characters these have.
func TestWord(t *testing.T) {
	t.Parallel()
	texts := []string{"", "a b", "$(touch x)", "it's", "`x`", "plain\n", "*", "?*", "[a-z]*", "~", "#x", "-n", "ä"}
	for c := byte(1); c < 0x80; c++ {
		texts = append(texts, "x"+string(c)+"HOME")
	}
	line, want := "printf '%s.'", ""
	for _, text := range texts {
		line += " " + shell.Word(text)
		want += text + "."
	}
	got, err := exec.CommandContext(t.Context(), "sh", "-c", line).Output()
	if err != nil || string(got) != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

// A text that means nothing to a shell stays as it is, and any other is in quotes.
func TestQuotesWhereNeeded(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://host.example/api": "https://host.example/api", "@/tmp/a_b-1.pdf": "@/tmp/a_b-1.pdf",
		"name=a,b%20+c": "name=a,b%20+c", "https://host.example/api?level=B-B": "'https://host.example/api?level=B-B'",
		"": "''", "it's": `'it'\''s'`,
	} {
		if got := shell.Word(text); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
