package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"influxion/handler/cmd/influxion/internal/outfile"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/report"
)

// reportFiles are the files that reports are written to, beside what is printed.
type reportFiles struct {
	html    string   // a page on a single document; "-" = stdout
	pdf     string   // a document on a single document
	seal    bool     // that is sealed
	output  string   // a file for a single document, or a folder; "-" = stdout
	formats []string // of the reports in the folder, or on stdout
	force   bool
}

// reportFile is one report to write.
type reportFile struct {
	name   string // stdio = stdout
	format string // html, json, txt or pdf
}

// formatPDF is made by the service; the others are made here.
const formatPDF = "pdf"

// writers are the formats of a report. A format is the extension of its files too.
func writers() map[string]func(io.Writer, *pades.Report) error {
	return map[string]func(io.Writer, *pades.Report) error{"html": report.HTML, "json": writeJSON, "txt": report.Text}
}

// writeJSON writes a report as the service answers it, indented. Characters that control a terminal
// are escaped.
func writeJSON(w io.Writer, found *pades.Report) error {
	var text bytes.Buffer
	if err := json.Indent(&text, []byte(jsonLine(found)), "", "  "); err != nil {
		return fmt.Errorf("indent report: %w", err)
	}
	_, err := text.WriteTo(w)
	return err
}

func (r *reportFiles) flags(flags *pflag.FlagSet) {
	flags.StringVar(&r.html, "html", "", "write the report on a single document as a page to `FILE`; - = stdout")
	flags.StringVar(&r.pdf, "pdf", "", "write the report on a single document as PDF/A to `FILE`; the service makes it")
	flags.BoolVar(&r.seal, "seal", false, "have that sealed")
	flags.StringVarP(&r.output, "output", "o", "", "`FILE` for the report on a single document (.html, .json, .txt), "+
		"or folder for reports as name.report.html; - = stdout, in plain text")
	flags.StringSliceVar(&r.formats, "format", nil, "html, json or txt for the folder or stdout; several with commas")
	flags.BoolVarP(&r.force, "force", "f", false, "replace reports that exist")
}

// check reports flags that do not go together, or not with this number of documents.
func (r *reportFiles) check(documents int) error {
	for _, format := range r.formats {
		if writers()[format] == nil {
			return fmt.Errorf("--format %q: choose html, json, txt", format)
		}
	}
	single := r.html != "" || r.pdf != "" || r.output != "" && !r.folder()
	switch {
	case r.pdf == stdio:
		return errors.New("--pdf -: name a file")
	case r.seal && r.pdf == "":
		return errors.New("--seal goes with --pdf FILE")
	case single && documents > 1:
		return errors.New("one file is for the report on one document: name a folder with --output")
	case r.html == stdio && r.output == stdio, r.output == stdio && len(r.formats) > 1:
		return errors.New("only a single report can go to stdout")
	case len(r.formats) > 0 && r.output != stdio && !r.folder():
		return errors.New("--format goes with --output and a folder or -: the name of a file says its format")
	case r.output != "" && r.output != stdio && !r.folder() && writers()[formatOf(r.output)] == nil:
		return fmt.Errorf("--output %s: end the name in .html, .json or .txt, or in a slash for a folder", r.output)
	}
	return nil
}

// plan gives the reports to write for each document, before any document is verified.
func (r *reportFiles) plan(documents []source) (map[string][]reportFile, error) {
	if err := r.check(len(documents)); err != nil {
		return nil, err
	}
	planned, taken := map[string][]reportFile{}, map[string]string{}
	for _, document := range documents {
		taken[place(document.file)] = document.file
	}
	for _, document := range documents {
		files := r.files(document)
		for _, file := range files {
			if file.name == stdio {
				continue
			}
			if other, ok := taken[place(file.name)]; ok {
				return nil, fmt.Errorf(
					"the report on %s would be %s, which is taken by %s",
					document.file,
					file.name,
					other,
				)
			}
			taken[place(file.name)] = document.file
		}
		planned[document.file] = files
	}
	return planned, nil
}

// files gives the reports on one document.
func (r *reportFiles) files(document source) []reportFile {
	var files []reportFile
	if r.html != "" {
		files = append(files, reportFile{r.html, "html"})
	}
	if r.pdf != "" {
		files = append(files, reportFile{r.pdf, formatPDF})
	}
	formats := slices.Compact(slices.Sorted(slices.Values(r.formats)))
	if len(formats) == 0 {
		formats = []string{"html"}
		if r.output == stdio {
			formats = []string{"txt"}
		}
	}
	switch {
	case r.output == stdio:
		files = append(files, reportFile{stdio, formats[0]})
	case r.folder():
		for _, format := range formats {
			files = append(files,
				reportFile{filepath.Join(r.output, document.within, stem(document.file)+".report."+format), format})
		}
	case r.output != "":
		files = append(files, reportFile{r.output, formatOf(r.output)})
	}
	return files
}

// folder tells whether --output names a folder: one that exists, or a name that ends in a
// separator.
func (r *reportFiles) folder() bool {
	if r.output == "" || r.output == stdio {
		return false
	}
	info, err := os.Stat(r.output)
	return err == nil && info.IsDir() || os.IsPathSeparator(r.output[len(r.output)-1]) || filepath.Ext(r.output) == ""
}

func formatOf(name string) string {
	return strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
}

// stem is a document's name without folder and .pdf.
func stem(document string) string {
	name := filepath.Base(document)
	if document == stdio {
		name = "stdin"
	}
	if extension := filepath.Ext(name); strings.EqualFold(extension, ".pdf") {
		name = strings.TrimSuffix(name, extension)
	}
	return name
}

// toStdout tells whether a report goes to stdout.
func (r *reportFiles) toStdout() bool { return r.html == stdio || r.output == stdio }

// makeFolders makes the folder of the reports and those below it.
func (r *reportFiles) makeFolders(planned map[string][]reportFile) error {
	if !r.folder() {
		return nil
	}
	for _, files := range planned {
		for _, file := range files {
			if file.name == stdio || file.name == r.html || file.name == r.pdf {
				continue
			}
			if err := os.MkdirAll(filepath.Dir(file.name), 0o777); err != nil {
				return err
			}
		}
	}
	return nil
}

// free tells whether the files of a document's reports may be written.
func (r *reportFiles) free(files []reportFile) error {
	for _, file := range files {
		if _, err := os.Lstat(file.name); err == nil && !r.force && file.name != stdio {
			return fmt.Errorf("%s: %w (--force replaces it)", file.name, outfile.ErrExists)
		}
	}
	return nil
}

// writeReports writes a document's report files. Reports on stdout follow in the order of the
// documents.
func (a *app) writeReports(r *reportFiles, files []reportFile, found *pades.Report) error {
	for _, file := range files {
		if file.name == stdio || file.format == formatPDF {
			continue
		}
		err := a.files.Write(file.name, r.force, func(w io.Writer) error { return writers()[file.format](w, found) })
		if err != nil {
			return err
		}
	}
	return nil
}

// printReport writes a document's report to stdout.
func (a *app) printReport(files []reportFile, found *pades.Report) error {
	for _, file := range files {
		if file.name == stdio {
			return writers()[file.format](a.out, found)
		}
	}
	return nil
}
