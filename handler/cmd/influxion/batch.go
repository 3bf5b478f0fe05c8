package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/outfile"
	"influxion/handler/cmd/influxion/internal/terminal"
	"influxion/handler/cmd/influxion/internal/waiting"
)

// batch is a set of files to be signed, extended or timestamped, several at a time.
type batch struct {
	folder string // for the results, or the file for a single one; "" = beside the files; "-" = stdout
	suffix string // before .pdf, for results beside the files
	jobs   int
	force  bool

	recursive bool // of the folders that are named

	passwordFile string
	password     string // of encrypted documents
}

func (b *batch) flags(flags *pflag.FlagSet) {
	flags.StringVarP(&b.folder, "output", "o", "",
		"`FOLDER` for the results, under the files' own names and folders, or a FILE.pdf for the result of a single "+
			"file; - = stdout (default: beside each file, as name."+b.suffix+".pdf)")
	flags.IntVarP(&b.jobs, "jobs", "j", runtime.NumCPU(), "number of files at a time")
	flags.BoolVarP(&b.force, "force", "f", false, "replace files that exist")
	input.RecursiveFlag(flags, &b.recursive)
	input.PasswordFlag(flags, &b.passwordFile)
}

// search says how to search the folders of the command line.
func (b *batch) search() input.Search {
	if b.folder == "" {
		return input.Search{Recursive: b.recursive, Results: "." + b.suffix + ".pdf"}
	}
	return input.Search{Recursive: b.recursive, Output: b.folder}
}

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

// sealing signs, extends or timestamps one document.
type sealing func(ctx context.Context, document client.Document) (*client.Signed, error)

// outcome is the result of a task.
type outcome struct {
	task
	signed *client.Signed // its fields alone
	err    error
}

// run does every task, several at a time. It passes each outcome to done as soon as it is there,
// never two at once. An error that every further task would also meet ends the batch. When ctx
// ends, running tasks leave no file behind.
func (b *batch) run(ctx context.Context, a *app, tasks []task, seal sealing, done func(outcome)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan task)
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range min(b.jobs, len(tasks)) {
		workers.Go(func() {
			for t := range queue {
				signed, err := b.do(ctx, a, t, seal)
				mu.Lock()
				if context.Cause(ctx) == nil || err == nil {
					done(outcome{t, signed, err})
				}
				mu.Unlock()
				if err != nil && exit.RefusesSignIn(err) {
					cancel(err)
				}
			}
		})
	}
feeding:
	for _, t := range tasks {
		select {
		case queue <- t:
		case <-ctx.Done():
			break feeding
		}
	}
	close(queue)
	workers.Wait()
	return context.Cause(ctx)
}

// do processes one document, from its source to its target.
func (b *batch) do(ctx context.Context, a *app, t task, seal sealing) (*client.Signed, error) {
	if !b.force && t.to != input.Stdio {
		if _, err := os.Lstat(t.to); err == nil {
			return nil, fmt.Errorf("%s: %w (--force replaces it)", t.to, outfile.ErrExists)
		}
	}
	document, closeDocument, err := input.Open(ctx, t.from, a.in)
	if err != nil {
		return nil, err
	}
	defer closeDocument()
	ctx, cancel := a.limited(ctx)
	defer cancel()
	signed, err := seal(ctx, client.WithPassword(document, b.password))
	if err != nil {
		return nil, waiting.TimedOut(ctx, err)
	}
	defer signed.Body.Close()
	if t.to == input.Stdio {
		return signed, waiting.TimedOut(ctx, outfile.Pour(a.out, signed))
	}
	return signed, waiting.TimedOut(ctx, a.files.Write(t.to, b.force, func(w io.Writer) error {
		_, err := signed.WriteTo(w)
		return err
	}))
}

// sealAll is the common part of sign, extend and timestamp.
func (a *app) sealAll(ctx context.Context, b *batch, files []string, seal func(*client.Client) sealing) error {
	sources, err := b.search().Sources(input.Expand(runtime.GOOS, files))
	if err != nil {
		return exit.UsageError(err)
	}
	tasks, err := b.plan(sources)
	if err != nil {
		return exit.UsageError(err)
	}
	if b.password, err = input.ReadPassword(b.passwordFile); err != nil {
		return exit.UsageError(err)
	}
	toStdout := slices.ContainsFunc(tasks, func(t task) bool { return t.to == input.Stdio })
	if toStdout && terminal.IsTerminal(a.out) {
		return exit.UsageError(
			errors.New("a terminal cannot show a PDF: name a file or folder with -o, or redirect stdout"))
	}
	service, err := a.service()
	if err != nil {
		return err
	}
	if err := b.makeFolders(tasks); err != nil {
		return exit.UsageError(err)
	}
	a.progress = terminal.NewProgress(a.err, len(tasks))
	results := &sealResults{app: a, progress: a.progress, toStdout: toStdout, style: a.style(a.err)}
	begun := a.now()
	err = b.run(ctx, a, tasks, seal(service), results.add)
	a.progress.End()
	if len(tasks) > 1 {
		a.summarize(results.done, results.failed, len(tasks), a.now().Sub(begun))
	}
	switch {
	case err != nil:
		return err
	case results.failed == 1 && len(tasks) == 1:
		return results.last
	case results.failed > 0:
		return exit.Reported(exit.Failed)
	}
	return results.write
}
