package main_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pkitest"
)

// execute runs the staged handler in an empty folder, with only the given environment.
func execute(t *testing.T, folder string, environ ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	command := exec.CommandContext(t.Context(), filepath.Join(staged, "handler"))
	command.Dir, command.Env, command.Stdout, command.Stderr = folder, environ, &out, &errs
	err := command.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), out.String(), errs.String()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0, out.String(), errs.String()
}

// A fault in the settings stops the start. One message names every fault, and the exit code is one
// that the host does not take for a planned end.
func TestFaultySettingsStopTheStart(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := execute(t, t.TempDir(), "INFLUXION_VAULT_URL=http://nope",
		"INFLUXION_AZURE_CLIENT_SECRET=hunter2", "INFLUXION_TYPO=1")
	if code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
	for _, want := range []string{"INFLUXION_AZURE_TENANT_ID", "INFLUXION_AZURE_API_CLIENT_ID", "INFLUXION_VAULT_URL",
		"INFLUXION_AZURE_CLIENT_SECRET",
		"INFLUXION_TYPO", "FUNCTIONS_CUSTOMHANDLER_PORT"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("got %s, want %s named", stderr, want)
		}
	}
	if lines := strings.Count(stderr, "\n"); lines != 1 || stdout != "" {
		t.Errorf("got %d lines on standard error and %q on standard output, want one message", lines, stdout)
	}
	if strings.Contains(stderr, "hunter2") {
		t.Errorf("got the secret in %s", stderr)
	}
}

// The settings may come from a .env file in the script root.
func TestDotEnvIsRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	settings := "INFLUXION_AZURE_TENANT_ID=not-a-guid\nINFLUXION_VAULT_URL=https://seals.vault.azure.net\n"
	if err := os.WriteFile(filepath.Join(folder, ".env"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, stderr := execute(t, folder, "FUNCTIONS_CUSTOMHANDLER_PORT=0")
	if !strings.Contains(stderr, "INFLUXION_AZURE_TENANT_ID is not a GUID") ||
		strings.Contains(stderr, "INFLUXION_VAULT_URL") {
		t.Errorf("got %s, want the file's settings read", stderr)
	}
}

// A port that is taken is an error, not a silent end.
func TestAPortThatIsTaken(t *testing.T) {
	t.Parallel()
	r := newListener(t)
	code, _, stderr := execute(t, t.TempDir(), "FUNCTIONS_CUSTOMHANDLER_PORT="+r,
		"INFLUXION_AZURE_TENANT_ID=11111111-2222-3333-4444-555555555555",
		"INFLUXION_AZURE_API_CLIENT_ID=11111111-2222-3333-4444-555555555555",
		"INFLUXION_VAULT_URL=https://seals.vault.azure.net")
	if code != 1 || !strings.Contains(stderr, "listen") {
		t.Errorf("got exit code %d and %s, want 1 and the reason", code, stderr)
	}
}

// The memory limit follows what the platform states about the container, unless the Go runtime's
// own variable sets it.
func TestMemoryLimitOfTheProgram(t *testing.T) {
	for environ, want := range map[string]string{
		"WEBSITE_MEMORY_LIMIT_MB=1536":                   `"memory_limit_mib":1136`,
		"WEBSITE_MEMORY_LIMIT_MB=1536 GOMEMLIMIT=700MiB": `"memory_limit_mib":700`,
	} {
		p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{Environ: strings.Fields(environ)})
		until(t, environ+": "+want, func() bool {
			return slices.ContainsFunc(p.log.Handler(hosttest.Information),
				func(line string) bool { return strings.Contains(line, `"memory_limit_mib"`) })
		})
		lines := p.log.Handler(hosttest.Information)
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, want) }) {
			t.Errorf("%s: got %q, want %s", environ, lines, want)
		}
	}
}
