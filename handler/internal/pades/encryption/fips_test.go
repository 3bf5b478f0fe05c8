package encryption_test

import (
	"crypto/fips140"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"influxion/handler/internal/pades/encryption"
)

// In FIPS 140-only mode, documents with keys from MD5 are refused with that reason, and documents
// with AES-256 are opened. The test runs itself once more, in a process of that mode.
func TestFIPSMode(t *testing.T) {
	t.Parallel()
	if !fips140.Enforced() {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestFIPSMode$", "-test.v")
		command.Env = append(os.Environ(), "GODEBUG=fips140=only")
		output, err := command.CombinedOutput()
		if err != nil || !strings.Contains(string(output), "--- PASS: TestFIPSMode") {
			t.Errorf("got %v: %s", err, output)
		}
		return
	}
	for _, f := range foreign() {
		_, err := f.handler.Open("user")
		_, refused := errors.AsType[*encryption.UnsupportedError](err)
		if modern := f.handler.Version == 5; modern != (err == nil) || refused == modern {
			t.Errorf("%s: got %v", f.name, err)
		}
		if refused && !strings.Contains(err.Error(), "FIPS 140-only mode") {
			t.Errorf("%s: got %v, want the mode named", f.name, err)
		}
	}
}
