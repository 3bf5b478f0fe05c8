package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"influxion/handler/client"
)

// selfExplaining are the codes in docs/operations.md whose detail needs no hint.
var selfExplaining = []string{
	"attachment_invalid", "body_incomplete", "body_unexpected", "data_invalid", "document_missing",
	"encoding_unsupported", "facturx_invalid", "idempotency_in_progress", "idempotency_key_invalid",
	"idempotency_key_reused", "idempotency_unsupported", "invalid_request", "job_not_own", "not_acceptable",
	"operation_missing", "operation_unknown", "option_conflict",
	"option_invalid", "option_repeated", "option_unknown", "pdf_standard_unsupported", "range_invalid",
	"resource_invalid",
	"signature_field_invalid", "style_invalid", "template_id_unsupported", "template_too_complex",
}

// Every documented code either has a hint or is listed as needing none, and is not in both lists.
func TestEveryCodeHasItsHint(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## Error codes")
	table, _, _ = strings.Cut(table, "\n## ")
	codes := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(table, -1)
	if len(codes) < 50 {
		t.Fatalf("got %d codes, want those of the table", len(codes))
	}
	for _, code := range codes {
		if (hints[code[1]] != "") == slices.Contains(selfExplaining, code[1]) {
			t.Errorf("got %s in both lists or in none, want it in one", code[1])
		}
	}
}

// The commands and flags that hints name exist.
func TestHintsNameWhatThereIs(t *testing.T) {
	t.Parallel()
	root := (&app{}).command()
	named := regexp.MustCompile(`influxion ([a-z]+)`)
	flag := regexp.MustCompile(`--([a-z-]+)`)
	known := map[string]bool{}
	for commands := root.Commands(); len(commands) > 0; commands = commands[1:] {
		c := commands[0]
		commands = append(commands, c.Commands()...)
		if c.Parent() == root {
			known["influxion "+c.Name()] = true
		}
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

// No command has a flag of its own by the name of a flag of all commands. What the caller says
// there would mean something else, and --profile would name no deployment.
func TestFlagsOfAllCommandsMeanTheSame(t *testing.T) {
	t.Parallel()
	root := (&app{}).command()
	global := names(root.PersistentFlags())
	if !slices.Contains(global, "profile") {
		t.Fatalf("got %v for all commands, want the profile there", global)
	}
	for commands := root.Commands(); len(commands) > 0; commands = commands[1:] {
		c := commands[0]
		commands = append(commands, c.Commands()...)
		for _, name := range append(names(c.LocalNonPersistentFlags()), names(c.PersistentFlags())...) {
			if slices.Contains(global, name) {
				t.Errorf("got --%s of %q, want it to mean what it means everywhere", name, c.CommandPath())
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
