package input

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree makes empty files in a new folder.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range names {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// A folder stands for the documents in it, without hidden files, results, and the folder of the
// results.
func TestSources(t *testing.T) {
	t.Parallel()
	root := tree(t, "b.pdf", "a.PDF", "a.signed.pdf", "note.txt", ".hidden.pdf", "sub/c.pdf", "sub/deep/d.pdf",
		".git/e.pdf", "out/a.PDF", "out/sub/c.pdf", "empty/note.txt", "alone/x.signed.pdf")
	for _, test := range []struct {
		name string
		Search
		folder string
		want   []string
	}{
		{"flat", Search{Results: ".signed.pdf"}, "", []string{"a.PDF", "b.pdf"}},
		{"beside results", Search{}, "", []string{"a.PDF", "a.signed.pdf", "b.pdf"}},
		{"recursive", Search{Recursive: true, Output: filepath.Join(root, "out") + string(os.PathSeparator)}, "",
			[]string{"a.PDF", "a.signed.pdf", "alone/x.signed.pdf", "b.pdf", "sub/c.pdf", "sub/deep/d.pdf"}},
		{"below", Search{Recursive: true}, "sub", []string{"c.pdf", "deep/d.pdf"}},
	} {
		got, err := test.Sources([]string{filepath.Join(root, test.folder)})
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		var names []string
		for _, s := range got {
			name, err := filepath.Rel(filepath.Join(root, test.folder), s.File)
			if err != nil || filepath.Dir(name) != s.Within {
				t.Errorf("%s: got %s within %q (%v), want its folder", test.name, name, s.Within, err)
			}
			names = append(names, filepath.ToSlash(name))
		}
		if !slices.Equal(names, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, names, test.want)
		}
	}
}

// A folder without documents is a mistake, and the message says what was skipped.
func TestSourcesOfAnEmptyFolder(t *testing.T) {
	t.Parallel()
	root := tree(t, "empty/note.txt", "alone/x.signed.pdf")
	for folder, want := range map[string]string{"empty": "--recursive", "alone": "apart from results (*.signed.pdf)"} {
		_, err := Search{Results: ".signed.pdf"}.Sources([]string{filepath.Join(root, folder)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", folder, err, want)
		}
	}
}

// Search does not follow a link inside a folder, because links could form a circle. It follows a
// link that the user names.
func TestSourcesAndLinks(t *testing.T) {
	t.Parallel()
	root := tree(t, "real/a.pdf")
	if os.Symlink(root, filepath.Join(root, "real", "circle")) != nil ||
		os.Symlink(filepath.Join(root, "real"), filepath.Join(root, "link")) != nil ||
		os.Symlink(filepath.Join(root, "real", "a.pdf"), filepath.Join(root, "real", "b.pdf")) != nil {
		t.Skip("no links here")
	}
	link := filepath.Join(root, "link")
	got, err := Search{Recursive: true}.Sources([]string{link})
	if want := []Source{{filepath.Join(link, "a.pdf"), "."}, {filepath.Join(link, "b.pdf"), "."}}; err != nil ||
		!slices.Equal(got, want) {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

// Sources passes on every name that is not a folder: a file, stdin, a name without a file.
func TestSourcesThatAreNoFolders(t *testing.T) {
	t.Parallel()
	root := tree(t, "a.txt")
	names := []string{filepath.Join(root, "a.txt"), "-", "absent.pdf"}
	got, err := Search{}.Sources(names)
	if err != nil || len(got) != len(names) {
		t.Fatalf("got %q (%v), want %q", got, err, names)
	}
	for i, s := range got {
		if s != (Source{File: names[i]}) {
			t.Errorf("got %q, want %q as it is", s, names[i])
		}
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	root := tree(t, "a.pdf", "b.pdf", "c.pdf")
	names := []string{filepath.Join(root, "a.pdf"), filepath.Join(root, "b.pdf"), filepath.Join(root, "c.pdf")}
	pattern := []string{filepath.Join(root, "*.pdf"), "absent*", "[", "-"}
	if got, want := Expand("windows", pattern), append(names, pattern[1:]...); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Expand("linux", pattern); !slices.Equal(got, pattern) {
		t.Errorf("got %q, want the shell's work left to the shell", got)
	}
}
