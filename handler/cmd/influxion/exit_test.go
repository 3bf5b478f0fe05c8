package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"influxion/handler/cmd/influxion/internal/exit"
)

// The help and the manual explain each exit code, and no other.
func TestExitCodesAreExplained(t *testing.T) {
	t.Parallel()
	want := []string{"0", "1", "2", "3", "4", "130"}
	if exit.OK != 0 || exit.Failed != 1 || exit.Usage != 2 || exit.SignIn != 3 || exit.NotVerified != 4 ||
		exit.Interrupted != 130 {
		t.Error("got other exit codes than those that scripts know")
	}
	text, err := os.ReadFile("../../../docs/client.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(strings.ReplaceAll(string(text), "\n", " "), "Exit codes: ")
	list, _, _ = strings.Cut(list, ". ")
	for where, got := range map[string][][]string{
		"help": regexp.MustCompile(`(?m)^  ([0-9]+) +\S`).FindAllStringSubmatch(exit.Help, -1),
		"page": regexp.MustCompile("\\b([0-9]+) [a-z`]").FindAllStringSubmatch(list, -1),
	} {
		var codes []string
		for _, match := range got {
			codes = append(codes, match[1])
		}
		if !slices.Equal(codes, want) || !strings.Contains((&app{}).command().Long, exit.Help) {
			t.Errorf("%s: got %v, want %v", where, codes, want)
		}
	}
}
