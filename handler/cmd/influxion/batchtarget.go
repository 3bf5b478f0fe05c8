package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"influxion/handler/cmd/influxion/internal/input"
)

// task is one file to process: its source and its target.
type task struct{ from, to string }

// plan decides the target of each file before any file is sent.
func (b *batch) plan(files []input.Source) ([]task, error) {
	if b.jobs < 1 || b.jobs > maxJobs {
		return nil, fmt.Errorf("--jobs %d: choose from 1 to %d", b.jobs, maxJobs)
	}
	if err := b.checkOutput(files); err != nil {
		return nil, err
	}
	tasks := make([]task, 0, len(files))
	sources, targets := map[string]bool{}, map[string]string{}
	for _, file := range files {
		t := task{file.File, b.target(file)}
		from, to := input.Place(t.from), input.Place(t.to)
		if sources[from] {
			return nil, fmt.Errorf("%s is named twice", t.from)
		}
		sources[from] = true
		if other, ok := targets[to]; ok && to != input.Stdio {
			return nil, fmt.Errorf("%s and %s would both become %s", other, t.from, t.to)
		}
		targets[to] = t.from
		tasks = append(tasks, t)
	}
	if targets[input.Stdio] != "" && len(tasks) > 1 {
		return nil, errors.New("only a single file can go to stdout")
	}
	for _, t := range tasks {
		if to := input.Place(t.to); sources[to] && to != input.Place(t.from) && to != input.Stdio {
			return nil, fmt.Errorf("%s is both a file to read and the result of another", t.to)
		}
	}
	return tasks, nil
}

// namesFile reports whether the value of --output names a file: it ends in .pdf and is no folder
// that exists.
func namesFile(output string) bool {
	if !strings.EqualFold(filepath.Ext(output), ".pdf") {
		return false // a folder, a name that ends in a separator, or stdout
	}
	info, err := os.Stat(output)
	return err != nil || !info.IsDir()
}

// checkOutput refuses a file as the place of several results. The documents of a folder count as
// several however many there are now, so that the same command does not fail on another day.
func (b *batch) checkOutput(files []input.Source) error {
	if !namesFile(b.folder) || len(files) == 1 && files[0].Within == "" {
		return nil
	}
	return fmt.Errorf("-o %s names a file, which has room for a single document: name a folder, or write %s%c for one "+
		"of that name", b.folder, b.folder, filepath.Separator)
}

// makeFolders makes the folders of the results.
func (b *batch) makeFolders(tasks []task) error {
	if b.folder == "" || b.folder == input.Stdio {
		return nil
	}
	made := map[string]bool{}
	for _, t := range tasks {
		folder := filepath.Dir(t.to)
		if made[folder] {
			continue
		}
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		made[folder] = true
	}
	return nil
}

func (b *batch) target(s input.Source) string {
	file := s.File
	switch {
	case b.folder == input.Stdio || file == input.Stdio && b.folder == "":
		return input.Stdio
	case namesFile(b.folder):
		return b.folder
	case file == input.Stdio:
		return filepath.Join(b.folder, "stdin.pdf")
	case b.folder != "":
		return filepath.Join(b.folder, s.Within, filepath.Base(file))
	}
	if extension := filepath.Ext(file); strings.EqualFold(extension, ".pdf") {
		return strings.TrimSuffix(file, extension) + "." + b.suffix + extension
	}
	return file + "." + b.suffix + ".pdf"
}
