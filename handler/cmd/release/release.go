package main

import (
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

//go:embed templates
var templates embed.FS

// sums is the name of the list of digests, in the format of sha256sum.
const sums = "SHA256SUMS"

// release is the data of the templates. Its texts go into Ruby, YAML and a container file, so each
// text is checked before use.
type release struct {
	Version    string
	Repository string
	digests    map[string]string // by the archive's name
}

var (
	plainVersion = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)
	plainURL     = regexp.MustCompile(`^https://[A-Za-z0-9.-]+(/[A-Za-z0-9._-]+)+$`)
)

// finish reads the archives and writes all other files.
func (r *release) finish(folder string) error {
	if !plainVersion.MatchString(r.Version) {
		return fmt.Errorf("version %q: want one like 1.2.3 or 1.2.3-rc.1", r.Version)
	}
	if !plainURL.MatchString(r.Repository) {
		return fmt.Errorf("repository %q: want https://host/path", r.Repository)
	}
	if err := r.read(folder); err != nil {
		return err
	}
	for name, target := range map[string]string{
		"formula.rb": "homebrew/influxion.rb", "version.yaml": "winget/" + r.Package() + ".yaml",
		"installer.yaml": "winget/" + r.Package() + ".installer.yaml",
		"locale.yaml":    "winget/" + r.Package() + ".locale.en-US.yaml", "Containerfile": "Containerfile",
	} {
		if err := r.write(name, filepath.Join(folder, filepath.FromSlash(target))); err != nil {
			return err
		}
	}
	return nil
}

// read computes and lists the digests of all files in the folder, and checks the bills of
// materials.
func (r *release) read(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	r.digests = map[string]string{}
	var list strings.Builder
	for _, entry := range entries { // by name
		if !strings.HasPrefix(entry.Name(), "influxion_"+r.Version+"_") {
			continue
		}
		if strings.HasSuffix(entry.Name(), ".cdx.json") {
			if err := checkLicences(filepath.Join(folder, entry.Name())); err != nil {
				return err
			}
		}
		digest, err := digest(filepath.Join(folder, entry.Name()))
		if err != nil {
			return err
		}
		r.digests[entry.Name()] = digest
		fmt.Fprintf(&list, "%s  %s\n", digest, entry.Name())
	}
	return os.WriteFile(filepath.Join(folder, sums), []byte(list.String()), 0o644)
}

func digest(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

func (r *release) write(name, target string) (err error) {
	text, err := template.New(name).Option("missingkey=error").Delims("<<", ">>").ParseFS(templates, "templates/"+name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	file, err := os.Create(target)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return text.Execute(file, r)
}

// Archive is the name of a target's archive: Archive "linux_amd64.tar.gz".
func (r *release) Archive(target string) string { return "influxion_" + r.Version + "_" + target }

// URL is the download address of a target's archive.
func (r *release) URL(target string) (string, error) {
	return url.JoinPath(r.Repository, "releases", "download", "v"+r.Version, r.Archive(target))
}

// SHA256 is the digest of a target's archive, in lower-case hex.
func (r *release) SHA256(target string) (string, error) {
	digest, ok := r.digests[r.Archive(target)]
	if !ok {
		return "", fmt.Errorf("there is no %s in the folder", r.Archive(target))
	}
	return digest, nil
}

// Upper is SHA256 in upper case, as winget requires it.
func (r *release) Upper(target string) (string, error) {
	digest, err := r.SHA256(target)
	return strings.ToUpper(digest), err
}

// Publisher is the owner of the repository: the last but one element of the path in its URL, else
// the host.
func (r *release) Publisher() string {
	parts := strings.Split(strings.TrimPrefix(r.Repository, "https://"), "/")
	return parts[max(0, len(parts)-2)]
}

// Package is the identifier of the package in winget.
func (r *release) Package() string { return strings.Trim(r.Publisher(), ".-") + ".Influxion" }

// Folder is the only folder at the top of each archive.
func (r *release) Folder() string { return "influxion-" + r.Version }
