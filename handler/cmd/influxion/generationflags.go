package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/input"
)

// The standards, profiles and relationships that Influxion knows, for the shell to complete.
var (
	standards     = []string{"none", "pdf/a-2b", "pdf/a-2u", "pdf/a-3b"}
	profiles      = []string{"minimum", "basicwl", "basic", "en16931", "extended", "xrechnung"}
	relationships = []string{"Source", "Data", "Alternative", "Supplement", "Unspecified"}
)

// maxPart is the largest file to send, in bytes: Influxion takes no larger request.
const maxPart = 32 << 20

// generationFlags describe the document to generate.
type generationFlags struct {
	template, css, data  string // files
	files                []string
	documentID, standard string
	attachments          []string
	invoice, profile     string
}

func (f *generationFlags) flags(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.data, "data", "", "`FILE` of the data, JSON (default: none)")
	flags.StringVar(&f.css, "css", "", "`FILE` of a style sheet for the template")
	flags.StringVar(&f.standard, "standard", "", "none, pdf/a-2b, pdf/a-2u or pdf/a-3b (default: none)")
	flags.StringVar(&f.documentID, "document-id", "", "your own name for the document, in its metadata")
	flags.StringArrayVar(&f.attachments, "attach", nil,
		"`FILE` to attach, or FILE,RELATIONSHIP such as rows.csv,Data; may be repeated")
	flags.StringVar(&f.invoice, "facturx", "", "`FILE` of an electronic invoice in XML (standard: pdf/a-3b)")
	flags.StringVar(&f.profile, "facturx-profile", "en16931", "profile of the invoice: "+strings.Join(profiles, ", "))
	choices(c, "standard", standards...)
	choices(c, "facturx-profile", profiles...)
}

// sources are the files from which the document is made.
func (f *generationFlags) sources() []string {
	all := append([]string{f.template, f.css, f.data, f.invoice}, f.files...)
	for _, text := range f.attachments {
		name, _ := attachment(text)
		all = append(all, name)
	}
	return slices.DeleteFunc(all, func(name string) bool { return name == "" || name == input.Stdio })
}

// readGeneration reads all the files.
func (a *app) readGeneration(ctx context.Context, f *generationFlags) (*client.Generation, error) {
	g := &client.Generation{DocumentID: f.documentID, Standard: f.standard}
	html, err := readText(f.template)
	if err != nil {
		return nil, err
	}
	g.HTML.Content = string(html)
	if f.css != "" {
		css, err := readText(f.css)
		if err != nil {
			return nil, err
		}
		g.CSS.Content = string(css)
	}
	if g.Data, err = a.readData(ctx, f.data); err != nil {
		return nil, err
	}
	for _, name := range f.files {
		content, err := readWithin(name, maxPart)
		if err != nil {
			return nil, err
		}
		g.Files = append(g.Files, client.NamedFile{Name: filepath.Base(name), Content: content})
	}
	for _, text := range f.attachments {
		name, relationship := attachment(text)
		content, err := readWithin(name, maxPart)
		if err != nil {
			return nil, err
		}
		g.Attachments = append(g.Attachments, client.Attachment{Name: filepath.Base(name), MediaType: mediaType(name),
			Relationship: relationship, Content: content})
	}
	if f.invoice != "" {
		xml, err := readText(f.invoice)
		if err != nil {
			return nil, err
		}
		g.Invoice = &client.Invoice{Profile: f.profile, XML: xml}
		if g.Standard == "" {
			g.Standard = "pdf/a-3b" // no other carries an invoice
		}
	}
	return g, nil
}

// readData reads the data from a file; "" = there are no data.
func (a *app) readData(ctx context.Context, name string) (json.RawMessage, error) {
	if name == "" {
		return nil, nil
	}
	document, closeDocument, err := input.Open(ctx, name, a.in)
	if err != nil {
		return nil, err
	}
	defer closeDocument()
	data, err := within(name, io.NewSectionReader(document, 0, document.Size()), maxPart)
	if err != nil {
		return nil, err
	}
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil {
		text := err.Error()
		if syntaxErr, ok := errors.AsType[*json.SyntaxError](err); ok {
			line := 1 + bytes.Count(data[:min(int(syntaxErr.Offset), len(data))], []byte("\n"))
			text = fmt.Sprintf("%v, in line %d", err, line)
		}
		return nil, fmt.Errorf("%s is not JSON: %s", name, text)
	}
	return data, nil
}

// attachment splits the value of --attach.
func attachment(text string) (name, relationship string) {
	if at := strings.LastIndexByte(text, ','); at >= 0 && slices.Contains(relationships, text[at+1:]) {
		return text[:at], text[at+1:]
	}
	return text, ""
}

// mediaType returns a file's media type by its name.
func mediaType(name string) string {
	media, _, err := mime.ParseMediaType(mime.TypeByExtension(filepath.Ext(name)))
	if err != nil {
		return "application/octet-stream"
	}
	return media
}

// byteOrderMark is the mark that some editors write at the start of a text in UTF-8.
const byteOrderMark = "\ufeff"

func readText(name string) ([]byte, error) {
	text, err := readWithin(name, maxPart)
	return bytes.TrimPrefix(text, []byte(byteOrderMark)), err
}

// readWithin reads a file that may have at most limit bytes.
func readWithin(name string, limit int64) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return within(name, file, limit)
}

func within(name string, r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s has more than %d bytes", name, limit)
	}
	return data, nil
}
