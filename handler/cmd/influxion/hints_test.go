package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"influxion/handler/client"
)

// Hints are of codes that are documented: one that there is no more, or that is misspelt, helps
// nobody.
func TestHintsAreOfCodesThatThereAre(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## Error codes")
	table, _, _ = strings.Cut(table, "\n## ")
	known := map[string]bool{"access_denied": true} // of the Cloud Signature Consortium's API
	for _, code := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(table, -1) {
		known[code[1]] = true
	}
	if len(known) < 50 {
		t.Fatalf("got %d codes, want those of the table", len(known))
	}
	for code := range hints {
		if !known[code] {
			t.Errorf("got a hint for %s, which docs/operations.md does not have", code)
		}
	}
}

// A hint that names a command or a flag names one that there is.
func TestHintsNameWhatThereIs(t *testing.T) {
	t.Parallel()
	root := (&app{}).command()
	named := regexp.MustCompile(`influxion ([a-z]+)`)
	flag := regexp.MustCompile(`--([a-z-]+)`)
	known := map[string]bool{}
	for _, c := range root.Commands() {
		known["influxion "+c.Name()] = true
		for _, name := range names(c.Flags()) {
			known["--"+name] = true
		}
	}
	for _, name := range names(root.PersistentFlags()) {
		known["--"+name] = true
	}
	for code, text := range hints {
		for _, word := range append(named.FindAllString(text, -1), flag.FindAllString(text, -1)...) {
			if !known[word] {
				t.Errorf("%s: got %s, which does not exist", code, word)
			}
		}
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	if got := hint(&client.Problem{Code: "certificate_not_found"}); !strings.Contains(got, "influxion certificates") {
		t.Errorf("got %q", got)
	}
	for _, err := range []error{&client.Problem{Code: "option_unknown"}, &client.Problem{}, os.ErrNotExist} {
		if got := hint(err); got != "" {
			t.Errorf("got %q for %v, want nothing", got, err)
		}
	}
}
