package algorithm_test

import (
	"crypto/fips140"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// FIPS 140-only mode forbids digests and keys that old documents have. This package still verifies
// them: a test of them runs once more, in a process of that mode.
func TestOldAlgorithmsInFIPSMode(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestDigests$", "-test.v")
	command.Env = append(os.Environ(), "GODEBUG=fips140=only")
	output, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "--- PASS: TestDigests") {
		t.Errorf("got %v: %s", err, output)
	}
}

// A run of the tests in FIPS 140-3 mode would prove nothing if the setting had no effect.
func TestFIPSModeIsOn(t *testing.T) {
	t.Parallel()
	if wanted := strings.Contains(os.Getenv("GODEBUG"), "fips140=on"); wanted && !fips140.Enabled() {
		t.Errorf("got GODEBUG %q and no FIPS 140-3 mode", os.Getenv("GODEBUG"))
	}
}
