package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/spf13/cobra"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/reportfile"
	"influxion/handler/cmd/influxion/internal/terminal"
	"influxion/handler/cmd/influxion/internal/waiting"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/report"
)

// verification is the options of verify.
type verification struct {
	offline bool
	trust   []string
	jobs    int
	reports reportfile.Files
	seal    client.Seal // of a report in PDF

	recursive bool // of the folders that are named

	passwordFile string
	password     string // of encrypted documents
}

func (a *app) verifyCommand() *cobra.Command {
	var v verification
	c := &cobra.Command{
		Use:   "verify FILE…",
		Short: "Verify the signatures of documents",
		Args:  needFiles,
		Long: `Verify reports on every signature: ETSI EN 319 102-1. It succeeds when each document has a signature
and each signature is TOTAL-PASSED. A report tells three things apart: whether the signed content is
intact, whether the signer is trusted, and what was changed afterwards.
With --html or --output it is also written to a file, to be read by anybody and kept: a page, plain
text, or JSON. With --pdf the service makes a document of it, with the same report in JSON attached,
and learns the name of the file; with --seal it seals that with its certificate. A folder stands for
the PDFs in it, with --recursive for those below it too.
With --offline nothing leaves this machine: Influxion's own verifier runs here, trusts what --trust
names, and takes revocation data from the document alone.`,
		Example: "  influxion verify contract.signed.pdf\n" +
			"  influxion verify contract.signed.pdf --html report.html\n" +
			"  influxion verify contract.signed.pdf --pdf report.pdf --seal --level B-LTA\n" +
			"  influxion verify --output reports/ --format html,json *.pdf\n" +
			"  influxion verify --recursive --output reports/ archive/\n" +
			"  influxion verify --offline --trust roots.pem --json *.pdf",
		RunE: a.does(func(ctx context.Context, files []string) error { return a.verify(ctx, v, files) }),
	}
	flags := c.Flags()
	flags.BoolVar(&v.offline, "offline", false, "verify on this machine, without the service")
	flags.StringArrayVar(&v.trust, "trust", nil, "`FILE` of trust anchors in PEM, with --offline; may be repeated")
	flags.IntVarP(&v.jobs, "jobs", "j", runtime.NumCPU(), "number of files at a time")
	input.RecursiveFlag(flags, &v.recursive)
	input.PasswordFlag(flags, &v.passwordFile)
	v.reports.Flags(flags)
	choices(c, "format", "html", "json", "txt")
	sealFlags(c, &v.seal)
	if err := c.RegisterFlagCompletionFunc("certificate", a.completeCertificates); err != nil {
		panic("internal error: " + err.Error())
	}
	a.jsonFlag(c, "a line of JSON for each file")
	return c
}

// verify verifies the files and prints the reports in their order.
func (a *app) verify(ctx context.Context, v verification, files []string) error {
	sources, err := input.Search{Recursive: v.recursive}.Sources(input.Expand(runtime.GOOS, files))
	if err != nil {
		return exit.UsageError(err)
	}
	run, err := a.prepare(v, sources)
	if err != nil {
		return err
	}
	files = files[:0:0]
	for _, s := range sources {
		files = append(files, s.File)
	}
	progress := terminal.NewProgress(a.err, len(files))
	a.progress = progress
	defer progress.End()
	code, codes := exit.OK, map[int]int{}
	err = inOrder(ctx, v.jobs, files, run.verify, func(f finding) error {
		code = worse(code, f.code())
		codes[f.code()]++
		progress.Step(f.file, f.code() == exit.OK)
		if v.reports.ToStdout() && f.err == nil {
			return reportfile.Print(a.out, run.planned[f.file], f.report)
		}
		return a.printFinding(progress, f, len(files) > 1)
	})
	if err != nil {
		return err
	}
	progress.End()
	a.summarizeFindings(len(files), codes)
	if code != exit.OK {
		return exit.Reported(code)
	}
	return nil
}

