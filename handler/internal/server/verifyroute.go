package server

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/report"
	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/request"
)

// verify is POST /api/verify.
func (s *Server) verify(ctx context.Context, x *exchange) (*answer.Answer, error) {
	media, err := negotiate(x.request.Header, x.route.Produces)
	if err != nil {
		return nil, err
	}
	asked, err := x.in.Read(ctx, request.VerifyOptions())
	x.timing.mark(phaseBody, s.config.Now())
	if err != nil {
		return nil, err
	}
	if err := s.printable(x, media, asked); err != nil {
		return nil, err
	}
	if err := s.beginVerify(ctx, x, asked); err != nil {
		return nil, err
	}
	found, err := s.config.Verifier.Verify(asked.WithPassword(ctx), asked.Document)
	if err != nil {
		return nil, err
	}
	found.Document.Name = report.DocumentName(asked.Name)
	switch media {
	case mediaHTML:
		return readableReport(found, mediaHTML, report.HTML)
	case mediaText:
		return readableReport(found, mediaText, report.Text)
	case mediaPDF:
		asked.Document, asked.Signing.Document = nil, nil // its memory is given back for the report's
		return s.printedReport(ctx, x, asked, found)
	}
	return answer.JSON(http.StatusOK, found)
}

// readableReport answers with a report for people.
func readableReport(found *pades.Report, media string,
	write func(io.Writer, *pades.Report) error) (*answer.Answer, error) {
	var out bytes.Buffer
	if err := write(&out, found); err != nil {
		return nil, err
	}
	header := http.Header{"Content-Language": {"en"}}
	if media == mediaHTML {
		header.Set("Content-Security-Policy", report.Policy()+"; frame-ancestors 'none'")
	}
	return &answer.Answer{Status: http.StatusOK, MediaType: media, Header: header, Body: answer.Bytes(out.Bytes())}, nil
}
