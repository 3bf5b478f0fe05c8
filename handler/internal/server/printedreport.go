package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/render"
	"influxion/handler/internal/render/archive"
	"influxion/handler/internal/report"
	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

// reportReason is the reason that the signature of a sealed report states.
const reportReason = "Verification report"

// printable refuses a request whose report cannot be made, before the document is judged. A sealed
// report is an attempt to sign, which the audit log records.
func (s *Server) printable(x *exchange, media string, asked *request.Request) error {
	if media != mediaPDF {
		if asked.Seal {
			return request.OptionInvalid("seal", "applies to a report in PDF: send Accept: "+mediaPDF)
		}
		return nil
	}
	if s.config.Renderer == nil {
		return noRenderer("makes no reports in PDF; " + mediaHTML + " is a report for people, too")
	}
	if !asked.Seal {
		return nil
	}
	x.record.Action = signing.Sign
	return s.config.Audit.Available()
}

// printedReport answers with a report as PDF/A-3b, which has the same report in JSON attached, for
// programs.
func (s *Server) printedReport(ctx context.Context, x *exchange, asked *request.Request,
	found *pades.Report) (*answer.Answer, error) {
	var page bytes.Buffer
	if err := report.HTML(&page, found); err != nil {
		return nil, err
	}
	attached, err := json.Marshal(found)
	if err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	work := x.in.Successor()
	defer work.Release()
	ctx = work.Bound(ctx)
	made, err := s.config.Renderer.Render(ctx, &render.Request{
		Page: page.Bytes(), Standard: archive.PDFA3B, Reserve: work.Reserve,
		Attachments: []archive.Attachment{{Name: "report.json", MediaType: mediaJSON, Relationship: "Data",
			Description: "The same report for programs", Data: attached}},
	})
	if err != nil {
		return nil, err
	}
	sealed, err := s.sealReport(ctx, x, asked, made.PDF)
	if err != nil {
		return nil, err
	}
	body := answer.SignedBody{Document: bytes.NewReader(made.PDF), Increment: sealed.Increment}
	a, err := answer.SignedPDF(body, sealed, &x.record)
	if err == nil {
		a.Header.Set("Content-Disposition", `attachment; filename="verification-report.pdf"`)
	}
	return a, err
}

// sealReport seals the report where that is asked for, with the caller's rights to sign.
func (s *Server) sealReport(ctx context.Context, x *exchange, asked *request.Request, pdf []byte) (*signing.Result,
	error) {
	if !asked.Seal {
		x.record.SignedDigest = digest(pdf)
		return &signing.Result{PDFA: archive.Declared(archive.PDFA3B)}, nil
	}
	return s.config.Sealer.Seal(ctx, x.principal, signing.Request{
		Document: bytes.NewReader(pdf), Certificate: asked.Signing.Certificate,
		Options: pades.Options{Level: asked.Signing.Options.Level, Reason: reportReason},
	}, &x.record)
}
