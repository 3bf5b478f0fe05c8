package sign

import (
	"context"
	"errors"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// withRebuild opens a document to append to it, and runs build on it. Where its cross-references
// turn out to be unusable, build runs again on the rebuilt document, unless that holds a signature:
// readers could no longer tell which revision was signed. What build made of the first try is lost
// then, so it must begin anew. Nothing that verifies may repair.
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

// repairable says whether a document is at fault for nothing but its cross-references.
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
