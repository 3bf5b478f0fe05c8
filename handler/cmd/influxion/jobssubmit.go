package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/jobstate"
	"influxion/handler/cmd/influxion/internal/settings"
)

// submission is the options of jobs submit.
type submission struct {
	batch
	signFlags
	operation string
	wait      bool
	trust     []string
	state     string

	options client.Options
}

// suffixes are the operations that can be submitted, with the suffix of the result's file name.
var suffixes = map[string]string{client.OperationSign: "signed", client.OperationExtend: "extended",
	client.OperationTimestamp: "timestamped"}

func (a *app) jobsCommand() *cobra.Command {
	c := &cobra.Command{Use: "jobs", Short: "Process many documents without waiting for each"}
	c.AddCommand(a.jobsSubmitCommand())
	return c
}

func (a *app) jobsSubmitCommand() *cobra.Command {
	s := &submission{}
	c := &cobra.Command{
		Use: "submit FILE|FOLDER…", Short: "Submit documents as jobs, and fetch the results", Args: needFiles,
		Long: `Submit sends documents to be signed, extended or timestamped later; of a FOLDER, all its PDFs. With --wait it waits for the results, and
writes each to a file once it is verified on this machine: its digest is what Influxion states, it begins with all bytes of the original, the
signature that was added is intact, and nothing was added that the signatures before it do not permit. Who signed counts with --trust alone:
without it the trust in the signers is not evaluated.

What was submitted is noted in a small file (--state). If the command is interrupted, or was not told to wait, the same command with --wait
goes on where it stopped: nothing is sent twice but a request whose answer was lost, which a deployment with a storage for jobs executes once.
The file is removed when every result is there.`,
		Example: `  influxion jobs submit invoices/ -o signed/ --wait --trust roots.pem
  influxion jobs submit --certificate seal --level B-LTA *.pdf
  influxion jobs submit --operation extend --level B-LTA archive/ --wait`,
		RunE: a.does(func(ctx context.Context, files []string) error { return a.submit(ctx, s, files) }),
	}
	flags := c.Flags()
	flags.StringVar(&s.operation, "operation", client.OperationSign, "sign, extend or timestamp")
	flags.BoolVar(&s.wait, "wait", false, "wait for the results, and write them")
	flags.StringArrayVar(&s.trust, "trust", nil,
		"`FILE` of trust anchors in PEM: a result is written only if all signatures pass; may be repeated")
	flags.StringVar(&s.state, "state", "", "`FILE` that notes what was submitted (default: "+jobstate.DefaultName+
		" in the folder of the results)")
	flags.StringVarP(&s.folder, "output", "o", "",
		"`FOLDER` for the results, under the files' own names (default: beside each file, as name.signed.pdf)")
	flags.IntVarP(&s.jobs, "jobs", "j", runtime.NumCPU(), "number of results at a time")
	flags.BoolVarP(&s.force, "force", "f", false, "replace files that exist")
	input.RecursiveFlag(flags, &s.recursive)
	s.signFlags.flags(a, c)
	choices(c, "operation", client.OperationSign, client.OperationExtend, client.OperationTimestamp)
	a.jsonFlag(c, "a line of JSON for each file")
	return c
}

// check refuses a wrong command line before anything is sent.
func (s *submission) check() (err error) {
	suffix, ok := suffixes[s.operation]
	if !ok {
		return fmt.Errorf("--operation %q: choose sign, extend or timestamp", s.operation)
	}
	s.suffix = suffix
	if s.options, err = s.signFlags.read(); err != nil {
		return err
	}
	if s.folder == input.Stdio {
		return errors.New("results of jobs are files: name a folder with -o")
	}
	if namesFile(s.folder) {
		return fmt.Errorf("-o %s names a file: results of jobs go into a folder, such as %s%c", s.folder, s.folder,
			filepath.Separator)
	}
	allowed := client.Options{}
	if s.operation == client.OperationExtend {
		if err := checkLevel(&s.options.Level, extendedLevels...); err != nil {
			return err
		}
		allowed = client.Options{Level: s.options.Level, AllowLower: s.options.AllowLower}
	}
	if s.operation != client.OperationSign && s.options != allowed {
		return fmt.Errorf("--operation %s does not take the options for signing", s.operation)
	}
	if s.state == "" {
		s.state = filepath.Join(s.folder, jobstate.DefaultName)
	}
	return nil
}

// submit submits the files that were not submitted before and, if asked to, waits for all results.
func (a *app) submit(ctx context.Context, s *submission, names []string) error {
	if err := s.check(); err != nil {
		return exit.UsageError(err)
	}
	if slices.Contains(names, input.Stdio) {
		return exit.UsageError(errors.New("jobs are submitted from files"))
	}
	files, err := s.search().Sources(input.Expand(runtime.GOOS, names))
	if err != nil {
		return exit.UsageError(err)
	}
	tasks, err := s.plan(files)
	if err != nil {
		return exit.UsageError(err)
	}
	run := &jobsRun{app: a, submission: s}
	anchors, err := readAnchors(s.trust)
	if err != nil {
		return exit.UsageError(err)
	}
	run.verify = a.offlineVerifier(anchors, "")
	if run.service, err = a.service(); err != nil {
		return err
	}
	values, _, err := a.settings()
	if err != nil {
		return err
	}
	run.address = values.Value(settings.URL)
	if err := s.makeFolders(tasks); err != nil {
		return exit.UsageError(err)
	}
	if run.state, err = jobstate.Read(s.state); err != nil {
		return err
	}
	return run.run(ctx, tasks)
}
