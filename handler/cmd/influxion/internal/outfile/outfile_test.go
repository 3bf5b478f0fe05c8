package outfile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"influxion/handler/cmd/influxion/internal/outfile"
)

func content(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// folder returns the names and contents of all files in a folder, hidden files included.
func folder(t *testing.T, name string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(name)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(name, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(text)
	}
	return files
}

var errFull = errors.New("disk full")

func TestWrite(t *testing.T) {
	t.Parallel()
	var out outfile.Files
	halfway := func(w io.Writer) error { return errors.Join(content("half")(w), errFull) }
	for name, test := range map[string]struct {
		old     string // "" = none
		replace bool
		fill    func(io.Writer) error
		want    string // "" = none
		err     error
	}{
		"new":                {"", false, content("new"), "new", nil},
		"exists":             {"old", false, content("new"), "old", outfile.ErrExists},
		"replaced":           {"old", true, content("new"), "new", nil},
		"nothing to replace": {"", true, content("new"), "new", nil},
		"fails":              {"", false, halfway, "", errFull},
		"fails over old":     {"old", true, halfway, "old", errFull},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place := t.TempDir()
			target := filepath.Join(place, "a.pdf")
			if test.old != "" {
				if err := os.WriteFile(target, []byte(test.old), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := out.Write(target, test.replace, test.fill); !errors.Is(err, test.err) {
				t.Errorf("got %v, want %v", err, test.err)
			}
			files := folder(t, place)
			if files["a.pdf"] != test.want || len(files) != map[bool]int{true: 1}[test.want != ""] {
				t.Errorf("got %q, want %q alone", files, test.want)
			}
		})
	}
}

// Write does not replace a file that appears during the work, and nobody sees the new file before
// it is complete.
func TestWriteRaces(t *testing.T) {
	t.Parallel()
	var out outfile.Files
	place := t.TempDir()
	target := filepath.Join(place, "a.pdf")
	err := out.Write(target, false, func(w io.Writer) error {
		if _, err := os.Stat(target); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v while it is written, want no such file", err)
		}
		if err := os.WriteFile(target, []byte("theirs"), 0o600); err != nil {
			return err
		}
		return content("ours")(w)
	})
	if files := folder(t, place); !errors.Is(err, outfile.ErrExists) || files["a.pdf"] != "theirs" || len(files) != 1 {
		t.Errorf("got %q (%v), want theirs alone", files, err)
	}
	if err := out.Write(filepath.Join(place, "absent", "a.pdf"), false, content("x")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v for a folder that is not there", err)
	}
}

// The result has the permissions that the umask leaves, not the permissions of a temporary file.
func TestPermissions(t *testing.T) {
	t.Parallel()
	var out outfile.Files
	place := t.TempDir()
	usual := filepath.Join(place, "usual")
	file, err := os.Create(usual)
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	if err := out.Write(filepath.Join(place, "ours"), false, content("x")); err != nil {
		t.Fatal(err)
	}
	want, _ := os.Stat(usual)
	got, err := os.Stat(filepath.Join(place, "ours"))
	if err != nil || got.Mode() != want.Mode() {
		t.Errorf("got %v (%v), want %v", got.Mode(), err, want.Mode())
	}
}

// Abandon leaves nothing behind, whether or not the program continues.
func TestAbandon(t *testing.T) {
	t.Parallel()
	var out outfile.Files
	place := t.TempDir()
	err := out.Write(filepath.Join(place, "a.pdf"), false, func(w io.Writer) error {
		if len(folder(t, place)) != 1 {
			t.Errorf("got %v, want the temporary file", folder(t, place))
		}
		out.Abandon()
		if files := folder(t, place); len(files) != 0 {
			t.Errorf("got %v after it was abandoned", files)
		}
		return content("late")(w)
	})
	if files := folder(t, place); err == nil || len(files) != 0 {
		t.Errorf("got %v (%v), want nothing and an error", files, err)
	}
	if err := out.Write(filepath.Join(place, "b.pdf"), false, content("x")); err != nil {
		t.Error(err)
	}
	out.Abandon()
	if files := folder(t, place); files["b.pdf"] != "x" || len(files) != 1 {
		t.Errorf("got %v, want what is whole to stay", files)
	}
}

// Only its owner can read a scratch file. Nothing of it remains, even if the program is killed,
// where the system supports that.
func TestScratch(t *testing.T) {
	place := t.TempDir()
	t.Setenv("TMPDIR", place)
	t.Setenv("TMP", place)
	file, remove, err := outfile.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600 || len(folder(t, place)) != 0) {
		t.Errorf("got %v and %v (%v), want a file without a name for the owner alone", info.Mode(), folder(t, place),
			err)
	}
	if _, err := file.WriteString("x"); err != nil {
		t.Error(err)
	}
	remove()
	if files := folder(t, place); len(files) != 0 {
		t.Errorf("got %v, want nothing", files)
	}
}
