package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/pflag"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/outfile"
)

// Stdio is the name of stdin and of stdout.
const Stdio = "-"

// Source is a document to read.
type Source struct {
	File   string
	Within string // its folder below the named one; "" = the document itself was named
}

// Search turns the names of a command line into documents. A folder stands for the PDFs in it.
type Search struct {
	Recursive bool
	Output    string // folder of the results, which is not searched; "" = there is none
	Results   string // ending of results beside their sources, which are skipped; "" = none
}

// RecursiveFlag adds --recursive to flags.
func RecursiveFlag(flags *pflag.FlagSet, recursive *bool) {
	flags.BoolVarP(recursive, "recursive", "r", false, "of a folder, take the folders below it too")
}

// Sources returns the documents in the order of the names, and the documents of a folder sorted by
// name.
func (s Search) Sources(names []string) ([]Source, error) {
	list := make([]Source, 0, len(names))
	for _, name := range names {
		info, err := os.Stat(name)
		if name == Stdio || err != nil || !info.IsDir() {
			list = append(list, Source{File: name}) // what cannot be read fails in its turn
			continue
		}
		found, err := s.folder(name)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

// folder returns the PDFs in a folder. It skips hidden files and folders, and links to folders,
// because links could form a circle.
func (s Search) folder(name string) ([]Source, error) {
	root, err := filepath.EvalSymlinks(name)
	if err != nil {
		return nil, err
	}
	var found []Source
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == root:
			return nil
		case entry.IsDir():
			if !s.Recursive || hidden(path) || s.Output != "" && Place(path) == Place(filepath.Clean(s.Output)) {
				return fs.SkipDir
			}
			return nil
		case !s.wants(path):
			return nil
		}
		below, err := filepath.Rel(root, path)
		found = append(found, Source{filepath.Join(name, below), filepath.Dir(below)})
		return err
	})
	if err == nil && len(found) == 0 {
		err = s.nothing(name)
	}
	return found, err
}

func hidden(path string) bool { return strings.HasPrefix(filepath.Base(path), ".") }

// wants reports whether a file in a folder is a document to read, and not the result of an earlier
// run.
func (s Search) wants(path string) bool {
	name := strings.ToLower(filepath.Base(path))
	if hidden(path) || !strings.HasSuffix(name, ".pdf") || s.Results != "" && strings.HasSuffix(name, s.Results) {
		return false
	}
	info, err := os.Stat(path) // follows a link to a file
	return err == nil && info.Mode().IsRegular()
}

func (s Search) nothing(folder string) error {
	text := "there is no PDF in it"
	if s.Results != "" {
		text += fmt.Sprintf(", apart from results (*%s)", s.Results)
	}
	if !s.Recursive {
		text += "; --recursive takes the folders below it too"
	}
	return errors.New(folder + ": " + text)
}

// Expand expands file name patterns on Windows; elsewhere the shell does so. A pattern that matches
// nothing stays as it is.
func Expand(system string, files []string) []string {
	if system != "windows" {
		return files
	}
	var list []string
	for _, file := range files {
		found, err := filepath.Glob(file)
		if err != nil || len(found) == 0 {
			found = []string{file}
		}
		list = append(list, found...)
	}
	return list
}

// Place returns the same text for all spellings of one file's name. On systems whose file names
// ignore case, it ignores case too.
func Place(name string) string {
	if name == Stdio {
		return name
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(name))
	if err != nil {
		folder = filepath.Dir(name) // not there yet
	}
	whole, err := filepath.Abs(filepath.Join(folder, filepath.Base(name)))
	if err != nil {
		whole = filepath.Join(folder, filepath.Base(name))
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return strings.ToLower(whole)
	}
	return whole
}

// Open opens a file. It copies stdin to a temporary file, which is removed when it is closed.
func Open(ctx context.Context, name string, stdin io.Reader) (client.Document, func(), error) {
	if name != Stdio {
		file, err := client.Open(name)
		if err != nil {
			return nil, nil, err
		}
		return file, func() { file.Close() }, nil
	}
	kept, remove, err := outfile.Scratch()
	if err != nil {
		return nil, nil, err
	}
	size, err := CopyWithin(ctx, kept, stdin)
	if err != nil {
		remove()
		return nil, nil, fmt.Errorf("read stdin: %w", err)
	}
	return io.NewSectionReader(kept, 0, size), remove, nil
}

// Bare returns the error of opening a document without the document's name, for a message that
// already contains the name.
func Bare(name string, err error) error {
	if opening, ok := err.(*fs.PathError); ok && opening.Path == name {
		return opening.Err
	}
	return err
}

// CopyWithin is io.Copy, but ends with the context, even while the reader blocks.
func CopyWithin(ctx context.Context, to io.Writer, from io.Reader) (int64, error) {
	type result struct {
		n   int64
		err error
	}
	ended := make(chan result, 1)
	go func() {
		n, err := io.Copy(to, from)
		ended <- result{n, err}
	}()
	select {
	case r := <-ended:
		return r.n, r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
