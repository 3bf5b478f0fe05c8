package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// targets are the archives of a release.
var targets = []string{"darwin_amd64.tar.gz", "darwin_arm64.tar.gz", "linux_amd64.tar.gz", "linux_arm64.tar.gz",
	"windows_amd64.zip", "windows_arm64.zip", "azure-functions.zip", "source.tar.gz", "cli.cdx.json",
	"functions.cdx.json"}

func folder(t *testing.T, version string) string {
	t.Helper()
	folder := t.TempDir()
	for _, target := range targets {
		name := filepath.Join(folder, "influxion_"+version+"_"+target)
		if err := os.WriteFile(name, content(target), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func read(t *testing.T, elements ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// content is a bill of materials, or text in place of an archive.
func content(target string) []byte {
	if strings.HasSuffix(target, ".cdx.json") {
		return billOf("MIT", target)
	}
	return []byte(target)
}

func billOf(license, name string) []byte {
	return fmt.Appendf(nil, `{"components": [{"name": "std"}, {"name": %q, "evidence": {"licenses": [{"license": {"id": %q}}]}}]}`,
		name, license)
}

func sum(target string) string { return fmt.Sprintf("%x", sha256.Sum256(content(target))) }

// A release must not contain linked code whose licence asks for more than a notice, or for which no
// licence was found.
func TestLicences(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		string(billOf("BSD-3-Clause", "a")):       "",
		string(billOf("GPL-3.0-only", "library")): "library has the licences [GPL-3.0-only]",
		string(billOf("", "library")):             "library has the licences []",
		`{"components": [{"name": "library"}]}`:   "library has the licences []",
		`{"components": []}`:                      "lists nothing",
		`[`:                                       "unexpected end",
		strings.Replace(string(billOf("MIT", "a")), `"id"`, `"name"`, 1): "",
	} {
		folder := folder(t, "1.2.3")
		if err := os.WriteFile(filepath.Join(folder, "influxion_1.2.3_cli.cdx.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := &release{Version: "1.2.3", Repository: "https://github.com/owner/influxion"}
		err := r.finish(folder)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v for %s, want %q", err, text, want)
		}
	}
}

// Each installer names the archives of its system, each with the digest of that archive.
func TestFinish(t *testing.T) {
	t.Parallel()
	folder := folder(t, "1.2.3")
	if err := os.WriteFile(filepath.Join(folder, "influxion_1.2.2_linux_amd64.tar.gz"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := &release{Version: "1.2.3", Repository: "https://github.com/owner/influxion"}
	if err := r.finish(folder); err != nil {
		t.Fatal(err)
	}
	list := strings.Split(strings.TrimSuffix(read(t, folder, sums), "\n"), "\n")
	if len(list) != len(targets) {
		t.Errorf("got %q, want a line for each file of this version", list)
	}
	for _, target := range targets {
		if line := sum(target) + "  influxion_1.2.3_" + target; !strings.Contains(strings.Join(list, "\n"), line) {
			t.Errorf("got %q, want %q", list, line)
		}
	}
	const base = "https://github.com/owner/influxion/releases/download/v1.2.3/influxion_1.2.3_"
	for file, test := range map[string]struct {
		form string // {url}, {digest}
		of   []string
	}{
		"homebrew/influxion.rb": {"url \"{url}\" sha256 \"{digest}\" ",
			[]string{"source.tar.gz", "linux_amd64.tar.gz", "linux_arm64.tar.gz"}},
		"winget/owner.Influxion.installer.yaml": {"InstallerUrl: {url} InstallerSha256: {DIGEST} ",
			[]string{"windows_amd64.zip", "windows_arm64.zip"}},
		"Containerfile": {"ADD --checksum=sha256:{digest} {url} /",
			[]string{"linux_amd64.tar.gz", "linux_arm64.tar.gz"}},
	} {
		text := strings.Join(strings.Fields(read(t, folder, file)), " ")
		for _, target := range test.of {
			want := strings.NewReplacer("{url}", base+target, "{digest}", sum(target), "{DIGEST}",
				strings.ToUpper(sum(target))).Replace(test.form)
			if strings.Count(text, want) != 1 {
				t.Errorf("got %s\n%s\nwant %q once", file, text, want)
			}
		}
		if strings.Contains(text, "<<") || strings.Count(text, base) != len(test.of) {
			t.Errorf("%s: got %d archives, want %d", file, strings.Count(text, base), len(test.of))
		}
	}
}

// finish refuses values that the texts cannot contain safely, and a folder that lacks an archive.
func TestFinishRefuses(t *testing.T) {
	t.Parallel()
	good := release{Version: "1.2.3", Repository: "https://github.com/owner/influxion"}
	for name, change := range map[string]func(*release){
		"no version":   func(r *release) { r.Version = "" },
		"a tag":        func(r *release) { r.Version = "v1.2.3" },
		"an injection": func(r *release) { r.Version = "1.2.3\nx: y" },
		"plain HTTP":   func(r *release) { r.Repository = "http://github.com/owner/influxion" },
		"a quote":      func(r *release) { r.Repository = `https://github.com/owner/"` },
		"a host alone": func(r *release) { r.Repository = "https://github.com" },
	} {
		r := good
		change(&r)
		if err := r.finish(folder(t, "1.2.3")); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	for _, target := range []string{"windows_arm64.zip", "linux_amd64.tar.gz", "source.tar.gz"} {
		folder := folder(t, "1.2.3")
		if err := os.Remove(filepath.Join(folder, "influxion_1.2.3_"+target)); err != nil {
			t.Fatal(err)
		}
		r := good
		if err := r.finish(folder); err == nil || !strings.Contains(err.Error(), target) {
			t.Errorf("got %v without %s, want it named", err, target)
		}
	}
}
