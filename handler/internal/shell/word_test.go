package shell_test

import (
	"os/exec"
	"testing"

	"influxion/handler/internal/shell"
)

// A shell turns a word back into its text.
func TestWord(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"plain-1.x", "", "a b", "$(touch x)", "it's", "`x`", "a\nb", "plain\n", "*", "~",
		"#x", "a;b", "-n", "ä"} {
		got, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s. "+shell.Word(text)).Output()
		if err != nil || string(got) != text+"." {
			t.Errorf("got %q (%v), want %q", got, err, text+".")
		}
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
