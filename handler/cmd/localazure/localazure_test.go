package main_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"influxion/handler/internal/logtest"
	"influxion/handler/internal/rendertest"
)

// program and root are the binary under test and the staged function app with the production
// handler.
var program, root string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "influxion-localazure-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(folder)
		program, root = filepath.Join(folder, "localazure"), filepath.Join(folder, "dist")
		if err := stage(); err != nil {
			fmt.Fprintln(os.Stderr, "stage:", err)
			return 1
		}
		return m.Run()
	}())
}

func stage() error {
	if err := os.CopyFS(root, os.DirFS("../../../functions")); err != nil {
		return err
	}
	settings, err := os.ReadFile("../../../host.json")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, "host.json"), settings, 0o644); err != nil {
		return err
	}
	for target, folder := range map[string]string{program: ".", filepath.Join(root, "handler"): "../.."} {
		build := exec.Command("go", "build", "-o", target, folder)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, output)
		}
	}
	return nil
}

// outcome is how a run of the program ended.
type outcome struct {
	code        int
	out, errOut string
}

// localazure runs the program in an empty folder until it ends.
func localazure(t *testing.T, folder string, arguments ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, arguments...)
	command.Dir = folder
	// A kill would leave the handler running.
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 30 * time.Second
	var out, errOut bytes.Buffer
	command.Stdout, command.Stderr = &out, &errOut
	err := command.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	return outcome{command.ProcessState.ExitCode(), out.String(), errOut.String()}
}

func (o outcome) String() string { return fmt.Sprintf("exit %d\n%s\n%s", o.code, o.out, o.errOut) }

func TestOnce(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"proxy", "forward"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			got := localazure(t, folder, "-root", root, "-port", "0", "-mode", mode, "-once")
			if got.code != 0 {
				t.Fatalf("got %v, want exit 0", got)
			}
			for _, want := range []string{"NO identity provider", "(" + mode + " mode)", "CN=Example Organisation Seal",
				"TOTAL-PASSED",
				"B-LTA", "proved to exist", "fingerprint", "SHA-256 before", "SHA-256 after", "took",
				"company-seal, version", "a key that never leaves the vault", "hardware-seal, version"} {
				if !strings.Contains(got.out, want) {
					t.Errorf("got %v, want a report with %q", got, want)
				}
			}
			if !strings.Contains(got.errOut, `handler | {"level":"INFO","msg":"audit"`) {
				t.Errorf("got %s, want the handler's log on standard error", got.errOut)
			}
			check(t, filepath.Join(folder, "signed.pdf"))
			files, err := os.ReadDir(folder)
			if err != nil || len(files) != 1 {
				t.Errorf("got files %v and %v, want signed.pdf alone", files, err)
			}
		})
	}
}

// check examines a signed document with other people's programs, if they are installed.
func check(t *testing.T, path string) {
	t.Helper()
	if output, ok := tool(t, "qpdf", "--check", path); ok &&
		!strings.Contains(output, "No syntax or stream encoding errors found") {
		t.Errorf("qpdf: got %s, want no errors", output)
	}
	// pdfsig ends with 0 for every file: only its text tells the result.
	if output, ok := tool(t, "pdfsig", "-nocert", path); ok &&
		(!strings.Contains(output, "Signature is Valid.") || !strings.Contains(output, "Total document signed")) {
		t.Errorf("pdfsig: got %s, want a valid signature over the whole document", output)
	}
}

func tool(t *testing.T, name string, arguments ...string) (string, bool) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Logf("%s is not installed", name)
		return "", false
	}
	output, _ := exec.CommandContext(t.Context(), name, arguments...).CombinedOutput()
	return string(output), true
}

func TestFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if got := localazure(t, folder, "-root", root, "-port", "0", "-once"); got.code != 0 {
		t.Fatalf("got %v, want exit 0", got)
	}
	// A file that is already signed, with flags after its name.
	got := localazure(t, folder, "signed.pdf", "-root", root, "-port", "0", "--once", "-out", "my twice.pdf")
	if got.code != 0 || !strings.Contains(got.out, "signature 2 of 2") {
		t.Fatalf("got %v, want exit 0 and the second signature", got)
	}
	first, err := os.ReadFile(filepath.Join(folder, "signed.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(filepath.Join(folder, "my twice.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(second, first) || len(second) == len(first) {
		t.Error("got a document that does not begin with the original")
	}
}

func TestFailuresLeaveNoFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		arguments []string
		code      int
		want      string
	}{
		{"not a PDF", []string{"bad.pdf"}, 1, "not_a_pdf"},
		{"no such file", []string{"none.pdf"}, 1, "none.pdf"},
		{"a folder", []string{"."}, 1, "regular file"},
		{"the input as output", []string{"-out", "bad.pdf", "bad.pdf"}, 1, "overwritten"},
		{"no script root", []string{"-root", "nowhere"}, 1, "stage"},
		{"two files", []string{"a.pdf", "b.pdf"}, 2, "one file"},
		{"an unknown mode", []string{"-mode", "payload"}, 2, "proxy or forward"},
		{"an unknown flag", []string{"-listen", "0.0.0.0"}, 2, "not defined"},
		{"no port", []string{"-port", "65536"}, 2, "not a port"},
		{"half a storage", []string{"-blobs", "https://127.0.0.1:1/a"}, 2, "must be given together"},
		{"no certificate", []string{"-blobs", "https://127.0.0.1:1/a", "-queues", "https://127.0.0.1:1/a",
			"-storage-root", os.DevNull}, 1, "no certificate"},
		{"help", []string{"-help"}, 0, "usage"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, "bad.pdf"), []byte("no document"), 0o600); err != nil {
				t.Fatal(err)
			}
			got := localazure(t, folder, append([]string{"-root", root, "-port", "0", "-once"}, test.arguments...)...)
			if got.code != test.code || !strings.Contains(got.errOut, test.want) {
				t.Errorf("got %v, want exit %d and a word about %q", got, test.code, test.want)
			}
			if files, err := os.ReadDir(folder); err != nil || len(files) != 1 {
				t.Errorf("got files %v and %v, want bad.pdf alone", files, err)
			}
			if content, err := os.ReadFile(filepath.Join(folder, "bad.pdf")); err != nil ||
				string(content) != "no document" {
				t.Errorf("got %q and %v, want the input untouched", content, err)
			}
		})
	}
}

func TestBusyPort(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	got := localazure(t, t.TempDir(), "-root", root, "-port", strconv.Itoa(port), "-once")
	if got.code != 1 || !strings.Contains(got.errOut, fmt.Sprintf("port %d of this machine is in use", port)) ||
		!strings.Contains(got.errOut, "-port") {
		t.Errorf("got %v, want exit 1 and what to do about the port", got)
	}
}

func TestHandlerThatCannotStart(t *testing.T) {
	t.Parallel()
	broken := t.TempDir()
	if err := os.CopyFS(broken, os.DirFS(root)); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\necho 'settings: at fault' >&2\nexit 1\n"
	if err := os.WriteFile(filepath.Join(broken, "handler"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	got := localazure(t, t.TempDir(), "-root", broken, "-port", "0", "-once")
	if got.code != 1 || !strings.Contains(got.errOut, "handler | ERROR settings: at fault") ||
		!strings.Contains(got.errOut, "failed 3 times") {
		t.Errorf("got %v, want exit 1 with the handler's own words", got)
	}
}

// serving is a run of the program that has printed its report and is serving.
type serving struct {
	command *exec.Cmd
	folder  string
	lines   []string // of the report
	errOut  *logtest.Log
}

func serve(t *testing.T, out string, more ...string) *serving {
	t.Helper()
	s := &serving{folder: t.TempDir(), errOut: &logtest.Log{}}
	s.command = exec.Command(program, append([]string{"-root", root, "-port", "0", "-out", out}, more...)...)
	s.command.Dir, s.command.Stderr = s.folder, s.errOut
	stdout, err := s.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Not a kill, which would leave the handler running.
		if s.command.Process.Signal(os.Interrupt) == nil {
			s.command.Wait()
		}
		if t.Failed() {
			t.Log(strings.Join(s.lines, "\n"), s.errOut)
		}
	})
	for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
		s.lines = append(s.lines, scanner.Text())
		if strings.HasPrefix(scanner.Text(), "Serving until") {
			go io.Copy(io.Discard, stdout)
			return s
		}
	}
	t.Fatalf("the program ended before it served: %s", s.errOut)
	return nil
}

