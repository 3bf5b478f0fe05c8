package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/waiting"
)

// sealFlags say with what the report is sealed.
func sealFlags(c *cobra.Command, seal *client.Seal) {
	flags := c.Flags()
	flags.StringVar(&seal.Certificate, "certificate", "",
		"`NAME` of the certificate for --seal (default: the service's)")
	flags.StringVar(&seal.Level, "level", "", "level of that seal: B-B, B-T, B-LT, B-LTA (default: the service's)")
	choices(c, "level", levels...)
}

// writePDF has the service make the report on a document once more, as PDF/A, and writes that to
// its file. The service knows the document by the name that the other reports have.
func (r *verifyRun) writePDF(ctx context.Context, file string) error {
	document, closeDocument, err := input.Open(ctx, file, r.app.in)
	if err != nil {
		return err
	}
	defer closeDocument()
	ctx, cancel := r.app.limited(ctx)
	defer cancel()
	named := namedDocument{document, documentName(file)}
	made, err := r.service.VerifyPDF(ctx, client.WithPassword(named, r.password), r.seal)
	if err != nil {
		return fmt.Errorf("report in PDF: %w", waiting.TimedOut(ctx, err))
	}
	return r.app.files.Write(r.reports.PDF, r.reports.Force, func(w io.Writer) error {
		_, err := made.WriteTo(w)
		return err
	})
}

// namedDocument is a document with the name for its report.
type namedDocument struct {
	client.Document
	name string
}

// Name is that name; "" = it has none.
func (d namedDocument) Name() string { return d.name }
