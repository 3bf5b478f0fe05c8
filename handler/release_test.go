package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// renamed runs ./build.sh module in a small tree and gives the tree.
func renamed(t *testing.T, path string) (root string, output []byte, err error) {
	t.Helper()
	root = t.TempDir()
	build, err := os.ReadFile("../build.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"handler/client", "docs/samples/go"} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(root, "build.sh"), string(build))
	write(t, filepath.Join(root, "go.mod"), "module influxion\n\ngo 1.26.0\n")
	write(t, filepath.Join(root, "handler/client/client.go"), "package client\n\n// Name is influxion/handler's.\n"+
		"const Name = \"influxion\"\n")
	write(t, filepath.Join(root, "docs/samples/go/main.go"),
		"package main\n\nimport \"influxion/handler/client\"\n\nfunc main() { println(client.Name) }\n")
	command := exec.CommandContext(t.Context(), "bash", filepath.Join(root, "build.sh"), "module", path)
	command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOPROXY=off")
	output, err = command.CombinedOutput()
	return root, output, err
}

// The module path changes in go.mod and in the imports, and no other name changes.
func TestModule(t *testing.T) {
	t.Parallel()
	root, output, err := renamed(t, "github.com/owner/influxion")
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for file, want := range map[string]string{
		"go.mod":                   "module github.com/owner/influxion\n",
		"docs/samples/go/main.go":  "import \"github.com/owner/influxion/handler/client\"\n",
		"handler/client/client.go": "const Name = \"influxion\"\n",
	} {
		if got := read(t, filepath.Join(root, file)); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q in it", file, got, want)
		}
	}
	command := exec.CommandContext(t.Context(), "go", "run", "./docs/samples/go")
	command.Dir, command.Env = root, append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOPROXY=off")
	if output, err := command.CombinedOutput(); err != nil || string(output) != "influxion\n" {
		t.Errorf("got %q (%v), want the program as it was", output, err)
	}
}

// A path that go get could not use, or that a script would execute in part, changes nothing.
func TestModuleRefuses(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "influxion", "owner/influxion", "github.com", "github.com/a b", "github.com/a#b",
		"github.com/a&b", "https://github.com/owner/influxion", "github.com//influxion", "github.com/../influxion"} {
		root, output, err := renamed(t, path)
		if err == nil || !strings.Contains(string(output), "want the path") {
			t.Errorf("%q: got %q (%v), want it refused", path, output, err)
		}
		if got := read(t, filepath.Join(root, "go.mod")); !strings.HasPrefix(got, "module influxion\n") {
			t.Errorf("%q: got %q, want go.mod as it was", path, got)
		}
	}
}

// .ci/release/archives.sh decides what a release contains, and docs/install.md describes it.
func TestReleaseIsDescribed(t *testing.T) {
	t.Parallel()
	build, page := read(t, "../.ci/release/archives.sh"), read(t, "../docs/install.md")
	_, list, _ := strings.Cut(build, "\ntargets=(")
	list, _, _ = strings.Cut(list, ")")
	targets := strings.Fields(list)
	if len(targets) != 6 {
		t.Fatalf("got the targets %q, want three systems with two processors each", targets)
	}
	for _, target := range targets {
		name := "_" + strings.Replace(target, "/", "_", 1) + "."
		if !strings.Contains(page, name) {
			t.Errorf("got no archive …%s… in docs/install.md", name)
		}
	}
	for _, name := range []string{"_azure-functions.zip", "_source.tar.gz", "_cli.cdx.json", "SHA256SUMS"} {
		if !strings.Contains(page, name) {
			t.Errorf("got no %s in docs/install.md", name)
		}
	}
}
