package main_test

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// goThatMeasures stands in for go. TESTS and TABLE are the exit codes of the benchmarks and of the
// table.
const goThatMeasures = `#!/bin/sh
case "$1" in
test) exit "$TESTS" ;;
run) cat >/dev/null; exit "$TABLE" ;;
esac
`

// A lost saving, or a benchmark that fails, is an error of the command that people and CI run.
func TestBenchFails(t *testing.T) {
	t.Parallel()
	root, tools := t.TempDir(), t.TempDir()
	write(t, filepath.Join(root, "build.sh"), read(t, "../build.sh"))
	write(t, filepath.Join(tools, "go"), goThatMeasures)
	for _, row := range []struct {
		tests, table string
		fails        bool
	}{{"0", "0", false}, {"0", "1", true}, {"1", "0", true}} {
		command := exec.CommandContext(t.Context(), "bash", filepath.Join(root, "build.sh"), "bench")
		command.Env = []string{"PATH=" + tools + ":/usr/bin:/bin", "TESTS=" + row.tests, "TABLE=" + row.table}
		if output, err := command.CombinedOutput(); (err != nil) != row.fails {
			t.Errorf("got %v where the tests end with %s and the table with %s, want an error: %v: %s", err, row.tests,
				row.table, row.fails, output)
		}
	}
}
