package infratest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tenant is an empty subscription with a small az (testdata/bin/az) in front of it, and a copy of
// infra/ to set it up from.
type tenant struct {
	t      *testing.T
	folder string
	env    map[string]string
}

// outcome is the output of a script, and the calls of az that it made.
type outcome struct {
	out, err string
	failed   bool
	calls    [][]string
}

func newTenant(t *testing.T) *tenant {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"infra/setup.sh": texts(t)["setup.sh"], "infra/postprovision.sh": texts(t)["postprovision.sh"],
		"infra/preprovision.sh": texts(t)["preprovision.sh"],
		"build.sh":              "#!/bin/sh\necho \"build $*\" >>\"$STATE/build\"\n",
	} {
		if err := os.MkdirAll(filepath.Join(folder, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "state"), 0o755); err != nil {
		t.Fatal(err)
	}
	return &tenant{t: t, folder: folder,
		env: map[string]string{"VAULT": "kv-test", "APP": "func-test", "STORAGE": "sttest"}}
}

// run runs a script of infra/ with env in addition to the tenant's own variables.
func (n *tenant) run(env map[string]string, script string, arguments ...string) outcome {
	n.t.Helper()
	bin, err := filepath.Abs("testdata/bin")
	if err != nil {
		n.t.Fatal(err)
	}
	graph, err := os.Executable()
	if err != nil {
		n.t.Fatal(err)
	}
	calls := filepath.Join(n.folder, "calls")
	if err := os.WriteFile(calls, nil, 0o644); err != nil {
		n.t.Fatal(err)
	}
	command := exec.CommandContext(n.t.Context(), "bash",
		append([]string{filepath.Join(n.folder, "infra", script)}, arguments...)...)
	command.Env = []string{
		"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "CALLS=" + calls, "GRAPH=" + graph,
		"STATE=" + filepath.Join(n.folder, "state"),
		"SETUP_DELAY=0", "SETUP_TRIES=3",
	}
	for _, set := range []map[string]string{n.env, env} {
		for name, value := range set {
			command.Env = append(command.Env, name+"="+value)
		}
	}
	var out, stderr bytes.Buffer
	command.Stdout, command.Stderr = &out, &stderr
	failed := command.Run() != nil
	return outcome{out: out.String(), err: stderr.String(), failed: failed, calls: n.recorded(calls)}
}

func (n *tenant) recorded(file string) (calls [][]string) {
	n.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		n.t.Fatal(err)
	}
	for record := range strings.SplitSeq(strings.TrimSuffix(string(text), "\x1e"), "\x1e") {
		if record != "" {
			calls = append(calls, strings.Split(strings.TrimSuffix(record, "\x1f"), "\x1f"))
		}
	}
	return calls
}

func (n *tenant) state(name string) string {
	text, _ := os.ReadFile(filepath.Join(n.folder, "state", name))
	return string(text)
}

// roles returns the remaining grants.
func (n *tenant) roles() (left []string) {
	found, _ := filepath.Glob(filepath.Join(n.folder, "state", "role_*"))
	for _, file := range found {
		left = append(left, strings.TrimSuffix(filepath.Base(file), "_"))
	}
	return left
}

var reads = regexp.MustCompile(`^(\S+ )*(list|show) |^rest --method GET`)

// changes returns the calls that change something, in order.
func (o outcome) changes() (calls [][]string) {
	for _, call := range o.calls {
		if !reads.MatchString(strings.Join(call, " ")) {
			calls = append(calls, call)
		}
	}
	return calls
}

// index returns the position of the first call that contains text, or -1.
func (o outcome) index(text string) int {
	return slices.IndexFunc(o.calls,
		func(call []string) bool { return strings.Contains(strings.Join(call, " "), text) })
}

// options returns the values of an option in the calls that contain text.
func (o outcome) options(text, name string) (values []string) {
	for _, call := range o.calls {
		if at := slices.Index(call, name); at >= 0 && strings.Contains(strings.Join(call, " "), text) {
			values = append(values, call[at+1])
		}
	}
	return values
}

func (n *tenant) succeeds(o outcome) outcome {
	n.t.Helper()
	if o.failed {
		n.t.Fatalf("got a failure: %s", o.err)
	}
	return o
}
