package algorithm_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// FIPS 140-only mode forbids digests and keys that old documents have. They are judged all the
// same: a test of them runs once more, in a process of that mode.
func TestOldAlgorithmsInFIPSMode(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestDigests$", "-test.v")
	command.Env = append(os.Environ(), "GODEBUG=fips140=only")
	output, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "--- PASS: TestDigests") {
		t.Errorf("got %v: %s", err, output)
	}
}