// verifyRun is what all documents of one run share.
type verifyRun struct {
	app *app
	verification
	check   verifier
	service *client.Client               // nil with --offline
	planned map[string][]reportfile.File // by document
}

// prepare checks the command line before any document is read.
func (a *app) prepare(v verification, files []input.Source) (*verifyRun, error) {
	if v.jobs < 1 || v.jobs > maxJobs {
		return nil, exit.UsageError(fmt.Errorf("--jobs %d: choose from 1 to %d", v.jobs, maxJobs))
	}
	planned, err := v.reports.Plan(files)
	if err != nil {
		return nil, exit.UsageError(err)
	}
	if a.global.jsonOutput && v.reports.ToStdout() {
		return nil, exit.UsageError(errors.New("--json and a report on stdout exclude each other"))
	}
	if v.password, err = input.ReadPassword(v.passwordFile); err != nil {
		return nil, exit.UsageError(err)
	}
	if err := v.checkPlace(); err != nil {
		return nil, exit.UsageError(err)
	}
	run := &verifyRun{app: a, verification: v, planned: planned}
	if !v.offline {
		if run.service, err = a.service(); err != nil {
			return nil, err
		}
	}
	if run.check, err = a.verifier(v, run.service); err != nil {
		return nil, err
	}
	if err := v.reports.MakeFolders(planned); err != nil {
		return nil, exit.UsageError(err)
	}
	return run, nil
}

// checkPlace reports flags that do not fit the chosen place of verification: here or in the
// service.
func (v verification) checkPlace() error {
	switch {
	case !v.offline && len(v.trust) > 0:
		return errors.New("--trust needs --offline: the service has trust anchors of its own")
	case v.offline && v.reports.PDF != "":
		return errors.New("--pdf needs the service, which prints it: --html FILE works with --offline")
	case !v.reports.Seal && v.seal != client.Seal{}:
		return errors.New("--certificate and --level need --pdf and --seal")
	}
	return nil
}

// verify verifies one document and writes its reports.
func (r *verifyRun) verify(ctx context.Context, file string) finding {
	found, err := r.report(ctx, file)
	if err == nil {
		err = r.reports.Write(&r.app.files, r.planned[file], found)
	}
	if err == nil && r.reports.PDF != "" {
		err = r.writePDF(ctx, file)
	}
	return finding{file, found, err}
}

func (r *verifyRun) report(ctx context.Context, file string) (*pades.Report, error) {
	if err := r.reports.Free(r.planned[file]); err != nil {
		return nil, err
	}
	document, closeDocument, err := input.Open(ctx, file, r.app.in)
	if err != nil {
		return nil, err
	}
	defer closeDocument()
	ctx, cancel := r.app.limited(ctx)
	defer cancel()
	found, err := r.check(ctx, document)
	if err != nil {
		return nil, waiting.TimedOut(ctx, err)
	}
	found.Document.Name = documentName(file)
	return found, nil
}

// documentName is the name of a document in its reports; "" for stdin.
func documentName(file string) string {
	if file == input.Stdio {
		return ""
	}
	return report.DocumentName(filepath.Base(file))
}

// inOrder processes the names, several at a time, and passes the results to tell in the order of
// the names. It ends with the first error of tell, or with the context.
func inOrder[T any](
	ctx context.Context,
	jobs int,
	names []string,
	do func(context.Context, string) T,
	tell func(T) error,
) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	slots := make(chan struct{}, jobs)
	results := make(chan chan T, jobs) // bounds the results that are not reported yet
	workers.Go(func() {
		defer close(results)
		for _, name := range names {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			result := make(chan T, 1)
			select {
			case results <- result:
			case <-ctx.Done():
				return
			}
			workers.Go(func() {
				result <- do(ctx, name)
				<-slots
			})
		}
	})
	for result := range results {
		r := <-result
		if ctx.Err() != nil {
			break
		}
		if err := tell(r); err != nil {
			return err
		}
	}
	return ctx.Err()
}
