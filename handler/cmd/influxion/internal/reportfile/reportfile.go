package reportfile

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

	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/outfile"
	"influxion/handler/cmd/influxion/internal/terminal"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/report"
)

// Files are the files that reports are written to, beside what is printed.
type Files struct {
	html    string   // a page on a single document; "-" = stdout
	PDF     string   // a document on a single document
	Seal    bool     // that is sealed
	output  string   // a file for a single document, or a folder; "-" = stdout
	formats []string // of the reports in the folder, or on stdout
	Force   bool
}

// File is one report to write.
type File struct {
	name   string // stdio = stdout
	format string // html, json, txt or pdf
}

// formatPDF is the format that the service makes; the others are made here.
const formatPDF = "pdf"

// writers are the formats of a report. The name of a format is also the extension of its files.
func writers() map[string]func(io.Writer, *pades.Report) error {
	return map[string]func(io.Writer, *pades.Report) error{"html": report.HTML, "json": writeJSON, "txt": report.Text}
}

// writeJSON writes a report as the service does, indented. It escapes characters that control a
// terminal.
func writeJSON(w io.Writer, found *pades.Report) error {
	var text bytes.Buffer
	if err := json.Indent(&text, []byte(terminal.JSONLine(found)), "", "  "); err != nil {
		return fmt.Errorf("indent report: %w", err)
	}
	_, err := text.WriteTo(w)
	return err
}

// Flags adds the flags of reports.
func (r *Files) Flags(flags *pflag.FlagSet) {
	flags.StringVar(&r.html, "html", "", "write the report on a single document as a page to `FILE`; - = stdout")
	flags.StringVar(&r.PDF, "pdf", "", "write the report on a single document as PDF/A to `FILE`; the service makes it")
	flags.BoolVar(&r.Seal, "seal", false, "seal that document")
	flags.StringVarP(&r.output, "output", "o", "", "`FILE` for the report on a single document (.html, .json, .txt), "+
		"or folder for reports as name.report.html; - = stdout, in plain text")
	flags.StringSliceVar(&r.formats, "format", nil, "html, json or txt for the folder or stdout; several with commas")
	flags.BoolVarP(&r.Force, "force", "f", false, "replace reports that exist")
}

// check reports flags that do not fit each other, or that do not fit this number of documents.
func (r *Files) check(documents int) error {
	for _, format := range r.formats {
		if writers()[format] == nil {
			return fmt.Errorf("--format %q: choose html, json, txt", format)
		}
	}
	single := r.html != "" || r.PDF != "" || r.output != "" && !r.folder()
	switch {
	case r.PDF == input.Stdio:
		return errors.New("--pdf -: name a file")
	case r.Seal && r.PDF == "":
		return errors.New("--seal needs --pdf FILE")
	case single && documents > 1:
		return errors.New("a file takes the report on one document: name a folder with --output")
	case r.html == input.Stdio && r.output == input.Stdio, r.output == input.Stdio && len(r.formats) > 1:
		return errors.New("only a single report can go to stdout")
	case len(r.formats) > 0 && r.output != input.Stdio && !r.folder():
		return errors.New("--format needs --output with a folder or -: the name of a file says its format")
	case r.output != "" && r.output != input.Stdio && !r.folder() && writers()[formatOf(r.output)] == nil:
		return fmt.Errorf("--output %s: end the name in .html, .json or .txt, or in a slash for a folder", r.output)
	}
	return nil
}

// Plan returns the reports to write for each document, before any document is verified.
func (r *Files) Plan(documents []input.Source) (map[string][]File, error) {
	if err := r.check(len(documents)); err != nil {
		return nil, err
	}
	planned, taken := map[string][]File{}, map[string]string{}
	for _, document := range documents {
		taken[input.Place(document.File)] = document.File
	}
	for _, document := range documents {
		files := r.files(document)
		for _, file := range files {
			if file.name == input.Stdio {
				continue
			}
			if other, ok := taken[input.Place(file.name)]; ok {
				return nil, fmt.Errorf(
					"the report on %s would be %s, which is taken by %s",
					document.File,
					file.name,
					other,
				)
			}
			taken[input.Place(file.name)] = document.File
		}
		planned[document.File] = files
	}
	return planned, nil
}

// files returns the report files for one document.
func (r *Files) files(document input.Source) []File {
	var files []File
	if r.html != "" {
		files = append(files, File{r.html, "html"})
	}
	if r.PDF != "" {
		files = append(files, File{r.PDF, formatPDF})
	}
	formats := slices.Compact(slices.Sorted(slices.Values(r.formats)))
	if len(formats) == 0 {
		formats = []string{"html"}
		if r.output == input.Stdio {
			formats = []string{"txt"}
		}
	}
	switch {
	case r.output == input.Stdio:
		files = append(files, File{input.Stdio, formats[0]})
	case r.folder():
		for _, format := range formats {
			files = append(files,
				File{filepath.Join(r.output, document.Within, stem(document.File)+".report."+format), format})
		}
	case r.output != "":
		files = append(files, File{r.output, formatOf(r.output)})
	}
	return files
}

// folder reports whether --output names a folder: one that exists, or a name that ends in a
// separator.
func (r *Files) folder() bool {
	if r.output == "" || r.output == input.Stdio {
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
	if document == input.Stdio {
		name = "stdin"
	}
	if extension := filepath.Ext(name); strings.EqualFold(extension, ".pdf") {
		name = strings.TrimSuffix(name, extension)
	}
	return name
}

// ToStdout reports whether a report goes to stdout.
func (r *Files) ToStdout() bool { return r.html == input.Stdio || r.output == input.Stdio }

// MakeFolders makes the folder of the reports and those below it.
func (r *Files) MakeFolders(planned map[string][]File) error {
	if !r.folder() {
		return nil
	}
	for _, files := range planned {
		for _, file := range files {
			if file.name == input.Stdio || file.name == r.html || file.name == r.PDF {
				continue
			}
			if err := os.MkdirAll(filepath.Dir(file.name), 0o777); err != nil {
				return err
			}
		}
	}
	return nil
}

// Free returns an error if a file of a document's reports must not be written.
func (r *Files) Free(files []File) error {
	for _, file := range files {
		if _, err := os.Lstat(file.name); err == nil && !r.Force && file.name != input.Stdio {
			return fmt.Errorf("%s: %w (--force replaces it)", file.name, outfile.ErrExists)
		}
	}
	return nil
}

// Write writes a document's report files, except the report on stdout: Print writes that in the
// order of the documents.
func (r *Files) Write(to *outfile.Files, files []File, found *pades.Report) error {
	for _, file := range files {
		if file.name == input.Stdio || file.format == formatPDF {
			continue
		}
		err := to.Write(file.name, r.Force, func(w io.Writer) error { return writers()[file.format](w, found) })
		if err != nil {
			return err
		}
	}
	return nil
}

// Print writes a document's report to stdout.
func Print(out io.Writer, files []File, found *pades.Report) error {
	for _, file := range files {
		if file.name == input.Stdio {
			return writers()[file.format](out, found)
		}
	}
	return nil
}