// pasted returns the command lines of the report that contain a text.
func (s *serving) pasted(text string) []string {
	var found []string
	for _, line := range s.lines {
		if strings.HasPrefix(line, "  ") && strings.Contains(line, "curl ") && strings.Contains(line, text) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

func (s *serving) interrupt(t *testing.T) {
	t.Helper()
	if err := s.command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := s.command.Wait(); err != nil {
		t.Errorf("got %v, want exit 0 on Ctrl-C", err)
	}
}

// needCurl skips a test that needs curl if there is no curl, but not where all tools must be
// installed.
func needCurl(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("curl is not installed: run .ci/validators/install.sh")
	}
	t.Skip("curl is not installed")
}

func TestLinesWorkWhenPasted(t *testing.T) {
	t.Parallel()
	needCurl(t)
	s := serve(t, "it's signed.pdf")
	script := append([]string{"set -e"}, s.pasted("TOKEN=")...)
	script = append(append(append(script, s.pasted("/api/sign")...), s.pasted("/api/verify")...),
		s.pasted("/api/certificates")...)
	if len(script) != 5 {
		t.Fatalf("got script %q, want a token, signing, verifying and certificates", script)
	}
	command := exec.CommandContext(t.Context(), "sh", "-c", strings.Join(script, "\n"))
	command.Dir = s.folder
	// The proxy in the user's environment must have no effect.
	command.Env = append(os.Environ(), "http_proxy=http://127.0.0.1:1", "https_proxy=http://127.0.0.1:1")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("got %v and %s, want lines that work", err, output)
	}
	for _, want := range []string{"2 signatures and 2 timestamps, all valid", "Signed by", `"company-seal"`} {
		if !strings.Contains(string(output), want) {
			t.Errorf("got %s, want %s", output, want)
		}
	}
	check(t, filepath.Join(s.folder, "it's signed-again.pdf"))
	signIn := regexp.MustCompile(`  env SSL_CERT_FILE=\S+ .*HTTPS_PROXY=http://127\.0\.0\.1:\d+ .* login --url http://\S+ --scope api://\S+ --tenant \S+ --client-id \S+`)
	if !slices.ContainsFunc(s.lines, signIn.MatchString) {
		t.Error("got no line for a person's sign-in")
	}
	s.interrupt(t)
}

func TestControlLinesWorkWhenPasted(t *testing.T) {
	t.Parallel()
	needCurl(t)
	s := serve(t, "signed.pdf")
	lines := s.pasted("/control/")
	if len(lines) < 10 {
		t.Fatalf("got control lines %q, want all", lines)
	}
	for _, line := range lines {
		output, err := exec.CommandContext(t.Context(), "sh", "-c", line).CombinedOutput()
		if err != nil || !strings.HasPrefix(string(output), "done: ") {
			t.Errorf("%s: got %v and %s, want it done", line, err, output)
		}
	}
	s.interrupt(t)
	words := strings.Fields(s.pasted("/api/certificates")[0])
	if response, err := http.Get(words[len(words)-1]); err == nil {
		response.Body.Close()
		t.Error("got an answer after the end, want the host gone")
	}
}

