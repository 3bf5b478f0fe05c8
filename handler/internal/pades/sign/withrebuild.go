package sign

import (
	"context"
	"errors"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// withRebuild opens a document to append to it, and runs build on it. If the cross-references turn
// out to be unusable, build runs again on the rebuilt document. It must begin again, because the
// results of the first run are lost. A rebuilt document with a signature is an error, because
// readers could no longer tell which revision was signed. Code that verifies must never repair.
func withRebuild(ctx context.Context, doc pades.Document, build func(*pdf.File) error) error {
	file, err := pdf.Open(ctx, doc, pdf.DefaultLimits())
	if err == nil {
		err = file.Near(build(file))
		file.Close()
	}
	if !repairable(err) {
		return err
	}
	if file, err = pdf.Rebuild(ctx, doc, pdf.DefaultLimits()); err != nil {
		return err
	}
	defer file.Close()
	if err := checkUnsigned(file); err != nil {
		return err
	}
	return file.Near(build(file))
}

// repairable reports whether only the cross-references of a document are at fault.
func repairable(err error) bool {
	pdfErr, ok := errors.AsType[*pdf.Error](err)
	return ok && pdfErr.Repairable
}

func checkUnsigned(file *pdf.File) error {
	_, catalog, err := file.Catalog()
	if err != nil {
		return err
	}
	form, err := form.Read(file, catalog)
	if err != nil {
		return err
	}
	for _, field := range form.Fields {
		if field.Kind == "Sig" && field.Value != nil {
			return file.At(field.Ref,
				&pdf.Error{Kind: pdf.Damaged, Detail: "the document is signed, and its cross-references are unusable"})
		}
	}
	return nil
}
