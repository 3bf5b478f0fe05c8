package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/outfile"
	"influxion/handler/cmd/influxion/internal/terminal"
	"influxion/handler/cmd/influxion/internal/viewer"
	"influxion/handler/cmd/influxion/internal/waiting"
)

// watchTime is the interval at which watched files are checked for changes.
const watchTime = 500 * time.Millisecond

// generateFlags are the options of generate.
type generateFlags struct {
	generationFlags
	output   string
	force    bool
	watch    bool
	noViewer bool // with watch
	sign     bool
	signFlags
}

func (a *app) generateCommand() *cobra.Command {
	var f generateFlags
	c := &cobra.Command{
		Use: "generate TEMPLATE.html [FILE…]", Short: "Make a document from a template and data",
		Args: cobra.MinimumNArgs(1),
		Long: `Generate fills a template with data, prints it, makes PDF/A where --standard says so, and seals with --sign, which takes the options of
influxion sign. Each FILE is one that the template refers to by its bare name: a picture, a font, a style sheet. The document gets the
template's name with .pdf, unless -o says otherwise; - is stdout, and --data - is stdin.

With --watch it is opened in the system's viewer, and made again whenever one of these files changes, until Ctrl-C.`,
		Example: `  influxion generate invoice.html --data invoice.json --css invoice.css
  influxion generate invoice.html logo.svg --data invoice.json --standard pdf/a-3b --facturx factur-x.xml --sign --level B-LTA
  influxion generate report.html --data report.json --standard pdf/a-3b --attach rows.csv,Data -o report-11.pdf
  influxion generate invoice.html logo.svg --data invoice.json --css invoice.css --watch`,
		RunE: a.does(func(ctx context.Context, files []string) error {
			f.template, f.files = files[0], files[1:]
			return a.generate(ctx, &f)
		}),
	}
	f.generationFlags.flags(c)
	flags := c.Flags()
	flags.StringVarP(&f.output, "output", "o", "",
		"`FILE` for the document, or a folder that exists; - = stdout (default: TEMPLATE.pdf)")
	flags.BoolVarP(&f.force, "force", "f", false, "replace a file that exists")
	flags.BoolVar(&f.watch, "watch", false, "open it, and make it again on every change, until Ctrl-C")
	flags.BoolVar(&f.noViewer, "no-viewer", false, "with --watch: do not open the document")
	flags.BoolVar(&f.sign, "sign", false, "seal it, with the options of influxion sign")
	others := names(flags)
	f.signFlags.flags(a, c)
	ofSigning := slices.DeleteFunc(names(flags), func(name string) bool { return slices.Contains(others, name) })
	c.PreRunE = func(*cobra.Command, []string) error { return f.check(flags, ofSigning) }
	a.jsonFlag(c, "a line of JSON for each document")
	return c
}

func names(flags *pflag.FlagSet) (all []string) {
	flags.VisitAll(func(flag *pflag.Flag) { all = append(all, flag.Name) })
	return all
}

// check refuses flags that contradict each other.
func (f *generateFlags) check(flags *pflag.FlagSet, ofSigning []string) error {
	for _, name := range ofSigning {
		if !f.sign && flags.Changed(name) {
			return fmt.Errorf("--%s applies to a sealed document: add --sign", name)
		}
	}
	if f.noViewer && !f.watch {
		return errors.New("--no-viewer needs --watch: without it no viewer is opened")
	}
	if f.watch && (f.output == input.Stdio || f.data == input.Stdio) {
		return errors.New("--watch needs files that can be read and made again: neither stdin nor stdout")
	}
	return nil
}