// If a renderer starts, the handler uses it, and a line shows how to use it. The renderer ends with
// this program.
func TestRenderer(t *testing.T) {
	t.Parallel()
	needCurl(t)
	pages := rendertest.New()
	t.Cleanup(pages.Close)
	folder := t.TempDir()
	program, ended := filepath.Join(folder, "renderer"), filepath.Join(folder, "ended")
	script := "#!/bin/sh\ntrap 'kill $!; echo yes >" + ended + "; exit 0' INT\necho " + pages.URL +
		"\ntail -f /dev/null &\nwait\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	s := serve(t, "signed.pdf", "-renderer", program)
	lines := append(s.pasted("TOKEN="), s.pasted("/api/generate")...)
	if len(lines) != 2 {
		t.Fatalf("got %q, want a token and a document", lines)
	}
	command := exec.CommandContext(t.Context(), "sh", "-c", strings.Join(lines, "\n"))
	command.Dir = s.folder
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("got %v and %s, want a line that works", err, output)
	}
	check(t, filepath.Join(s.folder, "made.pdf"))
	if forms := pages.Forms(); len(forms) != 1 || !strings.Contains(forms[0].Files["index.html"], "Invoice 2026-1") {
		t.Errorf("got %v, want the page of the line", forms)
	}
	s.interrupt(t)
	if _, err := os.Stat(ended); err != nil {
		t.Errorf("got %v, want the renderer ended", err)
	}
}

func TestWithoutRenderer(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "renderer")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := serve(t, "signed.pdf", "-renderer", program)
	if lines := s.pasted("/api/generate"); len(lines) != 0 || !slices.ContainsFunc(s.lines, func(line string) bool {
		return strings.Contains(line, "needs a Chromium")
	}) {
		t.Errorf("got %v, want what is missing and no line", lines)
	}
	s.interrupt(t)
}

// A shell that reads the environment can get a token under the real host names, and sign.
func TestEnviron(t *testing.T) {
	t.Parallel()
	needCurl(t)
	s := serve(t, "signed.pdf", "-environ", "it's local.env")
	path := filepath.Join(s.folder, "it's local.env")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v and %v, want a file for this user alone", info, err)
	}
	script := `set -eu
. "./it's local.env"
: "$IDENTITY_ENDPOINT" "$IDENTITY_HEADER" "$LOCALAZURE_IDENTITY_AZURE_CLIENT_ID" "$LOCALAZURE_CONTROL" "$REQUESTS_CA_BUNDLE" "$NODE_EXTRA_CA_CERTS"
TOKEN=$(curl -sS -d grant_type=client_credentials -d client_id=$INFLUXION_CLIENT_ID -d client_secret=$INFLUXION_CLIENT_SECRET \
	--data-urlencode scope=$INFLUXION_CLIENT_SCOPE https://login.microsoftonline.com/$INFLUXION_CLIENT_TENANT_ID/oauth2/v2.0/token |
	sed 's/.*"access_token":"\([^"]*\)".*/\1/')
curl -sS --fail -H "Authorization: Bearer $TOKEN" $INFLUXION_CLIENT_URL/api/certificates`
	command := exec.CommandContext(t.Context(), "sh", "-c", script)
	command.Dir = s.folder
	if output, err := command.CombinedOutput(); err != nil || !strings.Contains(string(output), `"company-seal"`) {
		t.Errorf("got %v and %s, want the certificates", err, output)
	}
	s.interrupt(t)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want the file gone with what it leads to", err)
	}
}

func TestHandlerThatGoesAway(t *testing.T) {
	t.Parallel()
	s := serve(t, "signed.pdf")
	// Kill the handler as often as the host starts it again.
	var killed int
	ended := make(chan error, 1)
	go func() { ended <- s.command.Wait() }()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case err := <-ended:
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 ||
				!strings.Contains(s.errOut.String(), "the handler has ended") {
				t.Errorf("got %v and %s, want exit 1 when the handler has ended", err, s.errOut)
			}
			return
		case <-ticker.C:
			starts := strings.Split(s.errOut.String(), "Started the handler as process ")[1:]
			if len(starts) > killed {
				number, _, whole := strings.Cut(starts[killed], " ")
				if pid, err := strconv.Atoi(number); whole && err == nil {
					syscall.Kill(pid, syscall.SIGKILL)
					killed++
				}
			}
		case <-t.Context().Done():
			return
		}
	}
}
