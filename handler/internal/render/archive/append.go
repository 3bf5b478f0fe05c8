package archive

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// Options say what Append adds to a document.
type Options struct {
	Standard    Standard
	DocumentID  string // the caller's own ID, for dc:identifier; "" = none
	Language    string // that the page states; "" = none. What doc itself states counts before it
	Attachments []Attachment
	Invoice     *Invoice // nil = none; with an invoice Standard must be PDFA3B
	Time        time.Time
}

// maxTitle bounds the title that is read from the document, in characters.
const maxTitle = 1024

// producer is the producer in the document's metadata.
const producer = "Influxion"

// Append returns an incremental update. Appended to doc, it makes the document that options
// describe. It reads single objects of doc and keeps no pages in memory. Its errors are
// *signing.Error if the document is at fault, and *pades.Error if the document cannot be read. Safe
// for concurrent use.
func Append(ctx context.Context, doc pades.Document, options Options) ([]byte, error) {
	file, err := pdf.Open(ctx, doc, pdf.DefaultLimits())
	if err != nil {
		return nil, pades.ReadError(err)
	}
	defer file.Close()
	u, err := newUpdate(file, options)
	if err == nil {
		err = u.build()
	}
	if err != nil {
		return nil, pades.ReadError(err)
	}
	increment, err := u.update.Bytes([]byte(options.DocumentID + options.Time.UTC().String()))
	if err != nil {
		return nil, fmt.Errorf("write update: %w", err)
	}
	return increment, nil
}

// update is the incremental update under construction.
type update struct {
	file    *pdf.File
	update  *pdf.Update
	root    pdf.Ref
	catalog pdf.Dict // with the changes of the update
	options Options
	title   string
	// language is that of the document: BCP 47; "" = unknown
	language string
}

func newUpdate(file *pdf.File, options Options) (*update, error) {
	if file.Encrypted() {
		return nil, nonconforming("6.1.3", "the document is encrypted")
	}
	root, catalog, err := file.Catalog()
	if err != nil {
		return nil, err
	}
	return &update{file: file, update: file.NewUpdate(), root: root, catalog: catalog.Clone(), options: options}, nil
}

func (u *update) build() error {
	if err := u.readTitle(); err != nil {
		return err
	}
	if err := u.setLanguage(); err != nil {
		return err
	}
	if err := u.setInfo(); err != nil {
		return err
	}
	if err := u.attach(); err != nil {
		return err
	}
	if u.options.Standard != None {
		u.catalog["OutputIntents"] = pdf.Array{u.update.Add(u.outputIntent())}
		if err := u.printAnnotations(); err != nil {
			return err
		}
	}
	if err := u.signatureFields(); err != nil { // after printAnnotations, which sets the same objects
		return err
	}
	u.catalog["Version"] = pdf.Name("1.7") // ISO 19005-2 is based on ISO 32000-1
	// The metadata has no filter, so that programs that do not know PDF can find it, as ISO
	// 19005-1, 6.7.2, required.
	u.catalog["Metadata"] = u.update.Add(pdf.NewStream(
		pdf.Dict{"Type": pdf.Name("Metadata"), "Subtype": pdf.Name("XML")}, u.xmp()))
	u.update.Set(u.root, u.catalog)
	return nil
}

// readTitle reads the title that the renderer found in the page.
func (u *update) readTitle() error {
	info, err := u.file.Dict(u.file.Trailer()["Info"])
	if err != nil {
		return err
	}
	title, err := u.file.String(info["Title"])
	if err != nil {
		return err
	}
	text := []rune(strings.Join(strings.FieldsFunc(title.Text(), control), " "))
	u.title = cmp.Or(string(text[:min(len(text), maxTitle)]), u.options.DocumentID, "Document")
	return nil
}

// languageTag matches what has the form of a language tag: BCP 47.
var languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,8}$`)

// setLanguage makes sure that the catalog states the document's language if it is known: ISO
// 32000-1, 14.9.2.
func (u *update) setLanguage() error {
	stated, err := u.file.String(u.catalog["Lang"])
	if err != nil {
		return err
	}
	switch language := stated.Text(); {
	case languageTag.MatchString(language):
		u.language = language
	case language == "" && languageTag.MatchString(u.options.Language):
		u.language = u.options.Language
		u.catalog["Lang"] = pdf.Text(u.language)
	}
	return nil
}

// control reports whether XML 1.0 cannot contain a character.
func control(r rune) bool {
	return r < ' ' || r == 0xfffe || r == 0xffff || r >= 0xd800 && r < 0xe000
}

// setInfo makes the document information dictionary agree with the metadata: ISO 19005-2, 6.6.3. A
// document without that dictionary needs none.
func (u *update) setInfo() error {
	ref, ok := u.file.Trailer()["Info"].(pdf.Ref)
	if !ok {
		return nil
	}
	date := pdf.Text(pdfDate(u.options.Time))
	u.update.Set(ref, pdf.Dict{
		"Title": pdf.Text(u.title), "Creator": pdf.Text(producer), "Producer": pdf.Text(producer),
		"CreationDate": date, "ModDate": date,
	})
	return nil
}

func pdfDate(t time.Time) string { return t.UTC().Format("D:20060102150405+00'00'") }

// outputIntent returns the output intent, which defines the colours of device RGB: ISO 19005-2,
// 6.2.3.
func (u *update) outputIntent() pdf.Dict {
	return pdf.Dict{
		"Type": pdf.Name("OutputIntent"), "S": pdf.Name("GTS_PDFA1"),
		"OutputConditionIdentifier": pdf.Text("sRGB"), "Info": pdf.Text("sRGB IEC61966-2.1"),
		"RegistryName":      pdf.Text("http://www.color.org"),
		"DestOutputProfile": u.update.Add(pdf.NewStream(pdf.Dict{"N": pdf.Integer(3)}, profile())),
	}
}

// The flags of annotations: ISO 32000-1, table 165.
const (
	flagInvisible = 1 << iota
	flagHidden
	flagPrint
	_
	_
	flagNoView
	_
	_
	flagToggleNoView
)

// printAnnotations sets the Print flag of each annotation: ISO 19005-2, 6.3.2.
func (u *update) printAnnotations() error {
	var failed error
	err := u.file.Pages(func(_ pdf.Ref, page pdf.Dict) bool {
		annotations, err := u.file.Array(page["Annots"])
		for _, entry := range annotations {
			if err == nil {
				err = u.printAnnotation(entry)
			}
		}
		failed = err
		return err == nil
	})
	return cmp.Or(failed, err)
}

func (u *update) printAnnotation(entry pdf.Object) error {
	ref, ok := entry.(pdf.Ref)
	if !ok {
		return nil // Check refuses the annotation if it does not print
	}
	annotation, err := u.file.Dict(ref)
	if err != nil || annotation == nil {
		return err
	}
	flags, err := u.file.Integer(annotation["F"])
	if err != nil || flags&flagPrint != 0 {
		return err
	}
	changed := annotation.Clone()
	changed["F"] = flags | flagPrint
	u.update.Set(ref, changed)
	return nil
}
