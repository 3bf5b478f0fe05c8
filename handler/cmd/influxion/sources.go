package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
)

// source is a document to read.
type source struct {
	file   string
	within string // its folder below the one that was named; "" = the document itself was named
}

// search turns the names of a command line into documents. A folder stands for the PDFs in it.
type search struct {
	recursive bool
	output    string // folder of the results, which is not searched; "" = there is none
	results   string // ending of results that lie beside their sources, which are passed over; "" = none
}

func recursiveFlag(flags *pflag.FlagSet, recursive *bool) {
	flags.BoolVarP(recursive, "recursive", "r", false, "of a folder, take the folders below it too")
}

// sources gives the documents in the order of the names, and those of a folder by name.
func (s search) sources(names []string) ([]source, error) {
	list := make([]source, 0, len(names))
	for _, name := range names {
		info, err := os.Stat(name)
		if name == stdio || err != nil || !info.IsDir() {
			list = append(list, source{file: name}) // what cannot be read fails in its turn
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

// folder gives the PDFs in a folder. Hidden files and folders are passed over, and so are links to
// folders, which could lead in a circle.
func (s search) folder(name string) ([]source, error) {
	root, err := filepath.EvalSymlinks(name)
	if err != nil {
		return nil, err
	}
	var found []source
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == root:
			return nil
		case entry.IsDir():
			if !s.recursive || hidden(path) || s.output != "" && place(path) == place(filepath.Clean(s.output)) {
				return fs.SkipDir
			}
			return nil
		case !s.wants(path):
			return nil
		}
		below, err := filepath.Rel(root, path)
		found = append(found, source{filepath.Join(name, below), filepath.Dir(below)})
		return err
	})
	if err == nil && len(found) == 0 {
		err = s.nothing(name)
	}
	return found, err
}

func hidden(path string) bool { return strings.HasPrefix(filepath.Base(path), ".") }

// wants tells whether a file of a folder is a document to read, rather than the result of an
// earlier run.
func (s search) wants(path string) bool {
	name := strings.ToLower(filepath.Base(path))
	if hidden(path) || !strings.HasSuffix(name, ".pdf") || s.results != "" && strings.HasSuffix(name, s.results) {
		return false
	}
	info, err := os.Stat(path) // follows a link to a file
	return err == nil && info.Mode().IsRegular()
}

func (s search) nothing(folder string) error {
	text := "there is no PDF in it"
	if s.results != "" {
		text += fmt.Sprintf(", apart from results (*%s)", s.results)
	}
	if !s.recursive {
		text += "; --recursive takes the folders below it too"
	}
	return errors.New(folder + ": " + text)
}