// generate makes the document once or, with --watch, again on every change.
func (a *app) generate(ctx context.Context, f *generateFlags) error {
	f.nameOutput()
	var options *client.Options
	if f.sign {
		read, err := f.signFlags.read()
		if err != nil {
			return exit.UsageError(err)
		}
		options = &read
	}
	switch {
	case f.output == input.Stdio && terminal.IsTerminal(a.out):
		return exit.UsageError(errors.New("a terminal cannot show a PDF: name a file with -o, or redirect stdout"))
	case slices.ContainsFunc(f.sources(), func(name string) bool { return input.Place(name) == input.Place(f.output) }):
		return exit.UsageError(
			fmt.Errorf("%s would be replaced by the document: name another file with -o", f.output))
	}
	service, err := a.service()
	if err != nil {
		return err
	}
	if !f.watch {
		return a.makeOne(ctx, service, f, options)
	}
	if _, err := os.Lstat(f.output); err == nil && !f.force {
		return fmt.Errorf("%s: %w (--force replaces it)", f.output, outfile.ErrExists)
	}
	ticker := time.NewTicker(watchTime)
	defer ticker.Stop()
	shown := f.noViewer
	watch(ctx, ticker.C, f.sources(), func() {
		if err := a.makeOne(ctx, service, f, options); err != nil {
			if ctx.Err() == nil {
				a.notice(exit.Explain(ctx, err))
			}
			return
		}
		f.force = true // this program wrote it before
		if !shown {
			shown = true // a viewer shows by itself what is made again
			a.show(f.output)
		}
	})
	return nil
}

// nameOutput gives the document the template's name, beside it or in the folder of --output.
func (f *generateFlags) nameOutput() {
	name := strings.TrimSuffix(f.template, filepath.Ext(f.template)) + ".pdf"
	info, err := os.Stat(f.output)
	switch {
	case f.output == "":
		f.output = name
	case f.output != input.Stdio && err == nil && info.IsDir():
		f.output = filepath.Join(f.output, filepath.Base(name))
	}
}

// show opens a document in the system's viewer. Without one, people open it themselves.
func (a *app) show(name string) {
	cannot := func(err error) { a.notice(fmt.Sprintf("open %s yourself: %v", name, err)) }
	ended, err := viewer.Open(name)
	if err != nil {
		cannot(err)
		return
	}
	go func() {
		if err := <-ended; err != nil {
			cannot(err)
		}
	}()
}

// makeOne makes the document once.
func (a *app) makeOne(ctx context.Context, service *client.Client, f *generateFlags, options *client.Options) error {
	toStdout := f.output == input.Stdio
	if !f.force && !toStdout {
		if _, err := os.Lstat(f.output); err == nil {
			return fmt.Errorf("%s: %w (--force replaces it)", f.output, outfile.ErrExists)
		}
	}
	generation, err := a.readGeneration(ctx, &f.generationFlags)
	if err != nil {
		return err
	}
	generation.Sign = options
	ctx, cancel := a.limited(ctx)
	defer cancel()
	made, err := service.Generate(ctx, *generation)
	if err != nil {
		return waiting.TimedOut(ctx, err)
	}
	defer made.Body.Close()
	if toStdout {
		err = outfile.Pour(a.out, made.Signed)
	} else {
		err = a.files.Write(f.output, f.force, func(w io.Writer) error {
			_, err := made.WriteTo(w)
			return err
		})
	}
	if err != nil {
		return waiting.TimedOut(ctx, err)
	}
	results := &sealResults{app: a, progress: terminal.NewProgress(a.err, 1), toStdout: toStdout, style: a.style(a.err)}
	results.add(outcome{task{f.template, f.output}, made.Signed, nil})
	results.progress.End()
	return results.write
}

// watch calls make once. Until ctx ends, it calls make again at each tick at which a file has
// changed since the last call.
func watch(ctx context.Context, ticks <-chan time.Time, files []string, make func()) {
	before := fileStates(files)
	make()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		if now := fileStates(files); now != before {
			before = now
			make()
		}
	}
}

// fileStates returns a text that differs once one of the files has changed, disappeared or
// appeared.
func fileStates(files []string) string {
	var all strings.Builder
	for _, name := range files {
		if info, err := os.Stat(name); err == nil {
			fmt.Fprintf(&all, "%d %d", info.ModTime().UnixNano(), info.Size())
		}
		all.WriteString("\n")
	}
	return all.String()
}
